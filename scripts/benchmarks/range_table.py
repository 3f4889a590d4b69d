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
from promises import Missed

import edgekit
from edgekit.fidelity import FidelityMeter
from edgekit.progress import silent
from edgekit.quantization.execution import Execution
from edgekit.quantization.observation import observe
from edgekit.quantization.quantize import quantize, quantizer_recipe
from edgekit.quantization.ranges import calibration_result, choose_ranges
from edgekit.recipe import DEFAULT_RANGE_STATISTIC, PRECISIONS, RANGE_STATISTICS, Precision

_HERE = Path(__file__).resolve().parent
_CALIBRATION = 200
_NEAR_DB, _QUICK_NEAR_DB = 0.5, 1.0
"""Where statistics are nearer than this on clean samples, the draw of the photos decides between them; the quick form
has two networks and two draws of each instead of five and five, and sees less of a difference."""


@dataclass(frozen=True)
class Subject:
    """A float file, samples to draw from, and others to judge by, with labels where they have some."""

    name: str
    path: Path
    pool: np.ndarray
    unseen: np.ndarray
    labels: np.ndarray | None = None
    white: float | None = None
    """The largest value of a pixel; None where the samples are noise, which decides nothing."""


@dataclass(frozen=True)
class Seen:
    """One statistic over several draws of calibration samples, judged on samples that none of them holds."""

    snr_db: tuple[float, ...]
    right: tuple[float, ...]
    """Accuracy in % with labels, else agreement with the float model; NaN where the output is no scores."""

    def __str__(self) -> str:
        right = np.mean(self.right)
        told = f"{'-':>6}" if np.isnan(right) else f"{right:6.2f}"
        return f"{np.mean(self.snr_db):6.2f} {min(self.snr_db):6.2f} {told}"


def ranges(place: Place) -> Iterator[str]:
    """Range statistics: mean SNR and that of the worst draw in dB, accuracy (agreement, without labels) in %."""
    yield "Each line: several draws of 200 calibration samples, judged on others. glitch: one of the 200 photos has two"
    yield "pixels at ten times white. A model with * sees noise, for want of recordings, and decides nothing."
    heads = " | ".join(f"{name:^20}" for name in RANGE_STATISTICS)
    yield f"{'model':16} {'precision':9} {'samples':7} {'float':>6} | {heads}"
    means: dict[tuple[str, str], list[list[float]]] = {}
    for subject in _subjects(place):
        many = 2 if place.quick else 5
        cases = [("int8", "clean", many), ("int16x8", "clean", 1)]
        if subject.white is not None:
            cases.insert(1, ("int8", "glitch", many))
        for precision, samples, draws in cases:
            row = _row(subject, PRECISIONS[precision], place.folder, draws=draws, glitch=samples == "glitch")
            if subject.white is not None:
                means.setdefault((precision, samples), []).append([float(np.mean(each.snr_db)) for each in row])
            name = subject.name if subject.white is not None else f"{subject.name} *"
            cells = " | ".join(map(str, row))
            yield f"{name:16} {precision:9} {samples:7} {_float_accuracy(subject):>6} | {cells}"
    averages = {case: dict(zip(RANGE_STATISTICS, np.mean(rows, axis=0), strict=True)) for case, rows in means.items()}
    for (precision, samples), found in averages.items():
        cells = " | ".join(f"{snr:6.2f} {'':13}" for snr in found.values())
        yield f"{'mean':16} {precision:9} {samples:7} {'':6} | {cells}"
    near = _QUICK_NEAR_DB if place.quick else _NEAR_DB
    yield from _choice(averages["int8", "clean"], averages["int8", "glitch"], near=near)


def _choice(clean: dict[str, float], spoilt: dict[str, float], *, near: float) -> Iterator[str]:
    best, default = max(clean, key=lambda name: clean[name]), clean[DEFAULT_RANGE_STATISTIC]
    gain = clean[best] - default
    verdict = "no more than chance: it stays" if gain < near else f"it should be {best}"
    row = str if gain < near else Missed
    yield row(f"clean: {best} is {gain:.2f} dB above the default, {DEFAULT_RANGE_STATISTIC}: {verdict}")
    best = max(spoilt, key=lambda name: spoilt[name])
    gain = spoilt[best] - spoilt[DEFAULT_RANGE_STATISTIC]
    yield f"glitch (edgekit samples finds it): {best} is {gain:.2f} dB above the default"


