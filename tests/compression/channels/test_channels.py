"""Channel pruning over the matrix of architectures: dead channels go, and the outputs stay what they were."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

_SMALL = [
    "sequential", "squeezed", "unet", "keywords", "autoencoder", "two_and_two", "nested", "shared_layers", "text",
    "dynamic_size", "vision_transformer",
]  # fmt: skip
_LARGE = ["MobileNetV3Small", "ResNet50V2"]
_CLOSED = {
    "lstm": r"lstm(_\d+)? \(LSTM\)",
    "attention": r"multi_head_attention(_\d+)? \(MultiHeadAttention\)",
    "dynamic_batch": r"reshape(_\d+)? \(Reshape\)",
}


@pytest.fixture(scope="module")
def small(made_once: Callable[..., Path]) -> Path:
    return made_once("dead", "dead_channels.py", Path(), *_SMALL, *_CLOSED)


@pytest.fixture(scope="module")
def large(made_once: Callable[..., Path]) -> Path:
    return made_once("dead-large", "dead_channels.py", Path(), *_LARGE)


def hold(found: dict) -> None:
    assert found["spread"] > 0
    assert found["error"] <= 1e-5
    assert found["macs"] <= 0.5
    assert found["macs_again"] == pytest.approx(found["macs"])
    left, counted, before = found["parameters"]
    assert left == counted < before
    assert found["odd"] == []


@pytest.mark.parametrize("name", _SMALL)
def test_dead_channels_go_and_outputs_stay(small: Path, name: str) -> None:
    hold(json.loads((small / f"{name}.json").read_text()))


@pytest.mark.slow
@pytest.mark.parametrize("name", _LARGE)
def test_dead_channels_of_known_networks(large: Path, name: str) -> None:
    found = json.loads((large / f"{name}.json").read_text())
    hold(found)
    assert found["kinds"] == ["keras"]


@pytest.mark.parametrize("name", _CLOSED)
def test_what_stands_in_the_way_is_named(small: Path, name: str) -> None:
    refused = json.loads((small / f"{name}.json").read_text())["refused"]
    assert "a share of 0.5 cannot be reached" in refused
    # Keras numbers layers by what the process made before.
    assert re.search(f"channels are not followed through {_CLOSED[name]}", refused)
