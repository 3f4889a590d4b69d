"""What TensorFlow's converter says when it fails, made into one sentence."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

from edgekit.errors import ConversionError, UnsupportedOperator
from edgekit.processes.worker import WorkerDied

_NOT_BUILTIN = re.compile(r"'(tf\.\w+)' op is neither a custom op nor a flex op")
_LISTED = re.compile(r"(?:Custom|Flex|TF Select) ops: ([\w, ]+)")
_ABORTS = re.compile(r"(LLVM ERROR: .*|.*Check failed: .*|F\d{4} .*|.*Assertion .* failed.*)")
_SMALLER_PIECES = "the log tells which operation it was at; try the model in smaller pieces to find the layer"
Task = Literal["load", "convert", "run"]
_TASKS: dict[Task, str] = {"load": "while loading", "convert": "while converting", "run": "while running"}
_ERROR_LINE = re.compile(r"error: (.*)")


def conversion_error(text: str, *, layers: Iterable[str], model: str) -> ConversionError:
    """Return the error that names the operators and, where the text tells, the layers they come from.

    Args:
        text: the converter's exception or, where it died, the end of its log.
        layers: the model's layer names.
        model: the model's name, for the sentence.
    """
    operators = _operators_in(text)
    if not operators:
        return ConversionError(
            f"TensorFlow's converter refuses model {model}: {_reason(text)}", hint=_SMALLER_PIECES, log=text
        )
    origins = {operator: _layer_of(operator, text, set(layers)) for operator in operators}
    named = [f"{name} (layer '{layer}')" if layer else name for name, layer in origins.items()]
    return UnsupportedOperator(
        f"model {model} cannot become a file of builtin operators: {', '.join(named)} "
        f"{'have' if operators[1:] else 'has'} no builtin",
        operators=operators,
        layers=tuple(layer for layer in origins.values() if layer),
        hint="replace the layer by one made of common operations, or move that step out of the model",
        log=text,
    )


def death_error(death: WorkerDied, *, layers: Iterable[str], model: str, task: Task) -> ConversionError:
    """Return the error for an exporter that died, or was ended, at its ``task``."""
    text = death.log or ""
    if death.late:
        return ConversionError(
            f"TensorFlow was ended {_TASKS[task]} model {model}: it {death.how}", hint=death.hint, log=text
        )
    if _operators_in(text):
        return conversion_error(text, layers=layers, model=model)
    abort = _ABORTS.search(text)
    reason = f" ({abort[1].strip()[:300]})" if abort else ""
    return ConversionError(
        f"TensorFlow died {_TASKS[task]} model {model}: it {death.how}{reason}",
        hint=death.hint or _SMALLER_PIECES,
        log=text,
    )


def _operators_in(text: str) -> tuple[str, ...]:
    found = dict.fromkeys(_NOT_BUILTIN.findall(text))
    for group in _LISTED.findall(text):
        for name in group.split(","):
            found.setdefault(f"tf.{name.strip()}")
    return tuple(found)


def _layer_of(operator: str, text: str, layers: set[str]) -> str | None:
    kind = operator.removeprefix("tf.")
    scope = re.search(rf'"{re.escape(kind)}:", (?:callsite\()?"([^"@]+)@', text)
    # Tracing adds a number to a layer's name when it traces the layer a second time.
    for part in reversed(scope[1].split("/") if scope else []):
        for candidate in (part, re.sub(r"_\d+$", "", part)):
            if candidate in layers:
                return candidate
    return None


def _reason(text: str) -> str:
    error = _ERROR_LINE.search(text)
    first = error[1] if error else next((line for line in text.splitlines() if line.strip()), "no reason given")
    return first.strip()[:300]
