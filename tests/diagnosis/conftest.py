"""What the tests of this room share: the broken networks in int8, and what is told of each."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ai_edge_quantizer import algorithm_manager, qtyping, quantizer

import edgekit
from edgekit import Diagnosis
from edgekit.conversion.quantization.signature import SIGNATURE_KEY, with_signature

Files = dict[str, tuple[Path, Path]]


@pytest.fixture(scope="session")
def files(broken_models: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Files:
    """By name, the float file and the int8 file of each broken network."""
    folder = tmp_path_factory.mktemp("int8")
    made: Files = {}
    for name, broken in broken_models.items():
        target = folder / f"{name}.int8.tflite"
        made[name] = broken.float_file, target
        if name == "per_tensor_weights":
            target.write_bytes(_per_tensor(broken.float_file, np.load(broken.calibration), folder / "signed.tflite"))
        else:
            edgekit.convert(broken.float_file, target, calibration=broken.calibration, ranges="minmax")
    return made


@pytest.fixture(scope="session")
def unseen(broken_models: dict[str, Any]) -> np.ndarray:
    """Photos that nothing was trained or calibrated on."""
    with np.load(broken_models["sound"].evaluation) as archive:
        return archive["photo"][::6]


@pytest.fixture(scope="session")
def told(files: Files, unseen: np.ndarray) -> Callable[[str], Diagnosis]:
    """The diagnosis of a broken network, made once."""
    known: dict[str, Diagnosis] = {}

    def diagnosis(name: str) -> Diagnosis:
        if name not in known:
            known[name] = edgekit.diagnose(*files[name], samples=unseen)
        return known[name]

    return diagnosis


def _per_tensor(file: Path, calibration: np.ndarray, signed: Path) -> bytes:
    """The file in int8 with one scale for all channels of a layer's weights, which edgekit itself does not make."""
    signed.write_bytes(with_signature(file.read_bytes(), inputs=["photo"], outputs=["digit"]))
    maker = quantizer.Quantizer(str(signed))
    everything, ways, bits = qtyping.TFLOperationName, algorithm_manager.AlgorithmName, qtyping.TensorQuantizationConfig
    config = qtyping.OpQuantizationConfig(
        activation_tensor_config=bits(num_bits=8, symmetric=False),
        weight_tensor_config=bits(num_bits=8, granularity=qtyping.QuantGranularity.TENSORWISE),
        compute_precision=qtyping.ComputePrecision.INTEGER,
    )
    maker.update_quantization_recipe(".*", everything.ALL_SUPPORTED, config, algorithm_key=ways.MIN_MAX_UNIFORM_QUANT)
    for side in (everything.INPUT, everything.OUTPUT):
        maker.update_quantization_recipe(".*", side, None, algorithm_key=ways.NO_QUANTIZE)
    with warnings.catch_warnings():
        # The calibrator asks the runtime to keep all tensors, and the runtime warns that this takes memory.
        warnings.simplefilter("ignore")
        ranges = maker.calibrate({SIGNATURE_KEY: [{"photo": photo[None]} for photo in calibration]})
        return bytes(maker.quantize(ranges).quantized_model)
