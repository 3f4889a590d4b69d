"""A disk that is full, at every stage of an app: a sentence, and nothing half-written."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

_SCRIPT = """
mount -t tmpfs -o "$1" tmpfs "$2" || exit 99
disk=$2
shift 2
"$@"
code=$?
ls -A "$disk" >&2
exit $code
"""
_SPACE = "free some space or choose another place with -o"
_TEMPORARY = "free some space there, or name another folder in TMPDIR"


@pytest.mark.parametrize(
    ("size", "words", "variable", "sentence", "hint"),
    [
        ("1m", ["android", "-o", "DISK/a.apk"], None, "cannot write DISK/a.apk: the disk is full", _SPACE),
        ("64k", ["android", "-o", "DISK/a"], None, "cannot write DISK/a: the disk is full", _SPACE),
        ("16k", ["pi", "-o", "DISK/a.tar.gz"], None, "cannot write DISK/a.tar.gz: the disk is full", _SPACE),
        ("4k", ["android", "-o", "a.apk"], "TMPDIR", "compiling resources: the disk is full", None),
        ("1m", ["android", "-o", "a.apk"], "TMPDIR", "the folder for temporary files, DISK, is full", _TEMPORARY),
        (
            "5m",
            ["android", "-o", "a.apk"],
            "TMPDIR",
            "signing with the keystore DATA/debug.keystore: the disk is",
            None,
        ),
    ],
)
def test_a_full_disk(
    apk: Path,
    resnet: Path,
    tmp_path: Path,
    missing: Callable[[str], None],
    size: str,
    words: list[str],
    variable: str | None,
    sentence: str,
    hint: str | None,
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    program = str(Path(sys.executable).with_name("edgekit"))
    where = {"DISK": str(disk), "DATA": f"{os.environ['XDG_DATA_HOME']}/edgekit"}
    kind, *rest = (word.replace("DISK", str(disk)) for word in words)
    command = [program, "bundle", kind, str(resnet), *rest, "--range", "raw", "--quiet"]
    command += ["--abi", "arm64-v8a", "--name", f"On {size}"] if kind == "android" else []
    namespace = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--mount", "--map-root-user"]
    ended = subprocess.run(
        [*namespace, "sh", "-c", _SCRIPT, "sh", f"size={size}", str(disk), *command],
        check=False,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, **({} if variable is None else {variable: str(disk)})},
    )
    if ended.returncode == 99 or "unshare:" in ended.stderr:
        missing("the right to mount a disk in a namespace")
    for name, place in where.items():
        sentence = sentence.replace(name, place)
    lines = [line for line in ended.stderr.splitlines() if line.startswith(("edgekit: error", "  next"))]
    assert ended.returncode == 2, ended.stderr
    assert lines[0].startswith(f"edgekit: error: {sentence}")
    assert hint is None or lines[1] == f"  next: {hint}"
    assert ended.stdout == ""
    # The disk is listed last, and nothing is on it; nor beside it.
    assert ended.stderr.splitlines()[-1] == lines[1]
    assert [path.name for path in tmp_path.iterdir()] == ["disk"]
