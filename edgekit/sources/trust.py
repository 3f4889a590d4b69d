"""Finds code inside a model's configuration. Loading such a file would run it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from edgekit.errors import SourceError

# Keras 3 marks a pickled function with "__lambda__"; Keras 2 with function_type "lambda" or a bare list.
_CODE_CLASSES = {"Lambda", "__lambda__"}


def require_no_code(path: Path, config: dict[str, Any]) -> None:
    """Raise SourceError that names the layers, if ``config`` holds a Lambda layer or pickled code."""
    found = list(_code_in(config))
    if found:
        raise SourceError(
            f"model {path} holds code that loading it would run: {', '.join(sorted(set(found)))}",
            hint="if you trust where the file comes from, add --trust; "
            "better: replace the Lambda by a layer class of your own",
        )


def _code_in(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        class_name = node.get("class_name")
        if class_name in _CODE_CLASSES or node.get("function_type") == "lambda":
            inner = node.get("config")
            layer = inner.get("name") if isinstance(inner, dict) else None
            yield f"Lambda layer '{layer}'" if layer else "a pickled function"
            return
        for value in node.values():
            yield from _code_in(value)
    elif isinstance(node, list):
        for value in node:
            yield from _code_in(value)
