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


@pytest.mark.parametrize(("model", "export"), [(np.nan, 2.0), (np.inf, 3.0), (np.inf, -np.inf), (1.0, np.inf)])
def test_what_is_not_finite_on_one_side_only_is_never_proven(model: float, export: float) -> None:
    parity, fidelity = ParityMeter(synthetic=False), FidelityMeter(synthetic=False)
    for meter in (parity, fidelity):
        meter.add([np.array([[model, 1.0]])], [np.array([[export, 1.0]])])
    assert not parity.result().proven
    assert parity.result().max_error == math.inf
    assert fidelity.result().snr_db == -math.inf


def test_what_is_not_finite_on_both_sides_alike_agrees() -> None:
    parity, fidelity = ParityMeter(synthetic=False), FidelityMeter(synthetic=False)
    for meter in (parity, fidelity):
        meter.add([np.array([[-np.inf, np.nan, 1.0]])], [np.array([[-np.inf, np.nan, 1.0]])])
    assert parity.result().proven
    assert fidelity.result().snr_db == math.inf


def test_a_loud_output_does_not_hide_that_a_quiet_one_is_noise() -> None:
    generator = np.random.default_rng(0)
    meter = FidelityMeter(synthetic=False)
    for _ in range(20):
        boxes, scores = generator.random((1, 40)) * 300, generator.random((1, 4))
        meter.add([boxes, scores], [boxes + 0.01, generator.random((1, 4))])
    assert meter.result().snr_db < 6
