"""What every verb promises: one document, silence where asked for, exit codes that mean something."""

from __future__ import annotations

import importlib
import json
import platform
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from edgekit.cli.verbs import GROUPS, VERBS
from edgekit.recipe import PRECISIONS
from edgekit.resources import resource_folder
from edgekit.runs import Benchmark, Environment, RunResult, Timings


@pytest.fixture(scope="module")
def converted(shared_edgekit, shared_data: Path, pixels: Path, resnet: Path):
    """One conversion of a Keras 2 file to all precisions, through TensorFlow."""
    generator = np.random.default_rng(0)
    images = generator.random((20, 32, 32, 3), np.float32) * 255
    np.savez(shared_edgekit.folder / "labelled.npz", x=images, labels=generator.integers(0, 10, 20))
    # What is built again without TensorFlow.
    shared_edgekit("convert", resnet, "-o", "quick.tflite", "--quiet")
    precisions = [option for name in PRECISIONS for option in ("--precision", name)]
    model = shared_data / "mlperf_tiny" / "ic_resnet8.h5"
    (shared_edgekit.folder / "ic_resnet8.h5").symlink_to(model)
    (shared_edgekit.folder / "cut.toml").write_text('[[stage]]\nkind = "channel-prune"\nmacs = 0.8\nepochs = 0\n')
    # No kind of board that edgekit knows need be this machine.
    any_pc = (resource_folder("device_profiles") / "x86-64.toml").read_text()
    (shared_edgekit.folder / "mine.toml").write_text(any_pc.replace('["x86_64"]', f'["{platform.machine()}"]'))
    environment = Environment("aarch64", "Linux", "Cortex-A72", None, 4, 2**32, "3.11.2", "ai-edge-litert", 0.1, False)
    run = RunResult(
        "ab" * 32, "ssh://pi@host", 1, 1.0, 2.0, (), Timings((2.0, 3.0)), 2**25, 2**24, "cd" * 32, 0, environment
    )
    Benchmark("ic_resnet8.int8.tflite", (run,)).save(shared_edgekit.folder / "run.json")
    return shared_edgekit("convert", model, *precisions, "--calibration", pixels, "--profile", "rpi4", "--json")


def test_a_conversion_is_one_document(shared_edgekit, converted) -> None:
    document = converted.document
    assert document["schema"] == "edgekit.conversion/1"
    assert document["reason"] == f"{', '.join(PRECISIONS)}: as asked"
    names = [f"ic_resnet8.{name}.tflite" for name in PRECISIONS]
    assert [artifact["path"] for artifact in document["artifacts"]] == names
    assert [assessment["schema"] for assessment in document["assessments"]] == ["edgekit.assessment/1"] * len(names)
    made = {path.name for path in shared_edgekit.folder.iterdir()}
    assert made >= {*names, *(f"{name}.json" for name in names)}


def test_the_model_is_exported_once_for_all_precisions(converted) -> None:
    stages = converted.stderr.splitlines()
    assert stages.count("edgekit: loading the model") == 1
    assert stages.count("edgekit: exporting by route frozen_graph") == 1
    assert len({artifact["parity"]["max_error"] for artifact in converted.document["artifacts"]}) == 1


def test_tensorflow_is_never_heard(converted) -> None:
    assert converted.stderr != ""
    assert [line for line in converted.stderr.splitlines() if not line.startswith("edgekit: ")] == []


def test_an_unknown_verdict_is_told_as_such(converted) -> None:
    # rpi4's latency was not measured.
    assert {assessment["verdict"] for assessment in converted.document["assessments"]} == {"unknown"}


