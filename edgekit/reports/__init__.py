"""Results in, one document out."""

from edgekit.reports.markdown_report import markdown
from edgekit.reports.report import Report
from edgekit.reports.wording import (
    accuracy_text,
    agreement_text,
    compared_on_text,
    drop_text,
    parity_text,
    snr_text,
)

__all__ = [
    "Report",
    "accuracy_text",
    "agreement_text",
    "compared_on_text",
    "drop_text",
    "markdown",
    "parity_text",
    "snr_text",
]
