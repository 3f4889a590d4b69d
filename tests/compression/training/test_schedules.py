"""Learning rates: each schedule at its start, its middle and its end."""

from __future__ import annotations

import pytest

from edgekit.compression import Training
from edgekit.compression.training.schedules import rate_at


def rates(steps: tuple[int, ...], *, reductions: int = 0, **choices: object) -> list[float]:
    training = Training(epochs=10, learning_rate=1.0, **choices)
    return [rate_at(training, step, steps_per_epoch=10, reductions=reductions) for step in steps]


@pytest.mark.parametrize(
    ("choices", "wanted"),
    [
        ({"schedule": "constant"}, [1, 1, 1]),
        ({"schedule": "cosine"}, [1, 0.5, 0]),
        ({"schedule": "exponential", "decay": 0.01}, [1, 0.1, 0.01]),
        ({"schedule": "step", "step_epochs": 5, "decay": 0.5}, [1, 0.5, 0.25]),
        ({"schedule": "plateau", "decay": 0.5, "reductions": 2}, [0.25, 0.25, 0.25]),
    ],
)
def test_schedules(choices: dict, wanted: list[float]) -> None:
    assert rates((0, 50, 100), **choices) == pytest.approx(wanted)


def test_warm_up_rises_to_the_full_rate() -> None:
    assert rates((0, 4, 9, 10), schedule="constant", warm_up=0.1) == pytest.approx([0.1, 0.5, 1.0, 1.0])