# Arguments that work in the folder of the conversion above, and the schema of the document.
DOCUMENTS = {
    "inspect": (["ic_resnet8.int8.tflite", "--ops"], "edgekit.inspection/1"),
    "check": (["ic_resnet8.int8.tflite", "--profile", "rpi4"], "edgekit.assessment/1"),
    "predict": (["ic_resnet8.int8.tflite", "--all"], "edgekit.predictions/1"),
    "explain": (["ic_resnet8.int8.tflite", "--profile", "rpi4"], "edgekit.explanation/1"),
    "boards": (["ic_resnet8.int8.tflite", "--max-latency", "5 ms"], "edgekit.boards/1"),
    "probe": (
        [
            *("local", "--profile", "mine.toml", "--quick", "--threads", "1", "--seconds", "0.1"),
            *("--accept-tainted", "-o", "probe.json"),
        ],
        "edgekit.probe/4",
    ),
    "profiles": ([], "edgekit.profiles/1"),
    "diagnose": (
        ["ic_resnet8.float32.tflite", "ic_resnet8.int8.tflite", "--samples", "labelled.npz", "--limit", "4"],
        "edgekit.diagnosis/1",
    ),
    "evaluate": (["ic_resnet8.int8.tflite", "--samples", "labelled.npz"], "edgekit.accuracy/1"),
    "samples": (["labelled.npz"], "edgekit.samples/1"),
    "reproduce": (["quick.tflite.json"], "edgekit.reproduction/1"),
    "compare": (["ic_resnet8.float32.tflite", "ic_resnet8.int8.tflite"], "edgekit.comparison/1"),
    "verify": (["ic_resnet8.int8.tflite"], "edgekit.verification/1"),
    "report": (["run.json"], "edgekit.run_report/1"),
    "benchmark": (["ic_resnet8.int8.tflite", "--runs", "3", "--min-seconds", "0"], "edgekit.run/2"),
    "convert": (["ic_resnet8.float32.tflite", "-o", "again.tflite"], "edgekit.conversion/1"),
    "bundle": (["pi", "ic_resnet8.int8.tflite"], "edgekit.bundled/1"),
    "devices": ([], "edgekit.devices/1"),
    "doctor": (["local"], "edgekit.doctor/1"),
    "emulator": (["list"], "edgekit.emulators/1"),
    "compress": (["ic_resnet8.h5", "--recipe", "cut.toml", "--data", "labelled.npz"], "edgekit.compression/1"),
    "deploy": (["ic_resnet8.float32.tflite", "-o", "out", "--profile", "rpi4"], "edgekit.report/1"),
}


def test_the_table_of_documents_has_every_verb() -> None:
    assert DOCUMENTS.keys() >= VERBS.keys()


@pytest.mark.parametrize("verb", VERBS)
def test_json_is_one_document_and_quiet_is_silence(shared_edgekit, converted, verb: str) -> None:
    arguments, schema = DOCUMENTS[verb]
    quiet = ["--quiet"] if "--quiet" in shared_edgekit(verb, "--help").stdout else []
    # From Python's start on, as users have it: each verb brings in what it needs.
    ended = shared_edgekit.cold(verb, *arguments, "--json", *quiet)
    assert ended.document["schema"] == schema
    assert ended.stderr == ""


@pytest.mark.parametrize("verb", VERBS)
def test_the_same_for_people(shared_edgekit, converted, verb: str) -> None:
    ended = shared_edgekit(verb, *DOCUMENTS[verb][0])
    assert ended.stdout.strip()
    assert "{" not in ended.stdout
    assert [line for line in ended.stderr.splitlines() if not line.startswith("edgekit: ")] == []


@pytest.mark.parametrize("verb", VERBS)
def test_an_error_is_one_document_too(edgekit, verb: str) -> None:
    ended = edgekit.refuse(verb, "gone.tflite", "--jsno", "--json")
    assert ended.document == {
        "schema": "edgekit.error/1",
        "error": "UsageError",
        "message": ended.sentence,
        "hint": ended.hint,
        "exit_code": 2,
    }
    assert ended.sentence.startswith("unknown option '--jsno'. Did you mean '--json'?")
    assert ended.hint == f"edgekit {verb} --help"


def test_errors_carry_what_a_machine_needs(edgekit, shared_data: Path) -> None:
    broken = shared_data / "coral" / "model_invoking_error.tflite"
    assert edgekit.refuse("benchmark", broken, "--json", code=1).document["error"] == "InferenceError"
    unknown = edgekit.refuse("check", broken, "--profile", "rpi44", "--json").document
    assert (unknown["error"], unknown["exit_code"]) == ("ProfileError", 2)


@pytest.fixture
def strict_profile(edgekit) -> Path:
    """A Raspberry Pi 4 whose budget has room for 1 KiB."""
    text = (resource_folder("device_profiles") / "rpi4.toml").read_text()
    path = edgekit.folder / "tiny.toml"
    path.write_text(re.sub(r'file_size = ".*"', 'file_size = "1 KiB"', text))
    return path


def test_a_failed_check_ends_with_1(edgekit, resnet: Path) -> None:
    ended = edgekit("check", resnet, "--profile", "rpi4", "--max-size", "100 KiB", "--json", code=1)
    assert ended.document["verdict"] == "fail"
    shown = edgekit("check", resnet, "--profile", "rpi4", "--max-size", "100 KiB", code=1)
    assert "on rpi4: FAIL" in shown.stdout
    assert shown.stderr == ""


