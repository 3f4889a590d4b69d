"""Which tensor stands for which: by name, by order, past what quantizers put in between, and not at all."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ai_edge_litert.tools import flatbuffer_utils

import edgekit
from edgekit.inspection.decoding import read_graph
from edgekit.sensitivity.pairing import INPUT, Pairing, pair


def paired(quantized: Path, original: Path) -> Pairing:
    graphs = [read_graph(file.read_bytes(), name=file.name) for file in (quantized, original)]
    return pair(*graphs, names=(quantized.name, original.name))


@pytest.fixture
def changed(files: dict[str, Any], tmp_path: Path) -> Callable[[Callable[[Any], None]], Path]:
    """The sound network in int8, with a change."""

    def rewritten(change: Callable[[Any], None]) -> Path:
        model = flatbuffer_utils.read_model(str(files["sound"][1]))
        change(model)
        path = tmp_path / "changed.tflite"
        flatbuffer_utils.write_model(model, str(path))
        return path

    return rewritten


def test_names_pair_with_what_was_put_in_between(files: dict[str, Any]) -> None:
    float_file, quantized = files["sound"]
    pairing = paired(quantized, float_file)
    ours, theirs = (read_graph(file.read_bytes(), name="").subgraphs[0] for file in (quantized, float_file))
    for index, twin in pairing.twins.items():
        assert ours.tensors[index].name.removesuffix("_quantized").removesuffix("_dequant") == theirs.tensors[twin].name
    # Every operator but QUANTIZE and DEQUANTIZE, which come first and last.
    assert pairing.operators == {number: number - 1 for number in range(1, 16)}
    assert [site.operator for site in pairing.sites] == list(range(17))
    assert all(site.alone for site in pairing.sites)


def test_two_branches_in_another_order_are_not_mistaken(
    files: dict[str, Any], changed: Callable[..., Path], unseen: np.ndarray
) -> None:
    """Same operators, same shapes, same order of kinds: the names alone tell the two branches apart."""

    def swap(model: Any) -> None:
        operators = model.subgraphs[0].operators
        operators[2], operators[3] = operators[3], operators[2]

    file = changed(swap)
    pairing = paired(file, files["sound"][0])
    assert (pairing.operators[2], pairing.operators[3]) == (2, 1)
    assert edgekit.diagnose(files["sound"][0], file, samples=unseen, limit=4).tensors[2].snr_db > 25


def test_renamed_tensors_pair_by_the_order_of_operators(files: dict[str, Any], changed: Callable[..., Path]) -> None:
    def rename(model: Any) -> None:
        for number, tensor in enumerate(model.subgraphs[0].tensors):
            tensor.name = f"t{number}".encode()

    file = changed(rename)
    assert paired(file, files["sound"][0]).twins == paired(files["sound"][1], files["sound"][0]).twins


def test_an_operator_that_the_float_file_does_not_have(
    files: dict[str, Any], changed: Callable[..., Path], unseen: np.ndarray
) -> None:
    """What stands behind it cannot be run alone, since it is not known what goes in; all else can."""

    def insert(model: Any) -> None:
        graph = model.subgraphs[0]
        softmax = graph.operators[-2]
        doubled = flatbuffer_utils.OperatorT()
        doubled.opcodeIndex = len(model.operatorCodes)
        code = flatbuffer_utils.OperatorCodeT()
        code.builtinCode = code.deprecatedBuiltinCode = flatbuffer_utils.BuiltinOperator.MAXIMUM
        code.version = 2
        model.operatorCodes.append(code)
        tensor = type(graph.tensors[0])()
        tensor.__dict__.update(graph.tensors[softmax.inputs[0]].__dict__)
        tensor.name = b"maximum"
        graph.tensors.append(tensor)
        doubled.inputs, doubled.outputs = [softmax.inputs[0]] * 2, [len(graph.tensors) - 1]
        softmax.inputs = [len(graph.tensors) - 1]
        graph.operators.insert(len(graph.operators) - 2, doubled)

    file = changed(insert)
    pairing = paired(file, files["sound"][0])
    assert [site.operator for site in pairing.sites if not site.alone] == [16]
    assert len(pairing.operators) == 15
    diagnosis = edgekit.diagnose(files["sound"][0], file, samples=unseen, limit=4)
    assert (diagnosis.operators, diagnosis.operators_matched) == (16, 15)
    assert any(note.startswith("1 tensors have no twin") for note in diagnosis.notes)
    (row,) = (row for row in diagnosis.tensors if row.name == "SOFTMAX")
    assert (row.own_snr_db, row.output_snr_db) == (None, None)
    assert diagnosis.healthy


def test_integer_inputs_are_sites_of_their_own(shared_data: Path) -> None:
    folder = shared_data / "mlperf_tiny"
    pairing = paired(folder / "vww_mobilenet_int8.tflite", folder / "vww_mobilenet_float32.tflite")
    assert len(pairing.operators) == 31
    assert (pairing.sites[0].operator, pairing.sites[0].twin) == (INPUT, pairing.inputs[0][1])
    assert all(site.alone for site in pairing.sites)


@pytest.fixture(scope="module")
def exported(zoo: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], edgekit.Artifact]:
    """A model of the zoo as a float .tflite, made once."""

    @functools.cache
    def made(name: str) -> edgekit.Artifact:
        folder = tmp_path_factory.mktemp(name)
        return edgekit.convert(zoo / f"{name}.keras", folder, precision="float32").artifact

    return made


_GRAPHS = [
    (name, precision)
    for name in ("two", "lstm", "embedding")
    for precision in ("float16", "dynamic_int8", "int8", "int16x8")
    # Nothing in it is stored as float16.
    if (name, precision) != ("embedding", "float16")
]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "precision"), _GRAPHS)
def test_other_graphs(exported: Callable[[str], edgekit.Artifact], tmp_path: Path, name: str, precision: str) -> None:
    """Two inputs and outputs, by name; variables; a table that is looked up by whole numbers."""
    float32 = exported(name)
    generator = np.random.default_rng(0)
    samples = {
        spec.name: generator.integers(0, 9, (12, *spec.shape[1:])).astype(spec.dtype)
        if spec.dtype.startswith("int")
        else generator.random((12, *spec.shape[1:]), np.float32)
        for spec in float32.inputs
    }
    quantized = edgekit.convert(float32.path, tmp_path, precision=precision, calibration=samples).artifact
    diagnosis = edgekit.diagnose(float32, quantized, samples=samples)
    assert diagnosis.operators_matched == diagnosis.operators
    assert diagnosis.healthy
    # The recurrent network was never trained: whatever the noise, its answer is one class.
    told = [note.partition(" names ")[2] for note in diagnosis.notes]
    one_class = ["the same class for every sample: what happens to the others is not seen"]
    assert told == (one_class if name == "lstm" else [])
    assert quantized.provenance.fidelity is not None
    assert diagnosis.fidelity.snr_db == pytest.approx(quantized.provenance.fidelity.snr_db, abs=0.01)
    assert all(row.own_snr_db is not None for row in diagnosis.tensors)
