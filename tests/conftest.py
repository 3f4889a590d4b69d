"""What all tests share: where the real models and photos are, and how a missing tool is treated."""

from __future__ import annotations

import fcntl
import importlib.util
import json
import os
import pickle
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import edgekit
from edgekit import Artifact, Conversion
from edgekit.testing import AdbServer, LoopbackBoard, LoopbackPhone
from edgekit.testing.phone.server import PORT_VARIABLE

_CHECKOUT = Path(__file__).resolve().parent.parent
_TRACING = ("COVERAGE_PROCESS_CONFIG", "COVERAGE_PROCESS_START")
"""By these coverage follows child processes, which makes TensorFlow's import half as long again."""
_UNTRACED = (
    "checkup/", "cli/test_bad_", "cli/test_full_disk", "cli/test_interruption", "cli/test_outputs",
    "cli/test_reproduce", "cli/test_samples", "cli/test_ssh", "cli/test_streams", "cli/test_verify", "comparison/",
    "conversion/automatic/test_rescue", "conversion/test_breadth", "conversion/test_matrix", "devices/", "fuzz/",
    "packaging/", "pipeline/", "reproduction/", "runner/evaluation/test_accuracy", "runner/test_benchmarks",
    "runner/test_engines", "runner/test_instructions", "runner/verification/test_verification",
    "screening/test_planted_faults", "snippets/", "sources/test_conformance", "sources/test_lean_import",
    "test_documents", "verdicts/",
)  # fmt: skip
"""Tests whose child processes run nothing of edgekit's, or what those of others run and coverage follows there."""
_HELD: dict[str, str] = {}
"""What was taken out of the environment for the test that runs."""


def pytest_configure() -> None:
    """Take Ctrl-C as a terminal sends it: a shell lets its background jobs, and all that they start, ignore it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Let the child processes of some tests run without coverage."""
    name = item.path.relative_to(Path(__file__).parent).as_posix()
    if name.startswith(_UNTRACED):
        _HELD.update({each: os.environ.pop(each) for each in _TRACING if each in os.environ})
    try:
        return (yield)
    finally:
        os.environ.update(_HELD)
        _HELD.clear()


def missing(what: str) -> None:
    """Skip on a user's machine; fail in CI, where everything must be there."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} is missing, and CI must have it")
    pytest.skip(f"{what} is missing")


@pytest.fixture(scope="session", name="missing")
def missing_fixture() -> Callable[[str], None]:
    """The same for tests, which cannot import from here."""
    return missing


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real models and photos (``EDGEKIT_TEST_DATA``, else beside the checkout)."""
    folder = Path(os.environ.get("EDGEKIT_TEST_DATA", _CHECKOUT.parent / "shared" / "data"))
    if not folder.is_dir():
        missing(f"the folder of test data {folder}")
    return folder


