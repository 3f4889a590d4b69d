"""Tables about the truth of artifacts: are they the same when built again, and is a changed byte found?"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
from lines import Place
from promises import Missed

import edgekit
from edgekit.artifact import read_golden_pack
from edgekit.inspection.decoding import read_graph

_EDGEKIT = Path(sys.executable).with_name("edgekit")
_SHAPES = {
    "ic_resnet8_float32.tflite": (32, 32, 3),
    "ic_resnet8.h5": (32, 32, 3),
    "vww_mobilenet.h5": (96, 96, 3),
    "sww_dscnn1d.h5": (30, 1, 40),
    "ad_autoencoder.h5": (640,),
}
_QUICK = {"ic_resnet8_float32.tflite": tuple(edgekit.PRECISIONS), "ad_autoencoder.h5": ("float32", "int8")}
"""What is built again in the quick form: from a Keras file, each starts TensorFlow."""


def reproduce(place: Place) -> Iterator[str]:
    """Built again by `edgekit reproduce`, a process for each: is the canonical hash the same?"""
    wanted = _QUICK if place.quick else dict.fromkeys(_SHAPES, tuple(edgekit.PRECISIONS))
    yield f"{'model':28}" + "".join(f"{precision:>14}" for precision in edgekit.PRECISIONS)
    others = 0
    for name, precisions in wanted.items():
        folder = _converted(place, name)
        cells = dict.fromkeys(edgekit.PRECISIONS, "")
        for precision in precisions:
            sidecar = folder / f"{Path(name).stem}.{precision}.tflite.json"
            done = subprocess.run(
                [_EDGEKIT, "reproduce", sidecar, "--json", "--quiet"], capture_output=True, text=True, check=False
            )
            told = json.loads(done.stdout)
            same = told.get("identical", False)
            others += not same
            cells[precision] = "to the byte" if told.get("same_bytes") else "identical" if same else "DIFFERS"
        yield f"{name:28}" + "".join(f"{cell:>14}" for cell in cells.values())
    if others:
        yield Missed(f"{others} artifacts are not the same when they are built again")


def golden(place: Place) -> Iterator[str]:
    """Golden packs of ResNet-8, and changed weight bytes: how many the hash finds, how many the outputs show."""
    folder = _converted(place, "ic_resnet8_float32.tflite")
    tries = 8 if place.quick else 60
    columns = f"{'pack':>10}{'samples':>9}{'tolerance':>11}{'range':>8}{'bytes changed':>15}{'hash':>6}{'outputs':>9}"
    yield f"{'precision':14}{columns}"
    missed = 0
    with closing(edgekit.connect("local")) as device:
        for precision in edgekit.PRECISIONS:
            path = folder / f"ic_resnet8_float32.{precision}.tflite"
            pack = read_golden_pack(f"{path}.golden.npz")
            output = pack.outputs[0]
            by_hash = by_outputs = 0
            for changed in _changed_files(path, tries, place.folder / "changed.tflite"):
                result = edgekit.verify(changed, device=device, pack=f"{path}.golden.npz")
                by_hash += str(result.verdict) == "fail" and not result.same_computation
                by_outputs += not result.outputs_agree
            missed += tries - by_hash
            size = Path(f"{path}.golden.npz").stat().st_size
            yield (
                f"{precision:14}{size:10}{pack.samples:9}{output.tolerance:11.3g}{np.ptp(output.values):8.3g}"
                f"{tries:15}{by_hash:6}{by_outputs:9}"
            )
    if missed:
        yield Missed(f"{missed} changed bytes were not found")


def _converted(place: Place, name: str) -> Path:
    folder = place.folder / f"truth-{name}"
    if not folder.is_dir():
        folder.mkdir()
        shutil.copy(place.model(name), folder / name)
        samples = np.random.default_rng(0).uniform(0, 255, (64, *_SHAPES[name])).astype(np.float32)
        np.save(folder / "samples.npy", samples)
        edgekit.convert(
            folder / name,
            folder,
            precision=list(edgekit.PRECISIONS),
            calibration=folder / "samples.npy",
            # Noise is what no network was trained on, and as good as any samples to build the same file twice.
            samples_check=False,
        )
    return folder


def _changed_files(path: Path, tries: int, target: Path) -> Iterator[Path]:
    content, generator = path.read_bytes(), np.random.default_rng(0)
    places = np.concatenate(
        [
            np.arange(start, start + tensor.data.nbytes)
            for tensor in read_graph(content, name=str(path)).subgraphs[0].tensors
            # Shapes and the like are constants too, but no weights.
            if tensor.data is not None and tensor.data.nbytes > 16
            for start in [content.find(tensor.data.tobytes())]
        ]
    )
    for position in generator.choice(places, tries, replace=False):
        changed = bytearray(content)
        changed[position] ^= int(generator.integers(1, 256))
        target.write_bytes(changed)
        yield target
