from __future__ import annotations

import hashlib
import os
import shutil
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from edgekit.data import ALL_SAMPLES, collect
from edgekit.errors import CalibrationError
from edgekit.recipe import Recipe
from edgekit.tensors import TensorSpec

Refused = Callable[..., CalibrationError]
UNIT = Recipe(value_range="unit", filter="antialias")


def test_a_folder_for_each_class(digits: Path, image_input: TensorSpec, spool: Path):
    found = collect(digits, inputs=[image_input], recipe=UNIT, folder=spool)
    assert len(found) == 200
    assert found.skipped == ()
    assert found.classes == tuple("0123456789")
    assert found.labels is not None
    assert set(found.labels) == set(range(10))
    values = np.load(found.files["image"])
    assert values.shape == (200, 32, 32, 3)
    assert values.dtype == np.float32
    assert values.min() >= 0
    assert 0.9 < values.max() <= 1
    by_content = {hashlib.sha256(file.read_bytes()).hexdigest(): file for file in digits.glob("*/*.JPG")}
    assert [by_content[sample_id].parent.name for sample_id in found.sample_ids] == [
        found.classes[label] for label in found.labels
    ]
    # Each row is the photo that its id stands for.
    with Image.open(by_content[found.sample_ids[7]]) as photo:
        pixels = np.asarray(photo.resize((32, 32), Image.Resampling.BILINEAR)) / np.float32(255)
    np.testing.assert_allclose(values[7], pixels, atol=1e-6)


@pytest.mark.slow
def test_classes_and_labels_are_those_of_keras(digits: Path, tmp_path: Path, image_input: TensorSpec, spool: Path):
    # Ten is before two in the order of text, an empty folder is a class, and a hidden one is not.
    tree = tmp_path / "tree"
    for number in (1, 2, 10):
        shutil.copytree(digits / str(number % 10), tree / str(number), ignore=lambda _, names: sorted(names)[3:])
    (tree / "20").mkdir()
    shutil.copytree(tree / "1", tree / ".hidden")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from keras.utils import image_dataset_from_directory

        keras = image_dataset_from_directory(tree, shuffle=False, verbose=False, image_size=(32, 32))
    found = collect(tree, inputs=[image_input], recipe=UNIT, folder=spool, limit=ALL_SAMPLES)
    assert list(found.classes) == keras.class_names == ["1", "10", "2", "20"]
    expected = {
        hashlib.sha256(Path(path).read_bytes()).hexdigest(): keras.class_names.index(Path(path).parent.name)
        for path in keras.file_paths
    }
    assert dict(zip(found.sample_ids, found.labels or (), strict=True)) == expected
    assert len(found) == 9
    # Without what its decoder of JPEG makes of them, its pixels are those of its filter, but for rounding.
    photos = tmp_path / "png"
    for number in (1, 2):
        (photos / str(number)).mkdir(parents=True)
        for photo in sorted((tree / str(number)).iterdir()):
            Image.open(photo).crop((0, 0, 100, 80)).save(photos / str(number) / f"{photo.stem}.png")
    for resize, option in (("stretch", None), ("crop", "crop_to_aspect_ratio"), ("pad", "pad_to_aspect_ratio")):
        options = {"shuffle": False, "verbose": False, **({} if option is None else {option: True})}
        theirs = image_dataset_from_directory(photos, image_size=(32, 32), **options)
        batch = np.concatenate([pixels.numpy() for pixels, _ in theirs])
        ids = [hashlib.sha256(Path(path).read_bytes()).hexdigest() for path in theirs.file_paths]
        for name, furthest in (("bilinear", 0.501), (None, 255)):
            recipe = Recipe(value_range="raw", resize=resize, filter=name)
            ours = collect(photos, inputs=[image_input], recipe=recipe, folder=tmp_path / f"{resize}-{name}")
            rows = zip(ours, ours.sample_ids, strict=True)
            differences = [np.abs(row["image"][0] - batch[ids.index(found)]).max() for row, found in rows]
            assert len(differences) == 6
            assert max(differences) <= furthest
            # The other filter sees other pictures, and says so where nobody chose it.
            told = any("--filter bilinear" in note for note in ours.notes)
            assert (max(differences) > 3, told) == (name is None, name is None)


