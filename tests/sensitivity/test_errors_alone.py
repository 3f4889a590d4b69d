"""What an operator adds alone, against the same computed by hand; and that nothing is invented in between."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from edgekit.errors import InferenceError
from edgekit.inspection.decoding import read_graph
from edgekit.progress import silent
from edgekit.sensitivity.constants import real_values
from edgekit.sensitivity.examiner import Examiner
from edgekit.sensitivity.rewriting import disturbed, exposed, taken_apart
from edgekit.sensitivity.running import Run, real_numbers, steps, stored


@pytest.fixture
def photos(unseen: np.ndarray, tmp_path: Path) -> str:
    np.save(tmp_path / "photos.npy", unseen[:6])
    return str(tmp_path / "photos.npy")


def examiner(files: tuple[Path, Path]) -> Examiner:
    return Examiner(quantized=str(files[1]), original=str(files[0]))


def read(file: Path) -> Any:
    return read_graph(file.read_bytes(), name=str(file)).subgraphs[0]


def test_the_last_layer_alone_by_hand(files: dict[str, Any], unseen: np.ndarray, photos: str) -> None:
    """Rounded weights times rounded inputs, rounded to the output's steps: numpy knows that, too."""
    float_file, quantized = files["sound"]
    ours, theirs = read(quantized), read(float_file)
    layer = next(op for op in ours.operators if op.name == "FULLY_CONNECTED")
    twin = next(op for op in theirs.operators if op.name == "FULLY_CONNECTED")
    run = Run(exposed(float_file.read_bytes(), tensors=[twin.inputs[0], twin.outputs[0]]), what="the float file")
    signal = noise = 0.0
    for photo in unseen[:6]:
        run({theirs.inputs[0]: photo[None]})
        given, wanted = run.value(twin.inputs[0]), run.value(twin.outputs[0])
        rounded = real_numbers(stored(given, ours.tensors[layer.inputs[0]]), ours.tensors[layer.inputs[0]])
        kernel, bias = (real_values(ours.tensors[index]) for index in layer.inputs[1:])
        exact, exact_bias = (real_values(theirs.tensors[index]) for index in twin.inputs[1:])
        output = ours.tensors[layer.outputs[0]]
        got = real_numbers(stored((rounded @ kernel.T + bias).astype(np.float32), output), output)
        noise += float(np.square(got - (rounded @ exact.T + exact_bias)).sum())
        signal += float(np.square(wanted).sum())
    told = examiner(files["sound"]).measure(files=[photos], count=6, progress=silent)
    position = [row.operator for row in examiner(files["sound"])._pairing.sites].index(layer.index)
    assert told["sites"][position]["own_snr_db"] == pytest.approx(10 * np.log10(signal / noise), abs=0.3)


def test_all_errors_put_in_are_nearly_the_quantized_file(files: dict[str, Any], photos: str) -> None:
    found = examiner(files["wide_channel"])
    told = found.measure(files=[photos], count=6, progress=silent)
    everything = [[number, "whole"] for number in range(len(found._pairing.sites))]
    figures = found.disturb(
        files=[photos], count=6, groups=[everything, [], everything, everything[:1]], stage="", progress=silent
    )
    assert figures[0] == pytest.approx(told["output_snr_db"], abs=3)
    assert figures[1] == np.inf
    assert figures[2] == figures[0]
    assert figures[3] > 60


def test_the_parts_of_an_error_add_up(files: dict[str, Any], photos: str) -> None:
    found = examiner(files["wide_channel"])
    guilty = next(number for number, site in enumerate(found._pairing.sites) if site.operator == 6)
    whole, rounding, rest, both = found.disturb(
        files=[photos],
        count=6,
        groups=[
            [[guilty, "whole"]],
            [[guilty, "rounding"]],
            [[guilty, "rest"]],
            [[guilty, "rounding"], [guilty, "rest"]],
        ],
        stage="",
        progress=silent,
    )
    assert both == pytest.approx(whole, abs=1e-3)
    assert rounding < 5
    assert rest > rounding + 10


