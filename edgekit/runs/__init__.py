"""What was seen of files that ran: frozen values, what taints them, and the run files that hold them."""

from edgekit.runs.benchmark import Benchmark, counted_text
from edgekit.runs.conditions import Conditions, Discarded, Snapshot
from edgekit.runs.environment import Environment
from edgekit.runs.parts import InstructionClasses, MemoryPart, OpCost, OpProfile
from edgekit.runs.regimes import IdleGaps, Sustained, TimelinePoint
from edgekit.runs.result import RUN_SCHEMA, SEEDED_INPUTS, RunResult
from edgekit.runs.run_files import load_benchmark, load_runs, read_benchmark, read_runs
from edgekit.runs.speed import SPEED_SCHEMA, Faster, FileTimes, SpeedComparison, SpeedRatio, speed_ratio
from edgekit.runs.speed_files import speed_at
from edgekit.runs.taints import taints_of
from edgekit.runs.timings import Timings, ToldFigures

__all__ = [
    "RUN_SCHEMA",
    "SEEDED_INPUTS",
    "SPEED_SCHEMA",
    "Benchmark",
    "Conditions",
    "Discarded",
    "Environment",
    "Faster",
    "FileTimes",
    "IdleGaps",
    "InstructionClasses",
    "MemoryPart",
    "OpCost",
    "OpProfile",
    "RunResult",
    "Snapshot",
    "SpeedComparison",
    "SpeedRatio",
    "Sustained",
    "TimelinePoint",
    "Timings",
    "ToldFigures",
    "counted_text",
    "load_benchmark",
    "load_runs",
    "read_benchmark",
    "read_runs",
    "speed_at",
    "speed_ratio",
    "taints_of",
]
