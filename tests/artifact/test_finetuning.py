"""What fine-tuning came to, in words."""

from __future__ import annotations

import pytest

from edgekit.artifact.finetuning import FineTuning, HeldOut


@pytest.mark.parametrize(
    ("before", "after", "margin", "told"),
    [
        (HeldOut(20.0, 0.9, 38), HeldOut(22.0, 0.95, 39), 1, "; that hangs on 1 sample of 40, which may be chance"),
        (HeldOut(20.0, 0.9, 30), HeldOut(22.0, 0.95, 36), 6, ""),
        # As many are right: what the float file says decides, and after it the values.
        (HeldOut(20.0, 0.95, 38), HeldOut(22.0, 0.9, 38), 2, "; that hangs on 2 samples of 40, which may be chance"),
        (HeldOut(20.0, 0.95, 38), HeldOut(22.0, 0.95, 38), None, ""),
        (HeldOut(20.0, 0.95, None), HeldOut(22.0, 0.975, None), 1, "; that hangs on 1 sample of 40"),
        (HeldOut(20.0, None, None), HeldOut(22.0, None, None), None, ""),
    ],
)
def test_a_verdict_that_hangs_on_few_samples_says_so(
    before: HeldOut, after: HeldOut, margin: int | None, told: str
) -> None:
    kept = after.merit > before.merit
    record = FineTuning(9, 160, 40, True, "minmax", 0.0, (1.0, 0.5), (), before, after, kept)
    assert record.margin == margin
    text = str(record)
    assert text.startswith(
        "fine-tuned: on 40 held-out samples" if kept else "fine-tuning bought nothing, and the post-"
    )
    assert (told in text) if told else text.endswith(" after 9 epochs on 160 samples with labels")
