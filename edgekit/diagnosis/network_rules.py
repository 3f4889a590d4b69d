"""Rules on what the rest of the network makes of an operator's error. Each gives the evidence, or None."""

from __future__ import annotations

from edgekit.diagnosis.suspect import Suspect

_SOUND_DB = 30.0
_GAIN_DB = 10.0


def amplified(suspect: Suspect) -> str | None:
    """An error as small as int8 makes it, of which what follows makes a large one: no other range could help."""
    own, channel, output = suspect.measured.own_snr_db, suspect.measured.channel_snr_db, suspect.output_snr_db
    if own is None or channel is None or output is None:
        return None
    least = min(own, channel)
    if least < _SOUND_DB or least - output < _GAIN_DB:
        return None
    return (
        f"its own error is as small as int8 makes it ({least:.0f} dB), and what follows makes it "
        f"{least - output:.0f} dB larger: {output:.0f} dB at the outputs"
    )
