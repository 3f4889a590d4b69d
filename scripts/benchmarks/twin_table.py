"""How exactly the twin computes what LiteRT computes, on the applications of the conversion matrix."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lines import Place
from promises import Missed

_SCRIPT = Path(__file__).resolve().parents[2] / "tests" / "twin" / "parities.py"
APPLICATIONS = (
    "MobileNet", "MobileNetV2", "MobileNetV3Small", "MobileNetV3Large", "EfficientNetB0", "EfficientNetV2B0",
    "ResNet50V2", "DenseNet121", "NASNetMobile", "Xception", "ConvNeXtTiny",
)  # fmt: skip
_QUICK = ("MobileNet",)
_LIMIT = 1e-5
"""Of the output's range; where float32 sums make more of it, the twin must be nearer to float64 than LiteRT is."""


def twin(place: Place) -> Iterator[str]:
    """The twin against LiteRT in float, and both against float64: largest error, as a share of the output's range."""
    yield f"{'model':20} {'to LiteRT':>10} {'to float64':>11} {'LiteRT to float64':>18}"
    for name in place.only or (_QUICK if place.quick else APPLICATIONS):
        found = _figures(name, place.data / "sign_language_digits")
        if found["unknown"]:
            yield Missed(f"{name:20} {'; '.join(found['unknown'])}")
            continue
        ours, theirs = found["twin_to_exact"], found["runtime_to_exact"]
        line = f"{name:20} {found['error']:10.2e} {ours:11.2e} {theirs:18.2e}"
        yield line if found["error"] <= _LIMIT or ours <= theirs else Missed(line)


def _figures(name: str, photos: Path) -> dict[str, Any]:
    told = subprocess.run(
        [sys.executable, _SCRIPT, "untrained", photos, name],
        capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONWARNINGS": "ignore", "PYTHONPATH": str(_SCRIPT.parents[1])},
    )  # fmt: skip
    return json.loads(told.stdout.splitlines()[-1])[name]
