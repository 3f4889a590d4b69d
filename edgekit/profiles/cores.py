"""The kinds of cores that profiles name: what their vector units do in a cycle, each figure with its source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from edgekit.errors import ProfileError
from edgekit.files import read_toml
from edgekit.profiles.profile import Fact
from edgekit.resources import resource_folder

_COUNTS = ("issue_width", "simd_bits")
_RATES = ("float32_macs_per_cycle", "int8_macs_per_cycle")


@dataclass(frozen=True, slots=True)
class CoreKind:
    """One kind of core. None: not known."""

    name: str
    issue_width: Fact[int] | None = None
    """Instructions that it decodes, or issues where it decodes none ahead, in a cycle."""
    simd_bits: Fact[int] | None = None
    float32_macs_per_cycle: Fact[float] | None = None
    """Peak, of all its vector pipes."""
    int8_macs_per_cycle: Fact[float] | None = None
    """Peak, with dot product instructions."""


def core_named(name: str) -> CoreKind:
    """Return what is known of a kind of core; nothing but its name where it is in no table.

    Raises:
        ProfileError: the shipped table is damaged.
    """
    return _cores().get(name, CoreKind(name))


@cache
def _cores() -> Mapping[str, CoreKind]:
    path = resource_folder("device_profiles") / "cores" / "cores.toml"
    document = read_toml(path, what="table of cores", error=ProfileError)
    try:
        return {name: _core(name, table) for name, table in document.items()}
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ProfileError(f"table of cores {path}: {error}", hint="install edgekit again") from error


def _core(name: str, table: Mapping[str, Any]) -> CoreKind:
    for key in table:
        if key not in (*_COUNTS, *_RATES):
            raise KeyError(f"unknown key '{key}' in {name}")
    facts: dict[str, Any] = {
        key: Fact((int if key in _COUNTS else float)(each["value"]), str(each["source"]), each["date"].isoformat())
        for key, each in table.items()
    }
    return CoreKind(name, **facts)
