"""``edgekit samples``: what it prints, its document, its exit codes, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image


def test_the_wrong_range_ends_with_1(edgekit, photo_model: Path) -> None:
    model = photo_model / "photos.keras"
    ended = edgekit("samples", photo_model / "train", "-m", model, "--range", "raw", "--samples", 40, code=1)
    assert "error: value range: `unit` fits, `raw` is 255 times too large" in " ".join(ended.stdout.split())
    assert "next: --range unit" in ended.stdout
    assert "not judged: order: the samples were mixed when they were chosen" in ended.stdout
    document = edgekit(
        "samples", photo_model / "train", "-m", model, "--range", "unit", "--samples", 40, "--json"
    ).document
    assert (document["schema"], document["count"], document["findings"]) == ("edgekit.samples/1", 40, [])
    assert document["model"] == str(model)
    assert len(document["sample_ids"]) == len(document["names"]) == 40


def test_nan_is_found_in_all_samples_at_once(edgekit) -> None:
    values = np.random.default_rng(0).normal(0, 1, (30, 100)).astype(np.float32)
    values[[4, 9], 3] = np.nan
    np.save(edgekit.folder / "values.npy", values)
    (finding,) = edgekit("samples", "values.npy", "--json", "--samples", 30, code=1).document["findings"]
    assert (finding["name"], finding["severity"]) == ("not finite", "error")
    assert len(finding["samples"]) == 2
    assert finding["sentence"].startswith("2 of 30 samples hold NaN or infinity: sample ")


def test_leakage(edgekit) -> None:
    values = np.random.default_rng(0).normal(0, 1, (60, 100)).astype(np.float32)
    np.save(edgekit.folder / "calibration.npy", values[:40])
    np.save(edgekit.folder / "evaluation.npy", values[39:])
    (finding,) = edgekit("samples", "calibration.npy", "--evaluate", "evaluation.npy", "--json").document["findings"]
    assert finding["sentence"].startswith("1 of 40 samples are in the evaluation set too, such as sample 39 ")


def test_unreadable_samples_are_told(edgekit) -> None:
    for name in ("photos", "evaluation"):
        folder = edgekit.folder / name
        folder.mkdir()
        for index, pixels in enumerate(np.random.default_rng(0).integers(0, 256, (3, 8, 8, 3), np.uint8)):
            Image.fromarray(pixels).save(folder / f"{index}.png")
        for index in range(2):
            (folder / f"broken{index}.jpg").write_bytes(b"no photo")
    (edgekit.folder / "evaluation" / "broken1.jpg").unlink()
    document = edgekit("samples", "photos", "--evaluate", "evaluation", "--json").document
    assert document["count"] == 3
    assert len(document["skipped"]) == 2
    assert sorted(each.partition(" ")[0] for each in document["skipped"]) == ["broken0.jpg", "broken1.jpg"]
    told, other = document["notes"]
    assert told == f"2 unreadable samples were skipped, the first: {document['skipped'][0]}"
    assert other.startswith("1 unreadable evaluation sample was skipped: broken0.jpg ")
    shown = " ".join(edgekit("samples", "photos").stdout.split())
    assert f"note: {told}" in shown
    assert "evaluation" not in shown


def test_what_it_refuses(edgekit, photo_model: Path) -> None:
    assert edgekit.refuse("samples", "nowhere").sentence == "sample data nowhere does not exist"
    (edgekit.folder / "table.csv").write_text("a,b\n1,2\n")
    ended = edgekit.refuse("samples", "table.csv")
    assert ended.sentence == "what a sample of table.csv looks like, only a model can tell"
    assert ended.hint == "name the model that they are for: --model MODEL"
    (edgekit.folder / "cut.npz").write_bytes(b"PK\x03\x04 cut")
    assert edgekit.refuse("samples", "cut.npz").sentence.startswith("sample file cut.npz ")
    assert "'unti'" in edgekit.refuse("samples", photo_model / "test", "--range", "unti").sentence
    model = edgekit.refuse("samples", photo_model / "test", "-m", "no.keras").sentence
    assert model == "model no.keras does not exist"


def test_a_size_of_shards_that_is_none(edgekit) -> None:
    for size in ("12parsecs", "0"):
        refused = edgekit.refuse("samples", "pack", ".", "-o", "packed", "--shard-size", size)
        assert refused.sentence.startswith("--shard-size: ")
