"""Estimates held against published figures, and how sure they say they are."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import flatbuffers
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

import edgekit
from edgekit.agent import runtimes
from edgekit.errors import ProfileError, SourceError, UsageError
from edgekit.inspection import inspect
from edgekit.inspection.decoding import read_graph
from edgekit.prediction import KernelKind, Prediction, Work, explain, predict, predict_all, predicted, work_of
from edgekit.prediction.op_costs import parts
from edgekit.prediction.probes import RUNTIMES
from edgekit.prediction.work import computed_in
from edgekit.probing.writing import NetworkWriter
from edgekit.profiles import profile_named
from edgekit.quantization.sparse_weights import with_sparse_weights
from edgekit.twin.writing import with_constants

MOBILENET_V2 = Path("coral", "mobilenet_v2_1.0_224_quant.tflite")
VWW = Path("mlperf_tiny", "vww_mobilenet_int8.tflite")
VWW_FLOAT = Path("mlperf_tiny", "vww_mobilenet_float32.tflite")


@pytest.mark.parametrize(
    ("profile", "mode", "published"),
    [
        ("rpi2b", None, 82),
        ("rpi3b-plus", None, 30),
        ("rpi4", "1.5GHz-32bit", 20),
        ("rpi4", "1.5GHz-64bit", 17),
        ("rpi5", None, 4.01),
    ],
)
def test_mobilenet_v2_in_integers_is_near_what_was_published(
    shared_data: Path, profile: str, mode: str | None, published: float
) -> None:
    prediction = predict(shared_data / MOBILENET_V2, profile, mode=mode)
    assert prediction.threads == 4
    assert prediction.median_ms == pytest.approx(published, rel=0.12)
    assert prediction.low_ms < published < prediction.high_ms
    assert prediction.metric().evidence is edgekit.Evidence.ESTIMATED


def test_a_microcontroller_is_near_what_was_published(shared_data: Path) -> None:
    prediction = predict(shared_data / VWW, "stm32f746")
    assert prediction.median_ms == pytest.approx(57.03, rel=0.12)
    assert prediction.low_ms < 57.03 < prediction.high_ms


def test_a_board_with_kernels_of_its_own_is_as_unsure_as_one_figure_makes_it(shared_data: Path) -> None:
    """Espressif's Person Detection takes 54 ms; the same network on colour photos some more."""
    prediction = predict(shared_data / VWW, "esp32s3", threads=1)
    assert 54 < prediction.median_ms < 60
    assert prediction.high_ms / prediction.median_ms > 2
    assert "Espressif, esp-tflite-micro README" in prediction.basis.fitted_on[0]
    assert "one figure is known of its kernels (ESP-NN)" in prediction.basis.distance[0]
    assert predict(shared_data / VWW, "stm32f746").spread < prediction.spread / 3


def test_the_shares_of_operators_add_up(shared_data: Path) -> None:
    prediction = predict(shared_data / VWW_FLOAT, "rpi4")
    assert sum(op.milliseconds for op in prediction.ops) == pytest.approx(prediction.median_ms)
    assert sum(share for _, share in prediction.kinds()) == pytest.approx(1)
    assert prediction.kinds()[0][0] == "pointwise"
    document = json.loads(json.dumps(prediction.to_document(), allow_nan=False))
    assert (document["schema"], document["evidence"]) == ("edgekit.prediction/1", "estimated")
    assert len(document["ops"]) == len(inspect(shared_data / VWW_FLOAT).ops)


def test_likelihoods_follow_the_interval(shared_data: Path) -> None:
    prediction = predict(shared_data / MOBILENET_V2, "rpi4")
    assert prediction.likelihood(prediction.median_ms) == pytest.approx(0.5)
    assert prediction.likelihood(prediction.high_ms) == pytest.approx(0.95)
    assert prediction.likelihood(prediction.low_ms) == pytest.approx(0.05)
    assert (prediction.likelihood(1e9), prediction.likelihood(1e-9)) == (0.99, pytest.approx(0.01))


