"""What a ladder says of its rungs."""

from __future__ import annotations

import json
import math

import pytest

from edgekit.artifact.ladder import Goal, Ladder, Rung
from edgekit.recipe import Recipe


@pytest.mark.parametrize(
    ("snr_db", "figure", "identical"), [(math.inf, None, True), (-math.inf, None, False), (20.5, 20.5, False)]
)
def test_a_perfect_file_is_told_from_a_lost_one(snr_db: float, figure: float | None, identical: bool) -> None:
    rung = Rung("int8", Recipe(), 1, 1, 0, snr_db, None, None, reached=False)
    ladder = Ladder(Goal(None, 20.0), "latency", "9 samples", (rung,), 1)
    (document,) = json.loads(json.dumps(ladder.to_document(), allow_nan=False))["rungs"]
    assert (document["snr_db"], document["identical"]) == (figure, identical)
