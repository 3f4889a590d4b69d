"""What kinds of device there are: sourced facts, default wishes, and the advice that follows from the facts."""

from __future__ import annotations

from edgekit.profiles.advice import advice_for
from edgekit.profiles.catalog import list_profiles, own_profiles, profile_named
from edgekit.profiles.cores import CoreKind, core_named
from edgekit.profiles.json_schema import SCHEMA_FILE, profile_schema
from edgekit.profiles.limits import LIMITS, Limit, parse_limit
from edgekit.profiles.profile import Cluster, DeviceProfile, Fact, Facts, Kind, Match, Mode
from edgekit.profiles.recognition import Identity, impossible, nearest_profile, not_of_kind, recognize, unlike

__all__ = [
    "LIMITS",
    "SCHEMA_FILE",
    "Cluster",
    "CoreKind",
    "DeviceProfile",
    "Fact",
    "Facts",
    "Identity",
    "Kind",
    "Limit",
    "Match",
    "Mode",
    "advice_for",
    "core_named",
    "impossible",
    "list_profiles",
    "nearest_profile",
    "not_of_kind",
    "own_profiles",
    "parse_limit",
    "profile_named",
    "profile_schema",
    "recognize",
    "unlike",
]