def test_unknown_ends_with_0_or_strictly_with_1(edgekit, resnet: Path) -> None:
    assert "on rpi4: UNKNOWN" in edgekit("check", resnet, "--profile", "rpi4").stdout
    assert "on rpi4: UNKNOWN" in edgekit("check", resnet, "--profile", "rpi4", "--strict", code=1).stdout
    assert edgekit("convert", resnet, "--profile", "rpi4", "--strict", "--json", code=1).document["assessments"]


def test_a_file_that_fails_is_kept(edgekit, resnet: Path, strict_profile: Path) -> None:
    ended = edgekit("convert", resnet, "-o", "m.tflite", "--profile", strict_profile, code=1)
    assert "m.tflite on tiny: FAIL" in ended.stdout
    assert (edgekit.folder / "m.tflite").read_bytes()[4:8] == b"TFL3"
    assert (edgekit.folder / "m.tflite.json").exists()
    ended = edgekit("deploy", resnet, "-o", "out", "--profile", strict_profile, "--json", code=1)
    assert ended.document["verdict"] == "fail"
    assert "Verdict: **fail**" in (edgekit.folder / "out" / "report.md").read_text()


def test_an_own_profile_by_name(edgekit, resnet: Path, strict_profile: Path) -> None:
    named = {"EDGEKIT_PROFILES": str(edgekit.folder)}
    assert "on tiny: FAIL" in edgekit("check", resnet, "--profile", "tiny", env=named, code=1).stdout
    assert "\ntiny " in edgekit("profiles", env=named).stdout
    place = edgekit.folder / "config" / "edgekit" / "profiles" / "tiny.toml"
    place.parent.mkdir(parents=True)
    strict_profile.rename(place)
    found = edgekit("profiles", env={"XDG_CONFIG_HOME": str(edgekit.folder / "config")}).stdout
    assert f"your own: tiny, in {place}\n" in found


def test_a_run_counts_only_for_the_device_that_it_was_seen_on(edgekit, resnet: Path) -> None:
    edgekit("benchmark", resnet, "--runs", "5", "--min-seconds", "0", "-o", "run.json")
    ended = edgekit("check", resnet, "--profile", "rpi4", "--run", "run.json", "--json")
    latency = next(check for check in ended.document["checks"] if check["limit"] == "latency_p90")
    assert latency["verdict"] == "unknown"
    assert "x86_64" in latency["sentence"]


def test_the_default_precision_is_told_with_its_reason(edgekit, resnet: Path, pixels: Path) -> None:
    without = edgekit("convert", resnet).stdout
    assert without.startswith("dynamic_int8: the default without calibration samples (int8 needs --calibration)\n")
    assert edgekit("convert", resnet, "-c", pixels).stdout.startswith(
        "int8: the default where calibration samples are given\n"
    )


def test_figures_are_told_with_the_number_of_samples_behind_them(edgekit, resnet: Path) -> None:
    pixels = np.random.default_rng(0).random((70, 32, 32, 3), np.float32) * 255
    np.save(edgekit.folder / "pixels.npy", pixels)
    given = ("-p", "int8", "-p", "float16", "-c", "pixels.npy")
    # Fewer than the 70 that were given.
    assert edgekit("convert", resnet, *given).stdout.count("\nSNR and top-1 as float: on 64 samples\n") == 1
    deployed = edgekit("deploy", resnet, "-o", "out", "--profile", "rpi4", *given[2:]).stdout
    assert deployed.count("\nSNR and top-1 as float: on 64 samples\n") == 1
    assert re.search(r"\nSNR and top-1 as float: on \d+ samples of noise\n", edgekit("convert", resnet).stdout)


def test_help_shows_every_verb_under_its_group(edgekit) -> None:
    shown = edgekit("--help")
    assert shown.stderr == ""
    for group, verbs in GROUPS.items():
        section = shown.stdout.partition(f"\n{group.capitalize()}:\n")[2].partition("\n\n")[0]
        # A long summary goes on in further lines, which are indented more.
        assert re.findall(r"^  (\w+)", section, flags=re.MULTILINE) == list(verbs)
    # The same without a word, and with less of it.
    assert edgekit().stdout == edgekit("-h").stdout == shown.stdout


@pytest.mark.parametrize("verb", VERBS)
def test_a_verbs_help_says_what_its_summary_says(edgekit, verb: str) -> None:
    shown = edgekit(verb, "--help")
    assert (shown.code, shown.stderr) == (0, "")
    usage, _, text = shown.stdout.partition("\n\n")
    assert usage.startswith(f"Usage: edgekit {verb} ")
    paragraph = " ".join(text.split("\n\n")[0].split())
    summary = VERBS[verb]
    assert summary.split()[0].strip(",") == paragraph.split()[0]
    words = set(re.findall(r"[a-z]{5,}", summary.lower()))
    missing = {word for word in words if word[:4] not in paragraph.lower()}
    assert len(missing) <= len(words) / 2, (summary, paragraph)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_runs_as_a_module(edgekit, verb: str) -> None:
    python = edgekit.program.with_name("python")
    as_module = edgekit.run([python, "-m", "edgekit", verb, "--help"])
    assert as_module == edgekit(verb, "--help")


