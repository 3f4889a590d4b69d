"""``scripts/demo --android`` ends with an app: its last step, on a model that is there already."""

from __future__ import annotations

import runpy
import shutil
import sys
from io import StringIO
from pathlib import Path
from types import ModuleType

import pytest
from rich.console import Console

_EXAMPLE = Path(__file__).parents[3] / "examples" / "digits.py"


def test_the_demo_ends_with_an_app(apk: Path, resnet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Its import takes longer than all that is tried here, which needs nothing of it.
    monkeypatch.setitem(sys.modules, "keras", ModuleType("keras"))
    for ending in ("", ".json", ".golden.npz"):
        shutil.copy(f"{resnet}{ending}", tmp_path / f"digits.float16.tflite{ending}")
    told = StringIO()
    runpy.run_path(str(_EXAMPLE))["bundle"](tmp_path, Console(file=told, width=200))
    assert (tmp_path / "digits.apk").exists()
    lines = [line.strip() for line in told.getvalue().splitlines()]
    assert "pass signature: signed by CN=edgekit debug" in lines
    assert any(line.startswith("pass golden pack: ") for line in lines)
