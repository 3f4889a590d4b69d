"""The order in which a run does its pieces, on stand-ins for what measures and trains: nothing long comes in vain."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from edgekit.compression import CompressionRecipe
from edgekit.compression.recipes.pieces import pieces_of
from edgekit.compression.run.arguments import require_new_log, thread_warnings
from edgekit.compression.run.execution import Doing, do_stages
from edgekit.compression.run.run_folder import RunFolder
from edgekit.compression.worth.measuring import Measuring
from edgekit.errors import OutputError, UnsuitedDevice
from edgekit.processes.worker import Worker
from edgekit.progress import silent
from edgekit.sources import Source

_COSTS = {"macs": 1000, "parameters": 100, "channels": {"conv": 16}}


class _Measures:
    """Notes what it is asked for; its device counts nothing."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def gauged(self, *_: Any) -> float:
        self.asked.append("gauge")
        raise UnsuitedDevice("emulated:rpi4 does not count instructions")

    def measure(self, name: str, *_: Any, **__: Any) -> None:
        self.asked.append(name)


def test_a_gauge_that_reads_nothing_is_found_before_anything_is_measured(tmp_path: Path) -> None:
    stage = {"kind": "channel-prune", "instructions": 0.5, "device": "emulated:rpi4"}
    recipe = CompressionRecipe.from_mapping({"stage": [stage]})
    source = Source(tmp_path / "m.keras", "keras")
    place = RunFolder(tmp_path / "o.keras")
    place.open({"schema": "edgekit.compression-run/1"}, resume=False)
    doing = Doing(
        trainer=cast(Worker, None),
        original=source,
        teacher=source,
        place=place,
        samples={},
        seed=0,
        events=None,
        progress=silent,
    )
    measures = _Measures()
    with pytest.raises(UnsuitedDevice):
        do_stages(
            pieces_of(recipe, costs=_COSTS), doing, cast(Measuring, measures), recipe=recipe, costs={"macs": 1000}
        )
    assert measures.asked == ["gauge"]
    # A run that came to nothing does not stand in the way of the next.
    assert list(tmp_path.iterdir()) == []


def test_a_log_for_tensorboard_is_one_runs_alone(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    require_new_log(folder, ["1 finetune"])
    assert list(folder.iterdir()) == []
    (folder / "1 finetune").mkdir()
    # One that was cut off in its first epoch has logged nothing.
    require_new_log(folder, ["1 finetune"])
    (folder / "1 finetune" / "events.out.tfevents.1.v2").touch()
    require_new_log(folder, ["1 distill"])
    with pytest.raises(OutputError, match=r"logs holds the log of an older run already: 1 finetune") as caught:
        require_new_log(folder, ["1 finetune", "2 distill"])
    assert str(folder / "second") in str(caught.value.hint)
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="file: it is a file"):
        require_new_log(tmp_path / "file", ["1 finetune"])


def test_more_threads_than_cores_are_told_of() -> None:
    assert thread_warnings(None, cores=2) == thread_warnings(2, cores=2) == []
    (told,) = thread_warnings(64, cores=2)
    assert told == "training with 64 threads on 2 cores: more threads than cores only wait for each other"
