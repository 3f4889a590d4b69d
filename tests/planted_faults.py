"""Faults that calibration samples have, planted in subsets of real photos; and whether ``edgekit samples`` tells them.

    python tests/planted_faults.py MODEL PHOTOS SUBSETS CLEAN

prints, as JSON, how each fault was told in each subset, and every finding on as many clean subsets. MODEL is a Keras
network for 48x48 photos of 0..1; of PHOTOS, every third is used.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import numpy as np
from PIL import Image, ImageEnhance

import edgekit
from edgekit import Screening, Severity

_SIZE = 48
_SUBSET = 200


@dataclass(frozen=True)
class Photos:
    """All photos, once as files and once as pixels."""

    files: list[Path]
    pixels: np.ndarray
    """uint8 [photos, 48, 48, 3]."""
    labels: np.ndarray

    def subset(self, seed: int, count: int = _SUBSET) -> Planted:
        chosen = np.random.default_rng(seed).choice(len(self.files), count, replace=False)
        return Planted(
            self, chosen, self.pixels[chosen].copy(), self.labels[chosen], np.random.default_rng(1000 + seed)
        )


@dataclass
class Planted:
    """A subset into which a fault is planted; what is given to the doctor."""

    photos: Photos
    chosen: np.ndarray
    pixels: np.ndarray
    labels: np.ndarray
    generator: np.random.Generator
    options: dict[str, Any] = field(default_factory=lambda: {"value_range": "unit"})
    floats: np.ndarray | None = None
    """Instead of the pixels: values as the model takes them."""

    @property
    def given(self) -> Any:
        """The samples one by one in their order, so that the order is judged, too."""
        if self.floats is not None:
            self.options.pop("value_range", None)
        values = self.pixels if self.floats is None else self.floats
        return [(value, int(label)) for value, label in zip(values, self.labels, strict=True)]

    def some(self, count: int) -> np.ndarray:
        return self.generator.choice(len(self.pixels), count, replace=False)


def _exact(planted: Planted) -> None:
    """1 in 10 is a copy of another."""
    places = planted.some(len(planted.pixels) // 5)
    half = len(places) // 2
    planted.pixels[places[:half]] = planted.pixels[places[half : 2 * half]]


def _near(planted: Planted) -> None:
    """1 in 10 is another one compressed, resized, brightened, contrasted, made noisy or cropped by 1 %."""
    places = planted.some(len(planted.pixels) // 5)
    half = len(places) // 2
    for target, origin in zip(places[:half], places[half : 2 * half], strict=True):
        photo = Image.open(planted.photos.files[planted.chosen[origin]]).convert("RGB").resize((100, 100))
        change = _CHANGES[planted.generator.integers(len(_CHANGES))]
        planted.pixels[target] = _shrunk(change(photo, planted.generator))


def _compressed(photo: Image.Image, generator: np.random.Generator) -> Image.Image:
    content = BytesIO()
    photo.save(content, "JPEG", quality=int(generator.integers(40, 90)))
    return Image.open(content)


def _noisy(photo: Image.Image, generator: np.random.Generator) -> Image.Image:
    return Image.fromarray(np.clip(np.asarray(photo) + generator.normal(0, 4, (100, 100, 3)), 0, 255).astype(np.uint8))


_CHANGES: list[Callable[[Image.Image, np.random.Generator], Image.Image]] = [
    _compressed,
    _noisy,
    lambda photo, _: photo.resize((64, 64)).resize((100, 100)),
    lambda photo, generator: ImageEnhance.Brightness(photo).enhance(generator.uniform(0.85, 1.15)),
    lambda photo, generator: ImageEnhance.Contrast(photo).enhance(generator.uniform(0.85, 1.15)),
    lambda photo, _: photo.crop((1, 1, 99, 99)),
]


def _constant(planted: Planted) -> None:
    """1 in 100 is black, white, or grey with a little noise."""
    for number, place in enumerate(planted.some(max(1, len(planted.pixels) // 100))):
        grey = [0, 128, 255][number % 3]
        planted.pixels[place] = np.clip(grey + planted.generator.normal(0, 1, (_SIZE, _SIZE, 3)), 0, 255)


def _noise(planted: Planted) -> None:
    """1 in 100 is noise, uniform or normal."""
    for number, place in enumerate(planted.some(max(1, len(planted.pixels) // 100))):
        shape = (_SIZE, _SIZE, 3)
        values = planted.generator.integers(0, 256, shape) if number % 2 else planted.generator.normal(128, 30, shape)
        planted.pixels[place] = np.clip(values, 0, 255)


def _not_finite(planted: Planted) -> None:
    """One value of one sample is NaN or infinite."""
    planted.floats = planted.pixels / np.float32(255)
    planted.floats[planted.some(1)[0], 5, 7, 1] = planted.generator.choice([np.nan, np.inf, -np.inf])


def _range(name: str) -> Callable[[Planted], None]:
    def plant(planted: Planted) -> None:
        planted.options["value_range"] = name

    plant.__doc__ = f"scaled as `{name}`, for a network of `unit`."
    return plant


def _swapped(planted: Planted) -> None:
    """BGR for RGB."""
    planted.options["colour"] = "bgr"


def _channels_first(planted: Planted) -> None:
    """NCHW, reshaped to the model's shape."""
    planted.pixels = planted.pixels.transpose(0, 3, 1, 2).reshape(planted.pixels.shape)


