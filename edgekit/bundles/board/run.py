#!/usr/bin/env python3
"""Runs the model of this folder: on a picture, against its golden pack, or against the clock.

    python3 run.py PICTURE...       the five best classes of each picture
    python3 run.py --verify         whether this board computes what it should
    python3 run.py --benchmark      how long an inference takes
    python3 run.py --camera         the picture that rpicam-still takes

Needs numpy, Pillow for pictures, and an interpreter: see requirements.txt. Everything about the model is read from
manifest.json.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from resizing import FILTERS, fitted  # type: ignore[import-not-found]  # It lies beside this file in the archive.

HERE = Path(__file__).resolve().parent
TOP = 5


def main() -> int:
    parser = argparse.ArgumentParser(description="Runs the model of this folder.")
    parser.add_argument("pictures", nargs="*", metavar="PICTURE")
    parser.add_argument("--verify", action="store_true", help="check this board against the golden pack")
    parser.add_argument("--benchmark", action="store_true", help="measure an inference")
    parser.add_argument("--camera", action="store_true", help="take a picture with rpicam-still")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--runs", type=int, default=50)
    asked = parser.parse_args()
    if asked.threads < 1 or asked.runs < 1:
        parser.error("--threads and --runs are 1 or more")
    if not (asked.pictures or asked.verify or asked.benchmark or asked.camera):
        parser.error("name a picture, or --verify, --benchmark or --camera")
    for picture in asked.pictures:
        if not Path(picture).is_file():
            meant = f": did you mean --{picture}?" if picture in ("verify", "benchmark", "camera") else ""
            parser.error(f"there is no picture {picture}{meant}")
    manifest = json.loads((HERE / "manifest.json").read_text(encoding="utf-8"))
    model = Model(manifest, asked.threads)
    good = True
    if asked.verify:
        good = verify(model, manifest)
    if asked.benchmark:
        benchmark(model, asked.runs)
    for picture in asked.pictures:
        classify(model, manifest, Path(picture))
    if asked.camera:
        with tempfile.TemporaryDirectory() as folder:
            photo = Path(folder, "photo.jpg")
            take(photo)
            classify(model, manifest, photo)
    return 0 if good else 1


class Model:
    """The interpreter, with inputs and outputs by their order."""

    def __init__(self, manifest: dict[str, Any], threads: int) -> None:
        self.interpreter = interpreter_class()(model_path=str(HERE / manifest["model"]["file"]), num_threads=threads)
        self.interpreter.allocate_tensors()
        self.inputs = self.interpreter.get_input_details()
        self.outputs = self.interpreter.get_output_details()

    def run(self, values: list[Any]) -> list[Any]:
        for detail, value in zip(self.inputs, values):
            self.interpreter.set_tensor(detail["index"], value.reshape(detail["shape"]))
        self.interpreter.invoke()
        return [self.interpreter.get_tensor(detail["index"]) for detail in self.outputs]


def interpreter_class() -> Any:
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ImportError:
        try:
            from tflite_runtime.interpreter import Interpreter
        except ImportError:
            sys.exit("no interpreter is installed: python3 -m pip install -r requirements.txt")
    return Interpreter


def verify(model: Model, manifest: dict[str, Any]) -> bool:
    """Say whether the golden pack's outputs are met."""
    if manifest["golden_pack"] is None:
        print("there is no golden pack: whether this board computes what it should cannot be told")
        return False
    pack = np.load(HERE / manifest["golden_pack"])
    about = json.loads(pack["about"].tobytes())
    inputs = [pack[entry["array"]] for entry in about["inputs"]]
    for detail, values in zip(model.inputs, inputs):
        if values.dtype != detail["dtype"] or values[0].size != np.prod(detail["shape"]):
            print(f"golden pack: FAIL, it is for a model with other inputs than {detail['name']}")
            return False
    good = True
    worst = [0.0] * len(about["outputs"])
    for sample in range(len(inputs[0])):
        got = model.run([values[sample] for values in inputs])
        for index, entry in enumerate(about["outputs"]):
            values = got[index].reshape(-1).astype(np.float64)
            if entry["positions"] is not None:
                values = values[pack[entry["positions"]]]
            wanted = pack[entry["array"]][sample].reshape(-1).astype(np.float64)
            both = np.isnan(values) & np.isnan(wanted)
            away = float(np.abs(np.where(both, 0.0, values - wanted)).max(initial=0.0))
            worst[index] = max(worst[index], away)
            # Turned about, so that NaN is a failure.
            good = good and away <= entry["tolerance"]
    for entry, away in zip(about["outputs"], worst):
        print(f"{entry['name']}: off by {away:g} at most, {entry['tolerance']:g} is allowed")
    print(f"golden pack: {'pass' if good else 'FAIL'} on {len(inputs[0])} samples")
    if not good:
        print(f"it was made with {about['runtime']}; integer kernels of another runtime may round otherwise")
    return good


