"""Which boards would do, and what an estimate explains."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from edgekit.errors import UsageError
from edgekit.inspection import inspect
from edgekit.prediction import boards, explain
from edgekit.prediction.explaining import explained
from edgekit.probing.writing import NetworkWriter
from edgekit.reports.boards_report import boards_section
from edgekit.reports.page import Gallery

MOBILENET_V2 = Path("coral", "mobilenet_v2_1.0_224_quant.tflite")
VWW = Path("mlperf_tiny", "vww_mobilenet_int8.tflite")
VWW_FLOAT = Path("mlperf_tiny", "vww_mobilenet_float32.tflite")


def test_boards_are_sorted_and_say_what_stops_them(shared_data: Path) -> None:
    table = boards(shared_data / MOBILENET_V2, max_latency_ms=25, max_memory_bytes=256 * 2**20, max_power_watts=9)
    by_name = {choice.profile: choice for choice in table.choices}
    assert len(by_name) == 21
    first = table.choices[0]
    assert (first.profile, first.stops, first.likelihood) == ("rpi4", (), 0.99)
    assert by_name["rpi5"].stops == ("it takes 11 W under full load",)
    assert by_name["rpi5"].likelihood == 0
    slow = by_name["rpi2b"]
    assert slow.prediction is not None
    assert slow.stops[0].startswith(f"a p90 of about {slow.prediction.p90_ms:.3g} ms (")
    assert "is too slow for 25 ms" in slow.stops[0]
    assert by_name["rpi2b"].likelihood == pytest.approx(0.01)
    assert by_name["pixel6"].likelihood is None
    assert by_name["pixel6"].stops == ("its power is not known",)
    stops = by_name["stm32f746"].stops
    assert stops[0].startswith("its activations need 1.6 MiB of 320.0 KiB of RAM")
    assert any("LiteRT for Microcontrollers" in clause for clause in stops)
    assert any("does not tell cores" in clause for clause in by_name["x86-64"].stops)
    ranks = [choice.rank for choice in table.choices]
    assert ranks == sorted(ranks)
    document = json.loads(json.dumps(table.to_document(), allow_nan=False))
    assert (document["schema"], document["evidence"], len(document["boards"])) == ("edgekit.boards/1", "estimated", 21)


def test_a_limit_of_memory_stops_a_board(shared_data: Path) -> None:
    table = boards(shared_data / MOBILENET_V2, max_memory_bytes=10 * 2**20)
    stops = next(choice.stops for choice in table.choices if choice.profile == "rpi4")
    assert stops[0].startswith("it needs ")
    assert stops[0].endswith(", over 10.0 MiB")


def test_a_limit_that_nothing_keeps(shared_data: Path) -> None:
    with pytest.raises(UsageError, match="the limit of latency is 0, but must be more than zero"):
        boards(shared_data / MOBILENET_V2, max_latency_ms=0)


def test_an_explanation_of_a_float_network(shared_data: Path) -> None:
    found = explain(shared_data / VWW_FLOAT, "rpi5")
    assert found.reasons[0].startswith("Of the time, ")
    assert "pointwise convolutions" in found.reasons[0]
    assert any("compute bound" in sentence or "memory bound" in sentence for sentence in found.reasons)
    changes = {change.name: change for change in found.changes}
    before = found.prediction.median_ms
    for name in ("int8", "channels"):
        median = changes[name].median_ms
        assert median is not None
        assert median < before / 2
    slower = [changes[name].median_ms or 0.0 for name in ("threads 1", "threads 2")]
    assert slower[0] > slower[1] > before
    assert changes["fp16"].median_ms is None
    assert "No measurement that the costs were fitted to is in fp16" in changes["fp16"].sentence
    assert any(name.startswith("board ") for name in changes)
    json.dumps(found.to_document(), allow_nan=False)


def test_an_explanation_does_not_offer_what_is_there(shared_data: Path) -> None:
    names = {change.name for change in explain(shared_data / MOBILENET_V2, "rpi4").changes}
    assert "int8" not in names
    assert "threads 4" not in names
    assert "fp16" not in names
    without = explain(shared_data / VWW_FLOAT, "rpi4").changes
    assert next(change for change in without if change.name == "fp16").sentence.startswith("With fp16 arithmetic: no ")


def test_what_a_file_is_already_is_not_advised(shared_data: Path) -> None:
    """Its edges turn floats into integers and back, which takes time in floats, and is no reason for int8."""
    int8 = inspect(shared_data / VWW)
    edge = dataclasses.replace(
        next(op for op in int8.ops if op.macs == 0), name="DEQUANTIZE", precision="boundary", read_values=10**6
    )
    edged = dataclasses.replace(int8, ops=(*int8.ops, edge))
    names = {change.name for change in explained(edged, "rpi5").changes}
    assert names.isdisjoint({"int8", "fp16"})
    assert {"channels", "threads 1"} <= names
    half = dataclasses.replace(inspect(shared_data / VWW_FLOAT), precision="float16")
    assert "fp16" not in {change.name for change in explained(half, "rpi4").changes}
    # A core that computes in fp16 would do so with these weights too.
    assert "fp16" in {change.name for change in explained(half, "rpi5").changes}


def test_a_network_whose_operators_cost_nothing(tmp_path: Path) -> None:
    """Renaming a tensor takes no time that the costs know, and nothing divides by it."""
    writer = NetworkWriter(quantized=False, shape=(1, 16))
    writer.unary("RESHAPE")
    (tmp_path / "renamed.tflite").write_bytes(writer.written())
    table = boards(tmp_path / "renamed.tflite", max_latency_ms=5)
    first = next(choice for choice in table.choices if choice.profile == "rpi4")
    assert first.prediction is not None
    assert (first.prediction.median_ms, first.likelihood) == (0, 0.99)
    explained = explain(tmp_path / "renamed.tflite", "rpi4")
    assert explained.reasons[0] == "Its operators only rename what is there: no cost is known."
    assert explained.changes == ()
    assert not any(isinstance(block, Gallery) for block in boards_section(table).blocks)
