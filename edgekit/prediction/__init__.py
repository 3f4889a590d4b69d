"""How fast and how large, before there is a board: estimates with intervals, from sourced measurements.

Nothing here executes a model. The costs are in ``data/costs.toml``, fitted by ``scripts/fit_prediction.py``.
"""

from edgekit.prediction.board_costs import BoardCosts, board_costs, default_threads
from edgekit.prediction.choosing import BOARDS_SCHEMA, BoardChoice, BoardTable, boards
from edgekit.prediction.estimate import Basis, OpShare, Prediction
from edgekit.prediction.explaining import Change, Explanation, explain
from edgekit.prediction.memory import MARGIN, MemoryEstimate, estimate_memory
from edgekit.prediction.predicting import estimate, predict, predict_all, predicted
from edgekit.prediction.probes import Probe, load_probe, probe_path, stored_probe
from edgekit.prediction.work import KernelKind, OpGroup, OpWork, Work, WorkKind, work_of

__all__ = [
    "BOARDS_SCHEMA",
    "MARGIN",
    "Basis",
    "BoardChoice",
    "BoardCosts",
    "BoardTable",
    "Change",
    "Explanation",
    "KernelKind",
    "MemoryEstimate",
    "OpGroup",
    "OpShare",
    "OpWork",
    "Prediction",
    "Probe",
    "Work",
    "WorkKind",
    "board_costs",
    "boards",
    "default_threads",
    "estimate",
    "estimate_memory",
    "explain",
    "load_probe",
    "predict",
    "predict_all",
    "predicted",
    "probe_path",
    "stored_probe",
    "work_of",
]
