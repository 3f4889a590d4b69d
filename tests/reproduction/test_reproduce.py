"""An artifact is built again from its sidecar: the same, or what changed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgekit import PRECISIONS, Verdict, convert, inspect, reproduce, verify
from edgekit.artifact import read_sidecar
from edgekit.artifact.seals import SEALS, sealed
from edgekit.errors import CalibrationError, ConversionError, OutputError, SourceError, UsageError
from edgekit.inspection import differences


@pytest.fixture(scope="module")
def workshop(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model, samples, and an artifact for each precision."""
    folder = tmp_path_factory.mktemp("workshop")
    shutil.copy(shared_data / "mlperf_tiny" / "ic_resnet8_float32.tflite", folder / "model.tflite")
    np.save(folder / "samples.npy", np.random.default_rng(5).random((12, 32, 32, 3), np.float32) * 255)
    convert(folder / "model.tflite", folder, precision=list(PRECISIONS), calibration=folder / "samples.npy", samples=8)
    return folder


@pytest.fixture
def place(workshop: Path, tmp_path: Path) -> Path:
    """The int8 artifact alone with what it was made of, to be changed; its sidecar has relative paths."""
    for name in ("model.tflite", "samples.npy", "model.int8.tflite", "model.int8.tflite.golden.npz"):
        shutil.copy(workshop / name, tmp_path)
    _resealed(workshop, tmp_path, lambda document: None)
    return tmp_path


