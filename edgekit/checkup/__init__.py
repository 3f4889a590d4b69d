"""``doctor``: what a device is, what stands in the way of running .tflite files there, and the next step for each."""

from edgekit.checkup.doctoring import doctor
from edgekit.checkup.drafting import new_profile
from edgekit.checkup.findings import Checkup, Health, Remark
from edgekit.checkup.interpreters import Interpreter

__all__ = ["Checkup", "Health", "Interpreter", "Remark", "doctor", "new_profile"]