def test_a_profile_is_shown_with_its_sources(edgekit) -> None:
    shown = edgekit("profiles", "rpi4").stdout
    assert re.search(r"  cores: 4  \[https://\S+\]", shown)
    assert "default budget (wishes, not facts): file size 16.0 MiB, memory 256.0 MiB, p90 latency 33 ms, " in shown
    assert "\nadvice: this CPU has no int8 dot product" in shown
    document = edgekit("profiles", "rpi4", "--json").document
    assert document["schema"] == "edgekit.profile/1"
    assert document["facts"]["cores"]["value"] == 4


def test_a_shell_completes_verbs_and_options(edgekit) -> None:
    def completed(*words: str) -> list[str]:
        env = {"_EDGEKIT_COMPLETE": "bash_complete", "COMP_WORDS": " ".join(words), "COMP_CWORD": str(len(words) - 1)}
        return edgekit(env=env).stdout.split()

    assert completed("edgekit", "con") == ["plain,convert"]
    assert completed("edgekit", "convert", "--pre") == ["plain,--precision", "plain,--prefer"]
    assert completed("edgekit", "convert", "--preci") == ["plain,--precision"]


def test_the_version(edgekit) -> None:
    assert re.fullmatch(r"edgekit, version \d+\.\d+\.\d+\n", edgekit("--version").stdout)


def test_paths_with_spaces_and_dots(edgekit, resnet: Path, photos: Path) -> None:
    folder = edgekit.folder / "my models"
    folder.mkdir()
    shutil.copy(resnet, folder / "net v1.0.tflite")
    shutil.copytree(photos, folder / "some photos")
    ended = edgekit(
        "convert", "./my models/../my models/net v1.0.tflite", "-c", "my models/some photos", "--range", "raw",
        "-o", "my models", "--json",
    )  # fmt: skip
    path = ended.document["artifacts"][0]["path"]
    assert path == "my models/net v1.0.int8.tflite"
    assert json.loads((edgekit.folder / f"{path}.json").read_text())["samples"]["path"] == "my models/some photos"


def test_every_verb_that_reads_samples_has_the_same_options() -> None:
    readers = {}
    for verb in VERBS:
        command = importlib.import_module(f"edgekit.cli.{verb}").command
        options = {option for parameter in command.params for option in parameter.opts}
        # How reproduce reads samples is written in the sidecar; bundle passes pictures on as they are.
        if options & {"--calibration", "--evaluate", "--samples"} and verb not in {"reproduce", "bundle"}:
            readers[verb] = options
    assert readers.keys() >= {"convert", "deploy", "check", "evaluate", "diagnose"}
    needed = {"--range", "--resize", "--filter", "--colour", "--features", "--sample-rate", "--sound-length"}
    assert {verb: needed - options for verb, options in readers.items() if needed - options} == {}


def test_samples_under_other_names_and_a_choice_that_has_no_meaning(edgekit, resnet: Path) -> None:
    generator = np.random.default_rng(0)
    pictures = generator.random((12, 32, 32, 3), np.float32) * 255
    np.savez(edgekit.folder / "s.npz", pictures=pictures, kind=generator.integers(0, 10, 12), other=np.zeros(12))
    refused = edgekit.refuse("convert", resnet, "-c", "s.npz")
    assert "pictures" in refused.sentence
    features = ["--features", "input_1=pictures,label=kind"]
    ended = edgekit("convert", resnet, "-c", "s.npz", "--evaluate", "s.npz", *features, "--sample-rate", "8000")
    note = "samples: sample_rate '8000' is not used: it has no meaning for sample data s.npz"
    assert ended.stdout.count(f"note: {note}") == 1
    assert f"note: labelled {note}" in ended.stdout
    evaluated = edgekit(
        "evaluate", "ic_resnet8_float32.int8.tflite", "--samples", "s.npz", *features, "--sample-rate", "8000", "--json"
    )
    assert evaluated.document["notes"] == [f"labelled {note}"]
    assert edgekit.refuse("convert", resnet, "-c", "s.npz", "--sound-length", "fitt").sentence == (
        "unknown sound_length 'fitt'. Did you mean 'fit'? Valid: crop, pad, fit"
    )
