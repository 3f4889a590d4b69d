"""The app itself: every screen by Robolectric, real models by the runtime's own native library, on this machine.

What the screens must say is computed here, by edgekit's own preprocessing and the Python runtime.
"""

from __future__ import annotations

import itertools
import json
import os
import runpy
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
import zipfile
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter
from PIL import Image

import edgekit
from edgekit.agent.timing import agree
from edgekit.bundles.android.application import app_sources, link_resources
from edgekit.bundles.android.loadable import X86_64, make_loadable
from edgekit.bundles.android.pieces import RUNTIME, RUNTIME_API, fetch_pieces
from edgekit.bundles.android.programs import find_programs, java_options
from edgekit.bundles.payload import gather
from edgekit.data.pictures.resizing import resized
from edgekit.recipe import Filter, Recipe, Resize

STAND_IN = Path(__file__).parents[2] / "runner" / "phone" / "stand_in_app.py"
_PROJECT = Path(__file__).parents[3] / "android_demo"
_CENT = Decimal("0.0001")
_PASSED = "Golden pack passed on this phone: "
_NONE = "No golden pack in this bundle"


def fixed(value: float) -> str:
    """Four digits as Java's Formatter rounds them: halves away from zero."""
    return str(Decimal(repr(float(value))).quantize(_CENT, ROUND_HALF_UP))


def scores(model: Path, picture: Path, value_range: str, labels: list[str], *, exact: bool) -> list[str]:
    """The lines of the five best classes: label, score, label, score, ...; where not exact, of the best score alone."""
    code = edgekit.snippet(model, "python", recipe=Recipe(value_range=value_range))
    names: dict[str, Any] = {"__name__": "snippet"}
    exec(compile(code, "snippet", "exec"), names)
    (found,) = names["run"](picture, model=str(model)).values()
    flat = found.reshape(-1)
    if not exact:
        # Classes that are as good as each other may change places.
        return ["*", f"~{float(flat.max())!r}"]
    lines = []
    for place in np.argsort(-flat, kind="stable")[:5]:
        lines += [labels[place] if labels else f"class {place}", fixed(flat[place])]
    return lines


def zeros(model: Path) -> list[str]:
    """The lines of a run on zeros, up to the output's values."""
    interpreter = Interpreter(str(model), num_threads=1)
    interpreter.allocate_tensors()
    (given,), (wanted,) = interpreter.get_input_details(), interpreter.get_output_details()
    interpreter.set_tensor(given["index"], np.zeros(given["shape"], given["dtype"]))
    interpreter.invoke()
    values = interpreter.get_tensor(wanted["index"]).reshape(-1)
    (told,) = edgekit.inspect(model).outputs
    scale, zero = wanted["quantization"]
    real = [float(np.float32((int(value) - zero) * scale)) for value in values]
    shape = ", ".join(map(str, told.shape))
    return [f"Output {told.name} {told.dtype} [{shape}]", "  ".join(map(significant, real))]


def significant(value: float) -> str:
    """As Java's ``%.4g``: four digits that count, zeros kept."""
    if value == 0:
        return "0.000"
    exact = Decimal(repr(value))
    rounded = exact.quantize(Decimal(1).scaleb(exact.adjusted() - 3), ROUND_HALF_UP)
    return f"{rounded:f}" if abs(rounded) >= _CENT else f"{rounded:.3e}"


def write(payload_files: dict[str, bytes], folder: Path) -> None:
    for path, content in payload_files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


