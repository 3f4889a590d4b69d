"""Where results go, and places that they cannot go to: nothing that was there before is touched."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

Inside = Callable[..., tuple[object, list[str]]]


def test_a_name_a_folder_or_nothing(edgekit, resnet: Path) -> None:
    model = edgekit.folder / "my model.tflite"
    shutil.copy(resnet, model)
    (edgekit.folder / "out").mkdir()
    for output in ([], ["-o", "out"], ["-o", "out/"], ["-o", "out/named.tflite"], ["-o", "bare"]):
        edgekit("convert", "my model.tflite", *output, "--quiet")
    made = {str(path.relative_to(edgekit.folder)) for path in edgekit.folder.rglob("*") if path.is_file()}
    files = {
        "my model.dynamic_int8.tflite",
        "out/my model.dynamic_int8.tflite",
        "out/named.tflite",
        "bare",
    }
    beside = {f"{name}{suffix}" for name in files for suffix in (".json", ".golden.npz")}
    assert made == {"my model.tflite", *files, *beside}
    # One model, one precision: one content.
    assert len({(edgekit.folder / name).read_bytes() for name in files}) == 1


def test_several_precisions_make_several_files(edgekit, resnet: Path) -> None:
    done = edgekit("convert", resnet, "-o", "m.tflite", "-p", "float16", "-p", "dynamic_int8", "--json")
    names = ["m.float16.tflite", "m.dynamic_int8.tflite"]
    assert [artifact["path"] for artifact in done.document["artifacts"]] == names
    beside = {f"{name}{suffix}" for name in names for suffix in (".json", ".golden.npz")}
    assert {path.name for path in edgekit.folder.iterdir()} == {*names, *beside}
    for name, artifact in zip(names, done.document["artifacts"], strict=True):
        sidecar = json.loads((edgekit.folder / f"{name}.json").read_text())
        assert sidecar == {key: value for key, value in artifact.items() if key != "path"}
        assert sidecar["size_bytes"] == (edgekit.folder / name).stat().st_size


def test_names_come_from_what_was_given(edgekit, resnet: Path, zoo: Path) -> None:
    (edgekit.folder / "latest.tflite").symlink_to(resnet)
    assert "latest.dynamic_int8.tflite" in edgekit("convert", "latest.tflite").stdout
    shutil.copytree(zoo / "two_saved", edgekit.folder / "model_v1.0")
    assert "model_v1.0.float32.tflite" in edgekit("convert", "model_v1.0/", "-p", "float32").stdout


@pytest.mark.parametrize(
    ("output", "sentence"),
    [
        ("gone/m.tflite", "cannot write gone/m.tflite: the folder does not exist"),
        ("gone/", "cannot write gone/: the folder does not exist"),
        ("file/m.tflite", "cannot write file/m.tflite: part of the path is not a folder"),
        ("pipe", "cannot write pipe: it is not a regular file, and would be replaced by one"),
        ("x" * 300, f"cannot write {'x' * 300}: the name is too long"),
        ("x" * 245 + ".tflite", f"cannot write {'x' * 245}.tflite.json: the name is too long"),
        ("beside.tflite", "cannot write beside.tflite.json: it is a folder"),
        ("/proc/m.tflite", "cannot write /proc/m.tflite: it is not writable"),
    ],
)
def test_a_place_that_cannot_be_written_is_known_before_the_work(
    edgekit, resnet: Path, output: str, sentence: str
) -> None:
    (edgekit.folder / "file").touch()
    (edgekit.folder / "beside.tflite.json").mkdir()
    os.mkfifo(edgekit.folder / "pipe")
    ended = edgekit.refuse("convert", resnet, "-o", output)
    assert ended.sentence == sentence
    assert ended.hint
    assert "reading the float model" not in ended.stderr


@pytest.mark.parametrize(
    ("output", "better"),
    [
        ("x.onnx", "x.tflite"),
        ("./net_v1.0.LITE", "net_v1.0.tflite"),
        ("m.int8", "m.int8.tflite"),
        ("m.tflite.json", "m.tflite"),
    ],
)
def test_no_result_is_called_a_file_of_another_format(edgekit, resnet: Path, output: str, better: str) -> None:
    for more in ((), ("-p", "float16", "-p", "float32")):
        ended = edgekit.refuse("convert", resnet, "-o", output, *more)
        assert ended.sentence.endswith(f" is called {Path(output).suffix}, but edgekit writes .tflite files")
        assert ended.hint == f"name it {better}, or name an existing folder"
        assert list(edgekit.folder.iterdir()) == []


def test_a_version_in_a_name_is_no_format(edgekit, resnet: Path) -> None:
    (edgekit.folder / "out.d").mkdir()
    edgekit("convert", resnet, "-o", "net_v1.0", "-p", "float16", "-p", "float32", "--quiet")
    edgekit("convert", resnet, "-o", "out.d", "-p", "float32", "--quiet")
    made = {str(path.relative_to(edgekit.folder)) for path in edgekit.folder.rglob("*.tflite")}
    assert made == {"net_v1.0.float16.tflite", "net_v1.0.float32.tflite", "out.d/ic_resnet8_float32.float32.tflite"}


def test_a_folder_that_has_the_name_of_the_result(edgekit, resnet: Path) -> None:
    (edgekit.folder / "ic_resnet8_float32.dynamic_int8.tflite").mkdir()
    ended = edgekit.refuse("convert", resnet)
    assert ended.sentence == "cannot write ic_resnet8_float32.dynamic_int8.tflite: it is a folder"


def test_places_for_a_deployment(edgekit, resnet: Path) -> None:
    (edgekit.folder / "file").touch()
    (edgekit.folder / "own").symlink_to(resnet.parent)

    def told(output: str) -> str:
        return edgekit.refuse("deploy", resnet, "--profile", "rpi4", "-o", output).sentence

    assert told("gone/out") == "cannot write gone/out: the folder does not exist"
    assert told("file") == "cannot write file: it is a file"
    assert told("file/out") == "cannot write file/out: part of the path is not a folder"
    assert edgekit.refuse("deploy", resnet, "--profile", "rpi44", "-o", "out").sentence.startswith("unknown profile")
    assert edgekit.refuse("deploy", resnet, "--profile", "rpi4", "-p", "int8", "-o", "out").sentence


def test_places_for_a_run_file(edgekit, resnet: Path) -> None:
    shutil.copy(resnet, edgekit.folder / "m.tflite")
    (edgekit.folder / "runs").mkdir()

    def told(output: str) -> str:
        return edgekit.refuse("benchmark", "m.tflite", "-o", output).sentence

    assert told("gone/run.json") == "cannot write gone/run.json: the folder does not exist"
    assert told("gone/") == "cannot write gone/: the folder does not exist"
    assert told("runs") == "cannot write runs: it is a folder"
    assert told("m.tflite") == "the output m.tflite is the model itself"


def test_a_document_replaces_only_an_older_one_of_its_kind(edgekit, resnet: Path) -> None:
    shutil.copy(resnet, edgekit.folder / "m.tflite")
    kept = {
        "net.keras": b"PK and a model",
        "m.tflite.json": b'{"schema": "edgekit.artifact/2"}',
        "m.tflite.golden.npz": b"PK",
        "list.json": b"[1]",
    }
    for name, content in kept.items():
        (edgekit.folder / name).write_bytes(content)
    (edgekit.folder / "run.json").write_text('{"schema": "edgekit.run/2"}')
    (edgekit.folder / "empty.json").touch()

    def told(output: str, *arguments: str) -> str:
        return edgekit.refuse(*arguments, "-o", output).sentence.removeprefix(
            f"{output} exists, and is not overwritten: "
        )

    probe = ("probe", "local", "--quick", "--accept-tainted")
    assert told("net.keras", *probe) == "only an older edgekit.probe would be, and it is none"
    assert told("run.json", *probe) == "only an older edgekit.probe would be, and it is edgekit.run/2"
    wanted = "only an older edgekit.run or edgekit.speed or edgekit.fleet would be, and it is "
    assert told("m.tflite.golden.npz", "benchmark", "m.tflite") == f"{wanted}none"
    assert told("m.tflite.json", "benchmark", "m.tflite", "m.tflite") == f"{wanted}edgekit.artifact/2"
    assert told("list.json", "benchmark", "m.tflite") == f"{wanted}none"
    board = ("boards", "m.tflite", "--max-latency", "1ms")
    assert told("m.tflite.json", *board) == "only an older edgekit.boards would be, and it is edgekit.artifact/2"
    assert told("m.tflite.json", "report", "run.json") == (
        "only an older edgekit.run_report would be, and it is edgekit.artifact/2"
    )
    for _ in range(2):
        edgekit(*board, "-o", "empty.json")
    assert {name: (edgekit.folder / name).read_bytes() for name in kept} == kept


def test_the_model_is_never_overwritten_by_whatever_name(edgekit, resnet: Path, zoo: Path) -> None:
    shutil.copy(resnet, edgekit.folder / "m.tflite")
    (edgekit.folder / "link.tflite").symlink_to("m.tflite")
    (edgekit.folder / "hard.tflite").hardlink_to(edgekit.folder / "m.tflite")
    (edgekit.folder / "sub").mkdir()
    for model, output in (
        ("m.tflite", "m.tflite"),
        ("m.tflite", "sub/../m.tflite"),
        ("m.tflite", edgekit.folder / "m.tflite"),
        ("m.tflite", "link.tflite"),
        ("m.tflite", "hard.tflite"),
        ("link.tflite", "m.tflite"),
    ):
        ended = edgekit.refuse("convert", model, "-o", output)
        assert (ended.sentence, ended.hint) == (f"the output {output} is the model itself", "name another file with -o")
    shutil.copytree(zoo / "plain_saved", edgekit.folder / "saved")
    told = edgekit.refuse("convert", "saved", "-o", "saved").sentence
    assert told == "the output saved/saved.dynamic_int8.tflite would lie inside the model's own folder saved"


def test_the_samples_are_never_overwritten(edgekit, resnet: Path, pixels: Path) -> None:
    shutil.copy(pixels, edgekit.folder / "pixels.npy")
    ended = edgekit.refuse("convert", resnet, "-c", "pixels.npy", "-o", "pixels.npy")
    assert ended.sentence == "the output pixels.npy is the file of the calibration samples itself"


@pytest.mark.parametrize("companion", ["m.int8.tflite.golden.npz", "m.int8.tflite.json"])
def test_what_lies_beside_a_result_overwrites_no_input(edgekit, resnet: Path, pixels: Path, companion: str) -> None:
    content = pixels.read_bytes()
    (edgekit.folder / "hidden.npy").write_bytes(content)
    (edgekit.folder / companion).hardlink_to(edgekit.folder / "hidden.npy")
    given = (("calibration", "the file of the calibration samples"), ("evaluate", "the file of the labelled samples"))
    for option, what in given:
        others = () if option == "calibration" else ("-c", pixels)
        ended = edgekit.refuse("convert", resnet, *others, f"--{option}", companion, "-o", "m.int8.tflite")
        assert ended.sentence == f"the output {companion} is {what} itself"
    shutil.copy(resnet, edgekit.folder / "model.tflite.json")
    ended = edgekit.refuse("convert", "model.tflite.json", "-o", "model.tflite")
    assert ended.sentence == "the output model.tflite.json is the model itself"
    assert (edgekit.folder / companion).read_bytes() == content


def test_a_result_replaces_an_older_one_whole(edgekit, resnet: Path) -> None:
    (edgekit.folder / "m.tflite").write_bytes(b"old")
    (edgekit.folder / "m.tflite.json").write_text("old")
    edgekit("convert", resnet, "-o", "m.tflite")
    assert (edgekit.folder / "m.tflite").read_bytes()[4:8] == b"TFL3"
    assert json.loads((edgekit.folder / "m.tflite.json").read_text())["schema"] == "edgekit.artifact/2"


def test_names_that_are_not_utf_8(edgekit, resnet: Path) -> None:
    name = b"caf\xe9 \xc3\xa9 :key: [bold].tflite"
    path = edgekit.folder / os.fsdecode(name)
    shutil.copy(resnet, path)
    shown = "caf\\udce9 é :key: [bold]"
    assert f"{shown}.tflite: float32" in edgekit("inspect", path.name).stdout
    assert edgekit("inspect", path.name, "--json").document["path"] == path.name
    converted = edgekit("convert", path.name, "-p", "float32")
    assert f"{shown}.float32.tflite  float32" in converted.stdout
    sidecar = path.with_name(path.name.replace(".tflite", ".float32.tflite.json"))
    assert json.loads(sidecar.read_text())["origin"]["path"] == path.name
    out = os.fsdecode(b"out\xff")
    edgekit("deploy", path.name, "--profile", "rpi4", "-o", out, "-p", "float32")
    assert shown in (edgekit.folder / out / "report.md").read_text()
    missing = edgekit.refuse("convert", os.fsdecode(b"\xe9.keras"), "--json")
    assert missing.sentence == "model \\udce9.keras does not exist"
    assert missing.document["message"] == "model \udce9.keras does not exist"