def _row(subject: Subject, precision: Precision, folder: Path, *, draws: int, glitch: bool) -> list[Seen]:
    """Return what was seen of each statistic, in the order of the table of them."""
    # Nothing has fast kernels for 16-bit activations.
    judges = slice(None) if precision.activation_bits == 8 else slice(0, 60)
    reference = _execution(subject.path)
    wanted = [reference.run([sample[None]]) for sample in subject.unseen[judges]]
    input_name = _signature(subject.path)[0][0]
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in RANGE_STATISTICS}
    for draw in range(draws):
        chosen = np.random.default_rng(draw).choice(len(subject.pool), _CALIBRATION, replace=False)
        drawn = subject.pool[np.sort(chosen)]
        if glitch:
            drawn[0, 10, 10] = drawn[0, 20, 25] = 10 * (subject.white or 1.0)
        np.save(folder / "drawn.npy", drawn)
        seen = observe(
            subject.path, inputs=[input_name], files=[str(folder / "drawn.npy")], count=_CALIBRATION, progress=silent
        )
        for name, statistic in RANGE_STATISTICS.items():
            used = choose_ranges(seen, statistic=statistic, precision=precision)
            recipe = quantizer_recipe(subject.path, precision=precision)
            content = quantize(subject.path, recipe=recipe, calibration=calibration_result(used, observations=seen))
            (folder / "quantized.tflite").write_bytes(content)
            found[name].append(_judged(subject, _execution(folder / "quantized.tflite"), wanted))
    return [Seen(*map(tuple, zip(*pairs, strict=True))) for pairs in found.values()]


def _judged(subject: Subject, execution: Execution, wanted: list[list[np.ndarray]]) -> tuple[float, float]:
    meter, right = FidelityMeter(synthetic=False), 0
    for index, reference in enumerate(wanted):
        got = execution.run([subject.unseen[index][None]])
        meter.add(reference, got)
        truth = reference[0].argmax() if subject.labels is None else subject.labels[index]
        right += int(got[0].argmax() == truth)
    scores = wanted[0][0].size < subject.unseen[0].size
    return meter.result().snr_db, 100 * right / len(wanted) if scores else np.nan


def _float_accuracy(subject: Subject) -> str:
    if subject.labels is None:
        return ""
    execution = _execution(subject.path)
    scores = np.stack([execution.run([sample[None]])[0][0] for sample in subject.unseen])
    return f"{100 * np.mean(scores.argmax(1) == subject.labels):.2f}"


def _subjects(place: Place) -> Iterator[Subject]:
    photos = sorted((place.data / "sign_language_digits").glob("*/*.JPG"))
    references = (("ic_resnet8", 32, 255), ("vww_mobilenet", 96, 1))
    for name, size, top in references[:1] if place.quick else references:
        pixels = _pixels(photos, size) * np.float32(top / 255)
        # Unlike the others these have never seen such photos: what they answer is judged, not whether it is right.
        yield Subject(name, _float(place, place.model(f"{name}.h5")), pixels[::2], pixels[1::10], white=float(top))
    if not place.quick:
        yield from _recordings(place)
    folder = _networks(place)
    # Classes in turn: the first of them are a fair choice.
    by_turns = {"key": lambda file: (file.stem, file.parent.name)}
    files = {part: sorted((folder / part).glob("*/*.JPG"), **by_turns) for part in ("train", "test")}
    pool, unseen = (_pixels(files[part], 48) / np.float32(255) for part in ("train", "test"))
    labels = np.array([int(file.parent.name) for file in files["test"]])
    for model in sorted(folder.glob("*.keras")):
        yield Subject(model.stem, _float(place, model), pool, unseen, labels, white=1.0)


def _recordings(place: Place) -> Iterator[Subject]:
    # None are at hand: log-mel energies of noise, as each of the two was trained on them.
    generator = np.random.default_rng(1)
    energies = generator.normal(-20, 10, (1400, 640)).astype(np.float32)
    yield Subject("ad_autoencoder", _float(place, place.model("ad_autoencoder.h5")), energies[:1000], energies[1200:])
    energies = generator.random((1400, 30, 1, 40), np.float32)
    yield Subject("sww_dscnn1d", _float(place, place.model("sww_dscnn1d.h5")), energies[:1000], energies[1200:])


def _networks(place: Place) -> Path:
    if place.quick:
        return place.photo_network()
    folder = place.folder / "photos"
    folder.mkdir()
    command = [sys.executable, _HERE / "photo_networks.py", folder, place.data / "sign_language_digits"]
    subprocess.run(command, capture_output=True, check=True)
    return folder


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
