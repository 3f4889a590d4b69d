"""The plan of memory, held against the addresses that the real runtime gives its tensors."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from edgekit.inspection.arena import ALIGNMENT, MAX_PLANNED, place, plan_arena
from edgekit.inspection.decoding import read_graph
from edgekit.inspection.graph import Graph, Operator, Subgraph, Tensor
from edgekit.inspection.lifetimes import persistent_tensors

REAL = [
    "coral/deeplabv3_mnv2_dm05_pascal_quant.tflite",
    "coral/keras_lstm_mnist_ptq.tflite",
    "coral/mobilenet_v1_0.25_128_quant.tflite",
    "coral/mobilenet_v2_1.0_224_quant.tflite",
    "mlperf_tiny/ic_resnet8_float32.tflite",
    "mlperf_tiny/ic_resnet8_int8.tflite",
    "mlperf_tiny/kws_dscnn_int8.tflite",
    "mlperf_tiny/vww_mobilenet_float32.tflite",
    "mlperf_tiny/vww_mobilenet_int8.tflite",
]


def _addresses(content: bytes, resolver: OpResolverType = OpResolverType.BUILTIN_REF) -> dict[int, int]:
    """Return where the runtime's reference kernels, which want no scratch memory, find each tensor."""
    interpreter = Interpreter(model_content=content, experimental_op_resolver_type=resolver)
    interpreter.allocate_tensors()
    found = {}
    for details in interpreter.get_tensor_details():
        try:
            found[details["index"]] = interpreter.tensor(details["index"])().__array_interface__["data"][0]
        except ValueError:
            # A tensor without memory of its own.
            continue
    return found


def _assert_as_the_runtime(content: bytes) -> None:
    graph = read_graph(content, name="model")
    placements, addresses = place(graph.subgraphs[0]), _addresses(content)
    start = min(addresses[item.tensor] for item in placements)
    assert {item.tensor: item.offset for item in placements} == {
        item.tensor: addresses[item.tensor] - start for item in placements
    }
    end = max(addresses[item.tensor] + item.size_bytes for item in placements)
    assert plan_arena(graph).arena_bytes == end - start


@pytest.mark.parametrize("name", REAL)
def test_every_tensor_lies_where_the_runtime_puts_it(shared_data: Path, name: str) -> None:
    _assert_as_the_runtime((shared_data / name).read_bytes())


@pytest.mark.parametrize("kind", ["float16", "int8", "int16x8", "static_int4", "weight_only_int8"])
def test_so_it_is_for_quantized_files(variants: dict[str, Path], kind: str) -> None:
    _assert_as_the_runtime(variants[kind].read_bytes())


