from __future__ import annotations

import math

import numpy as np
import pytest

from edgekit.fidelity import FidelityMeter, ParityMeter


def test_identical_outputs() -> None:
    meter = FidelityMeter(synthetic=False)
    meter.add([np.array([[0.1, 0.9]])], [np.array([[0.1, 0.9]])])
    result = meter.result()
    assert (result.snr_db, result.cosine, result.max_error, result.top1_agreement) == (math.inf, 1.0, 0.0, 1.0)


def test_the_figures_are_those_of_the_definition() -> None:
    generator = np.random.default_rng(1)
    reference = generator.normal(size=(50, 1, 7))
    other = reference + generator.normal(scale=0.1, size=reference.shape)
    meter = FidelityMeter(synthetic=True)
    for wanted, got in zip(reference, other, strict=True):
        meter.add([wanted], [got])
    result = meter.result()
    noise = reference - other
    assert result.snr_db == pytest.approx(10 * math.log10((reference**2).sum() / (noise**2).sum()))
    assert result.cosine == pytest.approx(
        (reference * other).sum() / math.sqrt((reference**2).sum() * (other**2).sum())
    )
    assert result.max_error == pytest.approx(abs(noise).max())
    assert result.top1_agreement == pytest.approx((reference.argmax(-1) == other.argmax(-1)).mean())
    assert (result.samples, result.synthetic) == (50, True)


def test_only_class_scores_have_a_top1() -> None:
    meter = FidelityMeter(synthetic=False)
    meter.add([np.zeros((1, 4, 4, 2))], [np.zeros((1, 4, 4, 2))])
    assert meter.result().top1_agreement is None


def test_nan_is_the_worst_disagreement() -> None:
    meter = FidelityMeter(synthetic=False)
    meter.add([np.array([[1.0, 2.0]])], [np.array([[1.0, np.nan]])])
    assert meter.result().snr_db == -math.inf
    assert meter.result().max_error == math.inf


def test_parity_is_judged_by_the_worst_output() -> None:
    meter = ParityMeter(synthetic=False)
    meter.add([np.array([0.0, 1.0]), np.array([0.0, 100.0])], [np.array([0.0, 1.0]), np.array([0.02, 100.0])])
    result = meter.result()
    assert (result.max_error, result.output_range) == (0.02, 100.0)
    assert result.relative_error == pytest.approx(2e-4)
    assert not result.proven


def test_parity_within_the_limit() -> None:
    meter = ParityMeter(synthetic=False)
    meter.add([np.array([0.0, 1.0])], [np.array([0.0, 1.00009])])
    assert meter.result().proven


def test_nan_is_never_proven() -> None:
    meter = ParityMeter(synthetic=False)
    meter.add([np.array([0.0, 1.0])], [np.array([0.0, np.nan])])
    assert not meter.result().proven
