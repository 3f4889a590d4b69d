"""What fine-tuning came to, in words."""

from __future__ import annotations

import pytest

from edgekit.artifact.finetuning import FineTuning, HeldOut

_CHANCE = "which may be chance: give more samples to be surer"


@pytest.mark.parametrize(
    ("before", "after", "exchanged", "told"),
    [
        (HeldOut(20.0, 0.9, 38), HeldOut(22.0, 0.95, 39), (1, 0), "1 sample gained and 0 lost of 40"),
        (HeldOut(20.0, 0.9, 30), HeldOut(22.0, 0.95, 36), (6, 0), ""),
        (HeldOut(20.0, 0.9, 30), HeldOut(22.0, 0.95, 25), (0, 5), "0 samples gained and 5 lost of 40"),
        # The totals differ by six as well, and that is nothing: McNemar's p is 0.18.
        (HeldOut(20.0, 0.9, 30), HeldOut(22.0, 0.95, 36), (10, 4), "10 samples gained and 4 lost of 40"),
        # As many are right: what the float file says decides, and after it the values.
        (HeldOut(20.0, 0.95, 38), HeldOut(22.0, 0.9, 38), (0, 2), "0 samples gained and 2 lost of 40"),
        (HeldOut(20.0, 0.95, 38), HeldOut(22.0, 0.95, 38), None, ""),
        (HeldOut(20.0, None, None), HeldOut(22.0, None, None), None, ""),
        # Where nobody looked at single samples, as many may have been exchanged as the totals allow.
        (HeldOut(20.0, 0.95, None), HeldOut(22.0, 0.975, None), None, "up to 2 samples gained and 1 lost of 40"),
        (HeldOut(20.0, 0.9, 30), HeldOut(22.0, 0.95, 36), None, "up to 10 samples gained and 4 lost of 40"),
        (HeldOut(20.0, 0.1, 4), HeldOut(22.0, 0.95, 36), None, ""),
    ],
)
def test_a_verdict_that_hangs_on_few_samples_says_so(
    before: HeldOut, after: HeldOut, exchanged: tuple[int, int] | None, told: str
) -> None:
    kept = after.merit > before.merit
    gained, lost = exchanged or (None, None)
    record = FineTuning(9, 160, 40, True, "minmax", 0.0, (1.0, 0.5), (), before, after, kept, gained, lost)
    text = str(record)
    assert text.startswith(
        "fine-tuned: on 40 held-out samples" if kept else "fine-tuning bought nothing, and the post-"
    )
    end = f"; that hangs on {told}, {_CHANCE}" if told else ""
    assert text.endswith(f" after 9 epochs on 160 samples with labels{end}")
    assert (record.to_document()["gained"], record.to_document()["lost"]) == (gained, lost)
