"""A profile's TOML file, read with strict keys. Every fault is a ProfileError that names the file and the key."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from edgekit.errors import ProfileError, unknown_name
from edgekit.metrics import Budget
from edgekit.profiles.limits import LIMITS, Limit, parse_limit
from edgekit.profiles.profile import DeviceProfile, Fact, Facts, Kind, Match
from edgekit.resources import resource_folder
from edgekit.toml_files import read_toml
from edgekit.units import parse_bytes


def load_profile(path: Path) -> DeviceProfile:
    """Read the profile in a TOML file; its name is the file's name without ``.toml``.

    Raises:
        ProfileError: the file cannot be read, is no TOML, or a key, a unit or a source is missing or wrong.
    """
    document = read_toml(path, what="profile", error=ProfileError, hint="'edgekit profiles' lists what there is")
    try:
        return _profile(path.name.removesuffix(".toml"), document)
    except ProfileError as error:
        example = resource_folder("device_profiles") / "rpi4.toml"
        hint = error.hint or f"{example} shows how a complete profile is written"
        raise ProfileError(f"profile {path}: {error.message}", hint=hint) from None


def _profile(name: str, document: Mapping[str, Any]) -> DeviceProfile:
    _require_known(document, ("title", "kind", "facts", "match", "budget"), "at the top")
    _require_present(document, ("title", "kind", "facts"), "at the top")
    kind = _read("kind", document["kind"], _kind)
    facts = _facts(document["facts"], _FACTS, "facts")
    match = _facts(document["match"], _MATCH, "match") if "match" in document else None
    _require_judgeable(kind, facts, match)
    return DeviceProfile(
        name=name,
        title=_read("title", document["title"], _text),
        kind=kind,
        facts=Facts(**facts),
        match=None if match is None else Match(**match),
        budget=_budget(document.get("budget", {})),
    )


def _require_judgeable(kind: Kind, facts: Mapping[str, Any], match: Mapping[str, Any] | None) -> None:
    """A device of a kind needs what its verdicts are made from."""
    if kind is Kind.MICROCONTROLLER:
        _require_present(facts, ("memory_bytes",), "in [facts] of a microcontroller", shown=("memory",))
        return
    if match is None:
        raise ProfileError("[match] is missing, which says how a machine of this kind is recognized")
    if kind is not Kind.PC and not {"board", "cpu"} & match.keys():
        raise ProfileError(f"key 'board' is missing in [match]: 'machine' alone fits more than one {kind}")


def _facts(table: object, keys: Mapping[str, _Key], where: str) -> dict[str, Any]:
    """Return the facts of one table under the names of their fields."""
    entries = _table(table, f"[{where}]")
    _require_known(entries, keys, f"in [{where}]")
    _require_present(entries, (key for key, row in keys.items() if row.required), f"in [{where}]")
    return {keys[key].field: _fact(f"{where}.{key}", entry, keys[key]) for key, entry in entries.items()}


def _fact(name: str, entry: object, key: _Key) -> Fact[Any]:
    if not isinstance(entry, dict):
        raise ProfileError(f'{name} is {entry!r}, but a fact is written {{ value = ..., source = "..." }}')
    _require_known(entry, ("value", "source"), f"in {name}")
    _require_present(entry, ("value", "source"), f"in {name}")
    return Fact(_read(f"{name}.value", entry["value"], key.read), _read(f"{name}.source", entry["source"], _text))


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


def _limit(limit: Limit, value: object) -> float:
    return parse_limit(limit, _text(value))


@dataclass(frozen=True, slots=True)
class _Key:
    field: str
    read: Callable[[object], Any]
    required: bool = False


_FACTS = {
    "architecture": _Key("architecture", _text, required=True),
    "cpu": _Key("cpu", _text, required=True),
    "cores": _Key("cores", _count),
    "fp16_arithmetic": _Key("fp16_arithmetic", _flag),
    "int8_dot_product": _Key("int8_dot_product", _flag),
    "int8_matrix_multiply": _Key("int8_matrix_multiply", _flag),
    "memory": _Key("memory_bytes", _size),
    "flash": _Key("flash_bytes", _size),
    "memory_copy_per_second": _Key("memory_copy_bytes_per_second", _size),
    "edge_tpu": _Key("edge_tpu", _flag),
    "accelerators": _Key("accelerators", _texts),
}
_MATCH = {
    "machine": _Key("machine", _texts, required=True),
    "board": _Key("board", _texts),
    "cpu": _Key("cpu", _texts),
}