@contextmanager
def _once(name: str, factory: pytest.TempPathFactory) -> Iterator[tuple[Path, bool]]:
    """Give a folder, the same for all workers of a session of tests, and tell whether it is still to be filled."""
    root = factory.getbasetemp()
    shared = root.parent if "PYTEST_XDIST_WORKER" in os.environ else root
    folder = shared / name
    with (shared / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = folder / "made"
        folder.mkdir(exist_ok=True)
        yield folder, not done.exists()
        done.touch()


def _made_once(name: str, script: str, data: Path, factory: pytest.TempPathFactory, *arguments: str) -> Path:
    """Run a script that makes a folder, once per session of tests, whichever worker comes first."""
    with _once(name, factory) as (folder, wanted):
        if wanted:
            command = [sys.executable, str(Path(__file__).with_name(script)), str(folder), str(data), *arguments]
            # None of these scripts uses edgekit.
            untraced = {name: value for name, value in os.environ.items() if name not in _TRACING}
            made = subprocess.run(command, capture_output=True, text=True, check=False, env=untraced)
            assert made.returncode == 0, made.stderr
    return folder


def _converted_once(name: str, make: Callable[[Path], Any], factory: pytest.TempPathFactory) -> Any:
    """Return what ``make`` returns of a folder to write to; made by the worker that comes first, read by the other."""
    with _once(name, factory) as (folder, wanted):
        kept = folder / "returned.pickle"
        if wanted:
            kept.write_bytes(pickle.dumps(make(folder)))
        return pickle.loads(kept.read_bytes())


def _beside(name: str) -> Any:
    """Return a module of this folder, which is no package."""
    specification = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.fixture
def writer() -> Any:
    """Writes one .tflite file, tensor by tensor and operator by operator; see model_writer.py."""
    return _beside("model_writer").ModelWriter()


@pytest.fixture
def endless(tmp_path: Path) -> Path:
    """A model that loads well, and whose first inference never ends; see model_writer.py."""
    path: Path = _beside("model_writer").write_endless(tmp_path / "endless.tflite")
    return path


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Runs a script of this folder that makes a folder of models: its name there, the script, data and arguments."""
    return lambda name, script, data, *arguments: _made_once(name, script, data, tmp_path_factory, *arguments)


@pytest.fixture(scope="session")
def zoo(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of models made for the tests; see zoo.py."""
    return _made_once("zoo", "zoo.py", shared_data, tmp_path_factory)


@pytest.fixture(scope="session")
def photo_model(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a network trained on real photos, and the photos it was and was not trained on."""
    return _made_once("photos", "photo_model.py", shared_data / "sign_language_digits", tmp_path_factory)


@pytest.fixture(scope="session")
def photo_conversion(photo_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Conversion:
    """The photo network as float32, dynamic_int8 and int8, evaluated on the photos that it was not trained on."""

    def make(folder: Path) -> Conversion:
        return edgekit.convert(
            photo_model / "photos.keras",
            folder,
            precision=("float32", "dynamic_int8", "int8"),
            calibration=photo_model / "train",
            evaluate=photo_model / "test",
            value_range="unit",
            # What the network was trained with.
            filter="antialias",
        )

    conversion: Conversion = _converted_once("photo-conversion", make, tmp_path_factory)
    return conversion


@pytest.fixture(scope="session")
def photo_float(photo_conversion: Conversion) -> Path:
    """The photo network as a float .tflite, which converts without TensorFlow."""
    return photo_conversion.artifacts[0].path


@pytest.fixture(scope="session")
def autoencoder_float(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """MLPerf Tiny's anomaly detector as a float .tflite: ten dense layers, 640 values in and out."""
    model = shared_data / "mlperf_tiny" / "ad_autoencoder.h5"

    def make(folder: Path) -> Path:
        return edgekit.convert(model, folder, precision="float32").artifact.path

    path: Path = _converted_once("autoencoder", make, tmp_path_factory)
    return path


@dataclass(frozen=True)
class BrokenModel:
    """A trained network that plain int8 breaks, and what it takes to see that."""

    name: str
    cause: str | None
    """As ``edgekit diagnose`` names it; None for the one that is sound."""
    model: Path
    """A .keras file: 48x48 photos with values 0..1 in (``photo``), class scores out."""
    float_file: Path
    """The same as a float .tflite, which converts without TensorFlow."""
    calibration: Path
    """200 photos as a .npy file; the same for all, but for the one whose calibration is what is wrong."""
    evaluation: Path
    """418 photos that it was not trained on, with ``labels``, as an .npz file."""
    correct: int
    """How many of them Keras gets right."""
    total: int


_CAUSES = {
    "sound": None,
    "silu": "SiLU or hard-swish",
    "concatenation": "concatenation of unbalanced ranges",
    "wide_channel": "wide channel",
    "tiny_softmax": "softmax or sigmoid into a tiny scale",
    "wide_final_layer": "wide final layer",
    "outlier": "calibration outlier",
    "per_tensor_weights": "per-tensor weights",
}


@pytest.fixture(scope="session")
def broken_models(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, BrokenModel]:
    """Networks of one family, by name; broken_models.py trains them on the sign-language photos (35 s, once).

    What int8 does to each, as ``edgekit convert`` makes it (float accuracy about 0.9, for silu 0.83):

    * ``sound``: nothing. No cause is to be named, nothing is to be repaired.
    * ``silu``: a third power reaches into the thousands in front of SiLU, of which only 0..6 is used. One tensor is
      to blame, the output of the second MUL.
    * ``concatenation``: one of two branches is 1000 times as wide as the other; they share a scale. The narrow
      branch is lost: the output of the convolution ``point``.
    * ``wide_channel``: one of 40 channels between ``width0`` and ``depth1`` is 500 times as wide as the others.
    * ``tiny_softmax``: attention over 1152 places at once; a share is near 1/1152, and int8 has steps of 1/256.
    * ``wide_final_layer``: an eleventh class, never meant, has the score -2000.
    * ``outlier``: the network is sound; one photo of its calibration set was not divided by 255.
    * ``per_tensor_weights``: one channel is 1/64 as wide as the others, and the weights that read it are 64 times as
      large. That costs int8 little with a scale per channel, and much with one scale for all.
    """
    folder = _made_once("broken", "broken_models.py", shared_data / "sign_language_digits", tmp_path_factory)
    reached = json.loads((folder / "accuracy.json").read_text())
    return {
        name: BrokenModel(
            name=name,
            cause=cause,
            model=folder / f"{name}.keras",
            float_file=folder / f"{name}.tflite",
            calibration=folder / ("outlier.npy" if name == "outlier" else "calibration.npy"),
            evaluation=folder / "test.npz",
            correct=reached["correct"][name],
            total=reached["total"],
        )
        for name, cause in _CAUSES.items()
    }


@pytest.fixture(scope="session")
def int8_artifact(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Artifact:
    """ResNet-8 in int8, from twelve samples of seeded noise in samples.npy beside it, with all that lies beside it."""
    import numpy as np

    def make(folder: Path) -> Artifact:
        np.save(folder / "samples.npy", np.random.default_rng(5).random((12, 32, 32, 3), np.float32) * 255)
        model, target = shared_data / "mlperf_tiny" / "ic_resnet8_float32.tflite", folder / "m.tflite"
        return edgekit.convert(model, target, precision="int8", calibration=folder / "samples.npy").artifact

    artifact: Artifact = _converted_once("artifact", make, tmp_path_factory)
    return artifact


@pytest.fixture(scope="session")
def broken_files(
    broken_models: dict[str, BrokenModel], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, tuple[Path, Path]]:
    """By name, the float file and the int8 file of each broken network; see broken_files.py."""
    module = _beside("broken_files")
    made: dict[str, tuple[Path, Path]] = _converted_once(
        "broken-int8", lambda folder: module.convert_all(broken_models, folder), tmp_path_factory
    )
    return made


@pytest.fixture(scope="session")
def unseen_photos(broken_models: dict[str, BrokenModel]) -> Any:
    """70 photos, values 0..1, that nothing was trained or calibrated on."""
    import numpy as np

    with np.load(broken_models["sound"].evaluation) as archive:
        return archive["photo"][::6]


@pytest.fixture(scope="session")
def emulators(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache folder with emulated boards of both word sizes (35 s, once); tests name it in XDG_CACHE_HOME."""
    lacking = [name for name in ("mmdebstrap", "qemu-aarch64", "qemu-arm", "gcc") if shutil.which(name) is None]
    if lacking:
        missing(", ".join(lacking))
    root = tmp_path_factory.getbasetemp()
    cache = (root.parent if "PYTEST_XDIST_WORKER" in os.environ else root) / "emulators"
    cache.mkdir(exist_ok=True)
    # The command itself lets one worker make them and the others wait.
    for profile in ("rpi4", "rpi2b"):
        command = [sys.executable, "-m", "edgekit", "emulator", "install", "--profile", profile, "--quiet"]
        # Whichever test comes first: nothing else shows so much of an installation.
        environment = {**os.environ, **_HELD, "XDG_CACHE_HOME": str(cache)}
        made = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if made.returncode == 3 and "could not be fetched" in made.stderr:
            missing(f"the network for an emulated {profile} ({made.stderr.strip()})")
        assert made.returncode == 0, made.stderr
    return cache


@pytest.fixture
def emulated(emulators: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same, named."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(emulators))
    return emulators


@pytest.fixture
def board(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopbackBoard]:
    """A board on loopback, behind a real SSH server, whose python3 is ours.

    At the end of every test nothing may run on it, and its working folders must be gone.
    """
    if lacking := LoopbackBoard.missing():
        missing(", ".join(lacking))
    with LoopbackBoard(tmp_path_factory.mktemp("board"), python=[sys.executable]) as board:
        monkeypatch.setenv("PATH", board.path)
        yield board
        end = time.monotonic() + 30
        # A board whose link was cut cleans up on its own, when it notices.
        while left := [*board.processes().values(), *(board.home / ".cache" / "edgekit" / "work").glob("*")]:
            assert time.monotonic() < end, left
            time.sleep(0.05)


@pytest.fixture
def mounted_board(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], LoopbackBoard]:
    """Makes a board whose home is a small disk of its own, mounted with options such as ``size=512k`` or ``ro``."""
    if lacking := LoopbackBoard.missing():
        missing(", ".join(lacking))
    if subprocess.run(["unshare", "--mount", "true"], check=False, capture_output=True).returncode:
        missing("the right to mount a disk in a namespace")

    def make(options: str) -> LoopbackBoard:
        script = f'mount -t tmpfs -o {options} tmpfs "$1" && shift && exec "$@"'
        folder = tmp_path / f"board of {options}"
        within = ["unshare", "--mount", "sh", "-c", script, "sh", str(folder / "home of the board")]
        board = LoopbackBoard(folder, python=[sys.executable], within=within)
        monkeypatch.setenv("PATH", board.path)
        return board

    return make


@pytest.fixture(scope="session", autouse=True)
def _no_adb_server_of_the_users(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AdbServer]:
    """Whatever calls adb talks with a server of this session's, whose keys are not in the user's folder."""
    server = AdbServer(tmp_path_factory.mktemp("adb") / "server")
    os.environ[PORT_VARIABLE] = str(server.port)
    there = not AdbServer.missing()
    if there:
        server.start()
    yield server
    if there:
        server.stop()


@pytest.fixture(scope="session")
def adb_server(_no_adb_server_of_the_users: AdbServer) -> AdbServer:
    """An adb server of the session's own."""
    if lacking := AdbServer.missing():
        missing(", ".join(lacking))
    return _no_adb_server_of_the_users


@pytest.fixture
def phone(adb_server: AdbServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoopbackPhone]:
    """A phone that the real adb is attached to. It has no python3, as phones have none.

    At the end of every test nothing may run on it, and its working folders must be gone.
    """
    with LoopbackPhone(tmp_path_factory.mktemp("phone") / "phone", server=adb_server) as phone:
        yield phone
        end = time.monotonic() + 30
        while left := [*phone.processes().values(), *phone.work.glob("*")]:
            assert time.monotonic() < end, left
            time.sleep(0.05)


@pytest.fixture
def zoo_importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Child processes can import the custom layers of zoo.py."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))


@pytest.fixture(autouse=True)
def _nothing_of_the_users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What somebody has probed on this machine changes predictions, and own profiles what it is recognized as."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config_home"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data_home"))
