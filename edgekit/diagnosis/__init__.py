"""Why a quantized file is not the float file that it was made from: error by tensor, by operator, by cause."""

from edgekit.diagnosis.causes import CAUSES, Cause
from edgekit.diagnosis.chart import save_plot
from edgekit.diagnosis.diagnose_files import diagnose
from edgekit.diagnosis.diagnosis import Diagnosis, Finding, TensorError, decibels
from edgekit.sensitivity.names import short_name

__all__ = ["CAUSES", "Cause", "Diagnosis", "Finding", "TensorError", "decibels", "diagnose", "save_plot", "short_name"]
