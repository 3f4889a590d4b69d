"""Many small models in one process on a device."""

from __future__ import annotations

import pytest

from edgekit.devices import opened
from edgekit.errors import InferenceError
from edgekit.probing.networks import CHAINS
from edgekit.probing.writing import NetworkWriter
from edgekit.runner import Series, time_series


def network(name: str) -> bytes:
    shape, make = CHAINS[name]
    writer = NetworkWriter(quantized=False, shape=(1, *shape))
    make(writer)
    return writer.written()


def timed(models: dict[str, bytes], *, seconds: float, least: int) -> Series:
    with opened("local") as machine:
        return time_series(models, device=machine, threads=1, seconds=seconds, least=least, window_seconds=0.002)


def test_models_are_timed_in_order_until_time_is_up() -> None:
    models = {name: network(name) for name in ("spatial 8x128", "added 4x20", "dense 128")}
    short = timed(models, seconds=0, least=2)
    assert list(short.median_ms) == ["spatial 8x128", "added 4x20"]
    # 75 million products against 2560 additions: on any machine.
    assert short.median_ms["spatial 8x128"] > 2 * short.median_ms["added 4x20"] > 0
    assert (short.device, short.threads) == ("local", 1)
    assert short.environment.runtime.startswith("ai-edge-litert ")
    phases = [each.phase for each in short.conditions.snapshots]
    assert (phases[0], phases[-1]) == ("before", "after")
    assert "steady" in phases
    assert list(timed(models, seconds=60, least=1).median_ms) == list(models)


def test_a_model_that_the_runtime_refuses_is_left_out_and_named() -> None:
    torn = b"TFL3 and nothing else"
    series = timed({"torn": torn, "added 4x20": network("added 4x20")}, seconds=60, least=1)
    assert list(series.median_ms) == ["added 4x20"]
    assert list(series.refused) == ["torn"]
    assert series.refused["torn"]
    # Where nothing is left, it is an error about that model, and not about the file that they travel in.
    with pytest.raises(InferenceError, match="the runtime on local refuses torn: "):
        timed({"torn": torn}, seconds=60, least=1)
