"""Fits the costs of the predictor to the published latencies, and writes them where edgekit reads them.

scripts/fit_prediction.py                 measurements.toml + networks.json -> costs.toml
scripts/fit_prediction.py --networks      makes networks.json first, from real .tflite files (needs TensorFlow)
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from edgekit import __version__, convert, inspect
from edgekit.prediction.fitting import Fit, fit_family, known_by_one, leave_one_out
from edgekit.prediction.measurements import Family, Measurements, measurements
from edgekit.prediction.scales import efficiency
from edgekit.prediction.work import KernelKind, WorkKind, work_of

_CHECKOUT = Path(__file__).resolve().parents[1]
_DATA = _CHECKOUT / "edgekit" / "prediction" / "data"
_SHARED = Path(os.environ.get("EDGEKIT_TEST_DATA", _CHECKOUT.parent / "shared" / "data"))
_APPLICATIONS = {
    "mobilenet_v1": ("MobileNet", {}),
    "mobilenet_v2": ("MobileNetV2", {}),
    "mobilenet_v3_large": ("MobileNetV3Large", {"include_preprocessing": False}),
    "mobilenet_v3_small": ("MobileNetV3Small", {"include_preprocessing": False}),
}
_TINY = {"kws": "kws_dscnn_int8.tflite", "vww": "vww_mobilenet_int8.tflite", "ic": "ic_resnet8_int8.tflite"}
_FLOAT_BYTES = 4


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--networks", action="store_true", help="make networks.json first")
    if parser.parse_args().networks:
        made = {"schema": "edgekit.networks/1", "networks": dict(_networks())}
        (_DATA / "networks.json").write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")
    known = measurements()
    (_DATA / "costs.toml").write_text("\n".join(_document(known)) + "\n", encoding="utf-8")


def _networks() -> Iterator[tuple[str, dict[str, Any]]]:
    import keras

    with tempfile.TemporaryDirectory() as folder:
        for name, (builder, options) in _APPLICATIONS.items():
            model = getattr(keras.applications, builder)(input_shape=(224, 224, 3), weights=None, **options)
            path = convert(model, Path(folder, f"{name}.tflite"), precision="float32").artifact.path
            origin = f"keras.applications.{builder} of Keras {keras.__version__}, input 1x224x224x3, random weights"
            yield name, _row(path, f"{origin}, float32, by edgekit {__version__}")
        autoencoder = _SHARED / "mlperf_tiny" / "ad_autoencoder.h5"
        path = convert(autoencoder, Path(folder, "ad.tflite"), precision="float32").artifact.path
        row = _row(path, "MLPerf Tiny's ad_autoencoder.h5, converted to float32; a quarter of the bytes of weights")
        row["work"]["weights"] /= _FLOAT_BYTES
        yield "mlperf_tiny_ad", row
    for name, file in _TINY.items():
        row = _row(_SHARED / "mlperf_tiny" / file, f"MLPerf Tiny's {file}")
        yield f"mlperf_tiny_{name}", row
        if name == "vww":
            yield "person_detection", _grey(row, file)


def _grey(row: dict[str, Any], file: str) -> dict[str, Any]:
    """TFLite Micro's person_detect: the file is not here, but it is the same network on grey photos of 96x96."""
    work = {**row["work"]}
    work["spatial"] /= 3
    work["moved"] -= 2 * 96 * 96
    work["weights"] -= 2 * 3 * 3 * 8
    origin = (
        f"derived: MLPerf Tiny's {file}, which is the same MobileNet v1 0.25 at 96x96, with one input channel for three"
    )
    return {"origin": origin, "canonical_sha256": None, "work": work}


def _row(path: Path, origin: str) -> dict[str, Any]:
    facts = inspect(path)
    sums: dict[str, float] = {}
    for amounts in work_of(facts).totals().values():
        for kind, amount in amounts.items():
            sums[str(kind)] = sums.get(str(kind), 0.0) + amount
    return {"origin": origin, "canonical_sha256": facts.canonical_sha256, "work": sums}


