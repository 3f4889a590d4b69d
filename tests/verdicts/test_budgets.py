from __future__ import annotations

import pytest

from edgekit.errors import ProfileError
from edgekit.metrics import Budget
from edgekit.verdicts import budget_from_text
from edgekit.verdicts.budgets import overridden


def test_options_become_a_budget() -> None:
    assert budget_from_text() == Budget()
    budget = budget_from_text(max_size="4 MiB", max_memory="128MB", max_latency="0.5 s", max_drop="0.5 %")
    assert budget == Budget(4 * 2**20, 128 * 10**6, 500.0, 0.5)


@pytest.mark.parametrize(
    ("option", "text", "sentence"),
    [
        ("max_size", "4", "--max-size: '4' is not a size: write a number and one of B, kB, MB, GB, KiB, MiB, GiB"),
        ("max_memory", "33 ms", "--max-memory: '33 ms' is not a size"),
        ("max_latency", "33 mm", "--max-latency: '33 mm' is not a duration: write a number and one of us, ms, s, min"),
        ("max_latency", "0 ms", "--max-latency: '0 ms' is a limit that nothing can keep"),
        ("max_drop", "half", "--max-drop: 'half' is not a percentage"),
    ],
)
def test_a_wrong_unit_names_the_option(option: str, text: str, sentence: str) -> None:
    with pytest.raises(ProfileError) as raised:
        budget_from_text(**{option: text})
    assert sentence in raised.value.message


def test_only_what_is_given_overrides() -> None:
    wishes = Budget(1, 2, 3.0, 4.0)
    assert overridden(wishes, None) == wishes
    assert overridden(wishes, Budget(latency_p90_ms=9.0)) == Budget(1, 2, 9.0, 4.0)
    assert overridden(wishes, Budget(accuracy_drop_points=0.0)) == Budget(1, 2, 3.0, 0.0)
