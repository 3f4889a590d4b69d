"""Figures as people read them, the same in every document."""

from __future__ import annotations

import math

from edgekit.fidelity import Fidelity


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