@pytest.mark.parametrize("kind", ["float16", "weight_only_int8"])
def test_unpacked_weights_lie_beside_the_arena(variants: dict[str, Path], kind: str) -> None:
    content = variants[kind].read_bytes()
    graph = read_graph(content, name="model")
    kept, addresses = persistent_tensors(graph.subgraphs[0]), _addresses(content)
    start = min(addresses[index] for index in kept)
    end = max(addresses[index] + -(-size // ALIGNMENT) * ALIGNMENT for index, size in kept.items())
    assert plan_arena(graph).persistent_bytes == end - start == 309_440


def test_kernels_take_scratch_memory_beside_the_plan(resnet: bytes) -> None:
    addresses = _addresses(resnet, OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES)
    graph = read_graph(resnet, name="model")
    placements = place(graph.subgraphs[0])
    span = max(addresses[item.tensor] + item.size_bytes for item in placements) - min(
        addresses[item.tensor] for item in placements
    )
    assert (plan_arena(graph).arena_bytes, span) == (208_896, 798_720)


def _sharing(build: Callable[..., bytes]) -> bytes:
    """Operators that write over their input, and each reason not to."""
    big = {"shape": [1, 16, 16]}
    flat = {"shape": [1, 256]}
    shape = {"shape": [2], "dtype": "INT32", "data": np.array([1, 256], np.int32)}
    scalar = {"shape": [1], "data": np.float32([2])}
    axis = {"shape": [1], "dtype": "INT32", "data": np.int32([1])}
    small = {"shape": [1]}
    tensors = [big, shape, scalar, axis, small, big, flat, flat, flat, flat, flat, flat, small, small, flat]
    reshape, plus = schema.ReshapeOptionsT(newShape=[1, 256]), schema.AddOptionsT
    return build(
        tensors,
        [
            ("SIN", [0], [5]),
            ("RESHAPE", [5, 1], [6], reshape),
            ("ADD", [6, 2], [7], plus()),
            ("SOFTMAX", [7], [8], schema.SoftmaxOptionsT(beta=1.0)),
            ("MUL", [8, 6], [9], schema.MulOptionsT()),
            ("SUB", [8, 9], [10], schema.SubOptionsT()),
            ("DIV", [10, 9], [11], schema.DivOptionsT()),
            ("ADD", [4, 2], [12], plus()),
            ("MUL", [12, 2], [13], schema.MulOptionsT()),
            ("ADD", [11, 13], [14], plus()),
        ],
        inputs=[0, 4],
        outputs=[14, 9],
    )


def _random_graph(build: Callable[..., bytes], rng: random.Random) -> bytes:
    """Dense layers, concatenations and operators in place, on values of all sizes that live for a while."""
    tensors: list[dict[str, Any]] = [{"shape": [1, 40]}, {"shape": [1, 7]}, {"shape": [1], "data": np.float32([2])}]
    live, ops = [0, 1], []
    for _ in range(40):
        kind, source = rng.choice(("dense", "dense", "join", "add", "softmax", "reshape")), rng.choice(live[-8:])
        width = tensors[source]["shape"][1]
        if kind == "dense":
            size = rng.choice((rng.randrange(1, 20), rng.randrange(1, 200)))
            tensors.append({"shape": [size, width], "data": np.zeros((size, width), np.float32)})
            op = ("FULLY_CONNECTED", [source, len(tensors) - 1, -1], schema.FullyConnectedOptionsT())
        elif kind == "join":
            other = rng.choice(live[-8:])
            size = width + tensors[other]["shape"][1]
            op = ("CONCATENATION", [source, other], schema.ConcatenationOptionsT(axis=1))
        elif kind == "reshape":
            size = width
            tensors.append({"shape": [2], "dtype": "INT32", "data": np.int32([1, size])})
            op = ("RESHAPE", [source, len(tensors) - 1], schema.ReshapeOptionsT(newShape=[1, size]))
        else:
            size = width
            options = schema.AddOptionsT() if kind == "add" else schema.SoftmaxOptionsT(beta=1.0)
            op = (kind.upper(), [source, 2] if kind == "add" else [source], options)
        tensors.append({"shape": [1, size]})
        live.append(len(tensors) - 1)
        ops.append((op[0], op[1], [live[-1]], op[2]))
    return build(tensors, ops, inputs=[0, 1], outputs=[live[-1], *rng.sample(live[2:-1], 2)])


@pytest.mark.parametrize("seed", range(30))
def test_random_graphs_lie_where_the_runtime_puts_them(build: Callable[..., bytes], seed: int) -> None:
    _assert_as_the_runtime(_random_graph(build, random.Random(seed)))


def test_operators_that_write_over_their_input_share_its_memory(build: Callable[..., bytes]) -> None:
    content = _sharing(build)
    _assert_as_the_runtime(content)
    subgraph = read_graph(content, name="model").subgraphs[0]
    owners = {item.tensor for item in place(subgraph)}
    shared = {item for item in range(5, 15) if item not in owners}
    addresses = _addresses(content)
    assert shared == {6, 8, 11}
    assert addresses[5] == addresses[6]
    assert addresses[7] == addresses[8]
    assert addresses[10] == addresses[11]


@pytest.mark.parametrize("name", REAL)
def test_nothing_that_lives_together_overlaps(shared_data: Path, name: str) -> None:
    graph = read_graph((shared_data / name).read_bytes(), name=name)
    placements = place(graph.subgraphs[0])
    for one, other in combinations(placements, 2):
        apart = one.last < other.first or other.last < one.first
        assert apart or one.offset + one.size_bytes <= other.offset or other.offset + other.size_bytes <= one.offset
    assert all(item.offset % ALIGNMENT == 0 for item in placements)
    moments = range(len(graph.subgraphs[0].operators) + 1)
    live = [sum(item.size_bytes for item in placements if item.first <= at <= item.last) for at in moments]
    assert plan_arena(graph).peak_live_bytes == max(live) <= plan_arena(graph).arena_bytes


def test_variables_stay_beside_the_arena(shared_data: Path) -> None:
    content = (shared_data / "coral" / "keras_lstm_mnist_ptq.tflite").read_bytes()
    subgraph = read_graph(content, name="model").subgraphs[0]
    assert list(persistent_tensors(subgraph).values()) == [20, 40]
    assert plan_arena(read_graph(content, name="model")).persistent_bytes == 128


@pytest.mark.parametrize(
    ("name", "tensors", "complete"),
    [
        ("EXP", [{"shape": [1, 8], "signature": [-1, 8]}] * 2, True),
        ("EXP", [{"shape": [1, 1, 8], "signature": [1, -1, 8]}] * 2, False),
        ("EXP", [{"shape": [1, -1]}] * 2, False),
        ("WHERE", [{"shape": [8], "dtype": "BOOL"}, {"shape": [1, 1], "dtype": "INT64"}], False),
        ("CUSTOM_FIND", [{"shape": [8]}, {"shape": [1, 1], "signature": [1, -1]}], False),
        # A converter that forgot on the way that the batch is free.
        ("QUANTIZE", [{"shape": [1, 8]}, {"shape": [1, 8], "signature": [-1, 8]}], True),
        ("EXP", [{"shape": [1], "dtype": "STRING"}] * 2, False),
    ],
)
def test_sizes_that_only_running_tells(
    build: Callable[..., bytes], name: str, tensors: list[dict[str, Any]], complete: bool
) -> None:
    graph = read_graph(build(tensors, [(name, [0], [1])], inputs=[0], outputs=[1]), name="model")
    assert plan_arena(graph).complete is complete


def _chain(length: int) -> Graph:
    def tensor(index: int) -> Tensor:
        fields: dict[str, Any] = dict.fromkeys(("data", "external", "quantization", "sparsity"))
        return Tensor(
            index=index, name="", shape=(16,), signature=(), dtype="float32", buffer=0, variable=False, **fields
        )

    def operator(index: int) -> Operator:
        return Operator(
            index=index, name="EXP", custom=False, version=1, inputs=(index,), outputs=(index + 1,),
            intermediates=(), mutating=(), options=(), custom_options=b"",
        )  # fmt: skip

    operators = tuple(operator(index) for index in range(length - 1))
    return Graph(3, "", (Subgraph(0, tuple(tensor(n) for n in range(length)), (0,), (length - 1,), operators),), ())


def test_too_many_tensors_to_place_give_a_lower_bound() -> None:
    # The input, which is never given up, and the two ends of one operator.
    placed, bounded = plan_arena(_chain(500)), plan_arena(_chain(MAX_PLANNED + 1))
    assert (placed.arena_bytes, placed.complete) == (3 * 64, True)
    assert (bounded.arena_bytes, bounded.peak_live_bytes, bounded.complete) == (3 * 64, 3 * 64, False)
