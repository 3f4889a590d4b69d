"""Checksums of a sidecar's fields, so that an edit is found and its field is named.

They tell an edit from what edgekit wrote. They are no signature: whoever can compute them can write new ones.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

SEALS = "seals"
"""The field that holds them, and in it the name of the checksum over all others."""
_OPENED = ("origin", "recipe", "samples", "golden_pack")
"""Objects whose own fields are sealed one by one: what a build depends on."""
_LENGTH = 12


def sealed(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``document`` with the checksums of its fields behind them."""
    seals = {name: checksum(value) for name, value in _parts(document)}
    return {**document, SEALS: {**seals, SEALS: checksum(seals, length=64)}}


def edited_fields(document: Mapping[str, Any]) -> list[str]:
    """Return the fields, such as ``recipe.seed``, that are not what was sealed; those taken out or put in as well."""
    seals = document.get(SEALS)
    if not isinstance(seals, dict):
        return [SEALS]
    kept = {name: seal for name, seal in seals.items() if name != SEALS}
    found = {name: checksum(value) for name, value in _parts({k: v for k, v in document.items() if k != SEALS})}
    changed = [name for name in dict.fromkeys((*kept, *found)) if kept.get(name) != found.get(name)]
    if not changed and seals.get(SEALS) != checksum(kept, length=64):
        return [SEALS]
    # An object that was replaced by something else is one edit, not one for each of its fields.
    parts = {name.partition(".")[0] for name in changed if "." not in name}
    return [name for name in changed if "." not in name or name.partition(".")[0] not in parts]


def _parts(document: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in document.items():
        if name in _OPENED and isinstance(value, dict) and value:
            for inner, content in value.items():
                yield f"{name}.{inner}", content
        else:
            yield name, value


def checksum(value: Any, *, length: int = _LENGTH) -> str:
    """Return the first hex digits of the SHA-256 of a JSON value, whatever the order of its keys."""
    # In ASCII, because a file name that is not UTF-8 holds what no encoding takes.
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:length]