def test_what_the_fit_has_not_seen_widens_the_interval_and_is_told(shared_data: Path) -> None:
    near = predict(shared_data / MOBILENET_V2, "rpi4")
    small = predict(shared_data / VWW, "rpi4")
    other_clock = predict(shared_data / MOBILENET_V2, "rpi4", mode="1.8GHz-64bit")
    one_thread = predict(shared_data / MOBILENET_V2, "rpi4", threads=1)
    other_board = predict(shared_data / MOBILENET_V2, "beaglebone-ai64")
    assert near.basis.distance == ()
    assert near.basis.fitted_on[0].startswith("4 networks measured on this board: XNNPACK README, Raspberry Pi boards")
    for wider, clause in (
        (small, "times less pointwise work than the smallest measured network"),
        (other_clock, "it was measured at 1.5 GHz, not 1.8 GHz"),
        (one_thread, "it was measured with 4 threads, not 1"),
        (other_board, "nothing was measured on this board: its speed follows from its clock and from the same core"),
    ):
        assert wider.spread > near.spread
        assert clause in wider.basis.distance[0]
    assert other_clock.median_ms == pytest.approx(near.median_ms * 1.5 / 1.8, rel=1e-3)
    assert other_board.spread > 2 * near.spread


def network_of(name: str, shape: list[int], signature: list[int] | None = None) -> bytes:
    """A file with one operator of a kind that the runtime knows, or of one that it does not."""
    writer = NetworkWriter(quantized=False, shape=shape)
    writer.unary(name)
    content = writer.written()
    if signature is None:
        return content
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    for tensor in model.subgraphs[0].tensors:
        tensor.shapeSignature = signature
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def test_operators_that_no_cost_covers_are_named_and_counted(tmp_path: Path, shared_data: Path) -> None:
    covered = predict(shared_data / MOBILENET_V2, "rpi4")
    (tmp_path / "odd.tflite").write_bytes(network_of("CUMSUM", [1, 224, 224, 8]))
    prediction = predict(tmp_path / "odd.tflite", "rpi4")
    assert "1 operator that no cost covers: 1x CUMSUM" in prediction.basis.distance
    assert prediction.spread > 2 * covered.spread
    told = explain(tmp_path / "odd.tflite", "rpi4")
    assert told.reasons == (
        "Nothing is known of what its operators take, so this says nothing of its time: 1x CUMSUM.",
    )
    assert told.changes == ()


@pytest.mark.parametrize(("weights", "bound"), [(4_000_000, True), (16_000, False)])
def test_a_recurrent_layer_reads_its_weights_at_each_step(shared_data: Path, weights: int, bound: bool) -> None:
    """Those that leave the cache between two steps come from memory, at twice the speed of copying."""
    facts = inspect(shared_data / VWW_FLOAT)
    layer = dataclasses.replace(
        next(op for op in facts.ops if op.macs),
        name="UNIDIRECTIONAL_SEQUENCE_LSTM",
        macs=32 * weights,
        weight_bytes=4 * weights,
        read_values=32 * 64,
        written_values=32 * 64,
        window=0,
    )
    prediction = predicted(dataclasses.replace(facts, ops=(layer,)), profile_named("rpi4"))
    (share,) = prediction.ops
    assert share.memory_bound is bound
    streamed = 32 * 4 * weights / (2 * 2240e6) * 1e3
    assert (prediction.median_ms == pytest.approx(streamed)) is bound
    assert "work that no measured network has: recurrent" in prediction.basis.distance[0]


def test_weights_that_are_widened_while_loading_cost_nothing(shared_data: Path) -> None:
    """A float16 file unpacks each constant by a DEQUANTIZE, which the runtime does once."""
    facts = inspect(shared_data / VWW_FLOAT)
    unpacking = dataclasses.replace(
        facts.ops[-1], name="DEQUANTIZE", precision="boundary", macs=0, read_values=0, written_values=10**6
    )
    half = dataclasses.replace(facts, ops=(unpacking, *facts.ops))
    assert predicted(half, profile_named("rpi4")).median_ms == predicted(facts, profile_named("rpi4")).median_ms


