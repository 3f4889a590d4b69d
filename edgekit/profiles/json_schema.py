"""The JSON Schema of a profile's TOML file, made from the tables that read it: editors complete and check by it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from edgekit.profiles.limits import LIMITS
from edgekit.profiles.profile import Kind
from edgekit.profiles.reading import CLUSTER_KEYS, FACT_KEYS, MATCH_KEYS, MODE_KEYS, TOP_KEYS, Key

SCHEMA_FILE = "profile.schema.json"
"""Its name in the folder of the shipped profiles."""
_QUANTITY = r"^\s*[0-9]+(\.[0-9]+)?\s*({})\s*$"
_SIZE = _QUANTITY.format("B|kB|MB|GB|KiB|MiB|GiB")
_SAYING = {"type": "string", "pattern": r"\S"}
FORMS: Mapping[str, Mapping[str, Any]] = {
    "text": _SAYING,
    "texts": {"type": "array", "items": _SAYING, "minItems": 1},
    "flag": {"type": "boolean"},
    "count": {"type": "integer", "minimum": 1},
    "bits": {"enum": [32, 64]},
    "size": {"type": "string", "pattern": _SIZE},
    "clock": {"type": "string", "pattern": _QUANTITY.format("MHz|GHz")},
    "power": {"type": "string", "pattern": _QUANTITY.format("mW|W")},
}
"""By how a value is written, what it must be."""
_LIMIT_UNITS = {"file_size": _SIZE, "memory": _SIZE} | {
    "latency_p90": _QUANTITY.format("us|ms|s|min"),
    "accuracy_drop": _QUANTITY.format("%|"),
}


def profile_schema() -> dict[str, Any]:
    """Return the schema as JSON values (draft 2020-12)."""
    tables: dict[str, Any] = {
        "title": _SAYING,
        "kind": {"enum": [str(kind) for kind in Kind]},
        "date": {"description": "The day on which the sources were read, without quotes."},
        "facts": _facts(FACT_KEYS),
        "clusters": {"type": "array", "items": _facts(CLUSTER_KEYS)},
        "modes": {"type": "object", "additionalProperties": _facts(MODE_KEYS)},
        "match": _facts(MATCH_KEYS),
        "budget": _closed({key: {"type": "string", "pattern": _LIMIT_UNITS[key]} for key in LIMITS}),
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "edgekit device profile",
        **_closed({key: tables[key] for key in TOP_KEYS}, required=("title", "kind", "facts")),
    }


def _facts(keys: Mapping[str, Key]) -> dict[str, Any]:
    facts = {
        name: _closed(
            {"value": FORMS[key.form], "source": _SAYING, "date": {}},
            required=("value", "source"),
        )
        for name, key in keys.items()
    }
    return _closed(facts, required=tuple(name for name, key in keys.items() if key.required))


def _closed(properties: Mapping[str, Any], *, required: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(required),
        "additionalProperties": False,
    }
