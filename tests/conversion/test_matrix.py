"""Every reference model, from every kind of file, to every precision, on real inputs."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from edgekit import Artifact, Conversion, convert, inspect

ALL = ("float32", "float16", "dynamic_int8", "int8", "int16x8")

pytestmark = pytest.mark.usefixtures("kept_workers")


@dataclass(frozen=True)
class Reference:
    name: str
    macs: int
    snr_db: dict[str, float]
    """What is kept at least, per precision; about 3 dB under what was seen when this was written."""


REFERENCES = (
    Reference("ic_resnet8", 12_501_632, {"float16": 53, "dynamic_int8": 27, "int8": 22, "int16x8": 27}),
    Reference("vww_mobilenet", 7_489_664, {"float16": 59, "dynamic_int8": 36, "int8": 31, "int16x8": 43}),
    Reference("ad_autoencoder", 264_192, {"float16": 67, "dynamic_int8": 32, "int8": 33, "int16x8": 33}),
    Reference("sww_dscnn1d", 826_368, {"float16": 70, "dynamic_int8": 58, "int8": 40, "int16x8": 50}),
)


@pytest.fixture(scope="session")
def samples(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Inputs in the range that each model was trained on: photos where it takes photos."""
    from PIL import Image

    folder = tmp_path_factory.mktemp("samples")
    photos = sorted((shared_data / "sign_language_digits").glob("*/*.JPG"))[::40]

    def pixels(size: int) -> np.ndarray:
        return np.stack(
            [np.asarray(Image.open(path).convert("RGB").resize((size, size)), np.float32) for path in photos]
        )

    generator = np.random.default_rng(0)
    arrays = {
        "ic_resnet8": pixels(32),
        "vww_mobilenet": pixels(96) / 255,
        # Log-mel energies, as the anomaly detector and the wake word take them.
        "ad_autoencoder": generator.normal(-20, 10, (50, 640)).astype(np.float32),
        "sww_dscnn1d": generator.random((50, 30, 1, 40), np.float32),
    }
    for name, values in arrays.items():
        np.save(folder / f"{name}.npy", values)
    return {name: folder / f"{name}.npy" for name in arrays}


def run(artifact: Artifact) -> np.ndarray:
    interpreter = Interpreter(model_path=str(artifact.path))
    interpreter.allocate_tensors()
    entry = interpreter.get_input_details()[0]
    interpreter.set_tensor(entry["index"], np.full(entry["shape"], 0.5, entry["dtype"]))
    interpreter.invoke()
    return np.asarray(interpreter.get_tensor(interpreter.get_output_details()[0]["index"]))


@pytest.fixture(scope="module")
def converted(
    samples: dict[str, Path], shared_data: Path, zoo: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str, str], Conversion]:
    """A reference model from one kind of file to every precision, made once."""

    @functools.cache
    def made(name: str, kind: str) -> Conversion:
        model = {
            "h5": shared_data / "mlperf_tiny" / f"{name}.h5",
            "keras": zoo / f"{name}.keras",
            "saved": zoo / f"{name}_saved",
        }[kind]
        return convert(model, tmp_path_factory.mktemp(f"{name}-{kind}"), precision=ALL, calibration=samples[name])

    return made


@pytest.mark.parametrize("reference", REFERENCES, ids=lambda reference: reference.name)
@pytest.mark.parametrize("kind", ["h5", "keras", "saved"])
def test_to_every_precision(reference: Reference, kind: str, converted: Callable[[str, str], Conversion]) -> None:
    conversion = converted(reference.name, kind)
    by_precision = {artifact.precision: artifact for artifact in conversion.artifacts}
    assert tuple(by_precision) == ALL

    sizes = {precision: artifact.size_bytes for precision, artifact in by_precision.items()}
    assert sizes["float16"] < 0.56 * sizes["float32"]
    assert max(sizes["dynamic_int8"], sizes["int8"], sizes["int16x8"]) < 0.45 * sizes["float32"]

    for precision, artifact in by_precision.items():
        facts = inspect(artifact.path)
        assert facts.precision == precision
        assert facts.runs_on_cpu
        assert facts.sha256 == artifact.sha256
        assert facts.macs == reference.macs
        assert np.isfinite(run(artifact)).all()
        parity, fidelity = artifact.provenance.parity, artifact.provenance.fidelity
        assert parity is not None
        assert parity.relative_error < 1e-4
        assert (parity.samples, parity.synthetic) == (16, False)
        if precision == "float32":
            assert fidelity is None
        else:
            assert fidelity is not None
            assert not fidelity.synthetic
            assert reference.snr_db[precision] < fidelity.snr_db < math.inf


def test_the_route_to_a_file_does_not_change_what_it_computes(converted: Callable[[str, str], Conversion]) -> None:
    for made in zip(*(converted("sww_dscnn1d", kind).artifacts for kind in ("h5", "keras")), strict=True):
        assert made[0].canonical_sha256 == made[1].canonical_sha256
