"""A profile's TOML file, read with strict keys. Every fault is a ProfileError that names the file and the key."""

from __future__ import annotations

import dataclasses
import datetime as calendar
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from edgekit.errors import ProfileError, unknown_name
from edgekit.files import load_toml
from edgekit.metrics import Budget
from edgekit.profiles.limits import LIMITS, Limit, parse_limit
from edgekit.profiles.profile import Cluster, DeviceProfile, Fact, Facts, Kind, Match, Mode
from edgekit.resources import resource_folder
from edgekit.units import parse_bytes, parse_clock, parse_watts


def load_profile(path: Path) -> DeviceProfile:
    """Read the profile in a TOML file; its name is the file's name without ``.toml``.

    Raises:
        ProfileError: the file cannot be read, is no TOML, or a key, a unit or a source is missing or wrong.
    """
    shipped = resource_folder("device_profiles")
    profile = load_toml(
        path,
        partial(_profile, path.name.removesuffix(".toml")),
        what="profile",
        error=ProfileError,
        hint="'edgekit profiles' lists what there is",
        example=f"{shipped / 'rpi4.toml'} shows how a complete profile is written",
    )
    mine = path.resolve().parent != shipped.resolve()
    return dataclasses.replace(profile, own=path.resolve()) if mine else profile


def _profile(name: str, document: Mapping[str, Any]) -> DeviceProfile:
    _require_known(document, TOP_KEYS, "at the top")
    _require_present(document, ("title", "kind", "facts"), "at the top")
    date = _read("date", document["date"], _date) if "date" in document else None
    kind = _read("kind", document["kind"], _kind)
    facts = _facts(document["facts"], FACT_KEYS, "facts", date)
    match = _facts(document["match"], MATCH_KEYS, "match", date) if "match" in document else None
    _require_judgeable(kind, facts, match)
    return DeviceProfile(
        name=name,
        title=_read("title", document["title"], _text),
        kind=kind,
        facts=Facts(**facts),
        match=None if match is None else Match(**match),
        budget=_budget(document.get("budget", {})),
        clusters=_clusters(document.get("clusters", []), date),
        modes=_modes(document.get("modes", {}), date),
    )


def _clusters(tables: object, date: str | None) -> tuple[Cluster, ...]:
    if not isinstance(tables, list):
        raise ProfileError("clusters must be written as [[clusters]], one for each kind of core")
    return tuple(
        Cluster(**_facts(table, CLUSTER_KEYS, f"clusters.{number}", date)) for number, table in enumerate(tables)
    )


def _modes(tables: object, date: str | None) -> tuple[Mode, ...]:
    entries = _table(tables, "[modes]")
    return tuple(Mode(name, **_facts(table, MODE_KEYS, f"modes.{name}", date)) for name, table in entries.items())


def _require_judgeable(kind: Kind, facts: Mapping[str, Any], match: Mapping[str, Any] | None) -> None:
    """A device of a kind needs what its verdicts are made from."""
    if kind is Kind.MICROCONTROLLER:
        _require_present(facts, ("memory_bytes",), "in [facts] of a microcontroller", shown=("memory",))
        return
    if match is None:
        raise ProfileError("[match] is missing, which says how a machine of this kind is recognized")
    if kind is not Kind.PC and not {"board", "cpu"} & match.keys():
        raise ProfileError(f"key 'board' is missing in [match]: 'machine' alone fits more than one {kind}")


def _facts(table: object, keys: Mapping[str, Key], where: str, date: str | None) -> dict[str, Any]:
    """Return the facts of one table under the names of their fields."""
    entries = _table(table, f"[{where}]")
    _require_known(entries, keys, f"in [{where}]")
    _require_present(entries, (key for key, row in keys.items() if row.required), f"in [{where}]")
    return {keys[key].field: _fact(f"{where}.{key}", entry, keys[key], date) for key, entry in entries.items()}


def _fact(name: str, entry: object, key: Key, date: str | None) -> Fact[Any]:
    if not isinstance(entry, dict):
        raise ProfileError(f'{name} is {entry!r}, but a fact is written {{ value = ..., source = "..." }}')
    _require_known(entry, ("value", "source", "date"), f"in {name}")
    _require_present(entry, ("value", "source"), f"in {name}")
    return Fact(
        _read(f"{name}.value", entry["value"], key.read),
        _read(f"{name}.source", entry["source"], _text),
        _read(f"{name}.date", entry["date"], _date) if "date" in entry else date,
    )


