from __future__ import annotations

import io
import random
import subprocess
import sys
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from edgekit.data.faults import Unreadable
from edgekit.data.pictures.image_decoding import decode
from edgekit.recipe import Filter, Resize

KINDS = ("JPEG", "PNG", "BMP", "GIF", "WEBP", "TIFF")


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def pixels_of(
    content: bytes,
    *,
    height: int,
    width: int,
    channels: int = 3,
    resize: Resize = Resize.STRETCH,
    by: Filter = Filter.ANTIALIAS,
):
    decoded = decode(content, height=height, width=width, channels=channels, resize=resize, by=by)
    return decoded.pixels


@pytest.fixture(scope="module")
def cat(shared_data: Path) -> Image.Image:
    return Image.open(shared_data / "coral" / "cat.bmp").resize((60, 40))


@pytest.mark.parametrize("kind", KINDS)
def test_every_format_gives_its_pixels(kind: str, cat: Image.Image):
    pixels = pixels_of(encoded(cat, kind), height=40, width=60)
    assert pixels.shape == (40, 60, 3)
    # GIF has 256 colours, JPEG and WebP lose detail.
    assert np.abs(pixels.astype(int) - np.asarray(cat)).mean() < {"JPEG": 6, "GIF": 8, "WEBP": 6}.get(kind, 1e-9)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "YCbCr"])
def test_every_colour_mode_becomes_rgb_or_grey(mode: str, cat: Image.Image):
    kind = "TIFF" if mode in {"CMYK", "YCbCr"} else "PNG"
    content = encoded(cat.convert(mode), kind)
    grey = np.asarray(cat.convert("L")).astype(int)
    got = pixels_of(content, height=40, width=60, channels=1)
    assert got.shape == (40, 60, 1)
    # One bit is dithered: right over an area, not at a pixel.
    error = got.mean() - grey.mean() if mode == "1" else got[..., 0] - grey
    assert np.abs(error).mean() < 12
    assert pixels_of(content, height=40, width=60).shape == (40, 60, 3)


def test_alpha_is_dropped():
    clear = Image.new("RGBA", (4, 4), (200, 100, 50, 0))
    assert (pixels_of(encoded(clear), height=4, width=4) == (200, 100, 50)).all()
    palette = clear.quantize(4)
    assert (pixels_of(encoded(palette, transparency=b"\0\x80\xff"), height=4, width=4)[0, 0] == (200, 100, 50)).all()


def test_of_an_animation_the_first_picture_is_taken():
    frames = [Image.new("RGB", (4, 4), colour) for colour in ("red", "blue")]
    for kind in ("GIF", "TIFF"):
        content = encoded(frames[0], kind, save_all=True, append_images=frames[1:])
        assert (pixels_of(content, height=4, width=4) == (255, 0, 0)).all()


def test_resize_modes_keep_what_they_say():
    # A white bar on the left of a picture that is twice as wide as high.
    wide = np.zeros((20, 40, 3), np.uint8)
    wide[:, :10] = 255
    content = encoded(Image.fromarray(wide))
    white = {}
    for mode in Resize:
        row = pixels_of(content, height=20, width=20, resize=mode)[10, :, 0]
        white[mode] = int((row > 128).sum())
    # A quarter of the width is white; cropping to the middle half takes it away; padding keeps the quarter.
    assert white == {Resize.STRETCH: 5, Resize.CROP: 0, Resize.PAD: 5}
    padded = pixels_of(content, height=20, width=20, resize=Resize.PAD)
    assert [int(count) for count in (padded[:5].max(), padded[5:15].max(), padded[15:].max())] == [0, 255, 0]


@pytest.mark.parametrize("by", list(Filter))
@pytest.mark.parametrize("mode", list(Resize))
@pytest.mark.parametrize("size", [(1, 5000), (5000, 1)])
def test_a_very_thin_picture_has_a_size(by: Filter, mode: Resize, size: tuple[int, int]):
    pixels = pixels_of(encoded(Image.new("RGB", size)), height=8, width=8, resize=mode, by=by)
    assert (pixels.shape, pixels.dtype) == ((8, 8, 3), np.uint8)


