"""The folder of an unfinished run: whose it is, and what is done in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgekit.compression.compression import LoggedEpoch
from edgekit.compression.run.run_folder import RunFolder
from edgekit.errors import OutputError, UsageError

_IDENTITY = {"schema": "edgekit.compression-run/1", "model": "a", "recipe": {"seed": 0, "spared": ("b",)}}


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    made = RunFolder(tmp_path / "m.keras")
    made.open(_IDENTITY, resume=False)
    return made


def test_the_same_run_goes_on(folder: RunFolder) -> None:
    assert folder.path.name == "m.keras.run"
    folder.open(_IDENTITY, resume=True)


def test_another_run_does_not(folder: RunFolder) -> None:
    with pytest.raises(UsageError, match=r"the run in .*m.keras.run is another one: it had other model and recipe"):
        folder.open({**_IDENTITY, "model": "c", "recipe": {}}, resume=True)


def test_a_run_that_came_to_nothing_stands_in_no_ones_way(folder: RunFolder) -> None:
    folder.open({**_IDENTITY, "model": "c"}, resume=False)
    folder.open({**_IDENTITY, "model": "c"}, resume=True)


@pytest.mark.parametrize("left", ["checkpoint.npz", "piece-0.json"])
def test_whoever_interrupts_is_told_whether_anything_is_saved(folder: RunFolder, left: str) -> None:
    assert folder.told() == "nothing was trained yet"
    (folder.path / left).write_bytes(b"{}")
    # Of one that goes on as well, though it is not yet opened.
    assert RunFolder(folder.path.with_suffix("")).told() == "what was done is saved; go on with --resume"


def test_an_unfinished_run_is_never_overwritten(folder: RunFolder) -> None:
    folder.model(0).write_bytes(b"model")
    with pytest.raises(OutputError, match=r"an unfinished run lies in .*m.keras.run") as caught:
        folder.open(_IDENTITY, resume=False)
    assert caught.value.hint == "go on with --resume, or remove that folder"
    with pytest.raises(OutputError, match=r"an unfinished run lies in"):
        folder.require_free(resume=False)
    folder.require_free(resume=True)
    with pytest.raises(UsageError, match="there is no unfinished run in"):
        RunFolder(folder.path.with_name("other.keras")).require_free(resume=True)


@pytest.mark.parametrize("name", ["photo.jpg", "run.json"])
def test_a_folder_of_the_users_own_is_left_alone(tmp_path: Path, name: str) -> None:
    own = tmp_path / "m.keras.run" / name
    own.parent.mkdir()
    own.write_text('{"distance": 10}')
    with pytest.raises(OutputError, match=r"the run would lie in .*m.keras.run, which is there already and holds"):
        RunFolder(tmp_path / "m.keras").open(_IDENTITY, resume=False)
    assert [each.name for each in own.parent.iterdir()] == [name]
    assert own.read_text() == '{"distance": 10}'


@pytest.mark.parametrize("resume", [False, True])
def test_one_run_at_a_time_is_at_work_in_it(folder: RunFolder, tmp_path: Path, resume: bool) -> None:
    second = RunFolder(tmp_path / "m.keras")
    with pytest.raises(OutputError, match=r"another run is at work in .*m.keras.run"):
        second.open(_IDENTITY, resume=resume)
    assert not second.is_open
    folder.close()
    second.open(_IDENTITY, resume=resume)
    assert second.is_open


def test_a_folder_that_is_no_run_is_told(folder: RunFolder) -> None:
    (folder.path / "run.json").write_text("{")
    with pytest.raises(UsageError, match="cannot be read"):
        folder.open(_IDENTITY, resume=True)


def test_a_piece_is_done_once_its_model_and_its_facts_are_there(folder: RunFolder) -> None:
    assert folder.facts(0) is None
    folder.checkpoint.write_bytes(b"half")
    folder.done(0, {"macs": 3}, [LoggedEpoch("1 finetune", 1, 0.5, None, None, 1e-3, 2.0)])
    assert folder.facts(0) is None
    folder.model(0).write_bytes(b"model")
    assert folder.facts(0) == {"macs": 3}
    assert not folder.checkpoint.exists()
    assert (folder.path / "log.csv").read_text().splitlines()[1] == "1 finetune,1,0.5,,,0.001,2.0"
    folder.remove()
    assert not folder.path.exists()