def test_the_choice_keeps_the_proportions_of_the_classes(
    digits: Path, tmp_path: Path, image_input: TensorSpec, spool: Path
):
    tree = tmp_path / "tree"
    for number, count in ((1, 120), (2, 60), (10, 19), (20, 1)):
        (tree / str(number)).mkdir(parents=True)
        for photo in sorted((digits / str(number % 10)).iterdir())[:count]:
            shutil.copy(photo, tree / str(number))
    recipe = Recipe(value_range="unit", samples=20, filter="antialias")
    found = collect(tree, inputs=[image_input], recipe=recipe, folder=spool)
    assert [found.classes[label] for label in sorted(set(found.labels or ()))] == ["1", "10", "2", "20"]
    counts = np.bincount(found.labels or (), minlength=4).tolist()
    assert dict(zip(found.classes, counts, strict=True)) == {"1": 11, "10": 2, "2": 6, "20": 1}
    assert found.notes == ()
    # More samples are the same ones and some more.
    more = collect(tree, inputs=[image_input], recipe=recipe, folder=tmp_path / "more", limit=50)
    assert more.sample_ids[:20] == found.sample_ids
    other = collect(tree, inputs=[image_input], recipe=replace(recipe, seed=1), folder=tmp_path / "other")
    assert np.bincount(other.labels or ()).tolist() == counts
    assert len(set(other.sample_ids) & set(found.sample_ids)) < 15


def test_classes_that_are_left_out_are_told(digits: Path, tmp_path: Path, image_input: TensorSpec, spool: Path):
    tree = tmp_path / "tree"
    for name in "abc":
        shutil.copytree(digits / "3", tree / name, ignore=lambda _, names: sorted(names)[2:])
    (tree / "empty").mkdir()
    found = collect(tree, inputs=[image_input], recipe=UNIT, folder=spool, limit=2)
    assert found.notes == (
        "class 'empty' has no sample at all",
        "1 of 3 classes have no sample among the 2 chosen: choose at least one for each",
    )
    assert all(note in str(found) for note in found.notes)
    assert len(set(found.labels or ())) == 2


def test_an_image_is_replaced_by_one_of_its_class(digits: Path, tmp_path: Path, image_input: TensorSpec):
    tree = tmp_path / "tree"
    for name in "01":
        shutil.copytree(digits / name, tree / name, ignore=lambda _, names: sorted(names)[20:])
    recipe = Recipe(value_range="unit", samples=10, filter="antialias")
    before = collect(tree, inputs=[image_input], recipe=recipe, folder=tmp_path / "before")
    for photo in tree.glob("*/*"):
        if hashlib.sha256(photo.read_bytes()).hexdigest() in before.sample_ids[:4]:
            photo.write_bytes(b"")
    after = collect(tree, inputs=[image_input], recipe=recipe, folder=tmp_path / "after")
    assert len(after.skipped) == 4
    assert np.bincount(after.labels or ()).tolist() == [5, 5]


def test_a_flat_folder_has_no_labels(photos: Path, image_input: TensorSpec, spool: Path):
    (photos / "LICENSE").write_text("free")
    (photos / ".hidden.jpg").write_text("not looked at")
    (photos / "notes").mkdir()
    (photos / "0.jpg").rename(photos / "0.JPEG")
    found = collect(str(photos), inputs=[image_input], recipe=UNIT, folder=spool)
    assert (len(found), found.labels, found.classes, found.skipped) == (10, None, (), ())
    assert found.path == str(photos)


def test_the_choice_is_seeded_and_does_not_depend_on_file_system_order(
    photos: Path, image_input: TensorSpec, tmp_path: Path
):
    turned = tmp_path / "turned"
    turned.mkdir()
    for photo in sorted(photos.iterdir(), reverse=True):
        shutil.copy(photo, turned)

    def ids(folder: Path, *, seed: int, name: str) -> tuple[str, ...]:
        recipe = Recipe(value_range="unit", samples=4, seed=seed)
        return collect(folder, inputs=[image_input], recipe=recipe, folder=tmp_path / name).sample_ids

    first = ids(photos, seed=0, name="a")
    assert len(first) == 4
    assert ids(turned, seed=0, name="b") == first
    assert ids(photos, seed=1, name="c") != first


def test_only_the_chosen_are_read(digits: Path, image_input: TensorSpec, tmp_path: Path, spool: Path):
    tree = tmp_path / "tree"
    shutil.copytree(digits / "4", tree)
    recipe = Recipe(value_range="unit", samples=5)
    chosen = set(collect(tree, inputs=[image_input], recipe=recipe, folder=spool).sample_ids)
    for photo in tree.iterdir():
        if hashlib.sha256(photo.read_bytes()).hexdigest() not in chosen:
            photo.write_bytes(b"broken")
    again = collect(tree, inputs=[image_input], recipe=recipe, folder=tmp_path / "again")
    assert set(again.sample_ids) == chosen
    assert again.skipped == ()