def benchmark(model: Model, runs: int) -> None:
    """Print what an inference takes, on zeros."""
    values = [np.zeros(detail["shape"], detail["dtype"]) for detail in model.inputs]
    start = time.perf_counter()
    model.run(values)
    first = (time.perf_counter() - start) * 1000
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        model.run(values)
        times.append((time.perf_counter() - start) * 1000)
    p50, p90 = np.percentile(times, [50, 90])
    print(f"{runs} runs: p50 {p50:.3f} ms, p90 {p90:.3f} ms, min {min(times):.3f} ms, first inference {first:.3f} ms")


def classify(model: Model, manifest: dict[str, Any], path: Path) -> None:
    """Print the best classes of a picture."""
    if len(manifest["inputs"]) != 1 or manifest["inputs"][0]["picture"] is None:
        sys.exit("this model does not take pictures, or it is not known how they become numbers")
    tensor, output = manifest["inputs"][0], manifest["outputs"][0]
    (scores, *_) = model.run([numbers(path, tensor)])
    scores = scores.reshape(-1)
    if output["scale"] is not None:
        scores = ((scores.astype(np.float64) - output["zero_point"]) * output["scale"]).astype(np.float32)
    labels = output["labels"]
    print(f"{path}:")
    for place in np.argsort(-scores, kind="stable")[:TOP]:
        print(f"  {scores[place]:8.4f}  {labels[place] if labels else f'class {place}'}")


def numbers(path: Path, tensor: dict[str, Any]) -> Any:
    """Return a picture as the input takes it."""
    try:
        from PIL import Image
    except ImportError:
        sys.exit("Pillow is not installed: python3 -m pip install pillow")
    how = tensor["picture"]
    try:
        image = Image.open(path).convert("L" if how["channels"] == 1 else "RGB")
    except OSError as error:
        sys.exit(f"{path} cannot be read as a picture: {error}")
    values: Any = resized(image, how)
    if how["colour"] == "bgr":
        values = values[..., ::-1]
    values = values.astype(np.float32)
    if how["factor"] != 1:
        values = values * np.float32(how["factor"])
    values = (values - np.array(how["mean"], np.float32)) / np.array(how["std"], np.float32)
    if tensor["scale"] is not None:
        limits = np.iinfo(tensor["dtype"])
        values = np.round(values / np.float32(tensor["scale"])) + tensor["zero_point"]
        values = np.clip(values, limits.min, limits.max)
    return values.astype(tensor["dtype"])


def resized(image: Any, how: dict[str, Any]) -> Any:
    """Return the picture's levels as uint8 [height, width, channels]."""
    from PIL import Image, ImageOps

    height, width = how["height"], how["width"]
    if how["filter"] != "antialias":
        if how["filter"] not in FILTERS:
            sys.exit(f"this program does not know the filter {how['filter']}")
        pixels = np.asarray(image, np.uint8).reshape(image.height, image.width, -1)
        return fitted(pixels, height, width, how["resize"], FILTERS[how["filter"]])
    size, bilinear = (width, height), Image.Resampling.BILINEAR
    if how["resize"] == "crop":
        image = ImageOps.fit(image, size, bilinear)
    elif how["resize"] == "pad":
        image = ImageOps.pad(image, size, bilinear, color="black")
    elif how["resize"] == "stretch":
        image = image.resize(size, bilinear)
    else:
        sys.exit(f"this program cannot resize by {how['resize']}")
    return np.asarray(image, np.uint8).reshape(height, width, how["channels"])


def take(path: Path) -> None:
    """Take a picture with the board's camera."""
    try:
        subprocess.run(["rpicam-still", "--nopreview", "--timeout", "1000", "--output", str(path)], check=True)
    except FileNotFoundError:
        sys.exit("there is no rpicam-still: sudo apt-get install rpicam-apps")
    except subprocess.CalledProcessError as error:
        sys.exit(f"the camera gave no picture (rpicam-still ended with {error.returncode})")


if __name__ == "__main__":
    sys.exit(main())