def test_weights_without_zeros_are_weights_and_their_unpacking_costs_nothing(tmp_path: Path) -> None:
    """A DENSIFY unpacks them once; that a sparse kernel may be faster is told, and nothing else differs."""
    writer = NetworkWriter(quantized=False, shape=(1, 16, 16, 32))
    writer.convolution(32)
    writer.convolution(32, window=3)
    content = writer.written()
    facts = read_graph(content, name="a")
    (weights,) = (each for each in facts.subgraphs[0].tensors if each.shape == (32, 1, 1, 32))
    values = np.zeros(weights.shape, np.float32)
    values[::4] = 0.5
    plain_content = with_constants(content, {weights.index: values})
    (tmp_path / "plain.tflite").write_bytes(plain_content)
    (tmp_path / "sparse.tflite").write_bytes(with_sparse_weights(plain_content)[0])
    work = work_of(inspect(tmp_path / "sparse.tflite", zipped=False))
    assert [op.name for op in work.ops] == ["DENSIFY", "CONV_2D", "CONV_2D"]
    assert (work.ops[0].amounts, work.ops[0].weight_bytes) == ({}, 0)
    unnumbered = [dataclasses.replace(op, index=0) for op in work.ops[1:]]
    in_plain = work_of(inspect(tmp_path / "plain.tflite", zipped=False)).ops
    assert unnumbered == [dataclasses.replace(op, index=0) for op in in_plain]
    assert unnumbered[0].weight_bytes == 4 * 32 * 32 + 4 * 32
    # Nor does it begin a part of the network.
    assert parts(work.ops) == 1
    assert parts(dataclasses.replace(op, plain=True) for op in work.ops if not op.amounts) == 0

    plain, sparse = predict(tmp_path / "plain.tflite", "rpi4"), predict(tmp_path / "sparse.tflite", "rpi4")
    assert (sparse.median_ms, sparse.high_ms) == (plain.median_ms, plain.high_ms)
    assert plain.low_ms / 2.4 < sparse.low_ms < plain.low_ms
    assert sparse.p90_interval_ms[0] < plain.p90_interval_ms[0]
    assert sparse.p90_interval_ms[1] == plain.p90_interval_ms[1]
    note = "sparse kernels are not predicted: where the runtime takes them for its weights, it is faster"
    assert sparse.basis.distance == (*plain.basis.distance, note)
    # In int8 there are none.
    assert not Work(tuple(computed_in(op, KernelKind.INT8) for op in work.ops)).sparse


def test_sixteen_bit_activations_are_not_guessed(shared_data: Path) -> None:
    facts = inspect(shared_data / VWW)
    ops = tuple(dataclasses.replace(op, precision="int16x8") for op in facts.ops)
    with pytest.raises(SourceError, match="computes in int16x8, for which the runtime has plain kernels only"):
        predicted(dataclasses.replace(facts, ops=ops), profile_named("rpi4"))
    # One operator of little work is told as not covered.
    last = max(index for index, op in enumerate(facts.ops) if op.name == "DEPTHWISE_CONV_2D")
    few = tuple(
        dataclasses.replace(op, precision="int16x8") if index == last else op for index, op in enumerate(facts.ops)
    )
    told = predicted(dataclasses.replace(facts, ops=few), profile_named("rpi4"))
    assert "1 operator that no cost covers: 1x DEPTHWISE_CONV_2D" in told.basis.distance


def test_open_sizes_are_refused_with_the_way_out(tmp_path: Path) -> None:
    """MobileNetV3 built without an input size has shapes of 1, whose work means nothing."""
    (tmp_path / "open.tflite").write_bytes(network_of("ABS", [1, 1, 1, 3], signature=[1, -1, -1, 3]))
    with pytest.raises(SourceError, match="input 't0' has no fixed size") as raised:
        predict(tmp_path / "open.tflite", "rpi4")
    assert "--input-shape" in str(raised.value.hint)


@pytest.mark.parametrize(
    ("choices", "sentence"),
    [
        ({"threads": 0}, "threads is 0, but must be a whole number of 1 or more"),
        ({"threads": 5}, "threads is 5, but rpi4 has 4 cores"),
        ({"mode": "1.9GHz"}, "unknown run mode '1.9GHz'. Did you mean"),
        ({"runtime": "banana"}, "unknown runtime 'banana'. Valid: ai-edge-litert, tflite-runtime"),
        ({"runtime": "ai-edge-lite 2.3.0"}, "unknown runtime 'ai-edge-lite'. Did you mean 'ai-edge-litert'?"),
        ({"runtime": "ai-edge-litert"}, "the runtime 'ai-edge-litert' has no version"),
    ],
)
def test_choices_that_the_board_does_not_have(shared_data: Path, choices: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UsageError) as raised:
        predict(shared_data / VWW, "rpi4", **choices)
    assert raised.value.message.startswith(sentence)


