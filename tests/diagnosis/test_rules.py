"""The rules one by one, on the smallest graphs that they are about; the networks of test_causes.py hold the whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from edgekit.diagnosis.causes import CAUSES, cause_of
from edgekit.diagnosis.neighbours import Neighbours
from edgekit.diagnosis.suspect import REST, ROUNDING, Suspect
from edgekit.inspection.graph import Operator, Quantization, Subgraph, Tensor
from edgekit.sensitivity.measures import Measured, Seen, Stepped

CALM = Measured(
    snr_db=30.0,
    own_snr_db=30.0,
    channel_snr_db=30.0,
    seen=Seen(-4, 4, -4, 4, channels=16, widest=0, over_rest=1.2, over_median=2.0, least_deviation=0.5),
    stepped=Stepped(8 / 255, -4, 4, -3, 3, bulk_steps=190, clipped=0.0, clipping=0.0),
)


def tensor(index: int, *, weights: np.ndarray | None = None, scales: Sequence[float] = (0.1,), **other: Any) -> Tensor:
    quantization = Quantization(np.asarray(scales, np.float32), np.zeros(len(scales), np.int64), 0, None)
    fields = {
        "index": index, "name": f"t{index}", "shape": (1, 4), "signature": (), "dtype": "int8", "buffer": 0,
        "data": None, "external": None, "variable": False, "quantization": quantization, "sparsity": None,
    }  # fmt: skip
    if weights is not None:
        kind = {"float32": "float32", "int8": "int8"}[weights.dtype.name]
        fields |= {"shape": weights.shape, "dtype": kind, "data": np.frombuffer(weights.tobytes(), np.uint8)}
        fields["quantization"] = None if kind == "float32" else quantization
    return Tensor(**{**fields, **other})


def graph(*operators: tuple[str, Sequence[int], Sequence[int]], constants: dict[int, Tensor] | None = None) -> Subgraph:
    last = max(index for _, inputs, outputs in operators for index in (*inputs, *outputs))
    tensors = tuple((constants or {}).get(index, tensor(index)) for index in range(last + 1))
    return Subgraph(
        index=0,
        tensors=tensors,
        inputs=(0,),
        outputs=(last,),
        operators=tuple(
            Operator(number, name, False, 1, tuple(inputs), tuple(outputs), (), (), (), b"")
            for number, (name, inputs, outputs) in enumerate(operators)
        ),
    )


def suspect(
    subgraph: Subgraph,
    number: int,
    *,
    part: str = ROUNDING,
    measured: Measured = CALM,
    others: dict[int, Measured] | None = None,
    original: Subgraph | None = None,
) -> Suspect:
    operator = subgraph.operators[number]
    return Suspect(
        tensor=operator.outputs[0],
        operator=operator,
        twin=None if original is None else original.operators[number],
        part=part,
        measured=measured,
        everything={operator.outputs[0]: measured, **(others or {})},
        neighbours=Neighbours(subgraph),
        original=original or subgraph,
    )


def told(found: Suspect) -> tuple[str | None, str]:
    known = cause_of(found)
    return (None, "") if known is None else (known[0].name, known[1])


def spread(low: float, high: float, **seen: Any) -> Measured:
    """A tensor with a range that fits."""
    measured = replace(CALM, seen=replace(CALM.seen, low=low, high=high, typical_low=low, typical_high=high, **seen))
    return replace(measured, stepped=replace(CALM.stepped, scale=(high - low) / 255, low=low, high=high))


def test_nothing_is_made_up() -> None:
    plain = graph(("ADD", (0, 1), (2,)), ("MUL", (2, 1), (3,)))
    assert told(suspect(plain, 0)) == (None, "")
    assert told(suspect(plain, 0, part=REST)) == (None, "")


def test_every_cause_has_a_name_a_rule_and_a_repair() -> None:
    assert all(cause.name and cause.repair and cause.part in {ROUNDING, REST} for cause in CAUSES)
    assert not any(cause.repair.endswith(".") for cause in CAUSES)


def test_branches_that_are_packed_past_a_reshape() -> None:
    joined = graph(("ADD", (0, 0), (1,)), ("RESHAPE", (1,), (2,)), ("MUL", (0, 0), (3,)), ("PACK", (2, 3), (4,)))
    narrow = replace(spread(-1, 1), stepped=replace(CALM.stepped, scale=1.0, low=-128, high=127))
    cause, evidence = told(suspect(joined, 0, measured=narrow, others={3: spread(-128, 127)}))
    assert cause == "concatenation of unbalanced ranges"
    assert (
        evidence == "operator 3 (PACK) joins ranges 255 and 2 wide under one scale: the narrow one gets 2 of 256 steps"
    )
    assert told(suspect(joined, 0, measured=spread(-1, 1), others={3: spread(-2, 2)}))[0] is None


@pytest.mark.parametrize(
    ("operators", "number", "name"),
    [
        ([("ADD", (0, 0), (1,)), ("HARD_SWISH", (1,), (2,))], 0, "hard-swish"),
        ([("ADD", (0, 0), (1,)), ("HARD_SWISH", (1,), (2,))], 1, "hard-swish"),
        ([("ADD", (0, 0), (1,)), ("LOGISTIC", (1,), (2,)), ("MUL", (1, 2), (3,))], 0, "SiLU"),
        ([("ADD", (0, 0), (1,)), ("LOGISTIC", (1,), (2,)), ("MUL", (1, 2), (3,))], 2, "SiLU"),
        ([("ADD", (0, 0), (1,)), ("LOGISTIC", (1,), (2,)), ("MUL", (0, 2), (3,))], 0, None),
        ([("ADD", (0, 0), (1,)), ("MUL", (1, 0), (2,))], 0, None),
    ],
)
def test_smooth_activations(operators: list[Any], number: int, name: str | None) -> None:
    cause, evidence = told(suspect(graph(*operators), number, measured=spread(-400, 400, least_deviation=50.0)))
    assert cause == ("SiLU or hard-swish" if name else None)
    if name:
        assert evidence == f"{name} bends between -6 and 6, where the range -400..400 leaves 4 of 256 steps"
    assert told(suspect(graph(*operators), number, measured=spread(-8, 8)))[0] is None


@pytest.mark.parametrize("name", ["SOFTMAX", "LOGISTIC"])
def test_a_fixed_scale_is_not_the_calibrations_fault(name: str) -> None:
    gate = graph(("ADD", (0, 0), (1,)), (name, (1,), (2,)), ("MUL", (2, 0), (3,)))
    small = replace(spread(0, 1), stepped=replace(CALM.stepped, scale=1 / 256, low=0, high=255 / 256, bulk_steps=2))
    small = replace(small, seen=replace(small.seen, high=0.005, typical_low=0, typical_high=0.005))
    assert told(suspect(gate, 1, measured=small))[0] == "softmax or sigmoid into a tiny scale"
    tall = replace(small, stepped=replace(small.stepped, bulk_steps=200))
    assert told(suspect(gate, 1, measured=tall))[0] is None


def test_an_average_in_the_steps_of_what_it_takes() -> None:
    pooled = graph(("CONV_2D", (0,), (1,)), ("AVERAGE_POOL_2D", (1,), (2,)), ("MUL", (2, 2), (3,)))
    wide = spread(0, 80)
    small = replace(spread(0, 4), stepped=wide.stepped)
    cause, evidence = told(suspect(pooled, 1, measured=small, others={1: wide}))
    assert cause == "scale shared with the input"
    assert (
        evidence
        == "AVERAGE_POOL_2D has the range of what it takes, 0..80, and gives values that need 20 times less of it"
    )
    # The same range with steps of its own is the calibration's.
    assert told(suspect(pooled, 1, measured=small, others={1: spread(0, 90)}))[0] == "calibration outlier"


def test_channels_and_tails() -> None:
    plain = graph(("CONV_2D", (0,), (1,)), ("ADD", (1, 1), (2,)))
    assert told(suspect(plain, 0, measured=spread(-4, 4, over_rest=9.0)))[0] == "wide channel"
    many = spread(-4, 4, over_rest=3.0, over_median=40.0)
    assert told(suspect(plain, 0, measured=many))[0] == "unbalanced channels"
    lost = spread(-4, 4, least_deviation=0.001)
    assert "one varies by 0.001 where a step is 0.031" in told(suspect(plain, 0, measured=lost))[1]
    tails = replace(CALM, stepped=replace(CALM.stepped, bulk_low=-0.2, bulk_high=0.2, bulk_steps=12))
    assert told(suspect(plain, 0, measured=tails)) == (
        "heavy tails", "99.9 % of the values lie within -0.2..0.2, 12 of 256 steps; the rest reaches from -4 to 4",
    )  # fmt: skip


def test_the_last_layer_is_one_with_weights_and_nothing_but_bounds_behind_it() -> None:
    weights = {1: tensor(1, weights=np.ones((3, 4), np.int8))}
    mixed = spread(-1000, 10, least_deviation=0.5)
    head = ("FULLY_CONNECTED", (0, 1), (2,))
    last = graph(head, ("SOFTMAX", (2,), (3,)), ("DEQUANTIZE", (3,), (4,)), constants=weights)
    assert told(suspect(last, 0, measured=mixed))[0] == "wide final layer"
    inner = graph(head, ("FULLY_CONNECTED", (2, 1), (3,)), constants=weights)
    assert told(suspect(inner, 0, measured=mixed))[0] == "unbalanced channels"


def weighted(kernel: np.ndarray, scales: Sequence[float], *, name: str = "FULLY_CONNECTED", **other: Any) -> Suspect:
    """An operator whose float weights are ``kernel``."""
    rounded = np.clip(np.round(kernel / np.resize(scales, (len(kernel), 1))), -127, 127).astype(np.int8)
    operators = [(name, (0, 1), (2,)), ("ADD", (2, 2), (3,))]
    ours = graph(*operators, constants={1: tensor(1, weights=rounded, scales=scales, **other)})
    theirs = graph(*operators, constants={1: tensor(1, weights=kernel.astype(np.float32))})
    return suspect(ours, 0, part=REST, original=theirs)


def test_weights() -> None:
    kernel = np.random.default_rng(0).normal(0, 1, (8, 16)).astype(np.float32)
    even = np.abs(kernel).max() / 127
    assert told(weighted(kernel, [even]))[0] is None
    uneven = kernel.copy()
    uneven[3] *= 100
    cause, evidence = told(weighted(uneven, [even * 100]))
    assert cause == "per-tensor weights"
    assert "which gets 1 of 127 steps" in evidence or "less than 1" in evidence
    own = np.abs(uneven).max(axis=1) / 127
    assert told(weighted(uneven, own.tolist()))[0] is None
    column = kernel.copy()
    column[:, 5] *= 200
    assert told(weighted(column, (np.abs(column).max(axis=1) / 127).tolist()))[0] == "unbalanced weights"


def test_weights_of_few_bits() -> None:
    kernel = np.ones((8, 16), np.float32)
    found = weighted(kernel, [1.0], dtype="int4")
    assert told(found) == ("weights of few bits", "its weights have 4 bits: 16 values for each channel or block")


@pytest.mark.parametrize("part", [ROUNDING, REST])
def test_a_sound_operator_whose_error_grows_behind_it(part: str) -> None:
    fine = suspect(
        graph(("CONV_2D", (0,), (1,))), 0, part=part, measured=replace(CALM, own_snr_db=42, channel_snr_db=40)
    )
    found = cause_of(replace(fine, output_snr_db=15.0))
    assert found is not None
    assert found[0].name == "amplified rounding"
    assert found[1] == (
        "its own error is as small as int8 makes it (40 dB), and what follows makes it 25 dB larger: 15 dB at the "
        "outputs"
    )
    # Not where the operator itself is at fault, nor where its error is passed on as it is.
    assert cause_of(replace(fine, output_snr_db=35.0)) is None
    assert cause_of(replace(fine, output_snr_db=5.0, measured=replace(CALM, own_snr_db=42, channel_snr_db=20))) is None
