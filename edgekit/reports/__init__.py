"""Results in, one document out."""

from edgekit.reports.report import Report, markdown
from edgekit.reports.wording import agreement_text, snr_text

__all__ = ["Report", "agreement_text", "markdown", "snr_text"]
