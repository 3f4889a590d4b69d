"""A golden pack is read by numpy alone, and a damaged or edited one is told."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from edgekit import Artifact
from edgekit.artifact import GOLDEN_LIMIT_BYTES, read_golden_pack
from edgekit.artifact.seals import checksum
from edgekit.errors import UsageError


def test_numpy_alone_reads_it(int8_artifact: Artifact) -> None:
    with np.load(int8_artifact.golden_path, allow_pickle=False) as pack:
        about = json.loads(pack["about"].tobytes())
        arrays = {name: pack[name] for name in pack.files if name != "about"}
    assert about["schema"] == "edgekit.golden/1"
    assert about["sha256"] == hashlib.sha256(int8_artifact.path.read_bytes()).hexdigest()
    assert about["file"] == "m.tflite"
    assert about["sample_ids"] == list(int8_artifact.provenance.samples.sample_ids[:4])
    assert about["preprocessing"] == "arrays as they stand"
    assert [(each["name"], each["dtype"]) for each in about["inputs"]] == [(int8_artifact.inputs[0].name, "float32")]
    assert [(each["tolerance"], each["dtype"]) for each in about["outputs"]] == [(0.0, "float32")]
    assert about["outputs"][0]["reason"].startswith("exact: every operator computes in integers")
    assert arrays["input_0"].shape == (4, 32, 32, 3)
    assert arrays["output_0"].shape == (4, 10)
    samples = np.load(int8_artifact.path.with_name("samples.npy"))
    assert all((samples == each).all(axis=(1, 2, 3)).any() for each in arrays["input_0"])


def test_the_artifact_records_it(int8_artifact: Artifact) -> None:
    record, pack = int8_artifact.golden_pack, read_golden_pack(int8_artifact.golden_path)
    assert record is not None
    assert record.sha256 == hashlib.sha256(int8_artifact.golden_path.read_bytes()).hexdigest()
    assert record.size_bytes == int8_artifact.golden_path.stat().st_size < GOLDEN_LIMIT_BYTES
    assert record.samples == pack.samples == 4
    assert record.tolerances == {pack.outputs[0].name: 0.0}


def test_every_damage_is_told(int8_artifact: Artifact, tmp_path: Path) -> None:
    content = int8_artifact.golden_path.read_bytes()
    path = tmp_path / "pack.npz"
    generator = np.random.default_rng(0)
    told = 0
    for position in generator.integers(0, len(content), 60):
        changed = bytearray(content)
        changed[position] ^= 1 << int(generator.integers(8))
        path.write_bytes(changed)
        try:
            pack = read_golden_pack(path)
        except UsageError:
            told += 1
        else:
            # Some bytes of a zip archive mean nothing to who unpacks it, such as dates.
            assert pack.sha256 == int8_artifact.sha256
    assert told > 50
    for size in (0, 10, len(content) // 2, len(content) - 1):
        path.write_bytes(content[:size])
        with pytest.raises(UsageError, match="is no golden pack, or a damaged one"):
            read_golden_pack(path)


def _rewritten(source: Path, target: Path, *, sealed: bool = True, **changes: object) -> Path:
    with np.load(source) as pack:
        arrays = {name: pack[name] for name in pack.files}
    about = json.loads(arrays["about"].tobytes())
    for name, value in changes.items():
        if name in arrays:
            arrays[name] = value
        else:
            about[name] = value
    if sealed:
        about["seal"] = checksum({name: value for name, value in about.items() if name != "seal"}, length=64)
    arrays["about"] = np.frombuffer(json.dumps(about).encode(), np.uint8)
    np.savez_compressed(target, **arrays)
    return target


def test_an_edited_one_is_told(int8_artifact: Artifact, tmp_path: Path) -> None:
    path = tmp_path / "pack.npz"
    for change, sentence in (
        ({"output_0": np.zeros((4, 10), np.float32)}, "its arrays are not those that it was written with"),
        ({"schema": "edgekit.golden/9"}, "its schema is 'edgekit.golden/9', not 'edgekit.golden/1'"),
        ({"outputs": []}, "its inputs and outputs are not of the same number of samples"),
        ({"inputs": [{"name": "x", "dtype": "float32", "array": "gone"}]}, "it has no array 'gone'"),
        ({"coarsened": 0}, "about.coarsened is 0, but must be a whole number of 1 or more"),
    ):
        _rewritten(int8_artifact.golden_path, path, **change)
        with pytest.raises(UsageError, match=sentence):
            read_golden_pack(path)


def test_an_edit_of_what_it_says_is_told(int8_artifact: Artifact, tmp_path: Path) -> None:
    path = tmp_path / "pack.npz"
    with np.load(int8_artifact.golden_path) as pack:
        (output,) = json.loads(pack["about"].tobytes())["outputs"]
    for change in (
        {"sha256": "0" * 64},
        {"preprocessing": "none"},
        {"outputs": [{**output, "tolerance": 1e9, "reason": "as wide as can be"}]},
        {"seal": "0" * 64},
    ):
        _rewritten(int8_artifact.golden_path, path, sealed=False, **change)
        with pytest.raises(UsageError, match="its 'about' is not what it was written with"):
            read_golden_pack(path)
    # Whoever computes the seal anew may still not contradict himself.
    _rewritten(int8_artifact.golden_path, path, outputs=[{**output, "tolerance": 1e9}])
    with pytest.raises(UsageError, match=r"the tolerance of '\w+' is 1e\+09, though its reason is 'exact'"):
        read_golden_pack(path)
    _rewritten(int8_artifact.golden_path, path, file="renamed.tflite")
    assert read_golden_pack(path).file == "renamed.tflite"


def test_one_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"there is no golden pack .*gone\.npz") as caught:
        read_golden_pack(tmp_path / "gone.npz")
    assert "--pack" in str(caught.value.hint)
