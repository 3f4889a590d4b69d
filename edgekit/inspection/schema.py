"""The generated accessors of the TFLite schema, loaded on first use."""

from __future__ import annotations

import importlib
from functools import cache
from typing import Any


@cache
def schema() -> Any:
    """Return the module of generated accessors that ai-edge-litert ships: 12 ms beside numpy.

    Its ``tools.flatbuffer_utils`` reads the same with an object per byte vector and brings in more modules.
    """
    return importlib.import_module("ai_edge_litert.schema_py_generated")


@cache
def names_of(enumeration: str) -> dict[int, str]:
    """Return number to name of one of the schema's enumerations, such as ``BuiltinOperator``."""
    members = vars(getattr(schema(), enumeration))
    return {number: name for name, number in members.items() if isinstance(number, int)}
