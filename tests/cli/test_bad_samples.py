"""Calibration samples that cannot be used, or not all of them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

SUFFIXES = "images are known by their names: .jpg, .jpeg, .png, "


def test_one_corrupt_image_among_good_ones_is_skipped_and_told(edgekit, resnet: Path, photos: Path) -> None:
    done = edgekit("convert", resnet, "-o", "m.tflite", "-c", photos, "--range", "raw")
    note = "note: 1 unreadable sample was skipped: broken.jpg cannot be read: "
    assert [line for line in done.stdout.splitlines() if line.startswith(note)] != []
    samples = json.loads((edgekit.folder / "m.tflite.json").read_text())["samples"]
    assert samples["count"] == len(set(samples["sample_ids"])) == 11
    assert [sentence.split()[0] for sentence in samples["skipped"]] == ["broken.jpg"]


def test_an_empty_folder(edgekit, resnet: Path) -> None:
    (edgekit.folder / "photos").mkdir()
    ended = edgekit.refuse("convert", resnet, "-c", "photos", "--range", "raw")
    assert ended.sentence == "sample folder photos holds nothing"
    assert ended.hint.startswith(SUFFIXES)


def test_a_folder_without_images(edgekit, resnet: Path) -> None:
    (edgekit.folder / "photos").mkdir()
    for name in ("readme.txt", "labels.csv"):
        (edgekit.folder / "photos" / name).write_text("no image")
    ended = edgekit.refuse("convert", resnet, "-c", "photos", "--range", "raw")
    assert ended.sentence == "sample folder photos holds 2 files, but none of them is an image"
    assert ended.hint.startswith(SUFFIXES)


def test_a_folder_without_readable_images(edgekit, resnet: Path) -> None:
    (edgekit.folder / "photos").mkdir()
    for name in ("a.jpg", "b.png"):
        (edgekit.folder / "photos" / name).write_bytes(b"garbage")
    ended = edgekit.refuse("convert", resnet, "-c", "photos", "--range", "raw")
    assert ended.sentence.startswith("sample folder photos holds no readable image: ")
    assert "a.jpg is not a JPEG" in ended.sentence
    assert "b.png is not a JPEG" in ended.sentence


def test_what_is_no_format_of_samples(edgekit, resnet: Path) -> None:
    (edgekit.folder / "samples.txt").write_text("1 2 3")
    ended = edgekit.refuse("convert", resnet, "-c", "samples.txt")
    assert ended.sentence == "sample data samples.txt is in no format that is known by its name"
    assert "a folder of images" in ended.hint
    assert edgekit.refuse("convert", resnet, "-c", "gone").sentence == "sample data gone does not exist"


def test_the_range_must_be_said_and_the_choices_are_listed(edgekit, resnet: Path, photos: Path) -> None:
    ended = edgekit.refuse("convert", resnet, "-c", photos)
    assert ended.sentence.startswith("input 'input_1' takes float32, the samples are stored as 0..255, and the model")
    for choice in ("raw: 0..255", "unit: 0..1", "signed: -1..1", "imagenet-torch: ", "imagenet-caffe: "):
        assert choice in ended.sentence
    assert ended.hint == '--range NAME, or --range "mean=M;std=S" on 0..255'


def test_wrong_channels(edgekit, resnet: Path) -> None:
    np.savez(edgekit.folder / "grey.npz", x=np.zeros((5, 32, 32, 1), np.float32))
    ended = edgekit.refuse("convert", resnet, "-c", "grey.npz")
    assert ended.sentence == (
        "input 'input_1' takes 32x32x3 for each sample, but sample file grey.npz gives 32x32x1 "
        "(channels: 1 instead of 3)"
    )


def test_a_value_that_is_no_number(edgekit, resnet: Path) -> None:
    values = np.zeros((5, 32, 32, 3), np.float32)
    values[3, 0, 0, 0] = np.nan
    np.savez(edgekit.folder / "nan.npz", x=values)
    ended = edgekit.refuse("convert", resnet, "-c", "nan.npz")
    assert ended.sentence == "sample 3 (counting from 0) of sample file nan.npz holds NaN for input 'input_1'"
    assert "take the sample out" in ended.hint


def test_a_truncated_npz(edgekit, resnet: Path) -> None:
    np.savez(edgekit.folder / "all.npz", x=np.zeros((5, 32, 32, 3), np.float32))
    (edgekit.folder / "cut.npz").write_bytes((edgekit.folder / "all.npz").read_bytes()[:3000])
    ended = edgekit.refuse("convert", resnet, "-c", "cut.npz")
    assert ended.sentence.startswith("sample file cut.npz cannot be read: ")
    assert ended.hint == "it may be cut off or damaged: copy or save it again"


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (("left", "rigth"), "sample file s.npz: unknown input 'rigth'. Did you mean 'right'? Valid: left, right"),
        (("left",), "sample file s.npz has no array for input 'right'"),
    ],
)
def test_wrong_input_names(edgekit, zoo: Path, names: tuple[str, ...], sentence: str) -> None:
    np.savez(edgekit.folder / "s.npz", **{name: np.zeros((5, 4), np.float32) for name in names})
    ended = edgekit.refuse("convert", zoo / "two.tflite", "-c", "s.npz")
    assert ended.sentence == sentence
    assert ended.hint == (
        "give one array for each input, under its name: left, right; or say which feeds which: "
        'features="left=NAME,right=NAME"'
    )


def test_int8_without_samples(edgekit, resnet: Path) -> None:
    ended = edgekit.refuse("convert", resnet, "-p", "int8", "-p", "int16x8")
    assert ended.sentence == "int8 and int16x8 need representative samples, and none were given"
    assert ended.hint == "add --calibration PATH, or use --precision dynamic_int8, which needs none"


def test_integer_input_and_output_need_an_integer_precision(edgekit, resnet: Path) -> None:
    ended = edgekit.refuse("convert", resnet, "--io", "int")
    assert ended.sentence == "io 'int' asks for integer input and output, which dynamic_int8 does not have"
