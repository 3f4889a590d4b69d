"""``edgekit convert --precision auto`` as a command: the ladder, the document, and what it refuses."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest


@pytest.fixture
def broken(broken_models: dict[str, Any]) -> Any:
    return broken_models["tiny_softmax"]


def test_the_ladder_for_people(edgekit, broken: Any) -> None:
    arguments = ["convert", broken.float_file, "-c", broken.calibration, "-p", "auto", "--evaluate", broken.evaluation]
    ended = edgekit(*arguments, "--max-drop", "1 %")
    shown = ended.stdout
    assert "ladder: a drop of at most 1 points (point estimate), on 418 labelled samples; prefer latency" in shown
    rows = re.findall(
        r"^(\d+)  (int8, .*?) +([\d.]+ KiB) +(\d+) of 18 +(-?[\d.]+) dB +(-?[\d.]+) +(\S.*?) *$", shown, re.M
    )
    assert [row[0] for row in rows] == [str(number) for number in range(1, len(rows) + 1)]
    assert rows[0][1] == "int8, ranges minmax"
    assert rows[0][-1] == "not enough"
    assert float(rows[0][5]) > 5
    (kept,) = [row for row in rows if row[-1] == "kept"]
    assert "SOFTMAX" in kept[1]
    assert 1 <= int(kept[3]) <= 4
    assert float(kept[5]) <= 1
    assert "edgekit: rung 1: int8, ranges minmax" in ended.stderr
    assert "edgekit: asking what each operator costs" in ended.stderr
    assert (edgekit.folder / "tiny_softmax.auto.tflite").exists()


def test_the_document_has_the_ladder(edgekit, broken: Any) -> None:
    arguments = ["convert", broken.float_file, "-c", broken.calibration, "-p", "auto", "--prefer", "size"]
    document = edgekit(*arguments, "--json", "--quiet", "-o", "a.tflite").document
    (artifact,) = document["artifacts"]
    ladder = artifact["ladder"]
    assert (ladder["prefer"], ladder["max_drop_points"], ladder["min_snr_db"]) == ("size", 1.0, None)
    assert ladder["judged_on"] == "the 200 samples (SNR on the 40 of them that were held out from calibration)"
    kept = [rung for rung in ladder["rungs"] if rung["kept"]]
    assert [rung["size_bytes"] for rung in kept] == [artifact["size_bytes"]]
    assert kept[0]["recipe"] == artifact["recipe"]
    assert all(rung["reached"] is (rung["drop_points"] <= 1 + 1e-9) for rung in ladder["rungs"])


def test_a_file_that_is_good_enough_does_not_exist(edgekit, broken: Any) -> None:
    arguments = ["convert", broken.float_file, "-c", broken.calibration, "-p", "auto", "--samples", 8]
    ended = edgekit(*arguments, "--min-snr", 300, "--require", "full-int8", "--quiet", "--json", code=1)
    assert ended.document["error"] == "BudgetExceeded"
    rungs = ended.document["ladder"]["rungs"]
    assert (rungs[0]["what"], rungs[-1]["what"]) == ("int8, ranges minmax", "float32")
    assert not any(rung["reached"] or rung["kept"] for rung in rungs)
    assert "no file reaches at least 300 dB" in ended.sentence
    assert "nothing was written" in ended.hint
    assert "1. int8, ranges minmax" in ended.stderr
    assert list(edgekit.folder.iterdir()) == []


def test_where_nothing_smaller_will_do_the_model_stays_as_it_is(edgekit, broken: Any) -> None:
    arguments = ["convert", broken.float_file, "-c", broken.calibration, "-p", "auto", "--samples", 8]
    ended = edgekit(*arguments, "--min-snr", 300, "--prefer", "size", "-o", "a.tflite", "--json")
    (artifact,) = ended.document["artifacts"]
    rungs = artifact["ladder"]["rungs"]
    assert [(rung["what"], rung["identical"]) for rung in rungs if rung["reached"]] == [("float32", True)]
    assert artifact["precision"] == "float32"
    assert (edgekit.folder / "a.tflite").read_bytes() == broken.float_file.read_bytes()
    told = "auto: nothing smaller reaches at least 300 dB, so float32 was kept"
    assert any(note.startswith(told) for note in ended.document["notes"])
    recipes = [json.dumps(rung["recipe"], sort_keys=True) for rung in rungs if rung["fault"] is None]
    assert len(recipes) == len(set(recipes))


def test_what_it_refuses(edgekit, broken: Any, autoencoder_float: Path) -> None:
    def refused(*arguments: object) -> str:
        return edgekit.refuse("convert", broken.float_file, "-c", broken.calibration, *arguments).sentence

    auto = ("-p", "auto")
    assert "cannot be asked for together with int8" in refused(*auto, "-p", "int8")
    assert "unknown preference 'speed'. Valid: latency, size, accuracy" in refused(*auto, "--prefer", "speed")
    assert "--max-drop: '-1' is below zero, and a percentage is not" in refused(*auto, "--max-drop", "-1")
    assert "--max-drop: 'little' is not a percentage: write a number" in refused(*auto, "--max-drop", "little")
    assert (
        "add --precision auto"
        in edgekit.refuse("convert", broken.float_file, "-c", broken.calibration, "-p", "int8", "--max-drop", 1).hint
    )
    assert "Did you mean 'auto'?" in refused("-p", "autoo")
    alone = edgekit.refuse("convert", broken.float_file, *auto)
    assert "precision auto needs representative samples" in alone.sentence

    np.save(edgekit.folder / "noise.npy", np.random.default_rng(0).random((4, 640), np.float32))
    told = edgekit.refuse("convert", autoencoder_float, "-c", "noise.npy", *auto, "--max-drop", 1)
    assert "no class scores" in told.sentence
    assert "--min-snr" in told.hint
