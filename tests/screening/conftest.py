"""Real photos, and how the checks are asked about samples."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from edgekit.screening import SampleFacts, SampleFinding, features_of, screen

Judge = Callable[..., dict[str, SampleFinding]]


@pytest.fixture(scope="session")
def photos(shared_data: Path) -> NDArray[Any]:
    """[60, 48, 48, 3], 0..1: six photos of each sign."""
    files = [
        file
        for folder in sorted((shared_data / "sign_language_digits").glob("?"))
        for file in sorted(folder.glob("*.JPG"))[10:70:10]
    ]
    images = (Image.open(file).convert("RGB").resize((48, 48), Image.Resampling.BILINEAR) for file in files)
    return np.stack([np.asarray(image, np.float32) / 255 for image in images])


@pytest.fixture
def judge() -> Judge:
    """Gives the findings by their names."""

    def found(values: NDArray[Any], *, pictures: bool = True, **known: Any) -> dict[str, SampleFinding]:
        features = features_of(
            ({"x": value[None]} for value in values), pictures={"x"} if pictures else set(), total=len(values)
        )
        facts = {
            "names": tuple(f"s{number}" for number in range(len(values))),
            "sample_ids": tuple(f"{number:064}" for number in range(len(values))),
            "labels": None,
            "classes": (),
            "class_count": None,
            "value_range": None,
            "from_files": False,
            "ordered": False,
            "model": None,
            "first_layers": None,
        }
        screening = screen(SampleFacts(features=features, **{**facts, **known}), path="p", preprocessing="none")
        names = [finding.name for finding in screening.findings]
        assert len(names) == len(set(names))
        return {finding.name: finding for finding in screening.findings}

    return found
