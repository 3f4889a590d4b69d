"""What the wheel holds."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

import edgekit

_CHECKOUT = Path(edgekit.__file__).parent.parent

# Building the wheel and installing it takes about 15 s; the first test pays.
pytestmark = pytest.mark.slow


def _names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_every_device_profile_travels_in_the_wheel(wheel: Path) -> None:
    packed = {name.removeprefix("edgekit/") for name in _names(wheel) if name.startswith("edgekit/device_profiles/")}
    folder = _CHECKOUT / "device_profiles"
    assert packed == {str(path.relative_to(_CHECKOUT)) for path in folder.rglob("*") if path.is_file()}
    assert "device_profiles/rpi4.toml" in packed


def test_the_sources_of_the_app_travel_in_the_wheel(wheel: Path) -> None:
    packed = {name.removeprefix("edgekit/") for name in _names(wheel) if name.startswith("edgekit/android_demo/")}
    folder = _CHECKOUT / "android_demo" / "app" / "src" / "main"
    assert packed == {str(path.relative_to(_CHECKOUT)) for path in folder.rglob("*") if path.is_file()}


def test_what_is_not_python_travels_too(wheel: Path) -> None:
    info = f"edgekit-{edgekit.__version__}.dist-info"
    assert {"edgekit/py.typed", "edgekit/ARCHITECTURE.md", f"{info}/licenses/LICENSE"} <= _names(wheel)


def test_every_module_is_there_and_no_test_is(wheel: Path) -> None:
    names = _names(wheel)
    modules = {str(path.relative_to(_CHECKOUT)) for path in (_CHECKOUT / "edgekit").rglob("*.py")}
    assert {name for name in names if name.endswith(".py")} == modules
    assert {name.split("/")[0] for name in names} == {"edgekit", f"edgekit-{edgekit.__version__}.dist-info"}
    assert [name for name in names if "test_" in name or "/tests/" in name or "conftest" in name] == []


def test_the_wheel_says_what_it_is(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        metadata = archive.read(f"edgekit-{edgekit.__version__}.dist-info/METADATA").decode()
    lines = metadata.splitlines()
    assert "License-Expression: Apache-2.0" in lines
    assert "Requires-Python: <3.14,>=3.11" in lines
    needed = [line.partition(": ")[2] for line in lines if line.startswith("Requires-Dist: ")]
    base = [line for line in needed if "extra ==" not in line]
    extra = [line for line in needed if "extra ==" in line]
    assert not any("tensorflow" in line or "keras" in line for line in base)
    assert any(line.startswith("tensorflow") and line.endswith("extra == 'tensorflow'") for line in extra)
    assert any(line.endswith("extra == 'all'") for line in extra)
