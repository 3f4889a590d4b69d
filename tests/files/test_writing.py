"""Outputs appear whole or not at all."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from edgekit.errors import OutputError
from edgekit.files import encode_json, require_writable, sha256_of, staged_folder, write_bytes, write_together


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    target = tmp_path / "a.bin"
    target.write_bytes(b"old")
    write_bytes(target, b"new")
    assert target.read_bytes() == b"new"
    assert _names(tmp_path) == ["a.bin"]
    assert stat.S_IMODE(target.stat().st_mode) == 0o666 & ~_umask()


def test_one_failure_leaves_none(tmp_path: Path) -> None:
    good, bad = tmp_path / "good", tmp_path / "missing" / "bad"
    good.write_bytes(b"old")
    with pytest.raises(OutputError, match="cannot write .*bad: the folder does not exist") as raised:
        write_together({good: b"new", bad: b"x"})
    assert raised.value.hint == "create it first, or choose another place with -o"
    assert good.read_bytes() == b"old"
    assert _names(tmp_path) == ["good"]


def test_a_staged_folder_appears_when_the_work_is_done(tmp_path: Path) -> None:
    target = tmp_path / "out"
    with staged_folder(target, given={}) as stage:
        (stage / "a").write_bytes(b"new")
        assert not target.exists()
    assert _names(target) == ["a"]
    assert stat.S_IMODE(target.stat().st_mode) == 0o777 & ~_umask()
    with staged_folder(target, given={}) as stage:
        (stage / "a").write_bytes(b"newer")
        (stage / "b").write_bytes(b"")
        assert (target / "a").read_bytes() == b"new"
    assert (target / "a").read_bytes() == b"newer"
    assert _names(target) == ["a", "b"]
    assert _names(tmp_path) == ["out"]


def test_a_staged_folder_whose_work_fails_was_never_there(tmp_path: Path) -> None:
    target = tmp_path / "out"
    with pytest.raises(OutputError) as raised, staged_folder(target, given={}) as stage:
        raise OutputError(f"cannot write {stage / 'a'}: so it is")
    assert str(raised.value) == raised.value.message == f"cannot write {target / 'a'}: so it is"
    assert _names(tmp_path) == []
    (target / "b").mkdir(parents=True)
    with pytest.raises(OutputError, match="b: it is a folder"), staged_folder(target, given={}) as stage:
        write_together({stage / "a": b"", stage / "b": b""})
    assert _names(target) == ["b"]
    with pytest.raises(KeyboardInterrupt), staged_folder(target, given={}) as stage:
        raise KeyboardInterrupt
    assert _names(target) == ["b"]


def test_a_staged_folder_takes_the_place_of_nothing_that_was_given(tmp_path: Path) -> None:
    target = tmp_path / "out"
    target.mkdir()
    (target / "b").write_bytes(b"read")
    given = {"the model": target / "b"}
    with pytest.raises(OutputError, match="b is the model itself"), staged_folder(target, given=given) as stage:
        write_together({stage / "a": b"", stage / "b": b""})
    assert _names(target) == ["b"]
    assert (target / "b").read_bytes() == b"read"


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="it is a folder"):
        write_bytes(tmp_path, b"x")
    with pytest.raises(OutputError, match="it is a folder"):
        require_writable(tmp_path)


def test_writability_is_known_before_the_work(tmp_path: Path) -> None:
    require_writable(tmp_path / "fine")
    assert _names(tmp_path) == []
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="part of the path is not a folder"):
        require_writable(tmp_path / "file" / "x")


def test_nan_never_gets_into_a_document() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        encode_json({"value": float("nan")})


def test_the_hash_of_a_folder_knows_names_and_contents(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"1")
    first = sha256_of(tmp_path)
    (tmp_path / "a").write_bytes(b"2")
    second = sha256_of(tmp_path)
    (tmp_path / "a").rename(tmp_path / "b")
    assert len({first, second, sha256_of(tmp_path)}) == 3


def test_the_hash_of_a_file_is_the_one_of_the_system(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(os.urandom(100_000))
    told = subprocess.run(["sha256sum", path], capture_output=True, text=True, check=True).stdout
    assert told.split()[0] == sha256_of(path)


def _umask() -> int:
    return int(subprocess.run([sys.executable, "-c", "import os; print(os.umask(0))"],
                              capture_output=True, text=True, check=True).stdout)  # fmt: skip
