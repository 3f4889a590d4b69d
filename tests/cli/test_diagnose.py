"""``edgekit diagnose`` as a command: the table, the document, the plot, and what it refuses."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from rich.console import Console

from edgekit.cli.diagnose import _show_table
from edgekit.diagnosis.diagnosis import TensorError

_WIDE, _SOUND = "wide_channel", "sound"


@pytest.fixture(scope="module")
def files(shared_edgekit, broken_models: dict[str, Any]) -> dict[str, list[Path]]:
    """Float and int8 files of a network with a wide channel, and of the sound one."""
    made = {}
    for name in (_WIDE, _SOUND):
        broken = broken_models[name]
        shared_edgekit("convert", broken.float_file, "-o", f"{name}.int8.tflite", "-c", broken.calibration, "--quiet")
        made[name] = [broken.float_file, shared_edgekit.folder / f"{name}.int8.tflite"]
    return made


@pytest.fixture(scope="module")
def photos(broken_models: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty photos that nothing was calibrated on."""
    path = tmp_path_factory.mktemp("unseen") / "photos.npy"
    with np.load(broken_models[_SOUND].evaluation) as archive:
        np.save(path, archive["photo"][::21])
    return path


def test_the_table_for_people(edgekit, files: dict[str, list[Path]], photos: Path) -> None:
    ended = edgekit("diagnose", *files[_WIDE], "--samples", photos)
    shown = ended.stdout
    assert "15 of 15 operators found in the float file" in shown
    assert re.search(r"outputs: -?\d\.\d dB, same top class in \d+\.\d%: NOT HEALTHY \(from 20 dB\)\n", shown)
    rows = re.findall(r"^ *(\d+)  ([A-Z_0-9]+) +int8 +(\S+) +(-?[\d.]+) dB", shown, re.MULTILINE)
    assert rows[0][:2] == ("6", "CONV_2D")
    assert "width0_conv" in rows[0][2]
    assert [float(row[3]) for row in rows] == sorted(float(row[3]) for row in rows)
    assert len(rows) <= 10
    assert "7 more with --ops" in shown
    assert re.search(r"^starts at: 6 CONV_2D, width0_relu", shown, re.MULTILINE)
    assert re.search(r"^cause: wide channel\n  operator 6, CONV_2D, '\S+': channel \d+ of 40 is \d+ times", shown, re.M)
    assert re.search(r"^  1 operator: outputs -?\d\.\d dB by this alone, \d\d\.\d dB without it$", shown, re.MULTILINE)
    assert re.search(r"^  try: scale the channel down", shown, re.MULTILINE)
    assert "edgekit: comparing tensor by tensor" in ended.stderr


@pytest.mark.parametrize("width", [60, 80, 110, 200])
def test_a_narrow_terminal_breaks_no_number_and_no_operator(width: int) -> None:
    names = ("mobilenet/width0_relu_and_more;mobilenet/width0_batchnorm/FusedBatchNormV3", "x[bold]")
    rows = tuple(
        TensorError(
            6, "DEPTHWISE_CONV_2D", "int8", name, name, -15.3, -12.3, 8.25, (-0.01234, 12.345), (-1.5, 1e7), None
        )
        for name in names
    )
    stream = io.StringIO()
    _show_table(Console(file=stream, width=width), rows)
    shown = stream.getvalue()
    figures = r"^ *6  DEPTHWISE_CONV_2D  int8  \S+ +8\.\d dB  -12\.3 dB  -15\.3 dB *"
    assert len(re.findall(figures, shown, re.MULTILINE)) == 2
    wide = width > 80
    assert len(re.findall(r"dB  -0\.0123\.\.12\.3  -1\.5\.\.1e\+07 *$", shown, re.MULTILINE)) == (2 if wide else 0)
    assert ("the ranges used and seen need a wider terminal" in shown) is not wide
    assert max(map(len, shown.splitlines())) <= max(width, 72)


