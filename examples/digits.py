"""From training to a verdict, with the library: handwritten digits on a Raspberry Pi 4.

    python examples/digits.py [FOLDER] [--device ADDRESS] [--android]

Trains a small Keras model on scikit-learn's digits, converts it to every precision, holds each file against the
profile of a Raspberry Pi 4, measures it on this machine (or on an emulated one, with --device emulated:rpi4, or on a
real one), and judges its accuracy on digits that neither the training nor the calibration has seen. With --android it
ends with the float16 file in an Android app, and checks that.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

# Read when TensorFlow is imported: its messages are not what this example is about.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import keras
import numpy as np
from rich.console import Console
from rich.table import Table
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import edgekit
from edgekit.units import format_bytes, format_milliseconds

PROFILE = "rpi4"


def train(images: np.ndarray, labels: np.ndarray) -> keras.Model:
    """Train on images of 8x8 pixels, 0 to 16."""
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1), name="image"),
            keras.layers.Rescaling(1 / 16),
            keras.layers.Conv2D(16, 3, activation="relu"),
            keras.layers.Conv2D(32, 3, activation="relu"),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(10, activation="softmax"),
        ],
        name="digits",
    )
    model.compile(keras.optimizers.Adam(3e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(images, labels, batch_size=32, epochs=25, verbose=0)
    return model


def main(folder: Path, device: str, *, android: bool) -> None:
    """Run the whole walk and print one table."""
    console = Console()
    data = load_digits()
    images = data.images[..., None].astype(np.float32)
    split = train_test_split(images, data.target, test_size=0.3, random_state=0, stratify=data.target)
    train_images, test_images, train_labels, test_labels = split

    console.print("training a small Keras model on scikit-learn's digits ...")
    model = train(train_images, train_labels)
    model.save(folder / "digits.keras")
    np.savez(folder / "samples.npz", image=train_images)
    np.savez(folder / "unseen.npz", image=test_images, labels=test_labels)

    console.print("converting it to every precision ...")
    conversion = edgekit.convert(
        folder / "digits.keras",
        folder,
        precision=tuple(edgekit.PRECISIONS),
        calibration=folder / "samples.npz",
        evaluate=folder / "unseen.npz",
    )

    console.print(f"checking each file against {PROFILE}, and running it on {device} ...")
    table = Table(title=f"digits: {len(test_images)} unseen samples", box=None, pad_edge=False, title_justify="left")
    table.add_column("precision")
    for column in ("size", "SNR to float", "accuracy", f"on {device}"):
        table.add_column(column, justify="right")
    table.add_column(f"verdict for {PROFILE}")
    benchmarks = []
    for artifact in conversion.artifacts:
        measured = edgekit.benchmark(artifact, device=device)
        benchmarks.append(measured)
        assessment = edgekit.check(artifact, profile=PROFILE, runs=measured.runs)
        fidelity, comparison = artifact.provenance.fidelity, artifact.provenance.accuracy
        table.add_row(
            artifact.precision,
            format_bytes(artifact.size_bytes),
            "-" if fidelity is None else f"{fidelity.snr_db:.1f} dB",
            "-" if comparison is None else f"{comparison.accuracy.value:.1%}",
            _seen(measured.best),
            _reasons(assessment),
        )
    console.print(table)
    environment = measured.runs[0].environment
    what = "Instructions were counted" if environment.emulated else "Times (p50) were seen"
    console.print(f"{what} on {environment.cpu_model}: only a run on a real {PROFILE} can judge its latency.")
    models = [artifact.path for artifact in conversion.artifacts]
    edgekit.report(benchmarks, profile=PROFILE, models=models).save(folder / "report.html")
    if android:
        bundle(folder, console)
    console.print(f"The files and their provenance are in {folder}, and the report with charts is its report.html")


def bundle(folder: Path, console: Console) -> None:
    """Put the float16 file into an Android app for 64-bit phones, and check it without one.

    The app's runtime rounds integers otherwise than the one here, so the int8 file would be off by a step or two.
    """
    console.print("putting the float16 file into an Android app ...")
    made = edgekit.bundle_android(
        folder / "digits.float16.tflite",
        folder / "digits.apk",
        name="Digits",
        abis=["arm64-v8a"],
        progress=lambda step: console.print(f"  {step.stage}"),
    )
    console.print(f"{made}, checked as it would run on a phone:")
    for check in edgekit.verify_bundle(made.path).checks:
        console.print(f"  {check.verdict} {check.name}: {check.sentence}", markup=False)


def _seen(run: edgekit.RunResult) -> str:
    """Return the median time, or of an emulated board, whose seconds mean nothing, the instructions of an inference."""
    count = run.instruction_count
    return format_milliseconds(run.steady.p50_ms) if count is None else f"{count.value:,.0f} instructions"


def _reasons(assessment: edgekit.Assessment) -> str:
    """Return the verdict, and the limits that it is due to."""
    due = [check.limit for check in assessment.checks if check.verdict is assessment.verdict]
    passed = assessment.verdict is edgekit.Verdict.PASS
    return str(assessment.verdict) if passed else f"{assessment.verdict}: {', '.join(due)}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--device", default="local")
    parser.add_argument("--android", action="store_true", help="end with an app")
    options = parser.parse_args()
    target = options.folder or Path(tempfile.mkdtemp(prefix="edgekit-digits-"))
    target.mkdir(parents=True, exist_ok=True)
    main(target, options.device, android=options.android)