def _crowded(planted: Planted) -> None:
    """7 in 10 are of one class."""
    _labelled(planted, [int(planted.generator.integers(10))] * 7 + list(range(10))[:3])


def _missing(planted: Planted) -> None:
    """No sample of two of ten classes."""
    gone = planted.generator.choice(10, 2, replace=False)
    _labelled(planted, [label for label in range(10) if label not in gone])


def _labelled(planted: Planted, wanted: list[int]) -> None:
    photos, count = planted.photos, len(planted.pixels)
    chosen: list[int] = []
    for label in set(wanted):
        share = count * wanted.count(label) // len(wanted)
        pool = np.flatnonzero(photos.labels == label)
        chosen += planted.generator.choice(pool, min(share, len(pool)), replace=False).tolist()
    planted.chosen = planted.generator.permutation(chosen)
    planted.pixels, planted.labels = photos.pixels[planted.chosen], photos.labels[planted.chosen]


def _few(planted: Planted) -> None:
    """12 samples."""
    planted.pixels, planted.labels = planted.pixels[:12], planted.labels[:12]


def _sorted(planted: Planted) -> None:
    """Sorted by class."""
    order = np.argsort(planted.labels, kind="stable")
    planted.pixels, planted.labels = planted.pixels[order], planted.labels[order]


def _drifting(planted: Planted) -> None:
    """Taken from morning to evening: sorted by brightness, but for 1 in 2 that is anywhere."""
    order = np.argsort(planted.pixels.mean(axis=(1, 2, 3)))
    moved = planted.some(len(order) // 2)
    order[np.sort(moved)] = order[moved]
    planted.pixels, planted.labels = planted.pixels[order], planted.labels[order]


def _bright(planted: Planted) -> None:
    """One sample is 4 to 20 times as bright as it can be."""
    planted.floats = planted.pixels / np.float32(255)
    planted.floats[planted.some(1)[0]] *= planted.generator.uniform(4, 20)


def _hot(planted: Planted) -> None:
    """One pixel of one sample is broken: 10 to 100."""
    planted.floats = planted.pixels / np.float32(255)
    planted.floats[planted.some(1)[0], 11, 13] = planted.generator.uniform(10, 100)


def _leaking(planted: Planted) -> None:
    """One sample is in the evaluation set."""
    others = np.setdiff1d(np.arange(len(planted.photos.files)), planted.chosen)[:50]
    planted.options["evaluate"] = {"photo": planted.photos.pixels[[*others, planted.chosen[planted.some(1)[0]]]]}


FAULTS: dict[str, tuple[str, Callable[[Planted], None]]] = {
    "exact duplicates": ("exact duplicates", _exact),
    "near duplicates": ("near duplicates", _near),
    "constant": ("constant samples", _constant),
    "noise": ("noise", _noise),
    "not finite": ("not finite", _not_finite),
    **{
        f"range {name}": ("value range", _range(name)) for name in ("raw", "signed", "imagenet-torch", "imagenet-caffe")
    },
    "BGR for RGB": ("channel order", _swapped),
    "NCHW for NHWC": ("channels first", _channels_first),
    "one class crowds": ("class mix", _crowded),
    "classes missing": ("class mix", _missing),
    "too few": ("too few samples", _few),
    "sorted by class": ("order", _sorted),
    "drift": ("order", _drifting),
    "too bright": ("outliers", _bright),
    "hot pixel": ("outliers", _hot),
    "leakage": ("leakage", _leaking),
}
"""What is planted, and the finding that must tell it."""


def read_photos(files: list[Path]) -> Photos:
    """Return photos that lie in a folder for each class."""
    pixels = np.stack([_shrunk(Image.open(file)) for file in files])
    return Photos(files, pixels, np.array([int(file.parent.name) for file in files]))


def judged(planted: Planted, model: Any) -> Screening:
    """Return what the doctor says."""
    given = planted.given
    return edgekit.samples(given, model=model, **{"samples": len(given), **planted.options})


def told(photos: Photos, seed: int, plant: Callable[[Planted], None], finding: str, model: Any) -> Severity | None:
    """Return how severely the fault is told; None where it is not found, or only noted."""
    planted = photos.subset(seed)
    plant(planted)
    severities = [each.severity for each in judged(planted, model).findings if each.name == finding]
    return next((severity for severity in severities if severity is not Severity.NOTE), None)


def _shrunk(image: Image.Image) -> np.ndarray:
    return np.asarray(image.convert("RGB").resize((_SIZE, _SIZE), Image.Resampling.BILINEAR))


def loaded(path: Path) -> Any:
    import keras

    return keras.models.load_model(path)


def main() -> None:
    model, photos = loaded(Path(sys.argv[1])), read_photos(sorted(Path(sys.argv[2]).glob("*/*.JPG"))[::3])
    subsets, clean = int(sys.argv[3]), int(sys.argv[4])
    found = {
        name: [told(photos, seed, plant, finding, model) for seed in range(subsets)]
        for name, (finding, plant) in FAULTS.items()
    }
    clear = [[str(each) for each in judged(photos.subset(100 + seed), model).findings] for seed in range(clean)]
    sys.stdout.write(json.dumps({"faults": found, "clean": clear}))


if __name__ == "__main__":
    main()