def test_a_sound_file_and_all_its_operators(edgekit, files: dict[str, list[Path]], photos: Path) -> None:
    ended = edgekit("diagnose", *files[_SOUND], "--samples", photos, "--ops", "--limit", 5, "--quiet")
    assert ended.stderr == ""
    assert "on 5 samples" in ended.stdout
    assert ": HEALTHY (from 20 dB)" in ended.stdout
    assert "cause:" not in ended.stdout
    assert "starts at" not in ended.stdout
    numbers = re.findall(r"^ *(\d+)  [A-Z_0-9]+ +(?:int8|boundary)", ended.stdout, re.MULTILINE)
    assert [int(number) for number in numbers] == list(range(17))


def test_the_document_and_the_plots(edgekit, files: dict[str, list[Path]], photos: Path) -> None:
    arguments = ["diagnose", *files[_WIDE], "--samples", photos, "--json", "--quiet"]
    document = edgekit(*arguments, "--plot", "chart.svg").document
    assert document["schema"] == "edgekit.diagnosis/1"
    assert [finding["cause"] for finding in document["findings"]] == ["wide channel"]
    assert (document["samples"], document["healthy"], len(document["tensors"])) == (20, False, 17)
    assert document == edgekit(*arguments, "--plot", "chart.png").document
    assert ElementTree.parse(edgekit.folder / "chart.svg").getroot().tag.endswith("svg")
    assert (edgekit.folder / "chart.png").read_bytes().startswith(b"\x89PNG")


def test_images_need_their_value_range(
    edgekit, files: dict[str, list[Path]], shared_data: Path, tmp_path: Path
) -> None:
    folder = shared_data / "sign_language_digits"
    refused = edgekit.refuse("diagnose", *files[_WIDE], "--samples", folder)
    assert "say what range it was trained on" in refused.sentence
    arguments = ["diagnose", *files[_WIDE], "--samples", folder, "--limit", 20, "--json", "--quiet"]
    first = edgekit(*arguments, "--range", "unit").document
    assert first["findings"][0]["cause"] == "wide channel"
    (edgekit.folder / "recipe.toml").write_text('value_range = "unit"\n')
    assert edgekit(*arguments, "--recipe", "recipe.toml").document == first
    assert edgekit(*arguments, "--recipe", "recipe.toml", "--seed", 5).document != first
    one_class = ["diagnose", *files[_WIDE], "--samples", folder / "4", "--limit", 3, "--range", "unit", "--quiet"]
    assert "names the same class for every sample" in edgekit(*one_class).stdout


def test_what_it_refuses(edgekit, files: dict[str, list[Path]], photos: Path, resnet: Path) -> None:
    def refused(*arguments: object) -> str:
        return edgekit.refuse("diagnose", *arguments).sentence

    wide, sound = files[_WIDE], files[_SOUND]
    assert "Missing option '--samples'" in refused(*wide)
    assert "should be the float file, but is int8" in refused(*reversed(wide), "--samples", photos)
    assert "the weights are not" in refused(sound[0], wide[1], "--samples", photos)
    assert "are not two files of one model" in refused(resnet, wide[1], "--samples", photos)
    assert "does not exist" in refused(*wide, "--samples", "none.npy")
    assert "does not exist" in refused("none.tflite", wide[1], "--samples", photos)
    assert "unknown kind of plot '.gif'" in refused(*wide, "--samples", photos, "--plot", "chart.gif")
    assert "the folder does not exist" in refused(*wide, "--samples", photos, "--plot", "none/chart.svg")
    assert "the number of samples is -1" in refused(*wide, "--samples", photos, "--limit", -1)
    (edgekit.folder / "own.svg").symlink_to(wide[1])
    assert "is one of the models itself" in refused(*wide, "--samples", photos, "--plot", "own.svg")


def test_an_error_is_a_document_too(edgekit, files: dict[str, list[Path]], photos: Path) -> None:
    ended = edgekit("diagnose", *reversed(files[_WIDE]), "--samples", photos, "--json", "--quiet", code=2)
    assert json.loads(ended.stdout)["error"] == "SourceError"
