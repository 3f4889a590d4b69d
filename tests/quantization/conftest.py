"""Real float files with a signature, real photos as samples, and the way from both to a quantized file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray
from PIL import Image

from edgekit.progress import silent
from edgekit.quantization.observation import Observation, observe
from edgekit.quantization.quantize import quantize, quantizer_recipe
from edgekit.quantization.ranges import calibration_result, choose_ranges
from edgekit.quantization.signature import with_signature
from edgekit.recipe import PRECISIONS, RANGE_STATISTICS

Samples = Sequence[NDArray[np.float32]]


@dataclass(frozen=True)
class FloatFile:
    """A float .tflite with one input, in a folder that may be written to."""

    path: Path
    input: str = "x"

    def observed(self, samples: Samples) -> dict[str, Observation]:
        spooled = self.path.with_suffix(".npy")
        np.save(spooled, np.stack(samples))
        return observe(self.path, inputs=[self.input], files=[str(spooled)], count=len(samples), progress=silent)

    def quantized(
        self,
        observations: dict[str, Observation] | None,
        *,
        precision: str = "int8",
        ranges: str = "minmax",
        weight_block: int | None = None,
    ) -> bytes:
        row = PRECISIONS[precision]
        recipe = quantizer_recipe(self.path, precision=row, weight_block=weight_block)
        if observations is None:
            return quantize(self.path, recipe=recipe, calibration=None)
        used = choose_ranges(observations, statistic=RANGE_STATISTICS[ranges], precision=row)
        return quantize(self.path, recipe=recipe, calibration=calibration_result(used, observations=observations))

    def snr_db(self, content: bytes, samples: Samples) -> float:
        wanted, got = (outputs_of(each, samples) for each in (self.path.read_bytes(), content))
        return float(10 * np.log10(np.square(wanted).sum() / np.square(wanted - got).sum()))


def outputs_of(content: bytes, samples: Samples) -> NDArray[np.float64]:
    interpreter = Interpreter(model_content=content)
    runner = interpreter.get_signature_runner()
    (name,) = runner.get_input_details()
    outputs = []
    for sample in samples:
        (result,) = runner(**{name: sample[None]}).values()
        outputs.append(result.astype(np.float64))
        interpreter.reset_all_variables()
    return np.stack(outputs)


@pytest.fixture(scope="session")
def float_file(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], FloatFile]:
    """Gives a reference model by name: ``ic_resnet8``, ``vww_mobilenet``."""

    def signed(name: str) -> FloatFile:
        path = tmp_path_factory.mktemp(name) / f"{name}.tflite"
        content = (shared_data / "mlperf_tiny" / f"{name}_float32.tflite").read_bytes()
        path.write_bytes(with_signature(content, inputs=["x"], outputs=["y"]))
        return FloatFile(path)

    return signed


@pytest.fixture(scope="session")
def resnet(float_file: Callable[[str], FloatFile]) -> FloatFile:
    return float_file("ic_resnet8")


@pytest.fixture(scope="session")
def photos(shared_data: Path) -> list[NDArray[np.float32]]:
    """240 photos as ResNet-8 takes them: 32x32, 0..255; neighbours are of different classes."""
    paths = sorted((shared_data / "sign_language_digits").glob("*/*.JPG"), key=lambda path: (path.stem, path.parent))
    assert len(paths) > 2000
    return [np.asarray(Image.open(path).convert("RGB").resize((32, 32)), np.float32) for path in paths[:1920:8]]
