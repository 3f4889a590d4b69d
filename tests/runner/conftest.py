"""Small models, written by hand: what the real ones do not do, such as never ending."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema


@pytest.fixture
def endless(writer: Any, tmp_path: Path) -> Path:
    """A WHILE whose condition is always true: loads well, and its first inference never ends."""
    loop = schema.WhileOptionsT()
    loop.condSubgraphIndex, loop.bodySubgraphIndex = 1, 2
    value = writer.tensor("in", "float32", [1], io="i")
    writer.operator("WHILE", [value], [writer.tensor("out", "float32", [1], io="o")], ("WhileOptions", loop))
    writer.subgraph()
    value = writer.tensor("cond_in", "float32", [1], io="i")
    limit = writer.tensor("limit", "float32", [1], data=np.array([1e30], np.float32))
    writer.operator("LESS", [value, limit], [writer.tensor("cond_out", "bool", [1], io="o")])
    writer.subgraph()
    value = writer.tensor("body_in", "float32", [1], io="i")
    writer.operator("ABS", [value], [writer.tensor("body_out", "float32", [1], io="o")])
    return writer.write(tmp_path / "endless.tflite")


@pytest.fixture
def edited(tmp_path: Path) -> Callable[[Path, dict[int, int]], Path]:
    """Return a function that copies a file with some bytes changed."""

    def edit(source: Path, changes: dict[int, int]) -> Path:
        content = bytearray(source.read_bytes())
        for offset, value in changes.items():
            content[offset] = value
        target = tmp_path / f"edited_{source.name}"
        target.write_bytes(content)
        return target

    return edit
