"""Runs an artifact on a device and says what was seen. The agent, which works there, is ``edgekit/agent``."""

from edgekit.runner.benchmarks import benchmark
from edgekit.runner.contest import compare_speed
from edgekit.runner.engines import ENGINES, Engine
from edgekit.runner.evaluation.accuracy import compare_accuracy, evaluate
from edgekit.runner.evaluation.labelled_data import LabelledData, LabelledSamples
from edgekit.runner.inference import Samples, infer
from edgekit.runner.phone.machine import require_python
from edgekit.runner.plan import FIRST_TIMEOUT, Plan
from edgekit.runner.series import Series, time_series
from edgekit.runner.subject import inspect_runnable
from edgekit.runner.verification.agreement import OutputAgreement, Verification
from edgekit.runner.verification.verifying import verify

__all__ = [
    "ENGINES",
    "FIRST_TIMEOUT",
    "Engine",
    "LabelledData",
    "LabelledSamples",
    "OutputAgreement",
    "Plan",
    "Samples",
    "Series",
    "Verification",
    "benchmark",
    "compare_accuracy",
    "compare_speed",
    "evaluate",
    "infer",
    "inspect_runnable",
    "require_python",
    "time_series",
    "verify",
]
