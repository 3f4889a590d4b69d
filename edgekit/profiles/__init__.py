"""What kinds of device there are: sourced facts, default wishes, and the advice that follows from the facts."""

from __future__ import annotations

from edgekit.profiles.advice import advice_for
from edgekit.profiles.catalog import list_profiles, profile_named
from edgekit.profiles.limits import LIMITS, Limit, parse_limit
from edgekit.profiles.profile import DeviceProfile, Fact, Facts, Kind, Match

__all__ = [
    "LIMITS",
    "DeviceProfile",
    "Fact",
    "Facts",
    "Kind",
    "Limit",
    "Match",
    "advice_for",
    "list_profiles",
    "parse_limit",
    "profile_named",
]