def _document(known: Measurements) -> Iterator[str]:
    yield "# Written by scripts/fit_prediction.py from measurements.toml and networks.json: change those."
    for family in Family:
        cells = known.of(family)
        fit = fit_family(cells, known, family)
        yield f"\n[{family}]"
        yield "# Share of the time that more threads divide."
        yield f"parallel = {fit.parallel:.4f}"
        if family is Family.APPLICATION:
            yield "# What boards reach of the peak of their cores in float32, on all cores together."
            yield f"efficiency = {efficiency(fit, known):.4f}"
            yield "# Time of int8 against float32, of boards of which it was not measured."
            yield f"int8_ratio = {_mean(fit, known, dot=False):.4f}"
            yield f"int8_dot_ratio = {_mean(fit, known, dot=True):.4f}"
        for arithmetic, costs in fit.costs.items():
            yield f"\n# Costs, relative to a pointwise multiply-accumulate.\n[{family}.costs.{arithmetic}]"
            yield from (f"{kind} = {cost:.4f}" for kind, cost in costs.items())
        for board, scale in fit.scales.items():
            mine = [cell for cell in cells if cell.board == board]
            yield f"\n[{family}.boards.{board}]"
            yield f"milliseconds_per_million = {scale:.6f}"
            if board in fit.ratios:
                yield f"int8_ratio = {fit.ratios[board]:.4f}"
            yield f"threads = {sorted({cell.threads for cell in mine})}"
            yield f"networks = {len({cell.network for cell in mine})}"
        yield f"\n# Least and most of each kind of work in the networks.\n[{family}.seen]"
        works = [known.work(cell) for cell in cells]
        for kind in WorkKind:
            amounts = [work.get(kind, 0.0) for work in works]
            if max(amounts) > 0:
                yield f"{kind} = [{min(amounts):.0f}, {max(amounts):.0f}]"
        yield "\n# Logarithms of predicted over published, of fits that had not seen what they predict."
        yield f"[{family}.errors]"
        left = list(leave_one_out(known, family))
        for arithmetic in fit.costs:
            yield f"{arithmetic} = {[round(error, 4) for cell, error in left if cell.arithmetic is arithmetic]}"
        yield f"one_network = {[round(error, 4) for _, error in known_by_one(known, family)]}"
        yield f"other_board = {[round(error, 4) for error in _from_afar(known, family)]}"


def _mean(fit: Fit, known: Measurements, *, dot: bool) -> float:
    found = [ratio for board, ratio in fit.ratios.items() if known.boards[board].dot_product is dot]
    return math.exp(sum(map(math.log, found)) / len(found))


def _from_afar(known: Measurements, family: Family) -> list[float]:
    """Boards as if nothing had been measured on them: their scale follows from core and clock."""
    from edgekit.prediction.scales import told_scale

    errors = []
    for board in known.boards.values():
        if board.family is not family or board.clock_hz is None or board.kernels:
            continue
        rest = [
            cell for cell in known.of(family) if known.boards[cell.board].profile != board.profile or not board.profile
        ]
        rest = [cell for cell in rest if cell.board != board.name]
        fit = fit_family(rest, known, family)
        scale = told_scale(fit, known, family, core=board.core, clock_hz=board.clock_hz)
        if scale is None:
            continue
        moved = Fit(fit.costs, {**fit.scales, board.name: scale}, fit.ratios, fit.parallel)
        first = KernelKind.FLOAT32 if family is Family.APPLICATION else KernelKind.INT8
        errors += [
            math.log(moved.milliseconds(cell, known.work(cell)) / cell.milliseconds)
            for cell in known.of(family)
            if cell.board == board.name and cell.arithmetic is first
        ]
    return errors


if __name__ == "__main__":
    sys.exit(main())