def test_damaged_images_are_skipped_told_of_and_replaced(photos: Path, image_input: TensorSpec, spool: Path):
    whole = (photos / "0.jpg").read_bytes()
    (photos / "a_empty.jpg").write_bytes(b"")
    (photos / "b_cut.jpg").write_bytes(whole[: len(whole) // 2])
    (photos / "c_text.png").write_text("hello")
    (photos / "d_gone.jpg").symlink_to(photos / "nowhere.jpg")
    os.mkfifo(photos / "e_pipe.jpg")
    (photos / "f_\udce9.jpg").write_bytes(b"\xff")
    # The system refuses to read what lies at address 0, even to root.
    (photos / "g_refused.jpg").symlink_to("/proc/self/mem")
    (photos / "h_loop.jpg").symlink_to("h_loop.jpg")
    found = collect(photos, inputs=[image_input], recipe=Recipe(value_range="unit", samples=10), folder=spool)
    assert len(found) == 10
    assert found.labels is None
    every = collect(photos, inputs=[image_input], recipe=UNIT, folder=spool / "every", limit=ALL_SAMPLES)
    assert len(every) == 10
    told = sorted(every.skipped)
    assert told[0] == "a_empty.jpg is empty (0 bytes)"
    assert told[1].startswith("b_cut.jpg cannot be read: image file is truncated")
    assert told[2].startswith("c_text.png is not a JPEG, PNG")
    assert told[3] == "d_gone.jpg is not a file, or a link to one that is gone"
    assert told[4] == "e_pipe.jpg is not a file, or a link to one that is gone"
    assert told[5].startswith("f_\N{REPLACEMENT CHARACTER}.jpg is not")
    assert told[6] == "g_refused.jpg cannot be read: Input/output error"
    assert told[7] == "h_loop.jpg is not a file, or a link to one that is gone"
    assert len(told) == 8
    assert set(found.skipped) <= set(every.skipped)


def test_one_damaged_image_does_not_lower_the_count(photos: Path, image_input: TensorSpec, tmp_path: Path):
    recipe = Recipe(value_range="unit", samples=3)
    before = collect(photos, inputs=[image_input], recipe=recipe, folder=tmp_path / "before")
    damaged = next(
        file for file in photos.iterdir() if hashlib.sha256(file.read_bytes()).hexdigest() == before.sample_ids[1]
    )
    damaged.write_bytes(b"")
    after = collect(photos, inputs=[image_input], recipe=recipe, folder=tmp_path / "after")
    assert after.skipped == (f"{damaged.name} is empty (0 bytes)",)
    assert len(after) == 3
    assert after.sample_ids[:2] == (before.sample_ids[0], before.sample_ids[2])
    assert len(list(after)) == 3


def test_a_decompression_bomb_is_skipped(photos: Path, image_input: TensorSpec, tmp_path: Path, spool: Path):
    Image.new("1", (10_000, 9_000)).save(photos / "warned.png")
    Image.new("1", (20_000, 9_000)).save(photos / "refused.png")
    found = collect(photos, inputs=[image_input], recipe=UNIT, folder=spool)
    assert len(found) == 10
    reason = "has more than 89 million pixels and may be a decompression bomb"
    assert sorted(found.skipped) == [f"refused.png {reason}", f"warned.png {reason}"]


def test_photos_with_an_orientation_stay_as_stored(digits: Path, tmp_path: Path, image_input: TensorSpec, spool: Path):
    turned = [file for file in sorted(digits.glob("*/*.JPG")) if _orientation(file) == 6]
    assert len(turned) == 3
    folder = tmp_path / "turned"
    folder.mkdir()
    shutil.copy(turned[0], folder / "photo.jpg")
    found = collect(folder, inputs=[image_input], recipe=Recipe(value_range="raw"), folder=spool)
    with Image.open(turned[0]) as photo:
        stored = np.asarray(photo.resize((32, 32), Image.Resampling.BILINEAR)).astype(int)
    values = next(iter(found))["image"][0]
    assert np.abs(values - stored).max() <= 1
    assert np.abs(values - np.rot90(stored, -1)).mean() > 5


@pytest.mark.parametrize("shape", [(None, 28, 28, 1), (1, 28, 28)])
def test_a_grey_input_with_and_without_a_channel(shape: tuple[int | None, ...], shared_data: Path, spool: Path):
    folder = spool.with_name("nine")
    folder.mkdir()
    shutil.copy(shared_data / "coral" / "mnist_nine.bmp", folder)
    spec = TensorSpec("x", shape, "float32")
    found = collect(folder, inputs=[spec], recipe=Recipe(value_range="raw"), folder=spool)
    with Image.open(folder / "mnist_nine.bmp") as nine:
        expected = np.asarray(nine, np.float32).reshape((1, *shape[1:]))
    assert np.array_equal(next(iter(found))["x"], expected)
    assert found.preprocessing.colour is None


def test_a_missing_folder(tmp_path: Path, refused: Refused):
    error = refused(tmp_path / "nowhere")
    assert error.message == f"sample data {tmp_path / 'nowhere'} does not exist"
    assert error.hint is not None
    assert "a folder of images" in error.hint


def test_an_empty_folder(tmp_path: Path, refused: Refused):
    (tmp_path / "empty").mkdir()
    assert refused(tmp_path / "empty").message == f"sample folder {tmp_path / 'empty'} holds nothing"


@pytest.mark.parametrize("place", ["", "class_a"])
def test_a_folder_without_images(place: str, tmp_path: Path, refused: Refused):
    folder = tmp_path / "texts"
    (folder / place).mkdir(parents=True)
    (folder / place / "a.txt").write_text("a")
    (folder / place / "b.heic").write_text("b")
    error = refused(folder)
    assert error.message == f"sample folder {folder} holds 2 files, but none of them is an image"
    assert error.hint is not None
    assert ".jpg, .jpeg, .png" in error.hint
    assert "sounds must be .wav files" in error.hint


def test_all_images_damaged(photos: Path, refused: Refused):
    for photo in photos.iterdir():
        photo.write_bytes(b"")
    error = refused(photos)
    assert error.message.startswith(f"sample folder {photos} holds no readable image: ")
    assert error.message.count("is empty (0 bytes)") == 3
    assert error.message.endswith("and 7 more like these")


def test_images_beside_class_folders(photos: Path, refused: Refused):
    (photos / "more").mkdir()
    shutil.copy(photos / "0.jpg", photos / "more")
    error = refused(photos)
    assert error.message == f"sample folder {photos} holds 10 images beside folders of images (more, ...)"


def test_class_folders_one_level_too_deep(digits: Path, tmp_path: Path, refused: Refused):
    shutil.copytree(digits / "0", tmp_path / "set" / "train" / "0")
    error = refused(tmp_path / "set")
    assert "is too deep: train holds the folder 0, and only one level of class folders is read" in error.message
    assert error.hint == f"give the folder right above the class folders, such as {tmp_path / 'set' / 'train'}"


def test_a_folder_that_cannot_be_listed(tmp_path: Path, refused: Refused):
    folder = tmp_path / "loop"
    folder.mkdir()
    (folder / "class").symlink_to(folder / "class")
    error = refused(folder)
    assert "cannot be listed: Too many levels of symbolic links" in error.message


@pytest.mark.parametrize(
    ("shape", "sentence"),
    [
        ((None, 3, 32, 32), "takes 3x32x32 for each sample, which looks like channels first"),
        ((None, 640), "takes 640 for each sample, which is no image; an image is height x width x 1 or 3 channels"),
        ((None, 30, 1, 40), "takes 30x1x40 for each sample, which is no image"),
        ((None, 32, 32, 4), "takes 32x32x4 for each sample, which is no image"),
        ((None, None, None, 3), "takes ?x?x3 for each sample: without a fixed height and width"),
    ],
)
def test_an_input_that_takes_no_image(shape: tuple[int | None, ...], sentence: str, photos: Path, refused: Refused):
    error = refused(photos, inputs=[TensorSpec("x", shape, "float32")])
    assert sentence in error.message
    assert error.hint is not None
    assert ".npz" in error.hint


def test_a_folder_for_several_inputs(photos: Path, image_input: TensorSpec, refused: Refused):
    error = refused(photos, inputs=[image_input, TensorSpec("meta", (None, 4), "float32")])
    assert error.message.endswith("gives one image for each sample, but the model has 2 inputs: image, meta")


def _orientation(file: Path) -> int | None:
    with Image.open(file) as photo:
        return photo.getexif().get(0x0112)