def make_bundles(folder: Path, resnet: Path, pictures: Path, data: Path) -> None:
    """Write the bundles that the tests open, and what they must say."""
    tiny, coral = data / "mlperf_tiny", data / "coral"
    photos = sorted(pictures.iterdir())
    expected: dict[str, Any] = {}
    # The app's runtime has XNNPACK for floats alone. Its own kernels for integers round otherwise: by one step of 1/256
    # where weights have a scale per channel, by up to eight in the old file that has one for all.
    digits = 5e-5
    step, old = 1 / 256 + digits, 8 / 256 + digits
    for name, model, value_range, golden, tolerance in (
        ("resnet", resnet, "raw", _PASSED, 0.0),
        ("visual-wake-words", tiny / "vww_mobilenet_int8.tflite", "unit", _NONE, step),
        ("imagenet", coral / "mobilenet_v1_0.25_128_quant.tflite", "signed", _NONE, old),
        ("float", tiny / "ic_resnet8_float32.tflite", "raw", _NONE, 2e-4),
    ):
        files = dict(gather(model, name=name, samples=pictures, value_range=value_range).files)
        write(files, folder / name)
        labels = json.loads(files["manifest.json"])["outputs"][0]["labels"]
        answers = [scores(model, photo, value_range, labels, exact=tolerance == 0) for photo in photos]
        expected[name] = {"name": name, "golden": golden, "answers": answers, "tolerance": tolerance}
    keywords = tiny / "kws_dscnn_int8.tflite"
    write(dict(gather(keywords, name="keywords").files), folder / "keywords")
    expected["keywords"] = {"name": "keywords", "golden": _NONE, "answers": [zeros(keywords)], "tolerance": 0.0}
    broken = dict(gather(resnet, name="Broken").files)
    write({**broken, "model.tflite": broken["model.tflite"][:5000]}, folder / "broken")
    changed = bytearray(broken["model.tflite"])
    changed[len(changed) // 2] ^= 0x80
    write({**broken, "model.tflite": bytes(changed)}, folder / "changed")
    expected["installed"] = {"name": 'Ten "things" & it\'s <b>', "golden": _PASSED}
    (folder / "expected.json").write_text(json.dumps(expected))


def resizing_cases() -> list[dict[str, Any]]:
    """Small pictures of noise, and what edgekit's own reader makes of each by every filter and shape."""
    random = np.random.default_rng(0)
    cases = []
    # Both sides shrink, both grow, and one of each; the last order of passes of Pillow's counts.
    for rows, columns in ((40, 60), (9, 7), (50, 11), (11, 50), (57, 34), (1, 30), (24, 24)):
        for by, resize in itertools.product(Filter, Resize):
            for height, width, channels in ((24, 24, 3), (16, 30, 1)):
                values = random.integers(0, 256, (rows, columns, channels), dtype=np.uint8)
                image = Image.fromarray(values if channels == 3 else values[..., 0])
                wanted = resized(image, height=height, width=width, resize=resize, by=by)
                how = {"width": width, "height": height, "channels": channels, "resize": resize, "filter": by}
                cases.append(
                    {
                        "told": f"{rows} x {columns}, {how}",
                        "width": columns,
                        "height": rows,
                        "values": values.reshape(-1).tolist(),
                        "picture": {**how, "factor": 1, "mean": [0], "std": [1]},
                        "expected": wanted.reshape(-1).tolist(),
                    }
                )
    return cases


@pytest.fixture(scope="session")
def ran(
    android: None,
    own_folders: Callable[[pytest.MonkeyPatch], None],
    apk: Path,
    resnet: Path,
    pictures: Path,
    shared_data: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """The folder in which all tests of the app have run."""
    made = tmp_path_factory.mktemp("app")
    with pytest.MonkeyPatch.context() as patch:
        own_folders(patch)
        pieces = fetch_pieces()
    for piece, name in ((RUNTIME, "runtime.jar"), (RUNTIME_API, "runtime-api.jar")):
        with zipfile.ZipFile(pieces[piece]) as archive:
            (made / name).write_bytes(archive.read("classes.jar"))
    (made / "libraries").mkdir()
    with zipfile.ZipFile(pieces[RUNTIME]) as archive:
        library = archive.read("jni/x86_64/libtensorflowlite_jni.so")
    make_loadable(library, made / "libraries", compiler=X86_64)
    (made / "generated").mkdir()
    link_resources(
        made / "base.apk", find_programs(), pieces, name="x", application_id="x.y", generated=made / "generated"
    )
    config = made / "config" / "com" / "android" / "tools"
    config.mkdir(parents=True)
    (config / "test_config.properties").write_text(
        f"android_resource_apk={apk}\n"
        f"android_merged_manifest={app_sources() / 'AndroidManifest.xml'}\n"
        "android_custom_package=dev.edgekit.demo\n"
    )
    make_bundles(made / "bundles", resnet, pictures, shared_data)
    (made / "bundles" / "resizing.json").write_text(json.dumps(resizing_cases()))
    maven = [shutil.which("mvn") or "mvn", "-q", "-B", "-f", str(_PROJECT / "pom.xml"), "test", f"-Dapp.made={made}"]
    # As the tests' own machine in pom.xml: most of the time goes into compiling.
    environment = {**os.environ, "MAVEN_OPTS": " ".join(java_options())}
    ended = subprocess.run(maven, check=False, capture_output=True, text=True, timeout=1500, env=environment)
    (made / "log").write_text(ended.stdout + ended.stderr)
    if not list((made / "target" / "surefire-reports").glob("*.xml")):
        pytest.fail(f"the tests of the app did not run:\n{(ended.stdout + ended.stderr)[-4000:]}")
    return made


def shape(value: Any) -> Any:
    """What a document is made of: keys, and kinds of values; of a list its first, and of numbers that they are."""
    if isinstance(value, dict):
        return {key: shape(each) for key, each in value.items()}
    if isinstance(value, list):
        return [shape(each) for each in value[:1]]
    return "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__


@pytest.fixture
def quick(shared_data: Path) -> Path:
    """The model of the tests that are about no answer: here the app's runtime is quick with floats alone."""
    return shared_data / "mlperf_tiny" / "ic_resnet8_float32.tflite"


@pytest.mark.slow
def test_every_test_of_the_app_passes(ran: Path) -> None:
    reports = (ran / "target" / "surefire-reports").glob("*.xml")
    cases = {case.get("name"): case for each in reports for case in ElementTree.parse(each).getroot().iter("testcase")}
    wrong = {
        name: "".join(part.itertext())[:800]
        for name, case in cases.items()
        for part in case
        if part.tag in {"failure", "error"}
    }
    assert wrong == {}
    assert len(cases) == 25


@pytest.mark.slow
def test_a_run_that_is_shared_is_a_run_file(ran: Path, quick: Path) -> None:
    (run,) = edgekit.load_runs(ran / "target" / "run.json")
    assert run.artifact_sha256 == edgekit.inspect(quick).sha256
    assert run.threads == 2
    assert run.engine == "demo app"
    assert run.stopped_early
    assert len(run.steady.samples_ms) >= 2
    assert run.environment.runtime == "tensorflow-lite 2.16.1"
    assert run.taints == ("the phone's thermal status was severe while it ran",)


@pytest.mark.slow
def test_a_run_that_was_asked_for_is_a_run_file(ran: Path, quick: Path, tmp_path: Path) -> None:
    runs = edgekit.load_runs(ran / "target" / "requested.json")
    assert [run.threads for run in runs] == [1, 2]
    for run in runs:
        assert run.inputs == "random values of the app's own"
        assert run.artifact_sha256 == edgekit.inspect(quick).sha256
        assert not run.stopped_early
        assert run.settled == agree([round(ms * 1e6) for ms in run.warmup_ms])
        # Of this run alone; the process has held more, for its screens and for the run before.
        assert run.peak_memory_bytes is not None
        assert run.peak_memory_bytes > run.baseline_memory_bytes > 0
        assert run.sustained is None
        assert run.idle is not None
        assert run.idle.gap_ms == 5
        assert run.idle.timings.count == 20
        assert run.taints == ("the phone's thermal status was light while it ran",)
        assert run.conditions is not None
        for look in (run.conditions.before, run.conditions.after):
            assert (look.thermal_status, look.battery_percent, look.charging) == ("light", 75.0, True)
            # The battery's warmth is no processor's.
            assert (look.battery_c, look.temperature_c) == (31.5, None)
        assert "temperature" in run.conditions.unknown
        assert run.conditions.timed_s >= 0.6
    # The host's own tests talk with a stand-in, which has to answer as the app does.
    with zipfile.ZipFile(tmp_path / "app.apk", "w") as archive:
        archive.write(quick, "assets/bundle/model.tflite")
    request = {"schema": "edgekit.app_request/1", "threads": [1, 2], "seconds": 1.0, "idle_ms": 5.0}
    stand_in = runpy.run_path(str(STAND_IN))["answer"](tmp_path / "app.apk", request, "warm")
    assert shape(json.loads(stand_in)) == shape(json.loads((ran / "target" / "requested.json").read_text()))
    # What they are for: a verdict, and a report.
    found = edgekit.check(quick, profile="pixel6", runs=runs)
    assert "latency_p90" in {check.limit for check in found.checks}
    assert "light" in str(edgekit.report(ran / "target" / "requested.json"))


@pytest.mark.slow
def test_every_screen_was_drawn(ran: Path) -> None:
    shots = {path.stem: path for path in (ran / "target" / "screenshots").glob("*.png")}
    wanted = {f"{screen}-{how}" for screen in ("try", "benchmark", "about") for how in ("light", "dark", "large-font")}
    assert set(shots) == {*wanted, "benchmark-hot", "broken-light"}
    for name, path in shots.items():
        with Image.open(path) as image:
            assert image.size == (800, 1720), name
            # A screen with nothing on it has one colour, or two.
            colours = image.convert("RGB").getcolors(1 << 20)
            assert colours is not None, name
            assert len(colours) > 50, name
