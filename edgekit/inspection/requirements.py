"""What a user can require of a file beyond that it runs: one table. To add one, write a function and add a line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from edgekit.errors import UsageError, unknown_name
from edgekit.inspection.arithmetic import indifferent
from edgekit.inspection.facts import Inspection, OpFacts

_TOLD = 8
"""So many operators are named; the rest are counted."""


@dataclass(frozen=True, slots=True)
class Shortfall:
    """A requirement that a file does not meet."""

    requirement: str
    count: int
    """How many operators, inputs and outputs stand against it."""
    clause: str
    """What they are, with their names; the file is the subject: "is not full-int8: operators do not ..."."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """One row."""

    name: str
    summary: str
    against: Callable[[Inspection], list[str]]
    """Gives a name for each thing that stands against it."""
    clause: str
    """What is wrong with these, such as ``operators do not compute in int8``."""


def outside_int8(op: OpFacts) -> bool:
    """Return whether an operator computes in something else than int8."""
    return op.floating or not (op.precision == "int8" or indifferent(op.precision))


def _not_int8(facts: Inspection) -> list[str]:
    against = [_op(op) for op in facts.ops if outside_int8(op)]
    return against or ([] if facts.precision == "int8" else ["none computes in int8"])


def _not_int8_io(facts: Inspection) -> list[str]:
    return [
        f"{side} {spec.name} ({spec.dtype})"
        for side, specs in (("input", facts.inputs), ("output", facts.outputs))
        for spec in specs
        if spec.dtype != "int8"
    ]


def _not_builtin(facts: Inspection) -> list[str]:
    custom = {*facts.custom_ops, *facts.flex_ops}
    against = [_op(op) for op in facts.ops if op.name in custom]
    return against + ["operators compiled for an Edge TPU"] * bool(facts.edgetpu_ops)


REQUIREMENTS: dict[str, Requirement] = {
    requirement.name: requirement
    for requirement in (
        Requirement(
            "full-int8",
            "every operator computes in int8",
            _not_int8,
            "operators do not compute in int8",
        ),
        Requirement("int8-io", "it takes and gives int8", _not_int8_io, "inputs and outputs are not int8"),
        Requirement("builtins", "it needs builtin operators only", _not_builtin, "operators are no builtin ones"),
    )
}


def require_known(names: Iterable[str]) -> None:
    """Raise UsageError that lists the valid names if one of ``names`` is no requirement, or if they are no names."""
    if isinstance(names, str) or not isinstance(names, Iterable):
        raise UsageError(
            f"the requirements are {names!r}, but must be a list of names",
            hint=f"such as ['{next(iter(REQUIREMENTS))}']",
        )
    for name in names:
        if name not in REQUIREMENTS:
            raise UsageError(unknown_name("requirement", name, REQUIREMENTS))


def shortfalls(facts: Inspection, names: Sequence[str]) -> tuple[Shortfall, ...]:
    """Return what a file does not meet of the requirements called ``names``.

    Raises:
        UsageError: one of them does not exist.
    """
    require_known(names)
    found = []
    for name in dict.fromkeys(names):
        requirement = REQUIREMENTS[name]
        against = requirement.against(facts)
        if against:
            more = f" and {len(against) - _TOLD} more" if len(against) > _TOLD else ""
            told = ", ".join(against[:_TOLD])
            found.append(Shortfall(name, len(against), f"is not {name}: {requirement.clause}: {told}{more}"))
    return tuple(found)


def _op(op: OpFacts) -> str:
    where = f"operator {op.index}" + (f" of subgraph {op.subgraph}" if op.subgraph else "")
    return f"{op.name} ({where}, {op.output}, {op.precision})"
