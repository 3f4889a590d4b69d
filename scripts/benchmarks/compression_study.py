"""What compression buys on real photos: a network trained from scratch, cut to a half and to a quarter of its cost."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from lines import Place
from promises import Missed

SIZE = 64
_BOARD = "emulated:rpi4"
_GOALS = {0.5: (1.7, 0.7), 0.25: (3.0, 2.0)}
"""Of the multiply-accumulates: how many times fewer instructions there must be, at how many points lost at most."""
_EPOCHS = 25


def compression(place: Place) -> Iterator[str]:
    """Channel pruning of a depthwise network for sign-language photos, on held-out photos; instructions: Cortex-A72."""
    import edgekit

    seeds = (0,) if place.quick else (0, 1, 2)
    seen: dict[tuple[float, str], list[tuple[float, float]]] = {}
    head = ("seed", "MACs", "file", "accuracy", "drop (95 %)", "bytes", "zipped", "instructions")
    yield "{:>4} {:>5} {:>16} {:>8} {:>22} {:>8} {:>8} {:>12}".format(*head)
    for seed in seeds:
        folder = place.folder / f"compression-{seed}"
        folder.mkdir()
        photos = place.data / "sign_language_digits"
        subprocess.run([sys.executable, __file__, str(folder), str(photos), str(seed)], check=True)
        for goal in _GOALS:
            steps = 2 if goal == 0.5 else 4
            recipe = edgekit.CompressionRecipe.from_mapping(
                {
                    "seed": seed,
                    "data": {"value_range": "unit"},
                    "split": {"validation": 0.05},
                    "training": {"epochs": 4, "learning_rate": 2e-3, "augment": ["shift", "contrast"]},
                    "distillation": {"temperature": 4.0, "weight": 0.7},
                    "stage": [
                        {"kind": "channel-prune", "macs": goal, "steps": steps},
                        {"kind": "finetune", "epochs": _EPOCHS, "warm_up": 0.05},
                    ],
                }
            )
            result = edgekit.compress(
                folder / "study.keras",
                recipe,
                data=folder / "train",
                test=folder / "test",
                output=folder / f"{goal}.keras",
                devices=(_BOARD,),
                threads=1 if os.environ.get("EDGEKIT_ONE_THREAD") else None,
            )
            shown = (result.original, result.final) if goal == 0.5 else (result.final,)
            for version in shown:
                for file in version.files:
                    assert file.accuracy is not None
                    low, high = file.accuracy.interval_points
                    drop = f"{file.accuracy.drop_points:.2f} ({low:.2f} to {high:.2f})"
                    count = file.measured[_BOARD].value
                    share = "1" if version is result.original else f"{goal:g}"
                    name = f"{version.name.split()[-1]} {file.precision}"
                    yield (
                        f"{seed:4} {share:>5} {name:>16} {file.accuracy.accuracy.value:8.1%} {drop:>22} "
                        f"{file.size_bytes:8} {file.zipped_bytes:8} {count:12,.0f}"
                    )
                    first = result.original.file(file.precision)
                    if version is result.final and first is not None:
                        times = first.measured[_BOARD].value / count
                        seen.setdefault((goal, file.precision), []).append((times, file.accuracy.drop_points))
    for (goal, precision), rows in seen.items():
        least, most = _GOALS[goal]
        times, drop = (statistics.mean(column) for column in zip(*rows, strict=True))
        row = str if times >= least and drop <= most else Missed
        yield row(
            f"{goal:g} of the MACs, {precision}: {times:.2f} times fewer instructions ({least:g} are promised) at "
            f"{drop:.2f} points ({most:g}), mean of {len(rows)}"
        )


def train(folder: Path, photos: Path, seed: int) -> None:
    """Train the study's network; every fifth photo is for testing."""
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
    os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
    import keras
    import numpy as np
    from PIL import Image

    parts: dict[str, tuple[list[np.ndarray], list[int]]] = {"train": ([], []), "test": ([], [])}
    for label, each in enumerate(sorted(photos.glob("[0-9]"))):
        for position, file in enumerate(sorted(each.glob("*.JPG"))):
            part = "test" if position % 5 == 0 else "train"
            (folder / part / each.name).mkdir(parents=True, exist_ok=True)
            (folder / part / each.name / file.name).symlink_to(file.resolve())
            pixels = Image.open(file).convert("RGB").resize((SIZE, SIZE), Image.Resampling.BILINEAR)
            parts[part][0].append(np.asarray(pixels, np.float32) / 255)
            parts[part][1].append(label)
    layers = keras.layers
    keras.utils.set_random_seed(seed)

    def normed(x: object) -> object:
        return layers.ReLU(6.0)(layers.BatchNormalization(momentum=0.9)(x))

    image = keras.Input((SIZE, SIZE, 3), name="photo")
    x = normed(layers.Conv2D(24, 3, strides=2, padding="same", use_bias=False)(image))
    for filters, strides in ((48, 1), (64, 2), (64, 1), (128, 2), (128, 1), (192, 2)):
        x = normed(layers.DepthwiseConv2D(3, strides=strides, padding="same", use_bias=False)(x))
        x = normed(layers.Conv2D(filters, 1, use_bias=False)(x))
    x = layers.Dropout(0.2)(layers.GlobalAveragePooling2D()(x))
    model = keras.Model(image, layers.Dense(10, activation="softmax", name="digit")(x), name="study")
    values, labels = (np.array(column) for column in parts["train"])
    steps = _EPOCHS * len(values) // 32
    rate = keras.optimizers.schedules.CosineDecay(0.0, steps, warmup_target=4e-3, warmup_steps=steps // 20)
    model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy")
    chance = np.random.default_rng(seed)
    for _ in range(_EPOCHS):
        moved = np.stack([np.roll(v, chance.integers(-5, 6, 2), (0, 1)) for v in values])
        moved *= chance.uniform(0.8, 1.2, (len(moved), 1, 1, 1)).astype(np.float32)
        model.fit(moved, labels, batch_size=32, verbose=0)
    model.save(folder / "study.keras")


if __name__ == "__main__":
    train(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
