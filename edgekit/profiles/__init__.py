"""What kinds of device there are: sourced facts, default wishes, and the advice that follows from the facts."""

from __future__ import annotations

from edgekit.profiles.advice import advice_for
from edgekit.profiles.catalog import list_profiles, profile_named
from edgekit.profiles.limits import LIMITS, Limit, parse_limit
from edgekit.profiles.profile import DeviceProfile, Fact, Facts, Kind, Match
from edgekit.profiles.recognition import Identity, nearest_profile, recognize, unlike

__all__ = [
    "LIMITS",
    "DeviceProfile",
    "Fact",
    "Facts",
    "Identity",
    "Kind",
    "Limit",
    "Match",
    "advice_for",
    "list_profiles",
    "nearest_profile",
    "parse_limit",
    "profile_named",
    "recognize",
    "unlike",
]
