"""On which samples rungs are judged, and what is said of that."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

import edgekit
from edgekit.data.supply import array_id
from edgekit.inspection import shortfalls


def test_no_rung_is_judged_on_the_sample_that_it_leaves_out(broken_models: dict[str, Any], tmp_path: Path) -> None:
    broken = broken_models["outlier"]
    # So few that every comparison would meet the photo that nobody divided by 255.
    samples = np.load(broken.calibration)[::-1][:24]

    def made(**choices: Any) -> Any:
        return edgekit.convert(broken.float_file, tmp_path / "m.tflite", calibration=samples, **choices).artifact

    artifact = made(precision="auto", min_snr=25)
    ladder = artifact.provenance.ladder
    assert "without 1 outlier" in ladder.judged_on
    assert ladder.kept.what == "int8, ranges minmax without 1 sample"
    assert ladder.kept.snr_db > 25 > 10 > ladder.rungs[0].snr_db

    (tmp_path / "m.tflite").unlink()
    again = made(recipe=artifact.provenance.recipe)
    assert again.sha256 == artifact.sha256
    assert again.provenance.fidelity.samples == 23
    assert again.provenance.fidelity.snr_db > 25


def test_ratios_are_of_samples_that_made_no_range(broken_models: dict[str, Any], tmp_path: Path) -> None:
    broken = broken_models["sound"]
    samples = np.load(broken.calibration)[:40]

    def made(name: str, given: Any, **choices: Any) -> Any:
        return edgekit.convert(broken.float_file, tmp_path / f"{name}.tflite", calibration=given, **choices)

    conversion = made("auto", samples, precision="auto", min_snr=10)
    ladder = conversion.artifact.provenance.ladder
    assert ladder.judged_on == "the 40 samples (SNR on the 8 of them that were held out from calibration)"
    assert ladder.files_made == 2
    # The file that is kept is calibrated on all; its recipe leaves none out.
    plain = made("plain", samples, precision="int8").artifact
    assert conversion.artifact.sha256 == plain.sha256
    assert conversion.artifact.provenance.recipe.left_out == ()
    assert conversion.artifact.provenance.fidelity == plain.provenance.fidelity
    assert any("was then calibrated on the 8 held-out samples too" in note for note in conversion.notes)

    # The ladder's figure by another way: a file of the other samples, run on those that were held out.
    held_out = plain.provenance.samples.sample_ids[4::5]
    few = made("few", samples, precision="int8", left_out=held_out).artifact
    files = {
        name: Interpreter(model_path=str(path)) for name, path in (("float", broken.float_file), ("int8", few.path))
    }
    outputs: dict[str, list[Any]] = {"float": [], "int8": []}
    for name, interpreter in files.items():
        interpreter.allocate_tensors()
        for sample in (sample for sample in samples if array_id([sample]) in held_out):
            interpreter.set_tensor(interpreter.get_input_details()[0]["index"], sample[None])
            interpreter.invoke()
            outputs[name].append(interpreter.get_tensor(interpreter.get_output_details()[0]["index"]))
    wanted, got = np.stack(outputs["float"]), np.stack(outputs["int8"])
    ratio = 10 * np.log10((wanted**2).sum() / ((wanted - got) ** 2).sum())
    assert ladder.kept.snr_db == pytest.approx(ratio, abs=0.5)


def test_too_few_samples_to_hold_some_out(broken_models: dict[str, Any], tmp_path: Path) -> None:
    broken = broken_models["sound"]
    samples = np.load(broken.calibration)[:12]
    conversion = edgekit.convert(
        broken.float_file, tmp_path / "m.tflite", precision="auto", calibration=samples, min_snr=10
    )
    assert conversion.artifact.provenance.ladder.judged_on == "the 12 samples that were calibrated on"
    assert any("judged on the samples that made its ranges, which flatters it" in note for note in conversion.notes)


def test_what_is_required_must_be_met_by_a_rung(broken_models: dict[str, Any], tmp_path: Path) -> None:
    broken = broken_models["sound"]
    artifact = edgekit.convert(
        broken.float_file,
        tmp_path / "m.tflite",
        precision="auto",
        prefer="size",
        calibration=np.load(broken.calibration)[:40],
        min_snr=25,
        require=["full-int8"],
    ).artifact
    ladder = artifact.provenance.ladder
    assert str(ladder.goal) == "at least 25 dB and full-int8"
    assert artifact.precision == "int8"
    dynamic = next(rung for rung in ladder.rungs if rung.what == "dynamic_int8")
    assert dynamic.snr_db > 25
    assert (dynamic.reached, dynamic.shortfalls, dynamic.outcome) == (False, ("full-int8",), "not full-int8")
    assert (ladder.kept.shortfalls, ladder.kept.outside_int8) == ((), 0)
    # A rung and the requirement mean the same by "outside of int8".
    path = edgekit.convert(broken.float_file, tmp_path / "dynamic.tflite", precision="dynamic_int8").artifact.path
    (shortfall,) = shortfalls(edgekit.inspect(path), ["full-int8"])
    assert dynamic.outside_int8 == shortfall.count > 0
    assert ladder.to_document()["require"] == ["full-int8"]


def test_a_rung_that_kills_the_child_ends_nothing_else(broken_models: dict[str, Any], tmp_path: Path) -> None:
    broken = broken_models["sound"]
    killed = []

    def kill(step: edgekit.Step) -> None:
        if step.stage == "quantizing to int4_weights" and not killed:
            killed.append(_child(b"edgekit.quantization.quantizer"))
            os.kill(killed[0], signal.SIGSEGV)

    artifact = edgekit.convert(
        broken.float_file,
        tmp_path / "m.tflite",
        precision="auto",
        prefer="size",
        calibration=np.load(broken.calibration)[:40],
        min_snr=25,
        progress=kill,
    ).artifact
    first, *others = artifact.provenance.ladder.rungs
    assert (first.what, first.fault) == ("int4_weights", "the child process was killed by SIGSEGV")
    assert [rung.what for rung in others] == ["dynamic_int8", "int8, ranges minmax"]
    assert all(rung.snr_db > 20 for rung in others)
    assert any(rung.kept for rung in others)
    assert len(killed) == 1


def test_what_operators_cost_cannot_be_measured(broken_models: dict[str, Any], tmp_path: Path) -> None:
    broken = broken_models["concatenation"]

    def kill(step: edgekit.Step) -> None:
        if step.stage == "asking what each operator costs" and not step.done:
            os.kill(_child(b"edgekit.sensitivity.examiner"), signal.SIGSEGV)

    artifact = edgekit.convert(
        broken.float_file,
        tmp_path / "m.tflite",
        precision="auto",
        calibration=np.load(broken.calibration)[:40],
        min_snr=15,
        progress=kill,
    ).artifact
    told = {rung.what: rung.fault for rung in artifact.provenance.ladder.rungs}
    assert told["int8 with operators outside of int8"] == "measuring what operators cost was killed by SIGSEGV"
    assert artifact.precision == "float16"


def _child(module: bytes) -> int:
    """Return the process, a child of this one, that runs ``module``."""
    for number in (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()):
        try:
            status = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()
            command = Path(f"/proc/{number}/cmdline").read_bytes()
        except OSError:
            continue
        if int(status[1]) == os.getpid() and module in command:
            return number
    raise AssertionError(f"no child runs {module!r}")