def test_the_runtimes_are_those_that_the_runner_finds(shared_data: Path) -> None:
    assert [package for _, package in runtimes._RUNTIMES] == list(RUNTIMES)
    with pytest.raises(UsageError, match="unknown runtime 'banana'"):
        predict_all(shared_data / VWW, runtime="banana")


def test_a_mode_of_a_board_that_has_none(shared_data: Path) -> None:
    with pytest.raises(UsageError, match="rpi5 has no run modes, but 'fast' was asked for"):
        predict(shared_data / VWW, "rpi5", mode="fast")


def test_a_profile_without_cores_or_clock(tmp_path: Path, shared_data: Path) -> None:
    with pytest.raises(ProfileError, match="profile x86-64 does not tell cores by cluster"):
        predict(shared_data / VWW, "x86-64")
    text = (Path(edgekit.__file__).parents[1] / "device_profiles" / "rpi5.toml").read_text()
    kept = "\n".join(line for line in text.splitlines() if not line.startswith("clock = "))
    (tmp_path / "mine.toml").write_text(kept)
    with pytest.raises(ProfileError, match="profile mine does not tell a clock of its fastest cluster"):
        predict(shared_data / VWW, tmp_path / "mine.toml")


def test_float32_on_a_microcontroller(shared_data: Path) -> None:
    with pytest.raises(ProfileError, match="computes in float32, and of microcontrollers like stm32f746 only int8"):
        predict(shared_data / VWW_FLOAT, "stm32f746")


def test_every_profile_at_once(shared_data: Path) -> None:
    found, refused = predict_all(shared_data / VWW)
    assert {name for name, _ in refused} == {"x86-64"}
    assert len(found) == 20
    assert all(0 < each.low_ms < each.median_ms < each.high_ms for each in found)
    by_name = {each.profile: each.median_ms for each in found}
    assert by_name["rpi5"] < by_name["rpi4"] < by_name["rpi3b-plus"] < by_name["rpi2b"] < by_name["stm32f746"]


def test_predicting_loads_no_tensorflow_and_no_scipy(shared_data: Path) -> None:
    code = (
        "import sys; from edgekit.prediction import predict_all; predict_all(sys.argv[1]); "
        "print([m for m in ('tensorflow', 'keras', 'scipy', 'ai_edge_litert.interpreter') if m in sys.modules])"
    )
    command = [sys.executable, "-c", code, str(shared_data / VWW)]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() == "[]"


def test_a_prediction_in_words(shared_data: Path) -> None:
    prediction = predict(shared_data / MOBILENET_V2, profile_named("rpi4"))
    assert isinstance(prediction, Prediction)
    assert " on rpi4 (1.5GHz-64bit), 4 threads: " in str(prediction)
    assert "(estimated; 90 % interval " in str(prediction)


@pytest.mark.parametrize(("dtype", "other"), [("int8", KernelKind.FLOAT32), ("float32", KernelKind.INT8)])
def test_a_swish_in_8_bits_is_one_table(tmp_path: Path, writer: Any, dtype: str, other: KernelKind) -> None:
    """The runtime takes the product of x and its own logistic function for free, but no other, and none in float32."""
    x, gate, swish, product = (
        writer.tensor(name, dtype, (1, 8), scale=1 / 256 if dtype == "int8" else None, io=io)
        for name, io in (("x", "i"), ("gate", ""), ("swish", ""), ("product", "o"))
    )
    writer.operator("LOGISTIC", [x], [gate])
    writer.operator("MUL", [gate, x], [swish])
    writer.operator("MUL", [swish, gate], [product])
    ops = work_of(inspect(writer.write(tmp_path / "swish.tflite"), zipped=False)).ops
    free, neither = [False, True, False], [False, False, False]
    assert [op.free for op in ops] == (free if dtype == "int8" else neither)
    assert [computed_in(op, other).free for op in ops] == (free if other is KernelKind.INT8 else neither)
