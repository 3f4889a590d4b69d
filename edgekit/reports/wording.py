"""Figures as people read them, the same in every document."""

from __future__ import annotations

import math

from edgekit.accuracy import AccuracyComparison
from edgekit.artifact import Artifact
from edgekit.fidelity import Fidelity
from edgekit.units import format_count


def snr_text(fidelity: Fidelity | None) -> str:
    """Return the signal to noise ratio in dB, or that there is none to tell."""
    if fidelity is None:
        return "-"
    if math.isinf(fidelity.snr_db):
        return "identical" if fidelity.snr_db > 0 else "no signal"
    return f"{fidelity.snr_db:.1f} dB{' on noise' if fidelity.synthetic else ''}"


def agreement_text(fidelity: Fidelity | None) -> str:
    """Return the share of samples with the same top class, or that there is none to tell."""
    if fidelity is None or fidelity.top1_agreement is None:
        return "-"
    return f"{fidelity.top1_agreement:.1%}{' on noise' if fidelity.synthetic else ''}"


def compared_on_text(fidelity: Fidelity) -> str:
    """Return on how many samples, which may be fewer than were given, the file was compared with the float one."""
    figures = "SNR" if fidelity.top1_agreement is None else "SNR and top-1 as float"
    return f"{figures}: on {format_count(fidelity.samples, 'sample')}{' of noise' if fidelity.synthetic else ''}"


def accuracy_text(comparison: AccuracyComparison | None) -> str:
    """Return the share of labelled samples that are right, or that there is none to tell."""
    return "-" if comparison is None else f"{comparison.accuracy.value:.1%}"


def drop_text(comparison: AccuracyComparison | None) -> str:
    """Return the points of accuracy that are lost with their interval, or that there are none to tell."""
    if comparison is None:
        return "-"
    low, high = comparison.interval_points
    return f"{comparison.drop_points:.2f} ({low:.2f} to {high:.2f})"


def parity_text(artifact: Artifact) -> str:
    """Return how far the float export is from its source, and the route that it took."""
    route, parity = artifact.provenance.route, artifact.provenance.parity
    if parity is None:
        return f"route: {route}"
    return (
        f"float parity: largest error {parity.max_error:.2g}, {parity.relative_error:.1g} of the outputs' range, on "
        f"{parity.samples} {'noise' if parity.synthetic else 'real'} samples (route: {route})"
    )