def test_looking_inside_changes_no_output(files: dict[str, Any], unseen: np.ndarray) -> None:
    for file in files["tiny_softmax"]:
        content, graph = file.read_bytes(), read(file)
        wanted = Interpreter(model_content=content)
        wanted.allocate_tensors()
        inner = [index for op in graph.operators for index in op.outputs]
        shown = Run(exposed(content, tensors=inner), what="the file")
        assert set(shown.outputs) == set(inner)
        for photo in unseen[:3]:
            wanted.set_tensor(graph.inputs[0], photo[None])
            wanted.invoke()
            shown({graph.inputs[0]: photo[None]})
            assert np.array_equal(shown.value(graph.outputs[0]), wanted.get_tensor(graph.outputs[0]))


def test_what_is_given_is_what_is_used(files: dict[str, Any], unseen: np.ndarray) -> None:
    """Apart, each operator gives the same as in the whole, when it is given the same."""
    content, graph = files["sound"][0].read_bytes(), read(files["sound"][0])
    inner = [index for op in graph.operators for index in op.outputs]
    whole = Run(exposed(content, tensors=inner), what="the file")
    slots = {op.index: [place for place, index in enumerate(op.inputs) if index in inner] for op in graph.operators}
    apart, given = taken_apart(content, slots=slots, tensors=inner)
    parts = Run(apart, what="its parts")
    photo = {graph.inputs[0]: unseen[:1]}
    whole(photo)
    parts(
        {**photo, **{new: whole.value(graph.operators[number].inputs[place]) for (number, place), new in given.items()}}
    )
    for index in inner:
        assert np.allclose(parts.value(index), whole.value(index), atol=1e-5)
    # Nothing given, nothing flows: the second layer sees zeros, whatever the photo.
    parts({new: np.zeros_like(parts.value(new)) for new in given.values()})
    second = graph.operators[1]
    bias = real_values(graph.tensors[second.inputs[2]])
    assert np.allclose(parts.value(second.outputs[0]), np.maximum(bias, 0), atol=1e-6)


def test_an_error_put_in_flows_on(files: dict[str, Any], unseen: np.ndarray) -> None:
    content, graph = files["sound"][0].read_bytes(), read(files["sound"][0])
    logits = graph.operators[-1].inputs[0]
    changed, added = disturbed(content, tensors=[graph.inputs[0], logits])
    run = Run(changed, what="the file")
    none = {added[graph.inputs[0]]: np.zeros_like(unseen[:1]), added[logits]: np.zeros((1, 10), np.float32)}
    run({graph.inputs[0]: unseen[:1], **none})
    before = run.value(run.outputs[0])
    run({added[logits]: np.eye(10, dtype=np.float32)[None, 4] * 100})
    assert run.value(run.outputs[0]).argmax() == 4
    run({added[logits]: np.zeros((1, 10), np.float32)})
    assert np.array_equal(run.value(run.outputs[0]), before)
    run({added[graph.inputs[0]]: unseen[1:2] - unseen[:1]})
    other = run.value(run.outputs[0])
    run({graph.inputs[0]: unseen[1:2], **none})
    assert np.allclose(other, run.value(run.outputs[0]), atol=1e-5)


def test_values_round_as_the_runtime_rounds(files: dict[str, Any], unseen: np.ndarray) -> None:
    graph = read(files["sound"][1])
    first = graph.operators[0]
    run = Run(exposed(files["sound"][1].read_bytes(), tensors=first.outputs), what="the file")
    run({graph.inputs[0]: unseen[:1]})
    tensor = graph.tensors[first.outputs[0]]
    assert np.abs(stored(unseen[:1], tensor).astype(int) - run.value(tensor.index)).max() <= 1
    assert np.abs(real_numbers(run.value(tensor.index), tensor) - unseen[:1]).max() <= 0.51 * steps(tensor)[0]
    assert stored(np.array([1e9, -1e9], np.float32), tensor).tolist() == [127, -128]


def test_what_the_runtime_refuses_is_told(files: dict[str, Any]) -> None:
    with pytest.raises(InferenceError, match="the runtime refuses the scrap: "):
        Run(b"no model", what="the scrap")
    run = Run(files["sound"][0].read_bytes(), what="the float file")
    with pytest.raises(InferenceError, match="the float file does not run: "):
        run({read(files["sound"][0]).inputs[0]: np.zeros((1, 2, 2, 3), np.float32)})
    layer = next(op for op in read(files["sound"][1]).operators if op.name == "CONV_2D")
    weights = read(files["sound"][1]).tensors[layer.inputs[1]]
    with pytest.raises(InferenceError, match="quantized in a way"):
        steps(weights)
