"""Evaluations in pieces: what lies on the device is bounded, and after a break nothing is run twice."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgekit.artifact.seals import sealed
from edgekit.devices import Completed, LocalDevice
from edgekit.errors import DeviceUnreachable, OutputError, UsageError
from edgekit.progress import Step
from edgekit.runner import compare_accuracy, evaluate, infer, pieces
from edgekit.runner.evaluation.checkpoint import Subject, usual_place

Arrays = dict[str, np.ndarray[Any, Any]]


class Board(LocalDevice):
    """This machine under another name. The link is cut at the ``cut``-th run of the agent."""

    address = "ssh://board"

    def __init__(self, cut: int = 0, *, runtime: str = "") -> None:
        super().__init__()
        self.cut, self.runtime = cut, runtime
        self.ran: list[int] = []
        """How many samples each run of the agent took."""

    def execute(self, argv: Sequence[str], *, timeout: float) -> Completed:
        self.ran.append(len(np.load(Path(self._folder.name, "input_0.npy"), mmap_mode="r")))
        if len(self.ran) == self.cut:
            raise DeviceUnreachable(f"the link to {self.address} was cut", address=self.address, hint="look at it")
        completed = super().execute(argv, timeout=timeout)
        if self.runtime:
            result = Path(self._folder.name, "result.json")
            result.write_text(json.dumps({**json.loads(result.read_text()), "runtime": self.runtime}))
        return completed


@pytest.fixture
def board() -> Iterator[Board]:
    with closing(Board()) as board:
        yield board


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "MOST_SAMPLES", 3)


@pytest.fixture
def samples() -> Arrays:
    """Of two numbers the larger one is the class; five of eight labels say so."""
    given = np.array([[1, 2], [1, 2], [2, 1], [3, 1], [1, 3], [5, 1], [1, 4], [2, 3]], np.float32)
    return {"given": given, "labels": np.array([1, 1, 0, 0, 1, 1, 0, 0])}


@pytest.fixture
def model(tmp_path: Path, writer: Any) -> Path:
    given = writer.tensor("given", "float32", [1, 2], io="i")
    writer.operator("ABS", [given], [writer.tensor("scores", "float32", [1, 2], io="o")])
    path: Path = writer.write(tmp_path / "scores.tflite")
    return path


def test_pieces_make_the_whole(board: Board, model: Path, samples: Arrays, tmp_path: Path) -> None:
    class Spooled:
        @property
        def files(self) -> dict[str, Path]:
            return {"given": tmp_path / "given.npy"}

        def __len__(self) -> int:
            return 8

    np.save(tmp_path / "given.npy", samples["given"])
    outputs = infer(model, Spooled(), device=board)
    np.testing.assert_array_equal(outputs["scores"], samples["given"])
    assert board.ran == [3, 3, 2]
    # The next piece takes the place of the last one.
    assert sorted(path.name for path in Path(board._folder.name).iterdir()) == [
        "edgekit_agent.pyz", "input_0.npy", "job.json", "model.tflite", "output_0.npy", "result.json",
    ]  # fmt: skip


def test_large_samples_make_small_pieces() -> None:
    class Facts:
        outputs = ()

    few = np.lib.stride_tricks.as_strided(np.zeros(1, np.float32), (1000, 12 << 20), (0, 0))
    assert pieces.piece_size([few[:, : 3 << 20]], Facts()) == 2  # type: ignore[arg-type]
    assert pieces.piece_size([few], Facts()) == 1  # type: ignore[arg-type]


def test_a_broken_evaluation_goes_on_where_it_was(model: Path, samples: Arrays, tmp_path: Path) -> None:
    path = tmp_path / "kept.json"
    with closing(Board(cut=3)) as board, pytest.raises(DeviceUnreachable) as caught:
        evaluate(model, samples, device=board, checkpoint=path)
    assert board.ran == [3, 3, 2]
    kept = f"6 of 8 samples are answered and kept in {path}: the same command goes on from there"
    assert caught.value.hint == f"look at it; {kept}"
    told: list[Step] = []
    with closing(Board()) as board:
        accuracy = evaluate(model, samples, device=board, checkpoint=path, progress=told.append)
    assert board.ran == [2]
    assert (accuracy.correct, accuracy.total) == (5, 8)
    assert accuracy.notes[-1] == "the answers are those of ssh://board"
    assert Step(f"going on from {path}, with 6 of 8 samples answered") in told
    assert [(step.done, step.total) for step in told if step.stage.startswith("running ")] == [(6, 8), (8, 8)]
    assert not path.exists()


def test_a_comparison_keeps_both_files(model: Path, samples: Arrays, tmp_path: Path, writer: Any) -> None:
    # An operator that nobody needs: another file.
    writer.operator("NEG", [0], [writer.tensor("negative", "float32", [1, 2])])
    other, path = writer.write(tmp_path / "other.tflite"), tmp_path / "kept.json"
    with closing(Board(cut=5)) as board, pytest.raises(DeviceUnreachable, match="was cut"):
        compare_accuracy(model, other, samples=samples, device=board, checkpoint=path)
    with closing(Board()) as board:
        comparison = compare_accuracy(model, other, samples=samples, device=board, checkpoint=path)
    assert board.ran == [3, 2]
    assert (comparison.reference.correct, comparison.accuracy.correct) == (5, 5)
    assert (comparison.lost, comparison.gained, comparison.total) == (0, 0, 8)


def test_another_runtime_after_the_break_begins_anew(model: Path, samples: Arrays, tmp_path: Path) -> None:
    path = tmp_path / "kept.json"
    with closing(Board(cut=2)) as board, pytest.raises(DeviceUnreachable):
        evaluate(model, samples, device=board, checkpoint=path)
    told: list[str] = []
    with closing(Board(runtime="another 1.0")) as board:
        evaluate(model, samples, device=board, checkpoint=path, progress=lambda step: told.append(step.stage))
    assert board.ran == [3, 3, 3, 2]
    assert "the runtime on ssh://board is another one than before the break: beginning anew" in told


def test_what_is_kept_of_another_evaluation_is_refused(
    board: Board, model: Path, samples: Arrays, tmp_path: Path, writer: Any
) -> None:
    path = tmp_path / "kept.json"
    with closing(Board(cut=2)) as broken, pytest.raises(DeviceUnreachable):
        evaluate(model, samples, device=broken, checkpoint=path)
    kept = path.read_text()
    writer.operator("NEG", [0], [writer.tensor("negative", "float32", [1, 2])])
    other = writer.write(tmp_path / "other.tflite")
    turned = {**samples, "labels": 1 - samples["labels"]}
    for file, data, threads, reason in (
        (other, samples, 1, "is of another file"),
        (model, turned, 1, "is of other samples, or samples that were preprocessed otherwise"),
        (model, samples, 2, r"is of another number of threads \(1, not 2\)"),
    ):
        with pytest.raises(UsageError, match=f"checkpoint .*kept.json {reason}") as caught:
            evaluate(file, data, device=board, checkpoint=path, threads=threads)
        assert caught.value.hint == f"remove {path} to begin anew, or name another checkpoint"
    with pytest.raises(UsageError, match=r"is of another device \(ssh://board, not local\)"):
        evaluate(model, samples, checkpoint=path)
    document = json.loads(kept)
    for changed, reason in (
        (kept.replace("[\n        1,", "[\n        0,"), "it was edited or damaged: answers"),
        (kept[:-40], "is no checkpoint of an evaluation: "),
        ("[]", "the document is not an object"),
        (json.dumps(sealed({**document, "schema": "edgekit.run/1"})), "its schema is 'edgekit.run/1'"),
    ):
        path.write_text(changed)
        with pytest.raises(UsageError, match=reason):
            evaluate(model, samples, device=board, checkpoint=path)
        assert path.read_text() == changed
    with pytest.raises(OutputError, match="the folder does not exist"):
        evaluate(model, samples, device=board, checkpoint=tmp_path / "gone" / "kept.json")
    assert board.ran == []


def test_the_usual_place_is_in_the_cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    one = Subject("ssh://board", ("a",), "b", 8, 1, None)
    place = usual_place(one)
    assert place.parent == tmp_path / "edgekit" / "evaluations"
    assert place == usual_place(one)
    assert place != usual_place(Subject("ssh://other", ("a",), "b", 8, 1, None))
    # What nobody came back to goes in the end.
    for name, days in (("old.json", 31), ("new.json", 29)):
        (place.parent / name).touch()
        os.utime(place.parent / name, (time.time() - days * 86400,) * 2)
    usual_place(one)
    assert [path.name for path in place.parent.iterdir()] == ["new.json"]
