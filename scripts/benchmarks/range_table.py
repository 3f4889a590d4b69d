"""Which range statistic keeps most of the float model, on several networks and samples never calibrated on."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from lines import Place
from PIL import Image

import edgekit
from edgekit.conversion.quantization.execution import Execution
from edgekit.conversion.quantization.observation import observe
from edgekit.conversion.quantization.quantize import quantize, quantizer_recipe
from edgekit.conversion.quantization.ranges import calibration_result, choose_ranges
from edgekit.fidelity import FidelityMeter
from edgekit.precision import PRECISIONS, Precision
from edgekit.progress import silent
from edgekit.range_statistics import DEFAULT_RANGE_STATISTIC, RANGE_STATISTICS

_HERE = Path(__file__).resolve().parent
_CALIBRATION = 200


@dataclass(frozen=True)
class Subject:
    """A float file, samples to draw from, and others to judge by, with labels where they have some."""

    name: str
    path: Path
    pool: np.ndarray
    unseen: np.ndarray
    labels: np.ndarray | None = None


def ranges(place: Place) -> Iterator[str]:
    """Range statistics: SNR in dB and agreement (accuracy, with labels) in %, mean of several draws of 200 samples."""
    yield f"{'model':16} {'precision':9} {'float':>6} " + " ".join(f"{name:>17}" for name in RANGE_STATISTICS)
    means: dict[str, list[list[float]]] = {}
    for subject in _subjects(place):
        for precision, draws in (("int8", 1 if place.quick else 5), ("int16x8", 1)):
            row = _row(subject, PRECISIONS[precision], place.folder, draws=draws)
            means.setdefault(precision, []).append([snr for snr, _ in row.values()])
            cells = " ".join(f"{snr:9.2f} {share:6.2f}%" for snr, share in row.values())
            yield f"{subject.name:16} {precision:9} {_float_accuracy(subject):>6} {cells}"
    for precision, rows in means.items():
        yield f"{'mean':16} {precision:9} {'':6} " + " ".join(f"{snr:9.2f} {'':7}" for snr in np.mean(rows, axis=0))
    best = max(zip(np.mean(means["int8"], axis=0), RANGE_STATISTICS, strict=True))[1]
    yield f"the default is {DEFAULT_RANGE_STATISTIC}; the best of int8 here is {best}"


def _row(subject: Subject, precision: Precision, folder: Path, *, draws: int) -> dict[str, tuple[float, float]]:
    """Return SNR and agreement, or accuracy, per statistic."""
    reference = _execution(subject.path)
    wanted = [reference.run([sample[None]]) for sample in subject.unseen]
    input_name = _signature(subject.path)[0][0]
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in RANGE_STATISTICS}
    for draw in range(draws):
        chosen = np.random.default_rng(draw).choice(len(subject.pool), _CALIBRATION, replace=False)
        np.save(folder / "drawn.npy", subject.pool[np.sort(chosen)])
        seen = observe(
            subject.path, inputs=[input_name], files=[str(folder / "drawn.npy")], count=_CALIBRATION, progress=silent
        )
        for name, statistic in RANGE_STATISTICS.items():
            used = choose_ranges(seen, statistic=statistic, precision=precision)
            recipe = quantizer_recipe(subject.path, precision=precision)
            content = quantize(subject.path, recipe=recipe, calibration=calibration_result(used, observations=seen))
            (folder / "quantized.tflite").write_bytes(content)
            found[name].append(_judged(subject, _execution(folder / "quantized.tflite"), wanted))
    return {name: tuple(np.mean(pairs, axis=0)) for name, pairs in found.items()}


def _judged(subject: Subject, execution: Execution, wanted: list[list[np.ndarray]]) -> tuple[float, float]:
    meter, right = FidelityMeter(synthetic=False), 0
    for index, sample in enumerate(subject.unseen):
        got = execution.run([sample[None]])
        meter.add(wanted[index], got)
        truth = wanted[index][0].argmax() if subject.labels is None else subject.labels[index]
        right += int(got[0].argmax() == truth)
    return meter.result().snr_db, 100 * right / len(subject.unseen)


def _float_accuracy(subject: Subject) -> str:
    if subject.labels is None:
        return ""
    execution = _execution(subject.path)
    scores = np.stack([execution.run([sample[None]])[0][0] for sample in subject.unseen])
    return f"{100 * np.mean(scores.argmax(1) == subject.labels):.2f}%"


def _subjects(place: Place) -> Iterator[Subject]:
    photos = sorted((place.data / "sign_language_digits").glob("*/*.JPG"))
    for name, size, top in (("ic_resnet8", 32, 255), ("vww_mobilenet", 96, 1)):
        pixels = _pixels(photos, size) * np.float32(top / 255)
        yield Subject(name, _float(place, place.model(f"{name}.h5")), pixels[::2], pixels[1::5])
    # No recordings are at hand: log-mel energies of noise, as each of the two was trained on them.
    generator = np.random.default_rng(1)
    energies = generator.normal(-20, 10, (1400, 640)).astype(np.float32)
    yield Subject("ad_autoencoder", _float(place, place.model("ad_autoencoder.h5")), energies[:1000], energies[1000:])
    energies = generator.random((1400, 30, 1, 40), np.float32)
    yield Subject("sww_dscnn1d", _float(place, place.model("sww_dscnn1d.h5")), energies[:1000], energies[1000:])
    folder = place.folder / "photos"
    script = "photo_networks.py"
    command = [sys.executable, _HERE / script, folder, place.data / "sign_language_digits"]
    if place.quick:
        command[1] = _HERE.parents[1] / "tests" / "photo_model.py"
    folder.mkdir()
    subprocess.run(command, capture_output=True, check=True)
    files = {part: sorted((folder / part).glob("*/*.JPG")) for part in ("train", "test")}
    pool, unseen = (_pixels(files[part], 48) / np.float32(255) for part in ("train", "test"))
    labels = np.array([int(file.parent.name) for file in files["test"]])
    for model in sorted(folder.glob("*.keras")):
        yield Subject(model.stem, _float(place, model), pool, unseen, labels)


def _pixels(files: list[Path], size: int) -> np.ndarray:
    images = (Image.open(file).convert("RGB") for file in files)
    return np.stack([np.asarray(image.resize((size, size), Image.Resampling.BILINEAR), np.float32) for image in images])


def _float(place: Place, model: Path) -> Path:
    return edgekit.convert(model, place.folder / f"{model.stem}.float32.tflite", precision="float32").artifact.path


def _signature(path: Path) -> tuple[list[str], list[str]]:
    facts = edgekit.inspect(path)
    return [spec.name for spec in facts.inputs], [spec.name for spec in facts.outputs]


def _execution(path: Path) -> Execution:
    inputs, outputs = _signature(path)
    return Execution(path, inputs=inputs, outputs=outputs)
