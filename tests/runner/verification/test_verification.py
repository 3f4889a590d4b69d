"""A file against its golden pack, under the real runtime: what is found, and what is said."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from edgekit import Artifact, Device, Verdict, connect, convert, inspect, verify
from edgekit.artifact import golden_path, read_golden_pack
from edgekit.artifact.seals import SEALS, sealed
from edgekit.errors import InferenceError, UsageError
from edgekit.inspection.decoding import read_graph

_OTHER_KERNELS = """
import functools
from ai_edge_litert import interpreter
interpreter.Interpreter = functools.partial(
    interpreter.Interpreter,
    experimental_op_resolver_type=interpreter.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
)
"""


@pytest.fixture(scope="module")
def device() -> Iterator[Device]:
    with closing(connect("local")) as machine:
        yield machine


@pytest.fixture
def copied(int8_artifact: Artifact, tmp_path: Path) -> Path:
    """The artifact, its sidecar and its pack, to be changed."""
    for path in (int8_artifact.path, int8_artifact.sidecar_path, int8_artifact.golden_path):
        shutil.copy(path, tmp_path)
    return tmp_path / int8_artifact.path.name


def weight_positions(content: bytes) -> dict[int, range]:
    """Where the constants lie in a file: number of the buffer to the offsets of its bytes."""
    (subgraph,) = read_graph(content, name="the file").subgraphs
    found = {}
    for tensor in subgraph.tensors:
        if tensor.data is not None and tensor.dtype in {"int8", "int32"} and tensor.quantized:
            start = content.find(tensor.data.tobytes())
            assert start >= 0
            found[tensor.buffer] = range(start, start + tensor.data.nbytes)
    return found


def _last_scale(path: Path) -> float:
    """The scale of what the last DEQUANTIZE reads."""
    (subgraph,) = read_graph(path.read_bytes(), name="the file").subgraphs
    quantization = subgraph.tensors[subgraph.operators[-1].inputs[0]].quantization
    assert quantization is not None
    return float(quantization.scales[0])


def _changed(content: bytes, position: int, generator: np.random.Generator) -> bytes:
    changed = bytearray(content)
    changed[position] ^= int(generator.integers(1, 256))
    return bytes(changed)


def test_an_untouched_file_passes_to_the_bit(int8_artifact: Artifact, device: Device) -> None:
    result = verify(int8_artifact, device=device)
    assert result.verdict is Verdict.PASS
    (output,) = result.outputs
    assert (output.differing, output.values, output.tolerance) == (0, 40, 0.0)
    assert result.sentence == (
        "it is the file that the golden pack was made of; its outputs on 4 samples are the same to the bit"
    )


def test_a_changed_byte_in_any_weight_buffer_fails(copied: Path, device: Device) -> None:
    content, generator = copied.read_bytes(), np.random.default_rng(0)
    buffers = weight_positions(content)
    assert len(buffers) >= 20
    sides = set()
    # Every third buffer on the device; all of them are many starts of the runtime.
    for places in list(buffers.values())[::3]:
        copied.write_bytes(_changed(content, int(generator.choice(places)), generator))
        result = verify(copied, device=device)
        assert result.verdict is Verdict.FAIL
        assert (result.same_file, result.same_computation) == (False, False)
        assert "it is not the file that the golden pack was made of, m.tflite" in result.sentence
        sides.add(result.outputs_agree)
    # Most of them show in the outputs, and that is told apart from the hash.
    assert False in sides


def test_a_changed_byte_at_many_places_is_another_hash(int8_artifact: Artifact, tmp_path: Path) -> None:
    content, generator = int8_artifact.path.read_bytes(), np.random.default_rng(1)
    expected = read_golden_pack(int8_artifact.golden_path)
    places = np.concatenate([np.array(each) for each in weight_positions(content).values()])
    path = tmp_path / "changed.tflite"
    for position in generator.choice(places, 300, replace=False):
        path.write_bytes(_changed(content, int(position), generator))
        facts = inspect(path)
        assert facts.sha256 != expected.sha256
        assert facts.canonical_sha256 != expected.canonical_sha256


def test_a_change_that_the_samples_do_not_show_fails_all_the_same(copied: Path, device: Device) -> None:
    # The lowest bit of a bias of 32 bits is a 1/2^16 of a step or so.
    content = copied.read_bytes()
    (subgraph,) = read_graph(content, name="the file").subgraphs
    bias = next(tensor for tensor in subgraph.tensors if tensor.dtype == "int32" and tensor.data is not None)
    changed = bytearray(content)
    changed[content.find(bias.data.tobytes())] ^= 1
    copied.write_bytes(changed)
    result = verify(copied, device=device)
    assert (result.verdict, result.outputs_agree) == (Verdict.FAIL, True)
    assert result.sentence.endswith("it is another model until its hash says otherwise")


def test_a_file_that_was_written_anew_but_computes_the_same(copied: Path, device: Device) -> None:
    # What lies behind the model is nobody's.
    copied.write_bytes(copied.read_bytes() + bytes(16))
    result = verify(copied, device=device)
    assert (result.verdict, result.same_computation, result.outputs_agree) == (Verdict.FAIL, True, True)
    assert "it was written anew" in result.sentence


def test_a_device_that_computes_otherwise(
    int8_artifact: Artifact, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sitecustomize.py").write_text(_OTHER_KERNELS)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    result = verify(int8_artifact)
    assert (result.verdict, result.same_file, result.outputs_agree) == (Verdict.FAIL, True, False)
    (output,) = result.outputs
    assert output.differing > 0
    assert result.sentence.endswith("So local computes otherwise than the machine that converted it")
    # What the difference comes to, and what to do about it.
    scale = _last_scale(int8_artifact.path)
    assert (output.step, output.steps) == (scale, round(output.largest_difference / scale))
    assert f"that is {output.steps:g} step" in result.sentence
    assert output.same_highest is not None
    assert f"the highest value stays in its place in {output.same_highest} of 4 samples" in result.sentence
    assert result.advice is not None
    assert "install there the one that made the pack (ai-edge-litert " in result.advice
    document = json.loads(json.dumps(result.to_document(), allow_nan=False))
    assert (document["schema"], document["verdict"]) == ("edgekit.verification/1", "fail")


def test_float_arithmetic_may_differ_a_little(
    shared_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    artifact = convert(
        shared_data / "mlperf_tiny" / "ic_resnet8_float32.tflite", tmp_path / "m.tflite", precision="float32"
    ).artifact
    (tmp_path / "sitecustomize.py").write_text(_OTHER_KERNELS)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    result = verify(artifact)
    assert result.verdict is Verdict.PASS
    (output,) = result.outputs
    assert output.largest_difference < output.tolerance / 5


def test_integers_go_in_and_out_as_they_are(int8_artifact: Artifact, tmp_path: Path, device: Device) -> None:
    samples = int8_artifact.path.with_name("samples.npy")
    artifact = convert(
        int8_artifact.provenance.origin.path, tmp_path / "i.tflite", calibration=samples, io="int"
    ).artifact
    result = verify(artifact, device=device)
    assert result.verdict is Verdict.PASS
    assert result.outputs[0].differing == 0
    # One step of one value is seen.
    with np.load(artifact.golden_path) as pack:
        arrays = {name: pack[name] for name in pack.files}
    assert arrays["output_0"].dtype == np.int8


def test_a_changed_file_that_cannot_be_run(copied: Path, device: Device) -> None:
    # Another operator: the runtime refuses it when it looks at the types of the tensors.
    from ai_edge_litert import schema_py_generated as schema
    from ai_edge_litert.tools import flatbuffer_utils

    model = flatbuffer_utils.read_model(str(copied))
    for code in model.operatorCodes:
        if code.builtinCode == schema.BuiltinOperator.SOFTMAX:
            code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.LSTM
    flatbuffer_utils.write_model(model, str(copied))
    result = verify(copied, device=device)
    assert (result.verdict, result.outputs) == (Verdict.FAIL, ())
    assert "it cannot be run: " in result.sentence


def test_the_right_file_that_does_not_run_is_an_error(int8_artifact: Artifact, device: Device) -> None:
    with pytest.raises(InferenceError, match="did not finish loading it"):
        verify(int8_artifact, device=device, first_timeout=1e-3)


def test_a_pack_of_another_conversion(copied: Path, int8_artifact: Artifact, tmp_path: Path) -> None:
    other = convert(int8_artifact.provenance.origin.path, tmp_path / "f.tflite", precision="float16").artifact
    shutil.copy(other.golden_path, golden_path(copied))
    with pytest.raises(UsageError, match="is not the one that .*m.tflite.json was written with"):
        verify(copied)
    # Named, it is taken at its word: same inputs and outputs, another file.
    result = verify(copied, pack=other.golden_path)
    assert (result.verdict, result.same_file) == (Verdict.FAIL, False)
    assert "that the golden pack was made of, f.tflite" in result.sentence


def test_a_pack_for_another_model(int8_artifact: Artifact, shared_data: Path) -> None:
    other = shared_data / "mlperf_tiny" / "kws_dscnn_int8.tflite"
    with pytest.raises(UsageError, match="is for another file, m.tflite, with the inputs"):
        verify(other, pack=int8_artifact.golden_path)


def test_an_edited_sidecar_is_found_on_the_way(copied: Path) -> None:
    sidecar = copied.with_name("m.tflite.json")
    sidecar.write_text(sidecar.read_text().replace('"seed": 0', '"seed": 1'))
    with pytest.raises(UsageError, match=r"was edited: 'recipe\.seed' is not what edgekit wrote"):
        verify(copied)


def test_a_sidecar_from_before_samples_were_checked_is_no_hindrance(copied: Path, device: Device) -> None:
    sidecar = copied.with_name("m.tflite.json")
    document = json.loads(sidecar.read_text())
    del document[SEALS], document["samples"]["findings"], document["samples"]["unjudged"]
    sidecar.write_text(json.dumps(sealed(document)))
    assert verify(copied, device=device).verdict is Verdict.PASS


def test_no_pack(copied: Path) -> None:
    golden_path(copied).unlink()
    with pytest.raises(UsageError, match=r"there is no golden pack .*m\.tflite\.golden\.npz"):
        verify(copied)
