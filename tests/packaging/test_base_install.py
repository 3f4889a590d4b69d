"""The verbs in a clean environment: what a user without TensorFlow has."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]

_HEAVY = ("tensorflow", "keras", "tf_keras", "numpy", "PIL", "ai_edge_litert", "ai_edge_quantizer", "rich")

# Building the wheel and installing it takes about 15 s; the first test pays.
pytestmark = pytest.mark.slow


@pytest.fixture
def resnet(shared_data: Path) -> Path:
    return shared_data / "mlperf_tiny" / "ic_resnet8_float32.tflite"


@pytest.fixture
def samples(tmp_path: Path) -> Path:
    path = tmp_path / "samples.npy"
    np.save(path, np.random.default_rng(0).uniform(0, 255, (40, 32, 32, 3)).astype(np.float32))
    return path


def _ok(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 0, done.stderr
    return done.stdout


def _loaded(run: Run, code: str) -> list[str]:
    told = _ok(run("python", "-c", f"import sys\n{code}\nprint([m for m in {_HEAVY!r} if m in sys.modules])"))
    names: list[str] = json.loads(told.splitlines()[-1].replace("'", '"'))
    return names


def test_the_environment_has_no_tensorflow_and_edgekit_from_the_wheel(run: Run) -> None:
    code = (
        "import importlib.util as u, edgekit; "
        "print([m for m in ('tensorflow', 'keras', 'tf_keras', 'h5py', 'pip') if u.find_spec(m)], edgekit.__file__)"
    )
    told = _ok(run("python", "-c", code)).split()
    assert told[0] == "[]"
    assert told[1].endswith("/site-packages/edgekit/__init__.py")


def test_the_start_loads_nothing_heavy(run: Run) -> None:
    assert _loaded(run, "import edgekit") == []
    assert _loaded(run, "from edgekit.cli import main\ntry: main(['--help'])\nexcept SystemExit: pass") == []


def test_edgekit_help_and_version(run: Run) -> None:
    assert "convert" in _ok(run("edgekit", "--help"))
    assert _ok(run("edgekit", "--version")).strip() == "edgekit, version 0.1.0"
    assert _ok(run("python", "-m", "edgekit", "--version")).strip() == "edgekit, version 0.1.0"


def test_profiles_are_found(run: Run) -> None:
    assert "Raspberry Pi 4" in _ok(run("edgekit", "profiles", "rpi4"))
    listed = json.loads(_ok(run("edgekit", "profiles", "--json")))["profiles"]
    assert {"rpi4", "rpi5", "pixel6", "stm32h747"} <= {profile["name"] for profile in listed}


def test_inspect(run: Run, resnet: Path) -> None:
    facts = json.loads(_ok(run("edgekit", "inspect", resnet, "--json")))
    assert (facts["macs"], facts["size_bytes"], facts["precision"]) == (12_501_632, 318_144, "float32")


def test_check_answers_from_the_file_alone(run: Run, resnet: Path) -> None:
    assessment = json.loads(_ok(run("edgekit", "check", resnet, "--profile", "rpi4", "--json")))
    verdicts = {check["limit"]: check["verdict"] for check in assessment["checks"]}
    assert assessment["verdict"] == "unknown"
    assert (verdicts["file_size"], verdicts["latency_p90"]) == ("pass", "unknown")
    too_large = run("edgekit", "check", resnet, "--profile", "rpi4", "--max-size", "300 KiB")
    assert too_large.returncode == 1, too_large.stderr


def test_benchmark_measures_here(run: Run, resnet: Path, tmp_path: Path) -> None:
    _ok(run("edgekit", "benchmark", resnet, "--runs", "9", "--min-seconds", "0", "-o", "run.json", "--quiet"))
    document = json.loads((tmp_path / "run.json").read_text())
    (measured,) = document["runs"]
    assert len(measured["steady"]["samples_ms"]) == 9
    assert measured["environment"]["runtime"].startswith("ai-edge-litert 2.")
    checked = json.loads(_ok(run("edgekit", "check", resnet, "--profile", "rpi4", "--run", "run.json", "--json")))
    assert checked["verdict"] == "unknown"


def test_convert_without_samples(run: Run, resnet: Path, tmp_path: Path) -> None:
    told = json.loads(_ok(run("edgekit", "convert", resnet, "--json")))
    (artifact,) = told["artifacts"]
    assert artifact["precision"] == "dynamic_int8"
    assert artifact["size_bytes"] == (tmp_path / "ic_resnet8_float32.dynamic_int8.tflite").stat().st_size < 100_000
    assert "tensorflow" not in artifact["versions"]


@pytest.mark.parametrize("kind", ["npy", "npz"])
def test_convert_on_samples(run: Run, resnet: Path, samples: Path, tmp_path: Path, kind: str) -> None:
    if kind == "npz":
        values = np.load(samples)
        samples = tmp_path / "samples.npz"
        np.savez(samples, input_1=values)
    told = json.loads(_ok(run("edgekit", "convert", resnet, "-o", "int8.tflite", "-c", samples, "--json")))
    (artifact,) = told["artifacts"]
    assert (artifact["precision"], artifact["samples"]["count"]) == ("int8", 40)
    assert artifact["fidelity"]["snr_db"] > 10
    assert (tmp_path / "int8.tflite").stat().st_size == artifact["size_bytes"] < 110_000


def test_a_keras_file_ends_with_the_missing_pip_line(run: Run, shared_data: Path, tmp_path: Path) -> None:
    before = set(tmp_path.iterdir())
    refused = run("edgekit", "convert", shared_data / "mlperf_tiny" / "ic_resnet8.h5")
    assert refused.returncode == 3
    assert refused.stdout == ""
    assert refused.stderr.splitlines()[-2:] == [
        "edgekit: error: reading Keras .h5 models needs the extra 'tensorflow', which is not installed",
        '  next: pip install "edgekit[tensorflow]"',
    ]
    assert set(tmp_path.iterdir()) == before
