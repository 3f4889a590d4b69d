"""Golden packs stay small, and are as strict as the arithmetic allows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import edgekit
from edgekit import PRECISIONS
from edgekit.artifact import GOLDEN_LIMIT_BYTES, read_golden_pack
from edgekit.quantization.golden import make_golden_pack

_INTEGERS = {"int8", "int16x8", "int8x4"}


def test_tolerance_follows_from_the_arithmetic(shared_data: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "samples.npy", np.random.default_rng(5).random((6, 32, 32, 3), np.float32) * 255)
    model = shared_data / "mlperf_tiny" / "ic_resnet8_float32.tflite"
    made = edgekit.convert(model, tmp_path, precision=list(PRECISIONS), calibration=tmp_path / "samples.npy")
    for artifact in made.artifacts:
        (output,) = read_golden_pack(artifact.golden_path).outputs
        span = float(np.ptp(output.values))
        if artifact.precision in _INTEGERS:
            assert output.tolerance == 0
        elif artifact.precision in {"float32", "float16"}:
            assert 1e-4 * span * 0.999 <= output.tolerance <= 1e-2 * span
            assert output.reason.startswith("float arithmetic")
        else:
            assert output.tolerance >= span / 128 * 0.999
            assert output.reason.startswith("float values are rounded to integers while running")


def test_an_integer_file_keeps_its_own_integers(shared_data: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "samples.npy", np.random.default_rng(5).random((6, 32, 32, 3), np.float32) * 255)
    model = shared_data / "mlperf_tiny" / "ic_resnet8_float32.tflite"
    artifact = edgekit.convert(model, tmp_path, calibration=tmp_path / "samples.npy", io="int").artifact
    pack = read_golden_pack(artifact.golden_path)
    (values,), (output,) = pack.inputs.values(), pack.outputs
    assert (values.dtype, output.values.dtype) == (np.int8, np.int8)
    (spec,) = artifact.inputs
    real = np.load(tmp_path / "samples.npy")
    steps = np.clip(np.round(real / spec.scale) + spec.zero_point, -128, 127)
    assert all((steps == each).all(axis=(1, 2, 3)).any() for each in values)


@pytest.fixture
def pack_of(tmp_path: Path) -> Callable[..., object]:
    """Return a function that makes the pack of a model which scales its input and repeats it."""
    keras = pytest.importorskip("keras")

    def make(shape: tuple[int, ...], times: int = 1, samples: int = 4) -> object:
        entry = keras.Input(shape, batch_size=1)
        outputs = [keras.layers.Rescaling(2.0 + number)(entry) for number in range(times)]
        path = edgekit.convert(keras.Model(entry, outputs), tmp_path / "m.tflite", precision="float32").artifact.path
        generator = np.random.default_rng(3)
        noise = [[generator.random((1, *shape), np.float32)] for _ in range(samples)]
        (spec,) = edgekit.inspect(path).inputs
        content = make_golden_pack(
            path, name="m.tflite", order=[spec.name], samples=noise, preprocessing="noise", sample_ids=()
        )
        assert len(content) <= GOLDEN_LIMIT_BYTES
        (tmp_path / "pack.npz").write_bytes(content)
        return read_golden_pack(tmp_path / "pack.npz")

    return make


def test_the_worst_input_is_made_coarser(pack_of) -> None:
    small, large = pack_of((100, 100, 1)), pack_of((600, 400, 3))
    assert (small.samples, small.coarsened) == (4, 1)
    assert (large.samples, large.coarsened) == (1, 8)
    (values,) = large.inputs.values()
    assert values.shape == (1, 600, 400, 3)
    assert (values[0, :8, :8] == values[0, 0, 0]).all()
    # Of a large output a part is kept, and it is the part that it says it is.
    (output,) = large.outputs
    assert output.values.shape == (1, 4096)
    assert np.allclose(output.values[0], 2 * values.reshape(-1)[output.positions])


def test_many_outputs_share_the_room(pack_of) -> None:
    pack = pack_of((64, 64, 3), times=8)
    assert {output.values.shape for output in pack.outputs} == {(pack.samples, 512)}