@pytest.mark.slow
def test_pixels_are_those_of_tensorflow_but_for_its_shortcuts(shared_data: Path, digits: Path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import tensorflow as tf
    content = (digits / "3" / "IMG_1121.JPG").read_bytes()
    stored = tf.io.decode_jpeg(content, channels=3, dct_method="INTEGER_ACCURATE").numpy()
    pixels = pixels_of(content, height=100, width=100)
    assert np.array_equal(pixels, stored)
    assert np.abs(pixels.astype(int) - tf.io.decode_jpeg(content, channels=3).numpy()).mean() < 3
    png = encoded(Image.fromarray(stored))
    grown = tf.image.resize(stored, (150, 130)).numpy()
    assert np.abs(pixels_of(png, height=150, width=130) - grown).max() < 1.1
    shrunk = pixels_of(png, height=25, width=25).astype(float)
    smooth = tf.image.resize(stored, (25, 25), antialias=True).numpy()
    rough = tf.image.resize(stored, (25, 25)).numpy()
    assert np.abs(shrunk - smooth).max() < 1.1
    assert np.abs(shrunk - rough).max() > 3
    # What TensorFlow itself does when it is not told otherwise, to the half level that rounding takes.
    for height, width in ((25, 25), (31, 60), (150, 130)):
        plain = pixels_of(png, height=height, width=width, by=Filter.BILINEAR)
        assert np.abs(plain - tf.image.resize(stored, (height, width)).numpy()).max() < 0.501
        nearest = pixels_of(png, height=height, width=width, by=Filter.NEAREST)
        assert np.array_equal(nearest, tf.image.resize(stored, (height, width), method="nearest").numpy())


def test_exif_orientation_is_not_applied():
    image = Image.new("RGB", (8, 4), "black")
    image.putpixel((0, 0), (255, 255, 255))
    exif = Image.Exif()
    exif[0x0112] = 6
    assert pixels_of(encoded(image, exif=exif), height=4, width=8)[0, 0].tolist() == [255, 255, 255]


def test_more_than_8_bits_are_refused(cat: Image.Image):
    deep = Image.fromarray(np.asarray(cat.convert("L")).astype(np.uint16) * 257)
    with pytest.raises(Unreadable, match="pixels of more than 8 bits"):
        pixels_of(encoded(deep), height=8, width=8)
    with pytest.raises(Unreadable, match="pixels of more than 8 bits"):
        pixels_of(encoded(cat.convert("F"), "TIFF"), height=8, width=8)


def test_a_program_that_calls_itself_an_image_is_not_run():
    with pytest.raises(Unreadable, match="is not a JPEG, PNG"):
        pixels_of(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\nshowpage\n", height=8, width=8)


def test_an_error_that_is_no_oserror_is_told_too(cat: Image.Image):
    # The chunk of pixels says that it is shorter than it is, so that what follows has no valid name.
    content = bytearray(encoded(cat))
    content[35] = 0
    with pytest.raises(Unreadable, match="cannot be decoded: broken PNG file") as caught:
        pixels_of(bytes(content), height=8, width=8)
    assert isinstance(caught.value.__cause__, SyntaxError)


def test_pillow_does_not_write_to_standard_error(cat: Image.Image, tmp_path: Path):
    content = bytearray(encoded(cat, "TIFF"))
    # The number of samples per pixel, tag 277, becomes 2048; Pillow logs that as an error.
    place = content.index(b"\x15\x01\x03\x00\x01\x00\x00\x00")
    content[place + 9] = 8
    (tmp_path / "a.tif").write_bytes(content)
    # In a process of its own, because pytest gives logging a handler.
    program = f"""
from pathlib import Path
from edgekit.data.faults import Unreadable
from edgekit.data.pictures.image_decoding import decode
from edgekit.recipe import Filter, Resize
try:
    content = Path({str(tmp_path / "a.tif")!r}).read_bytes()
    decode(content, height=8, width=8, channels=3, resize=Resize.CROP, by=Filter.ANTIALIAS)
except Unreadable:
    print("told")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert (done.stdout, done.stderr) == ("told\n", "")


def test_damage_is_told_and_never_escapes(cat: Image.Image):
    # Compressed TIFF is left out: libtiff itself writes to standard error about it.
    blobs = {kind: encoded(cat, kind) for kind in KINDS}
    chance = random.Random(0)
    ends: Counter[str] = Counter()
    for _ in range(1500):
        content = bytearray(blobs[chance.choice(KINDS)])
        for _ in range(chance.choice([1, 3, 20])):
            content[chance.randrange(chance.choice([64, len(content)]))] = chance.randrange(256)
        try:
            pixels_of(bytes(content[: chance.choice([len(content), len(content) // 2])]), height=8, width=8)
            ends["read"] += 1
        except Unreadable as fault:
            ends[str(fault).split()[0]] += 1
    assert ends["read"] > 100
    assert ends["is"] + ends["cannot"] > 500
    assert set(ends) <= {"read", "is", "has", "cannot"}
