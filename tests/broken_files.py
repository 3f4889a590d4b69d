"""The int8 files of the broken networks, as the tests of several rooms look at them; see conftest.py."""

from __future__ import annotations

from pathlib import Path

import edgekit
from edgekit.progress import silent


def convert_all(broken_models: dict, folder: Path) -> dict[str, tuple[Path, Path]]:
    """Return, by name, the float file and the int8 file of each network."""
    made = {}
    for name, broken in broken_models.items():
        target = folder / f"{name}.int8.tflite"
        made[name] = broken.float_file, target
        if name == "per_tensor_weights":
            target.write_bytes(_per_tensor(broken.float_file, broken.calibration, folder / "signed.tflite"))
        else:
            edgekit.convert(broken.float_file, target, calibration=broken.calibration, ranges="minmax")
    return made


def _per_tensor(file: Path, calibration: Path, signed: Path) -> bytes:
    """The file in int8 with one scale for all channels of a layer's weights, which edgekit itself does not make.

    The ranges are edgekit's own: ai-edge-quantizer's moving average cuts some off, which is another cause.
    """
    from ai_edge_quantizer import qtyping, recipe_manager

    from edgekit.quantization.observation import observe
    from edgekit.quantization.quantize import quantize
    from edgekit.quantization.ranges import calibration_result, choose_ranges
    from edgekit.quantization.signature import with_signature
    from edgekit.recipe import PRECISIONS, RANGE_STATISTICS

    signed.write_bytes(with_signature(file.read_bytes(), inputs=["photo"], outputs=["digit"]))
    seen = observe(signed, inputs=["photo"], files=[str(calibration)], count=200, progress=silent)
    used = choose_ranges(seen, statistic=RANGE_STATISTICS["minmax"], precision=PRECISIONS["int8"])
    everything, tensors = qtyping.TFLOperationName, qtyping.QuantGranularity.TENSORWISE
    recipe = recipe_manager.RecipeManager()
    recipe.add_static_config(".*", everything.ALL_SUPPORTED, 8, 8, tensors)
    for side in (everything.INPUT, everything.OUTPUT):
        recipe.add_quantization_config(".*", side, None, recipe_manager.AlgorithmName.NO_QUANTIZE)
    return quantize(
        signed,
        recipe=recipe.get_quantization_recipe(),
        calibration=calibration_result(used, observations=seen),
    )
