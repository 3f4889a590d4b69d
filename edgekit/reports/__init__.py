"""Results in, one document out: a page as values, written as text, Markdown or HTML, and JSON beside it."""

from edgekit.reports.boards_report import BoardsReport, boards_section
from edgekit.reports.deployment_report import DeploymentReport
from edgekit.reports.formats import FORMATS, Reportable, require_report_place, writer_for
from edgekit.reports.markdown import markdown_text
from edgekit.reports.page import Page
from edgekit.reports.plain_text import plain_text
from edgekit.reports.run_report import RUN_REPORT_SCHEMA, RunReport, report
from edgekit.reports.web_page import web_page
from edgekit.reports.wording import (
    accuracy_text,
    agreement_text,
    compared_on_text,
    drop_text,
    parity_text,
    snr_text,
)

__all__ = [
    "FORMATS",
    "RUN_REPORT_SCHEMA",
    "BoardsReport",
    "DeploymentReport",
    "Page",
    "Reportable",
    "RunReport",
    "accuracy_text",
    "agreement_text",
    "boards_section",
    "compared_on_text",
    "drop_text",
    "markdown_text",
    "parity_text",
    "plain_text",
    "report",
    "require_report_place",
    "snr_text",
    "web_page",
    "writer_for",
]
