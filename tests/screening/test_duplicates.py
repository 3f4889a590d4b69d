"""The same sample twice, exactly or nearly."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from edgekit.screening import Severity


@pytest.mark.parametrize(("copies", "severity"), [(1, Severity.NOTE), (6, Severity.WARNING)])
def test_copies_are_counted(judge, photos, copies: int, severity: Severity) -> None:
    photos = photos.copy()
    photos[:copies] = photos[30 : 30 + copies]
    found = judge(photos)
    assert found.keys() == {"exact duplicates"}
    finding = found["exact duplicates"]
    assert (finding.severity, finding.samples) == (severity, tuple(range(30, 30 + copies)))
    assert f"only {60 - copies} different ones are left" in finding.sentence


def test_rows_of_few_values_repeat_by_chance(judge) -> None:
    rows = np.random.default_rng(0).integers(0, 3, (200, 4)).astype(np.float32)
    assert judge(rows, pictures=False)["exact duplicates"].severity is Severity.NOTE


def test_a_photo_that_was_encoded_again_is_a_near_duplicate(judge, photos) -> None:
    photos = photos.copy()
    for place in range(6):
        content = BytesIO()
        Image.fromarray((photos[30 + place] * 255).astype(np.uint8)).save(content, "JPEG", quality=60)
        photos[place] = np.asarray(Image.open(content), np.float32) / 255 * 0.9
    found = judge(photos)
    assert found.keys() == {"near duplicates"}
    finding = found["near duplicates"]
    assert (finding.severity, finding.samples) == (Severity.WARNING, tuple(range(30, 36)))
    assert "such as s30 and s0" in finding.sentence


def test_near_duplicates_are_no_error_however_many(judge, photos) -> None:
    brighter = np.concatenate([photos[:20] * factor for factor in (1.0, 0.95, 0.9, 0.85)]).astype(np.float32)
    finding = judge(brighter)["near duplicates"]
    assert finding.samples == tuple(range(20, 80))
    assert finding.severity is Severity.WARNING


def test_more_samples_than_a_block_are_all_held_against_each_other(judge, photos) -> None:
    generator = np.random.default_rng(0)
    smooth = generator.random((1300, 6, 6, 3)).repeat(8, axis=1).repeat(8, axis=2).astype(np.float32)
    smooth[1290] = smooth[3] * 0.8
    assert judge(smooth)["near duplicates"].samples == (1290,)
