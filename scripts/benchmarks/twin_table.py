"""How exactly the twin computes what LiteRT computes, in float and in int8, on models of the matrix."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lines import Place
from matrix_table import CASES
from promises import Missed

_SCRIPT = Path(__file__).resolve().parents[2] / "tests" / "twin" / "parities.py"
_QUICK = ("keywords",)
_LIMIT = 1e-5
"""Of the output's range."""
_TOP1, _WITHIN = 0.995, 0.95
"""The share of photos for which the simulated int8 file and the real one name the same class, and of their outputs that
are at most one step apart."""


def twin(place: Place) -> Iterator[str]:
    """The twin against LiteRT: float, and both against float64, in shares of the output's range; int8, agreement."""
    heads = ("to LiteRT", "to float64", "LiteRT to float64", "int8 top-1", "one step", "the same")
    yield "{:20} {:>10} {:>11} {:>18} {:>11} {:>9} {:>9}".format("model", *heads)
    for name in place.only or (_QUICK if place.quick else CASES):
        found = _figures(name, place.data / "sign_language_digits")
        if found["unknown"]:
            yield f"{name:20} not known: {found['unknown'][0]}"
            continue
        ours, theirs = found["twin_to_exact"], found["runtime_to_exact"]
        top1, within = found["top1"], found["within_one_step"]
        line = f"{name:20} {found['error']:10.2e} {ours:11.2e} {theirs:18.2e} {top1:11.1%} {within:9.1%}"
        line += f" {found['same']:9.1%}"
        kept = found["error"] <= _LIMIT and top1 >= _TOP1 and within >= _WITHIN
        yield line if kept else Missed(line)


def _figures(name: str, photos: Path) -> dict[str, Any]:
    told = subprocess.run(
        [sys.executable, _SCRIPT, "made", photos, name],
        capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONWARNINGS": "ignore", "PYTHONPATH": str(_SCRIPT.parents[1])},
    )  # fmt: skip
    return json.loads(told.stdout.splitlines()[-1])[name]
