"""``edgekit verify``: exit codes and sentences."""

from __future__ import annotations

import shutil

import pytest

from edgekit import Artifact


@pytest.fixture
def placed(edgekit, int8_artifact: Artifact) -> str:
    for path in (int8_artifact.path, int8_artifact.sidecar_path, int8_artifact.golden_path):
        shutil.copy(path, edgekit.folder)
    return int8_artifact.path.name


def test_pass_and_fail(edgekit, placed: str) -> None:
    done = edgekit("verify", placed)
    assert done.stdout.startswith(f"{placed} on local: PASS\nit is the file that the golden pack was made of")
    assert "exact: every operator computes in integers" in done.stdout
    path = edgekit.folder / placed
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
    failed = edgekit("verify", placed, "--json", code=1)
    assert failed.document["verdict"] == "fail"
    assert failed.document["same_file"] is False


def test_a_pack_without_a_sidecar_is_taken_at_its_word_and_that_is_told(edgekit, placed: str) -> None:
    assert "note: " not in edgekit("verify", placed).stdout
    (edgekit.folder / f"{placed}.json").unlink()
    told = f"note: {placed}.golden.npz was not held against a sidecar: "
    assert told in edgekit("verify", placed).stdout
    document = edgekit("verify", placed, "--json").document
    assert (document["verdict"], document["recorded"], len(document["notes"])) == ("pass", False, 1)


def test_what_is_missing_or_damaged(edgekit, placed: str) -> None:
    pack = edgekit.folder / f"{placed}.golden.npz"
    assert "unknown device 'lokal'" in edgekit.refuse("verify", placed, "--device", "lokal").sentence
    assert edgekit.refuse("verify", placed, "--pack", ".").sentence == "golden pack . cannot be read: Is a directory"
    pack.write_bytes(pack.read_bytes()[:-40])
    ended = edgekit.refuse("verify", placed)
    assert ended.sentence.startswith(f"{placed}.golden.npz is no golden pack, or a damaged one: it cannot be unpacked")
    assert "convert the model again" in ended.hint
    pack.unlink()
    assert edgekit.refuse("verify", placed).sentence == f"there is no golden pack {placed}.golden.npz"
    assert edgekit.refuse("verify", "gone.tflite").sentence == "gone.tflite does not exist"
