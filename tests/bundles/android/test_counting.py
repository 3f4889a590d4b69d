"""An app's instructions, counted with its own library on an emulated phone."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import edgekit
from edgekit.bundles.android.archive import Entry, pack
from edgekit.errors import UnsuitedDevice, UsageError


@pytest.mark.slow
def test_the_instructions_of_the_apps_own_library(apk: Path, resnet: Path, emulated: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "edgekit", "benchmark", str(apk), "--device", "emulated:pixel6", "-o", "run.json"]
    ended = subprocess.run(command, check=True, capture_output=True, text=True, cwd=tmp_path)
    assert "cortex-a76 for Cortex-X1 by qemu" in ended.stdout
    (run,) = edgekit.load_runs(tmp_path / "run.json")
    assert run.artifact_sha256 == edgekit.inspect(resnet).sha256
    assert run.device == "emulated:pixel6"
    assert run.environment.runtime == "tensorflow-lite 2.16.1"
    assert run.environment.emulated
    # 2.6 million of them: the library's own kernels, and not XNNPACK's.
    assert len(run.instructions) == 5
    assert 2_000_000 < run.instructions[0] < 4_000_000
    assert run.instruction_spread < 0.001
    classes = run.instruction_classes
    assert classes is not None
    assert min(classes.vector, classes.load_store, classes.other) > 100_000
    # The same seeded inputs as on this machine, and the same outputs: with this network the kernels agree.
    assert run.outputs_sha256 == edgekit.benchmark(resnet, runs=1, min_seconds=0).runs[0].outputs_sha256
    with pytest.raises(UnsuitedDevice, match="emulated:rpi2b has armv7l cores, and the app's library is for aarch64"):
        edgekit.benchmark_bundle(apk, device="emulated:rpi2b")


def test_what_is_not_counted(apk: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is an app, whose instructions are counted on an emulated phone, and not on"):
        edgekit.benchmark_bundle(apk, device="local")
    (tmp_path / "a.tar.gz").write_bytes(b"\x1f\x8b")
    with pytest.raises(UsageError, match=r"a\.tar\.gz is an archive for a board"):
        edgekit.benchmark_bundle(tmp_path / "a.tar.gz", device="emulated:pixel6")
    with zipfile.ZipFile(apk) as archive:
        entries = [Entry(name, archive.read(name)) for name in archive.namelist()]
    other = tmp_path / "other.apk"
    other.write_bytes(pack(entry for entry in entries if not entry.path.startswith("lib/")))
    with pytest.raises(UsageError, match=r"other\.apk has no library for arm64-v8a"):
        edgekit.benchmark_bundle(other, device="emulated:pixel6")
    other.write_bytes(pack(entry for entry in entries if not entry.path.endswith("golden.npz")))
    with pytest.raises(UsageError, match=r"other\.apk is not as it was made: model\.tflite\.golden\.npz is missing"):
        edgekit.benchmark_bundle(other, device="emulated:pixel6")
    command = [sys.executable, "-m", "edgekit", "benchmark", str(apk), "--device", "emulated:pixel6"]
    for words, sentence in (
        (["--threads", "2"], "instructions are counted with one thread"),
        (["--idle", "5ms"], "--idle is for a .tflite file, and of an app only instructions are counted"),
    ):
        ended = subprocess.run([*command, *words], check=False, capture_output=True, text=True)
        assert ended.returncode == 2
        assert f"edgekit: error: {sentence}" in ended.stderr
