"""Single samples: nothing in them, noise, no numbers, another layout."""

from __future__ import annotations

import numpy as np
import pytest

from edgekit.screening import Severity


def test_photos_have_nothing_against_them(judge, photos) -> None:
    assert judge(photos) == {}


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_named(judge, photos, value: float) -> None:
    photos = photos.copy()
    photos[[3, 41], 0, 0, 0] = value
    finding = judge(photos)["not finite"]
    assert (finding.severity, finding.samples) == (Severity.ERROR, (3, 41))
    assert finding.sentence == "2 of 60 samples hold NaN or infinity: s3, s41"


def test_constant_and_almost_constant_photos(judge, photos) -> None:
    photos = photos.copy()
    photos[5] = 0.5
    photos[7] = 0.2 + np.random.default_rng(0).normal(0, 0.002, photos[7].shape)
    found = judge(photos)
    assert found.keys() == {"constant samples"}
    assert (found["constant samples"].severity, found["constant samples"].samples) == (Severity.WARNING, (5, 7))


def test_constant_samples_that_are_most_stop_a_conversion(judge) -> None:
    found = judge(np.zeros((20, 48, 48, 3), np.float32))
    assert found["constant samples"].severity is Severity.ERROR
    assert found["exact duplicates"].severity is Severity.ERROR


def test_quiet_sounds_are_no_constant_samples(judge) -> None:
    sounds = np.random.default_rng(0).normal(0, 1, (40, 400)).astype(np.float32)
    sounds[3] *= 1e-3
    assert judge(sounds, pictures=False) == {}
    sounds[4] = 0.25
    assert judge(sounds, pictures=False)["constant samples"].samples == (4,)


def test_noise_is_an_error_where_it_is_most_of_what_image_files_hold(judge, photos) -> None:
    mixed = photos.copy()
    mixed[9] = np.random.default_rng(0).random(mixed[9].shape)
    finding = judge(mixed)["noise"]
    assert (finding.severity, finding.samples) == (Severity.WARNING, (9,))
    noise = np.random.default_rng(0).random(photos.shape).astype(np.float32)
    assert judge(noise)["noise"].severity is Severity.WARNING
    assert judge(noise, from_files=True)["noise"].severity is Severity.ERROR
    assert "noise" not in judge(noise, pictures=False)


@pytest.mark.parametrize("grey", [False, True])
def test_channels_first_is_told_from_the_values(judge, photos, grey: bool) -> None:
    if grey:
        photos = np.repeat(photos.mean(axis=3, keepdims=True), 3, axis=3)
    assert "channels first" not in judge(photos)
    finding = judge(photos.transpose(0, 3, 1, 2).reshape(photos.shape))["channels first"]
    assert (finding.severity, len(finding.samples)) == (Severity.ERROR, 60)


def test_one_channel_has_no_channel_order(judge, photos) -> None:
    assert judge(photos.mean(axis=3, keepdims=True)) == {}
    assert judge(photos.mean(axis=3)) == {}
