"""The fitted costs, as ``scripts/fit_prediction.py`` left them in ``data/costs.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from edgekit.prediction.fitting import Fit, half_width
from edgekit.prediction.measurements import Family
from edgekit.prediction.work import KernelKind, WorkKind


@dataclass(frozen=True, slots=True)
class FamilyCosts:
    """What is known of a family of boards."""

    family: Family
    fit: Fit
    threads: Mapping[str, tuple[int, ...]]
    """Numbers of threads that were measured, by board."""
    networks: Mapping[str, int]
    """How many networks were measured, by board."""
    efficiency: float | None
    int8_ratios: Mapping[KernelKind, float]
    """Of boards of which it was not measured."""
    seen: Mapping[WorkKind, tuple[float, float]]
    """Least and most of each kind of work in the networks that the costs were fitted to."""
    errors: Mapping[str, tuple[float, ...]]
    """Logarithms of predicted over published, by how the fit knew the board and the precision."""

    def half_width(self, how: str) -> float:
        """Return the half width of the 90 % interval, in the logarithm."""
        return half_width(self.errors[how])


@cache
def family_costs(family: Family) -> FamilyCosts:
    """Return the shipped costs of a family."""
    text = (resources.files("edgekit.prediction") / "data" / "costs.toml").read_text(encoding="utf-8")
    row = tomllib.loads(text)[family]
    boards = row["boards"]
    fit = Fit(
        costs={
            KernelKind(name): {WorkKind(kind): cost for kind, cost in costs.items()}
            for name, costs in row["costs"].items()
        },
        scales={name: board["milliseconds_per_million"] for name, board in boards.items()},
        ratios={name: board["int8_ratio"] for name, board in boards.items() if "int8_ratio" in board},
        parallel=row["parallel"],
    )
    ratios = {}
    if "int8_ratio" in row:
        ratios = {KernelKind.INT8: row["int8_ratio"], KernelKind.INT8_DOT: row["int8_dot_ratio"]}
    return FamilyCosts(
        family=family,
        fit=fit,
        threads={name: tuple(board["threads"]) for name, board in boards.items()},
        networks={name: board["networks"] for name, board in boards.items()},
        efficiency=row.get("efficiency"),
        int8_ratios=ratios,
        seen={WorkKind(kind): (least, most) for kind, (least, most) in row["seen"].items()},
        errors={name: tuple(errors) for name, errors in row["errors"].items()},
    )
