"""Runs an artifact on a device and says what was seen. The agent, which works there, is ``runner/agent``."""

from edgekit.accuracy import Accuracy, AccuracyComparison, ClassAccuracy
from edgekit.runner.accuracy import compare_accuracy, evaluate
from edgekit.runner.agreement import OutputAgreement, Verification
from edgekit.runner.benchmarks import Benchmark, benchmark, counted_text
from edgekit.runner.conditions import Conditions, Discarded, Snapshot
from edgekit.runner.contest import compare_speed
from edgekit.runner.engines import ENGINES, Engine
from edgekit.runner.environment import cpu_model, is_emulated, system_name
from edgekit.runner.inference import Samples, infer
from edgekit.runner.labelled_data import LabelledData, LabelledSamples
from edgekit.runner.parts import InstructionClasses, MemoryPart, OpCost, OpProfile
from edgekit.runner.phone.machine import require_python
from edgekit.runner.plan import FIRST_TIMEOUT, Plan
from edgekit.runner.regimes import IdleGaps, Sustained, TimelinePoint
from edgekit.runner.result import RUN_SCHEMA, Environment, RunResult
from edgekit.runner.runfiles import load_benchmark, load_runs, read_benchmark
from edgekit.runner.series import Series, time_series
from edgekit.runner.speed import SPEED_SCHEMA, Faster, FileTimes, SpeedComparison, SpeedRatio
from edgekit.runner.subject import inspect_runnable
from edgekit.runner.timings import Timings, ToldFigures
from edgekit.runner.verification import verify

__all__ = [
    "ENGINES",
    "FIRST_TIMEOUT",
    "RUN_SCHEMA",
    "SPEED_SCHEMA",
    "Accuracy",
    "AccuracyComparison",
    "Benchmark",
    "ClassAccuracy",
    "Conditions",
    "Discarded",
    "Engine",
    "Environment",
    "Faster",
    "FileTimes",
    "IdleGaps",
    "InstructionClasses",
    "LabelledData",
    "LabelledSamples",
    "MemoryPart",
    "OpCost",
    "OpProfile",
    "OutputAgreement",
    "Plan",
    "RunResult",
    "Samples",
    "Series",
    "Snapshot",
    "SpeedComparison",
    "SpeedRatio",
    "Sustained",
    "TimelinePoint",
    "Timings",
    "ToldFigures",
    "Verification",
    "benchmark",
    "compare_accuracy",
    "compare_speed",
    "counted_text",
    "cpu_model",
    "evaluate",
    "infer",
    "inspect_runnable",
    "is_emulated",
    "load_benchmark",
    "load_runs",
    "read_benchmark",
    "require_python",
    "system_name",
    "time_series",
    "verify",
]