def _resealed(workshop: Path, folder: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    """Write the sidecar with a change that its seals do not tell, as another version of edgekit would have."""
    document = json.loads((workshop / "model.int8.tflite.json").read_text())
    document.pop(SEALS)
    document["origin"]["path"] = "model.tflite"
    document["samples"]["path"] = "samples.npy"
    change(document)
    path = folder / "model.int8.tflite.json"
    path.write_text(json.dumps(sealed(document)))
    return path


@pytest.mark.parametrize("precision", PRECISIONS)
def test_every_precision_is_the_same_again(workshop: Path, precision: str) -> None:
    before = sorted(workshop.iterdir())
    result = reproduce(workshop / f"model.{precision}.tflite.json")
    assert (result.verdict, result.identical, result.same_bytes) == (Verdict.PASS, True, True)
    assert (result.changes, result.differences, result.output) == ((), (), None)
    assert sorted(workshop.iterdir()) == before
    assert result.lines[0].startswith("identical to the byte: canonical hash ")


def test_a_mix_of_precisions_is_the_same_again(workshop: Path, tmp_path: Path) -> None:
    artifact = convert(
        workshop / "model.tflite",
        tmp_path / "mixed.tflite",
        precision="int8",
        calibration=workshop / "samples.npy",
        float_operators=["model/activation_2/Relu;model/add/add"],
        int16_operators=["model/activation_4/Relu;model/add_1/add"],
    ).artifact
    assert [island.names for island in artifact.islands] == [("ADD",)]
    assert artifact.golden_pack is not None
    assert verify(artifact).verdict is Verdict.PASS
    result = reproduce(artifact.sidecar_path)
    assert (result.same_bytes, result.changes) == (True, ())
    with pytest.raises(ConversionError, match=r"is not full-int8: .*ADD \(operator \d+, "):
        convert(
            workshop / "model.tflite",
            tmp_path / "refused.tflite",
            recipe=artifact.provenance.recipe,
            calibration=workshop / "samples.npy",
            require=["full-int8"],
        )
    assert not (tmp_path / "refused.tflite").exists()


@pytest.mark.slow
def test_a_keras_model_is_the_same_again(zoo: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "samples.npy", np.random.default_rng(5).random((8, 32, 32, 3), np.float32) * 255)
    made = convert(
        zoo / "ic_resnet8.keras", tmp_path, precision=("float32", "int8"), calibration=tmp_path / "samples.npy"
    )
    for artifact in made.artifacts:
        result = reproduce(artifact.sidecar_path)
        assert result.identical, str(result)
        assert result.changes == ()


def test_other_samples_are_told_and_so_is_what_they_change(place: Path) -> None:
    np.save(place / "samples.npy", np.random.default_rng(6).random((12, 32, 32, 3), np.float32) * 100)
    result = reproduce(place / "model.int8.tflite.json")
    assert result.verdict is Verdict.FAIL
    (change,) = result.changes
    assert "samples.npy are others: 8 gone (" in change
    assert ", 8 new (" in change
    # The sentence names a few of each; the document has every one.
    document = result.to_document()
    assert (len(document["samples_gone"]), len(document["samples_new"])) == (8, 8)
    assert document["samples_gone"] == sorted(read_sidecar(place / "model.int8.tflite.json").samples.sample_ids)
    assert len(change) < 300
    assert result.differences
    assert any("scale" in each and "CONV_2D (operator " in each for each in result.differences)
    assert result.lines[-1].endswith("more differences")


def test_another_model_is_told_and_its_weights_by_operator(place: Path) -> None:
    content = bytearray((place / "model.tflite").read_bytes())
    weights = next(
        tensor for tensor in _tensors(place / "model.tflite") if tensor.data is not None and tensor.data.nbytes > 5000
    )
    start = content.find(weights.data.tobytes())
    content[start : start + 64 * 4] = np.full(64, 0.25, np.float32).tobytes()
    (place / "model.tflite").write_bytes(content)
    result = reproduce(place / "model.int8.tflite.json", calibration=place / "samples.npy")
    assert not result.identical
    assert result.changes[0].startswith("the model ")
    assert " is another one (SHA-256 " in result.changes[0]
    assert any("bytes of its weights differ" in each for each in result.differences)


def _tensors(path: Path) -> Any:
    from edgekit.inspection.decoding import read_graph

    return read_graph(path.read_bytes(), name="the model").subgraphs[0].tensors


def test_other_versions_are_told_even_where_nothing_differs(workshop: Path, place: Path) -> None:
    sidecar = _resealed(workshop, place, lambda document: document["versions"].update(numpy="1.0", extra="3"))
    result = reproduce(sidecar)
    assert result.identical
    assert result.changes[0].endswith(", not 1.0")
    assert result.changes[1] == "extra 3 had a part in it, and has none"
    assert result.lines[1].startswith("although numpy is ")


def test_what_moved_is_given_anew(place: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    shutil.move(place / "model.tflite", elsewhere / "m.tflite")
    shutil.move(place / "samples.npy", elsewhere / "s.npy")
    sidecar = place / "model.int8.tflite.json"
    with pytest.raises(SourceError, match=r"model model\.tflite, which model\.int8\.tflite was made of, is not there"):
        reproduce(sidecar)
    with pytest.raises(CalibrationError) as caught:
        reproduce(sidecar, model=elsewhere / "m.tflite")
    assert "samples.npy" in caught.value.message
    assert "--calibration" in str(caught.value.hint)
    assert reproduce(sidecar, model=elsewhere / "m.tflite", calibration=elsewhere / "s.npy").identical


def test_what_is_given_anew_does_not_fit(place: Path, shared_data: Path) -> None:
    sidecar = place / "model.int8.tflite.json"
    with pytest.raises(CalibrationError) as caught:
        reproduce(sidecar, model=shared_data / "mlperf_tiny" / "vww_mobilenet_float32.tflite")
    assert "this is not the model that model.int8.tflite was made of" in str(caught.value.hint)
    np.save(place / "small.npy", np.zeros((8, 16, 16, 3), np.float32))
    with pytest.raises(CalibrationError) as caught:
        reproduce(sidecar, calibration=place / "small.npy")
    assert caught.value.hint == "give the samples that it was calibrated on, samples.npy, with --calibration"


def test_samples_and_models_from_memory_must_be_given(workshop: Path, place: Path) -> None:
    sidecar = _resealed(workshop, place, lambda document: document["samples"].update(path="<iterable>"))
    with pytest.raises(CalibrationError, match="calibrated on samples from memory"):
        reproduce(sidecar)
    sidecar = _resealed(workshop, place, lambda document: document["origin"].update(format="memory", path="<memory>"))
    with pytest.raises(SourceError, match="made of a model in memory"):
        reproduce(sidecar)


def test_of_a_model_in_memory_nobody_knows_whether_it_is_the_same(
    workshop: Path, place: Path, shared_data: Path
) -> None:
    sidecar = _resealed(
        workshop, place, lambda document: document["origin"].update(format="memory", path="<memory>", sha256=None)
    )
    result = reproduce(sidecar, model=place / "model.tflite", calibration=place / "samples.npy")
    unknown = f"whether {place / 'model.tflite'} is the model that it was made of: that was one in memory"
    assert (result.identical, result.changes, result.unknown) == (True, (), (unknown,))
    assert result.lines[1:] == [f"not known: {unknown}"]
    assert result.to_document()["unknown"] == [unknown]
    with pytest.raises(CalibrationError) as caught:
        reproduce(sidecar, model=shared_data / "mlperf_tiny" / "vww_mobilenet_float32.tflite")
    assert caught.value.hint == "give the samples that it was calibrated on, samples.npy, with --calibration"


def test_what_has_nothing_to_do_with_the_model_keeps_its_own_next_step(place: Path, shared_data: Path) -> None:
    other = shared_data / "mlperf_tiny" / "vww_mobilenet_float32.tflite"
    with pytest.raises(OutputError, match="the folder does not exist") as caught:
        reproduce(place / "model.int8.tflite.json", model=other, output=place / "gone" / "m.tflite")
    assert caught.value.hint == "create it first, or choose another place with -o"


def test_a_sidecar_does_not_decide_whom_to_trust(workshop: Path, place: Path) -> None:
    sidecar = _resealed(workshop, place, lambda document: document["origin"].update(trust=True))
    with pytest.raises(UsageError, match="which a sidecar cannot ask for") as caught:
        reproduce(sidecar)
    assert "--trust" in str(caught.value.hint)
    assert reproduce(sidecar, trust=True).identical


def test_a_forged_sidecar_is_found_by_the_file(workshop: Path, place: Path) -> None:
    for change, field in (
        (lambda document: document["census"][0].update(precision="float32"), "'census' is"),
        (lambda document: document.update(canonical_sha256="0" * 64), "'canonical_sha256' is"),
        (lambda document: document.update(size_bytes=5, sha256="0" * 64), "'size_bytes', 'sha256' are"),
        (lambda document: document["outputs"][0].update(name="y"), "'outputs' is"),
    ):
        with pytest.raises(UsageError, match=f"does not describe .*: {field} not true of it"):
            reproduce(_resealed(workshop, place, change))


def test_it_is_kept_where_asked(place: Path) -> None:
    sidecar = place / "model.int8.tflite.json"
    (place / "again").mkdir()
    result = reproduce(sidecar, output=place / "again")
    assert result.output == place / "again" / "model.int8.tflite"
    assert {path.name for path in (place / "again").iterdir()} == {
        "model.int8.tflite", "model.int8.tflite.json", "model.int8.tflite.golden.npz",
    }  # fmt: skip
    assert result.output.read_bytes() == (place / "model.int8.tflite").read_bytes()
    with pytest.raises(OutputError, match="is the artifact itself"):
        reproduce(sidecar, output=place)
    (place / "pack.tflite").hardlink_to(place / "model.int8.tflite.golden.npz")
    with pytest.raises(OutputError, match=r"the output .*/pack\.tflite is the golden pack itself"):
        reproduce(sidecar, output=place / "pack.tflite")


def test_the_file_itself_may_be_gone(workshop: Path, place: Path) -> None:
    (place / "model.int8.tflite").unlink()
    assert reproduce(place / "model.int8.tflite.json").identical
    np.save(place / "samples.npy", np.zeros((12, 32, 32, 3), np.float32))
    result = reproduce(place / "model.int8.tflite.json")
    assert result.differences == ("the file itself is gone: what differs in it cannot be told",)


def test_differences_follow_the_canonical_hash(workshop: Path) -> None:
    files = [workshop / f"model.{name}.tflite" for name in PRECISIONS]
    for one in files:
        for other in files:
            same = inspect(one).canonical_sha256 == inspect(other).canonical_sha256
            assert (differences(one, other) == ()) == same
    first, *_ = differences(workshop / "model.float32.tflite", workshop / "model.int8.tflite")
    assert first == "operator 0 is QUANTIZE, not CONV_2D (18 operators in all, before 16)"
