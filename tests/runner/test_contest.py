"""Files that take turns: what is the same is never called faster or slower, and what is faster is."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from edgekit import compare_speed, load_runs, report
from edgekit.errors import InferenceError, UnsuitedDevice, UsageError
from edgekit.runner.contest import ROUNDS, turns_in_order
from edgekit.runs import Faster, Timings, speed_at, speed_ratio

RECORDED = Path(__file__).with_name("recorded_blocks.json")
"""Medians of real blocks of one file, in us, twelve sessions of twenty turns, on a machine that was very busy."""


def tries(count: int, *, factor: float, drift: float = 0.0) -> Counter[Faster]:
    """Judge ``count`` made-up sessions of recorded blocks, of which the second file's are ``factor`` times as long."""
    series = np.concatenate([np.asarray(session) for session in json.loads(RECORDED.read_text())])
    generator = np.random.Generator(np.random.PCG64(11))
    verdicts: Counter[Faster] = Counter()
    for _ in range(count):
        # Neighbours stay neighbours, and only who comes first is drawn by lot, as on a device.
        start = int(generator.integers(len(series)))
        blocks = np.take(series, range(start, start + 2 * ROUNDS), mode="wrap").reshape(ROUNDS, 2)
        blocks = blocks * np.exp(drift * np.arange(2 * ROUNDS).reshape(ROUNDS, 2))
        second = generator.integers(2, size=ROUNDS)
        ours, theirs = blocks[np.arange(ROUNDS), second] * factor, blocks[np.arange(ROUNDS), 1 - second]
        ratio = speed_ratio([[each] for each in ours], [[each] for each in theirs], file="b", against="a")
        verdicts[ratio.verdict] += 1
    return verdicts


@pytest.mark.parametrize("drift", [0.0, 0.02])
def test_the_same_file_twice_cannot_be_told_apart(drift: float) -> None:
    # 99 of 100 are promised: 396, give or take six.
    assert tries(400, factor=1.0, drift=drift)[Faster.CANNOT_TELL] >= 390


def test_what_is_a_quarter_faster_is_called_so() -> None:
    faster = tries(100, factor=1 / 1.25)
    assert faster[Faster.FASTER] >= 55
    assert faster[Faster.SLOWER] == 0
    slower = tries(100, factor=1.25)
    assert slower[Faster.SLOWER] >= 55
    assert slower[Faster.FASTER] == 0


def test_every_file_has_one_turn_in_each_round() -> None:
    order = np.array(turns_in_order(3, rounds=200, seed=4)).reshape(200, 3)
    assert (np.sort(order, axis=1) == [0, 1, 2]).all()
    # Each of the six orders comes about as often as the others, and the same seed gives the same ones.
    assert min(Counter(map(tuple, order.tolist())).values()) > 15
    assert turns_in_order(3, rounds=200, seed=4) == order.ravel().tolist()
    assert turns_in_order(3, rounds=200, seed=5) != order.ravel().tolist()


def test_files_take_turns_on_a_real_device(shared_data: Path, tmp_path: Path) -> None:
    folder = shared_data / "mlperf_tiny"
    slow, fast = folder / "ic_resnet8_float32.tflite", folder / "kws_dscnn_int8.tflite"
    result = compare_speed([slow, fast, slow], runs=40, min_seconds=0)
    assert [each.file for each in result.files] == [slow.name, fast.name, slow.name]
    for each in result.files:
        # Two in each of twenty turns.
        assert each.blocks == (2,) * ROUNDS
        assert each.steady.count == 40
    assert result.files[0].outputs_sha256 == result.files[2].outputs_sha256 != result.files[1].outputs_sha256
    first, again = result.ratios
    # The keyword spotter has a fifth of the multiplications, and they are of one byte.
    assert first.verdict is Faster.FASTER
    assert first.interval.low <= first.ratio <= first.interval.high < 1
    assert again.interval.low <= 1.5
    assert (first.rounds, again.rounds) == (ROUNDS, ROUNDS)
    result.save(tmp_path / "speed.json")
    document = json.loads((tmp_path / "speed.json").read_text())
    assert document["schema"] == "edgekit.speed/1"
    assert [ratio["verdict"] for ratio in document["ratios"]] == ["faster", str(again.verdict)]
    assert "faster" in str(result)
    # What was written is read again, and not believed where its times say otherwise.
    assert speed_at(tmp_path / "speed.json") == result
    made = report(tmp_path / "speed.json", models=[fast])
    assert made.speeds == (result,)
    assert "Which is faster on local: ic_resnet8_float32.tflite and kws_dscnn_int8.tflite" in str(made)
    assert f"{first.ratio:.3f}  {first.interval.low:.3f} to {first.interval.high:.3f}  faster" in str(made)
    with pytest.raises(UsageError, match="nothing here can be held against rpi4"):
        report(result, profile="rpi4")
    with pytest.raises(UsageError, match="it tells which of several files is faster, and no file's own times"):
        load_runs(tmp_path / "speed.json")
    for torn, sentence in (
        ({"blocks": [20, 20]}, r"files\[0\].blocks is \[20, 20\], but must be a list of at least 8 turns"),
        ({"steady": Timings((0.0,) * 40).to_document()}, "blocks is .* must be turns whose median is above 0 ms"),
    ):
        files = [{**each, **torn} for each in document["files"]]
        (tmp_path / "speed.json").write_text(json.dumps({**document, "files": files}))
        with pytest.raises(UsageError, match=sentence):
            speed_at(tmp_path / "speed.json")
    document["ratios"][0]["ratio"] *= 0.9
    (tmp_path / "speed.json").write_text(json.dumps(document))
    with pytest.raises(UsageError, match=r"is no comparison of files: the document.ratios\[0\].ratio is .*, but"):
        speed_at(tmp_path / "speed.json")


def test_the_file_that_is_refused_is_the_one_that_is_named(shared_data: Path) -> None:
    good, bad = "mlperf_tiny/kws_dscnn_int8", "coral/model_invoking_error"
    with pytest.raises(InferenceError, match=r"refuses .*model_invoking_error\.tflite"):
        compare_speed([shared_data / f"{name}.tflite" for name in (good, bad)], runs=20, min_seconds=0)


def test_an_emulated_board_is_refused_before_anything_runs(shared_data: Path) -> None:
    class Untouchable:
        address = "emulated:rpi4"
        execute = push = None

    with pytest.raises(UnsuitedDevice, match="emulated:rpi4 is emulated: which of two files is faster"):
        compare_speed([shared_data / "mlperf_tiny" / "kws_dscnn_int8.tflite"] * 2, device=Untouchable())


def test_one_file_is_no_contest(shared_data: Path) -> None:
    file = shared_data / "mlperf_tiny" / "kws_dscnn_int8.tflite"
    for files in ([file], str(file), [file] * 17):
        with pytest.raises(UsageError, match="two to 16 files can be compared"):
            compare_speed(files)
