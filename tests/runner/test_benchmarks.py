"""``benchmark`` on real files and real processes."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from edgekit.artifact import Artifact, Origin, Provenance
from edgekit.devices import connect
from edgekit.errors import InferenceError, SourceError, UsageError
from edgekit.files import sha256_of
from edgekit.progress import Step
from edgekit.recipe import Recipe
from edgekit.runner import benchmark
from edgekit.runs import Benchmark
from edgekit.testing import RecordingDevice, ScriptedDevice, SessionMismatch


@pytest.fixture
def resnet(shared_data: Path) -> Path:
    return shared_data / "mlperf_tiny" / "ic_resnet8_int8.tflite"


def artifact_of(path: Path, *, sha256: str) -> Artifact:
    origin = Origin("model.keras", "keras-v3", None, None)
    provenance = Provenance(origin, Recipe(), {}, "keras", (), None, None, None)
    return Artifact(path, "int8", path.stat().st_size, sha256, "0" * 64, (), (), provenance)


def test_one_run_for_each_number_of_threads(resnet: Path) -> None:
    steps: list[Step] = []
    result = benchmark(resnet, threads=[2, 1], runs=30, min_seconds=0, retries=0, progress=steps.append)
    assert [run.threads for run in result.runs] == [2, 1]
    assert [(step.done, step.total) for step in steps] == [(0, 2), (1, 2), (2, 2)]
    assert steps[0].stage == "measuring on local"
    for run in result.runs:
        assert run.artifact_sha256 == sha256_of(resnet)
        assert (run.device, run.engine, run.seed) == ("local", "agent", 0)
        assert len(run.steady.samples_ms) == 30
        assert not run.stopped_early
        assert run.init_ms > 0
        assert run.first_ms > 0
        assert run.environment.machine == os.uname().machine
        assert run.environment.python == ".".join(map(str, sys.version_info[:3]))
        assert not run.environment.emulated
    assert result.runs[0].outputs_sha256 == result.runs[1].outputs_sha256
    assert result.best.steady.p50_ms == min(run.steady.p50_ms for run in result.runs)


def test_every_file_that_a_cpu_can_run(shared_data: Path) -> None:
    digests = {}
    for path in sorted(shared_data.glob("*/*.tflite")):
        if path.stem not in {"model_invoking_error", "mobilenet_v1_0.25_128_quant_edgetpu"}:
            digests[path.stem] = benchmark(path, runs=3, min_seconds=0).best.outputs_sha256
    assert len(digests) == 10
    assert len(set(digests.values())) == 10


def test_a_time_is_kept_as_well_as_a_number(resnet: Path) -> None:
    run = benchmark(resnet, runs=1, min_seconds=0.2).best
    # The time is kept between the starts of the first and the end of the last inference.
    assert sum(run.steady.samples_ms) > 100
    assert len(run.steady.samples_ms) > 1


def test_it_prints_well(resnet: Path) -> None:
    result = benchmark(resnet, runs=25, min_seconds=0)
    head, line = str(result).splitlines()
    assert head.startswith("ic_resnet8_int8.tflite on local: ")
    assert head.endswith(f", {result.best.environment.runtime}")
    assert line.startswith("  1 thread: p50 ")
    for part in (" p90 ", " p99 ", " min ", " of 25 runs; load ", " first ", "; memory ", "the model's share "):
        assert part in line


def test_it_prints_what_it_must_confess(resnet: Path) -> None:
    result = benchmark(resnet, runs=5, min_seconds=0)
    doubtful = dataclasses.replace(result.best, settled=False, stopped_early=True)
    text = str(Benchmark("m.tflite", (doubtful,)))
    assert text.endswith("; warm-up did not settle; stopped early")
    emulated = dataclasses.replace(result.best, environment=dataclasses.replace(doubtful.environment, emulated=True))
    text = str(Benchmark("m.tflite", (emulated,)))
    assert "1 thread: emulated, so its times say nothing; memory" in text
    assert " ms" not in text
    assert " us" not in text


def test_an_open_device_is_used_and_left_open(resnet: Path) -> None:
    with closing(connect("local")) as device:
        first = benchmark(resnet, device=device, runs=3, min_seconds=0)
        second = benchmark(resnet, device=device, runs=3, min_seconds=0)
        assert device.execute(["true"], timeout=10).returncode == 0
    assert first.best.outputs_sha256 == second.best.outputs_sha256


def test_a_recorded_benchmark_replays_to_the_same_result(resnet: Path, tmp_path: Path) -> None:
    with closing(RecordingDevice(connect("local"), path=tmp_path / "session.json")) as recorder:
        recorded = benchmark(resnet, device=recorder, threads=(1, 2), runs=5, min_seconds=0)
    device = ScriptedDevice(tmp_path / "session.json")
    assert benchmark(resnet, device=device, threads=(1, 2), runs=5, min_seconds=0) == recorded
    device.assert_finished()
    with pytest.raises(SessionMismatch, match=r"push of 'job.json'"):
        benchmark(resnet, device=ScriptedDevice(tmp_path / "session.json"), threads=(1, 2), runs=6, min_seconds=0)


def test_an_artifact_is_as_good_as_its_path(resnet: Path) -> None:
    artifact = artifact_of(resnet, sha256=sha256_of(resnet))
    assert benchmark(artifact, runs=2, min_seconds=0).artifact_sha256 == artifact.sha256


def test_an_artifact_whose_file_has_changed_is_refused(resnet: Path) -> None:
    with pytest.raises(SourceError, match="has changed since it was converted: its SHA-256 is"):
        benchmark(artifact_of(resnet, sha256="0" * 64))


def test_an_edge_tpu_file_is_told_before_anything_runs(shared_data: Path) -> None:
    file = shared_data / "coral" / "mobilenet_v1_0.25_128_quant_edgetpu.tflite"
    device = RecordingDevice(connect("local"))
    with closing(device), pytest.raises(InferenceError, match="compiled for an Edge TPU: a CPU cannot run it"):
        benchmark(file, device=device)
    assert device.session.exchanges == ()


def test_a_flex_file_is_told_before_anything_runs(shared_data: Path, tmp_path: Path) -> None:
    content = (shared_data / "coral" / "model_invoking_error.tflite").read_bytes()
    assert content.count(b"fake-op-double") == 1
    (tmp_path / "flex.tflite").write_bytes(content.replace(b"fake-op-double", b"FlexErfcAndErf"))
    with pytest.raises(InferenceError, match=r"needs TensorFlow's own operators \(FlexErfcAndErf\)") as caught:
        benchmark(tmp_path / "flex.tflite")
    assert caught.value.hint == "convert the model with builtin operators only"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"threads": (0,)}, "threads is 0"),
        ({"threads": 4}, r"threads is 4, but must be a list of numbers, such as \[1, 2\]"),
        ({"runs": 0}, "runs is 0"),
        ({"device": "lokal"}, "unknown device 'lokal'"),
        ({"engine": "gpu"}, "unknown engine 'gpu'"),
    ],
)
def test_bad_arguments(arguments: dict[str, Any], sentence: str, resnet: Path) -> None:
    with pytest.raises(UsageError, match=sentence):
        benchmark(resnet, **arguments)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"none\.tflite"):
        benchmark(tmp_path / "none.tflite")


@pytest.mark.parametrize("ending", ["SIGINT", "SIGTERM"])
def test_an_interrupt_leaves_no_process_and_no_folder(ending: str, resnet: Path, tmp_path: Path) -> None:
    program = (
        "import signal, sys\n"
        "from edgekit.runner import benchmark\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "benchmark(sys.argv[1], runs=1_000_000, min_seconds=300)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(resnet)],
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stderr=subprocess.PIPE,
        text=True,
    )
    stage = None
    while stage != "steady":
        for result in tmp_path.glob("edgekit-*/result.json"):
            stage = json.loads(result.read_text())["stage"]
        assert process.poll() is None, process.communicate()
    folders = {str(path.parent) for path in tmp_path.glob("edgekit-*/edgekit_agent.pyz")}
    process.send_signal(getattr(signal, ending))
    _, stderr = process.communicate(timeout=60)
    assert process.returncode in {143, -2}, stderr
    assert len(folders) == 1
    assert list(tmp_path.iterdir()) == []
    assert working_folders() & folders == set()


def working_folders() -> set[str]:
    """Where the running processes are; the kernel marks a folder that is gone."""
    folders = set()
    for link in Path("/proc").glob("[0-9]*/cwd"):
        try:
            folders.add(str(link.readlink()).removesuffix(" (deleted)"))
        except OSError:
            continue
    return folders
