"""The lines of the table: what is held against what. To add one, write a function and put it into ``LINES``."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from pairs import Comparison, command, commands, in_turn

import edgekit
from edgekit.devices import Completed, connect
from edgekit.testing import RecordingDevice, ScriptedDevice

_HERE = Path(__file__).resolve().parent
_EDGEKIT = Path(sys.executable).with_name("edgekit")


@dataclass(frozen=True)
class Place:
    """Where a line finds its models, and where it may write."""

    data: Path
    folder: Path
    quick: bool
    only: tuple[str, ...] = ()
    """Models whose rows a table has; all, if none is named."""
    keep: Path | None = None
    """Where a long table keeps what it made, and goes on with it."""

    def pairs(self, many: int, few: int) -> int:
        return few if self.quick else many

    def model(self, name: str) -> Path:
        return self.data / "mlperf_tiny" / name

    def photo_network(self) -> Path:
        """Return a folder with a network trained on photos, and those that it was trained and not trained on."""
        folder = self.folder / "photo-network"
        if not folder.exists():
            folder.mkdir()
            script, photos = _HERE.parents[1] / "tests" / "photo_model.py", self.data / "sign_language_digits"
            subprocess.run([sys.executable, script, folder, photos], capture_output=True, check=True)
        return folder

    def study_network(self, seed: int) -> Path:
        """Return a folder with the study's network, in which what is made of it may lie."""
        folder = (self.keep or self.folder) / f"study-{seed}"
        if not (folder / "study.tflite").exists():
            folder.mkdir(parents=True, exist_ok=True)
            command = (
                sys.executable,
                _HERE / "study_network.py",
                folder,
                self.data / "sign_language_digits",
                str(seed),
            )
            subprocess.run(command, capture_output=True, check=True)
        return folder

    def samples(self, size: int, top: float) -> Path:
        """Return 200 samples of seeded noise: what they show makes no difference to the time."""
        path = self.folder / f"samples{size}.npy"
        if not path.exists():
            np.save(path, np.random.default_rng(0).uniform(0, top, (200, size, size, 3)).astype(np.float32))
        return path


def start(place: Place) -> Comparison:
    """``edgekit --help`` against the import that any click program pays."""
    return in_turn(
        "start",
        command(_EDGEKIT, "--help", folder=place.folder),
        command(sys.executable, "-c", "import click", folder=place.folder),
        pairs=place.pairs(40, 15),
        limit=1.5,
    )


def convert_resnet8(place: Place) -> Comparison:
    """``edgekit convert --precision int8`` of a Keras file against a bare script that does the same work."""
    return _convert("convert-resnet8", place, place.model("ic_resnet8.h5"), place.samples(32, 255))


def convert_mobilenet(place: Place) -> Comparison:
    """The same for MobileNetV1 0.25 at 96x96."""
    return _convert("convert-mobilenet", place, place.model("vww_mobilenet.h5"), place.samples(96, 1))


def _convert(name: str, place: Place, model: Path, samples: Path) -> Comparison:
    ours = (_EDGEKIT, "convert", model, "--precision", "int8", "--calibration", samples, "--output", "ours.tflite")
    bare = (sys.executable, _HERE / "bare_convert.py", model, samples, "bare.tflite")
    return in_turn(
        name,
        command(*ours, folder=place.folder),
        command(*bare, folder=place.folder),
        pairs=place.pairs(7, 3),
        limit=1.15,
    )


def five_precisions(place: Place) -> Comparison:
    """Five precisions in one call against five calls."""
    model, samples = place.model("ic_resnet8.h5"), place.samples(32, 255)
    call = (_EDGEKIT, "convert", model, "--calibration", samples, "--output", place.folder)
    each = [("--precision", name) for name in edgekit.PRECISIONS]
    return in_turn(
        "five-precisions",
        command(*call, *(word for option in each for word in option), folder=place.folder),
        commands([(*call, *option) for option in each], folder=place.folder),
        pairs=place.pairs(3, 1),
        limit=0.6,
    )


def steady_float32(place: Place) -> Comparison:
    """The runner's steady median against a bare loop around invoke, each in a fresh process."""
    return _steady("steady-float32", place, place.model("ic_resnet8_float32.tflite"))


def steady_int8(place: Place) -> Comparison:
    """The same for the int8 file."""
    return _steady("steady-int8", place, place.model("ic_resnet8_int8.tflite"))


def _steady(name: str, place: Place, model: Path) -> Comparison:
    def ours() -> float:
        return edgekit.benchmark(model, min_seconds=1.0, retries=0).best.steady.p50_ms / 1e3

    def bare() -> float:
        told = subprocess.run(
            [sys.executable, _HERE / "bare_invoke.py", model, "1.0"], capture_output=True, text=True, check=True
        )
        return float(told.stdout) / 1e3

    return in_turn(name, ours, bare, pairs=place.pairs(15, 5), limit=1.02)


def base_convert(place: Place) -> Comparison:
    """``edgekit convert`` of ResNet-8's float .tflite, in an environment without TensorFlow, against 2 s."""
    clean = place.folder / "clean"
    clean.mkdir()
    subprocess.run([sys.executable, _HERE.parent / "clean_install.py", clean], capture_output=True, check=True)
    program = clean / "environment" / "bin" / "edgekit"
    return in_turn(
        "base-convert",
        command(program, "convert", place.model("ic_resnet8_float32.tflite"), folder=place.folder),
        lambda: 2.0,
        pairs=place.pairs(9, 3),
        limit=1.0,
    )


def fleet_of_20(place: Place) -> Comparison:
    """Twenty boards whose work is not done by this machine's processor (recorded sessions that wait) against one."""
    model = place.model("ic_resnet8_int8.tflite")
    options = {"runs": 3, "min_seconds": 0.0}
    with closing(RecordingDevice(connect("local"))) as recorder:
        edgekit.benchmark(model, device=recorder, **options)
        session = recorder.session

    def asked(count: int) -> float:
        boards = [_WaitingBoard(replace(session, address=f"ssh://pi@board{number}")) for number in range(count)]
        began = time.perf_counter()
        fleet = edgekit.benchmark_fleet(model, boards, **options)
        assert not fleet.failed
        return time.perf_counter() - began

    return in_turn("fleet-of-20", lambda: asked(20), lambda: asked(1), pairs=place.pairs(7, 3), limit=1.5)


class _WaitingBoard(ScriptedDevice):
    """A board that needs two seconds for its work, and this machine's processor for none of it."""

    def execute(self, argv: Sequence[str], *, timeout: float) -> Completed:
        time.sleep(2.0)
        return super().execute(argv, timeout=timeout)


_Line = Callable[[Place], Comparison]
LINES: dict[str, _Line] = {
    line.__name__.replace("_", "-"): line
    for line in (
        start,
        convert_resnet8,
        convert_mobilenet,
        five_precisions,
        steady_float32,
        steady_int8,
        base_convert,
        fleet_of_20,
    )
}
