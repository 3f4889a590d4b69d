"""A disk that is full or read-only, as the place of results and of temporary files. Small disks are mounted for it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

# Mounted in a namespace of its own, a disk goes when the command ends, however that happens.
_SCRIPT = """
for place in $READ_ONLY; do
    mount --bind "$place" "$place" && mount -o remount,bind,ro "$place" || exit 99
done
# What measures coverage writes into the checkout, which may lie in a place that is read-only now.
[ -z "${READ_ONLY:-}" ] || unset COVERAGE_PROCESS_CONFIG COVERAGE_PROCESS_START
mount -t tmpfs -o "$1" tmpfs disk || exit 99
shift
"$@"
code=$?
ls -A disk > listing
exit $code
"""
OnDisk = Callable[..., tuple]


@pytest.fixture
def on_disk(edgekit, missing: Callable[[str], None]) -> OnDisk:
    """Run the command with a disk mounted at ``disk``; return how it ended, and what lies on the disk then."""
    (edgekit.folder / "disk").mkdir()
    namespace = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--mount", "--map-root-user"]

    def run(options: str, *arguments: object, env: dict[str, str] | None = None) -> tuple:
        ended = edgekit.run([*namespace, "sh", "-c", _SCRIPT, "sh", options, edgekit.program, *arguments], env=env)
        if ended.code == 99 or "unshare:" in ended.stderr:
            missing("the right to mount a disk in a namespace")
        return ended, (edgekit.folder / "listing").read_text().split()

    return run


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["convert", "-o", "disk/m.tflite"], "cannot write disk/m.tflite: the file system is read-only"),
        (
            ["convert", "-o", "disk"],
            "cannot write disk/ic_resnet8_float32.dynamic_int8.tflite: the file system is read",
        ),
        (["benchmark", "-o", "disk/run.json"], "cannot write disk/run.json: the file system is read-only"),
        (["deploy", "-o", "disk/out", "--profile", "rpi4"], "cannot write disk/out: the file system is read-only"),
    ],
)
def test_a_read_only_place_is_known_before_the_work(
    on_disk: OnDisk, resnet: Path, arguments: list[str], sentence: str
) -> None:
    ended, left = on_disk("ro", *arguments, resnet)
    assert ended.code == 2
    assert ended.sentence.startswith(sentence)
    assert ended.hint == "choose another place with -o"
    assert "reading the float model" not in ended.stderr
    assert left == []


def test_a_full_disk_gets_all_results_or_none(on_disk: OnDisk, resnet: Path) -> None:
    # float16 (161 KiB) has room, float32 (311 KiB) has none.
    precisions = ("-p", "float16", "-p", "float32")
    ended, left = on_disk("size=256k", "convert", resnet, "-o", "disk/m.tflite", *precisions)
    assert ended.code == 2
    assert ended.sentence == "cannot write disk/m.float32.tflite: the disk is full"
    assert ended.hint == "free some space or choose another place with -o"
    assert left == []


def test_a_full_disk_gets_no_half_of_a_deployment(on_disk: OnDisk, resnet: Path) -> None:
    ended, left = on_disk("size=128k", "deploy", resnet, "-o", "disk/out", "-p", "float16", "--profile", "rpi4")
    assert ended.code == 2
    assert ended.sentence == "cannot write disk/out/ic_resnet8_float32.float16.tflite: the disk is full"
    assert left == []


def test_no_room_for_temporary_files_at_any_stage(edgekit, on_disk: OnDisk, resnet: Path, pixels: Path) -> None:
    disk = str(edgekit.folder / "disk")
    stages = set()
    for size in range(64, 4096, 128):
        ended, left = on_disk(f"size={size}k", "convert", resnet, "-c", pixels, "--json", env={"TMPDIR": disk})
        assert left == []
        if ended.code == 0:
            break
        assert ended.code == 2
        assert ended.sentence == f"the folder for temporary files, {disk}, is full"
        assert ended.hint == "free some space there, or name another folder in TMPDIR"
        assert ended.document["error"] == "OutputError"
        assert list(edgekit.folder.glob("*.tflite")) == []
        # What was said before the error and its hint.
        stages.update(ended.stderr.splitlines()[-3:-2])
    assert ended.code == 0
    # In this process, and in the child process that quantizes.
    assert len(stages) >= 2, stages
    assert "edgekit: quantizing to int8" in stages


def test_no_place_for_temporary_files(edgekit, on_disk: OnDisk, resnet: Path) -> None:
    # These, the folder in TMPDIR and the current folder are all that Python tries.
    places = [place for place in ("/tmp", "/var/tmp", "/usr/tmp") if Path(place).is_dir()]
    everywhere = " ".join([*places, str(edgekit.temporary), str(edgekit.folder)])
    ended, left = on_disk("size=1m", "convert", resnet, "-o", "disk/m.tflite", env={"READ_ONLY": everywhere})
    assert ended.code == 2
    assert ended.sentence == "there is no folder for temporary files that can be written to"
    assert ended.hint == "name one in TMPDIR"
    assert left == []


def test_no_room_for_the_float_export(on_disk: OnDisk, zoo: Path, edgekit) -> None:
    disk = str(edgekit.folder / "disk")
    ended, left = on_disk("size=200k", "convert", zoo / "ic_resnet8.keras", env={"TMPDIR": disk})
    assert ended.code == 2
    assert ended.sentence == f"the folder for temporary files, {disk}, is full"
    # Another route would need as much.
    assert "edgekit: exporting by route frozen_graph" in ended.stderr
    assert "edgekit: exporting by route keras" not in ended.stderr
    assert left == []


def test_no_room_on_the_device(on_disk: OnDisk, resnet: Path, edgekit) -> None:
    ended, left = on_disk("size=128k", "benchmark", resnet, "--json", env={"TMPDIR": str(edgekit.folder / "disk")})
    assert ended.code == 3
    assert (ended.document["exit_code"], ended.document["address"]) == (3, "local")
    assert ended.sentence == "cannot write model.tflite on local: the device's disk is full"
    assert left == []


def test_a_checkpoint_that_finds_no_room_says_how_to_go_on(on_disk: OnDisk, edgekit, shared_data: Path) -> None:
    generator = np.random.default_rng(0)
    pixels = generator.random((20, 32, 32, 3), np.float32) * 255
    np.savez(edgekit.folder / "few.npz", x=pixels, labels=np.arange(20) % 10)
    (edgekit.folder / "tune.toml").write_text('[[stage]]\nkind = "finetune"\nepochs = 1\n')
    model = shared_data / "mlperf_tiny" / "ic_resnet8.h5"
    ended, left = on_disk(
        "size=600k", "compress", model, "-o", "disk/o.keras", "--recipe", "tune.toml", "--data", "few.npz"
    )
    assert ended.code == 2
    assert ended.sentence == "cannot write a checkpoint into disk/o.keras.run: the disk is full"
    assert ended.hint == "free some space and go on with --resume; the last checkpoint is whole"
    assert left == ["o.keras.run"]
