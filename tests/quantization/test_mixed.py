"""Operators of an int8 file that compute in int16 or float: in the file that comes of it, run for real."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import edgekit
from edgekit import EdgekitError, Inspection
from edgekit.progress import silent
from edgekit.quantization.outliers import stretching_samples
from edgekit.quantization.signature import with_signature


def named(facts: Inspection, *kinds: str) -> list[str]:
    """The tensors that the first operator of each kind writes."""
    return [next(op.output for op in facts.ops if op.name == kind) for kind in kinds]


def census(path: Path) -> dict[tuple[str, str], int]:
    return dict(Counter((op.name, op.precision) for op in edgekit.inspect(path).ops))


@pytest.fixture(scope="module")
def broken(broken_models: dict[str, Any]) -> Any:
    return broken_models["tiny_softmax"]


def test_each_operator_computes_in_what_it_was_given(broken: Any, tmp_path: Path) -> None:
    facts = edgekit.inspect(broken.float_file)
    wide, floating = named(facts, "CONCATENATION", "DEPTHWISE_CONV_2D"), named(facts, "SOFTMAX", "BATCH_MATMUL")
    artifact = edgekit.convert(
        broken.float_file,
        tmp_path / "mixed.tflite",
        precision="int8",
        calibration=broken.calibration,
        samples=20,
        int16_operators=wide,
        float_operators=floating,
    ).artifact
    found = census(artifact.path)
    assert found["CONCATENATION", "int16"] == 1
    assert found["DEPTHWISE_CONV_2D", "int16x8"] == 1
    assert found["DEPTHWISE_CONV_2D", "int8"] == 1
    assert (found["SOFTMAX", "float32"], found["SOFTMAX", "int8"]) == (1, 1)
    assert found["BATCH_MATMUL", "float32"] == 1
    assert found["CONV_2D", "int8"] == 6
    # It ran before it was written, and does again.
    assert artifact.provenance.fidelity is not None
    assert artifact.provenance.fidelity.snr_db > 15
    assert artifact.provenance.recipe.to_mapping()["int16_operators"] == wide


@pytest.mark.parametrize(("io", "dtype"), [("float", "float32"), ("int", "int8")])
def test_the_boundary_stays_what_it_should_be(broken: Any, tmp_path: Path, io: str, dtype: str) -> None:
    facts = edgekit.inspect(broken.float_file)
    first, last = facts.ops[0].output, facts.ops[-1].output
    for kind, key in (("int16x8", "int16_operators"), ("float32", "float_operators")):
        artifact = edgekit.convert(
            broken.float_file,
            tmp_path / f"{kind}.tflite",
            precision="int8",
            io=io,
            calibration=broken.calibration,
            samples=4,
            **{key: [first, last]},
        ).artifact
        assert (artifact.inputs[0].dtype, artifact.outputs[0].dtype) == (dtype, dtype)
        assert census(artifact.path)["CONV_2D", kind] == 1


def test_what_is_not_there_is_told(broken: Any, tmp_path: Path) -> None:
    def refused(**choices: Any) -> EdgekitError:
        with pytest.raises(EdgekitError) as caught:
            edgekit.convert(
                broken.float_file, tmp_path / "x.tflite", calibration=broken.calibration, samples=4, **choices
            )
        assert caught.value.exit_code == 2
        assert list(tmp_path.iterdir()) == []
        return caught.value

    assert "unknown operator 'Identitty'" in refused(precision="int8", float_operators=["Identitty"]).message
    assert "not among the 4 chosen ones" in refused(precision="int8", left_out=["0" * 64]).message
    assert "which int16x8 is not" in refused(precision="int16x8", int16_operators=["Identity"]).message
    twice = refused(precision="int8", float_operators=["Identity"], int16_operators=["Identity"])
    assert "can only be one of them" in twice.message
    assert "must be a list of texts" in refused(float_operators="Identity").message


def test_a_sample_that_stretches_a_range_alone(broken_models: dict[str, Any], tmp_path: Path) -> None:
    outlier = broken_models["outlier"]
    path = tmp_path / "float.tflite"
    path.write_bytes(with_signature(outlier.float_file.read_bytes(), inputs=["photo"], outputs=["digit"]))

    def found(samples: Path) -> list[int]:
        return stretching_samples(path, inputs=["photo"], files=[str(samples)], count=200, progress=silent)

    assert found(outlier.calibration) == [199]
    assert found(broken_models["sound"].calibration) == []

    artifacts = [
        edgekit.convert(outlier.float_file, tmp_path / f"{name}.tflite", precision="int8", calibration=samples).artifact
        for name, samples in (("all", outlier.calibration), ("few", np.load(outlier.calibration)[:-1]))
    ]
    ids = [artifact.provenance.samples.sample_ids for artifact in artifacts if artifact.provenance.samples is not None]
    (left_out,) = set(ids[0]) - set(ids[1])
    without = edgekit.convert(
        outlier.float_file,
        tmp_path / "without.tflite",
        precision="int8",
        calibration=outlier.calibration,
        left_out=[left_out],
    ).artifact
    assert without.sha256 == artifacts[1].sha256 != artifacts[0].sha256