def _budget(table: object) -> Budget:
    entries = _table(table, "[budget]")
    _require_known(entries, LIMITS, "in [budget]")
    values: dict[str, Any] = {
        LIMITS[key].field: _read(f"budget.{key}", value, partial(_limit, LIMITS[key])) for key, value in entries.items()
    }
    return Budget(**values)


def _read(name: str, value: object, read: Callable[[object], Any]) -> Any:
    """Return the value of one key, as its reader understands it; the one place where a reader's fault is mapped."""
    try:
        return read(value)
    except ValueError as error:
        raise ProfileError(f"{name}: {error}") from None


def _table(value: object, name: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ProfileError(f"{name} must be a table, not {value!r}")
    return value


def _require_known(table: Mapping[str, Any], valid: Iterable[str], where: str) -> None:
    for key in table:
        if key not in (names := tuple(valid)):
            raise ProfileError(f"{where}: {unknown_name('key', key, names)}")


def _require_present(
    table: Mapping[str, Any], keys: Iterable[str], where: str, *, shown: tuple[str, ...] | None = None
) -> None:
    for index, key in enumerate(keys):
        if key not in table:
            raise ProfileError(f"key '{shown[index] if shown else key}' is missing {where}")


def _kind(value: object) -> Kind:
    text = _text(value)
    if text not in tuple(Kind):
        raise ValueError(unknown_name("kind", text, Kind))
    return Kind(text)


def _text(value: object) -> str:
    if isinstance(value, str) and value.strip():
        return value
    raise ValueError(f"{value!r} is not a text that says something")


def _texts(value: object) -> tuple[str, ...]:
    if isinstance(value, list) and value:
        return tuple(_text(item) for item in value)
    raise ValueError(f"{value!r} is not a list of texts")


def _flag(value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise ValueError(f"{value!r} is neither true nor false")


def _count(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value
    raise ValueError(f"{value!r} is not a count of 1 or more")


def _size(value: object) -> int:
    return parse_bytes(_text(value))


def _clock(value: object) -> float:
    return parse_clock(_text(value))


def _watts(value: object) -> float:
    return parse_watts(_text(value))


def _bits(value: object) -> int:
    if type(value) is int and value in (32, 64):
        return value
    raise ValueError(f"{value!r} is neither 32 nor 64")


def _date(value: object) -> str:
    if isinstance(value, calendar.date) and not isinstance(value, calendar.datetime):
        return value.isoformat()
    raise ValueError(f"{value!r} is not a date: write it as 2026-11-25, without quotes")


def _limit(limit: Limit, value: object) -> float:
    return parse_limit(limit, _text(value))


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a table of facts."""

    field: str
    read: Callable[[object], Any]
    form: str
    """How its value is written: a key of ``json_schema.FORMS``."""
    required: bool = False


def _key(field: str, form: str, *, required: bool = False) -> Key:
    readers: dict[str, Callable[[object], Any]] = {
        "text": _text,
        "texts": _texts,
        "flag": _flag,
        "count": _count,
        "bits": _bits,
        "size": _size,
        "clock": _clock,
        "power": _watts,
    }
    return Key(field, readers[form], form, required)


TOP_KEYS = ("title", "kind", "date", "facts", "clusters", "modes", "match", "budget")
FACT_KEYS = {
    "architecture": _key("architecture", "text", required=True),
    "cpu": _key("cpu", "text", required=True),
    "cores": _key("cores", "count"),
    "fp16_arithmetic": _key("fp16_arithmetic", "flag"),
    "int8_dot_product": _key("int8_dot_product", "flag"),
    "int8_matrix_multiply": _key("int8_matrix_multiply", "flag"),
    "memory": _key("memory_bytes", "size"),
    "flash": _key("flash_bytes", "size"),
    "memory_copy_per_second": _key("memory_copy_bytes_per_second", "size"),
    "memory_bandwidth_per_second": _key("memory_bandwidth_bytes_per_second", "size"),
    "application_memory": _key("application_memory_bytes", "size"),
    "l3": _key("l3_bytes", "size"),
    "simd": _key("simd", "text"),
    "power": _key("power_watts", "power"),
    "edge_tpu": _key("edge_tpu", "flag"),
    "accelerators": _key("accelerators", "texts"),
}
CLUSTER_KEYS = {
    "core": _key("core", "text", required=True),
    "count": _key("count", "count", required=True),
    "clock": _key("clock_hz", "clock"),
    "l2": _key("l2_bytes", "size"),
}
MODE_KEYS = {"bits": _key("bits", "bits", required=True), "clock": _key("clock_hz", "clock")}
MATCH_KEYS = {
    "machine": _key("machine", "texts", required=True),
    "board": _key("board", "texts"),
    "cpu": _key("cpu", "texts"),
}
