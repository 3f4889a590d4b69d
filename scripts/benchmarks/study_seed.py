"""The study of compression with one seed: each thing is made once, and what is there is not made again."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import edgekit
from edgekit.compression import READY, CompressionRecipe
from edgekit.compression.compression import VersionFile
from edgekit.compression.worth import measuring
from edgekit.files import sha256_of
from edgekit.runs import Benchmark

BOARD = "emulated:rpi4"
DEVICES = (BOARD, "local")


def _once(measure: Callable[..., Benchmark]) -> Callable[..., Benchmark]:
    """Return ``benchmark`` for a study, in which the original comes with every line: each file is measured once.

    Instructions are only counted, and a tainted latency is shown as such instead of being taken again.
    """
    known: dict[tuple[str, str], Benchmark] = {}

    def asked(path: Path, *, device: str) -> Benchmark:
        key = (sha256_of(path), device)
        if key not in known:
            known[key] = measure(path, device=device, retries=0, count=device == BOARD)
        return known[key]

    return asked


measuring.benchmark = _once(measuring.benchmark)


def recipes(seed: int) -> dict[str, CompressionRecipe]:
    """Return by line of the study what is done: the ready recipes, and two about single weights."""
    ready = {"half": "faster", "quarter": "smallest", "half weights": "smaller"}
    found = {line: dataclasses.replace(READY[name], seed=seed) for line, name in ready.items()}
    like = found["half"].to_mapping()
    for line, stage in (
        ("80 % zeros", {"kind": "prune", "sparsity": 0.8, "epochs": 15}),
        ("16 values", {"kind": "cluster", "clusters": 16, "spread": "even", "epochs": 5}),
    ):
        found[line] = CompressionRecipe.from_mapping({**like, "stage": [stage]})
    return found


@dataclass(frozen=True)
class Row:
    """One file of one version."""

    seed: int
    line: str
    version: str
    file: dict[str, Any]
    """As ``VersionFile.to_json`` tells it."""

    @property
    def precision(self) -> str:
        return self.file["precision"]

    @property
    def instructions(self) -> float:
        return self.file["measured"][BOARD]["value"]

    @property
    def drop(self) -> float:
        """Points lost against the float original."""
        return self.file["accuracy"]["drop_points"]

    def __str__(self) -> str:
        file, accuracy = self.file, self.file["accuracy"]
        worst = next(each for each in accuracy["classes"] if each["label"] == accuracy["worst_class"])
        low, high = accuracy["interval_points"]
        drop = f"{self.drop:.2f} ({low:.2f} to {high:.2f})"
        local = file["measured"].get("local")
        latency = "-" if local is None else f"{local['value']:.3f} ms{'*' if 'tainted' in local['source'] else ''}"
        counted = f"{self.instructions:,.0f}" if BOARD in file["measured"] else "-"
        return (
            f"{self.seed:4} {self.line:12} {self.version:15} {self.precision:15} {file['size_bytes']:9,} "
            f"{file['zipped_bytes']:9,} {file['macs']:10,} {counted:>10} {latency:>10} "
            f"{accuracy['value']:8.1%} {drop:>21} {worst['label']:>2}: {worst['correct'] / worst['total']:6.1%}"
        )


HEAD = (
    f"{'seed':>4} {'line':12} {'version':15} {'file':15} {'bytes':>9} {'zipped':>9} {'MACs':>10} {'instr.':>10} "
    f"{'latency':>10} {'accuracy':>8} {'drop (95 %)':>21} {'worst class':>10}"
)


def rows(folder: Path, seed: int) -> Iterator[Row | str]:
    """Give the rows of one seed, and sentences on what each stage bought.

    Args:
        folder: holds the network, as ``study_network.py`` leaves it; what is made is kept there.
        seed: of everything.
    """
    for number, (line, recipe) in enumerate(recipes(seed).items()):
        document = _compressed(folder, line, recipe)
        for version in document["versions"]:
            if number and version["name"] == "original":
                continue
            for file in version["files"]:
                yield Row(seed, "-" if version["name"] == "original" else line, version["name"], file)
        yield from (f"{seed:4} {line}: {each['bought']}" for each in document["versions"] if each["bought"])
        if line == "quarter":
            file, kept, told = _chain(folder, folder / "quarter.keras", seed)
            yield Row(seed, "chain", "fine-tuned" if kept else "post-training", file)
            yield f"{seed:4} chain: {told}"


def _compressed(folder: Path, line: str, recipe: CompressionRecipe) -> dict[str, Any]:
    output = folder / f"{line.replace(' ', '-').replace('%-', '')}.keras"
    told = output.with_name(f"{output.name}.json")
    if not told.exists():
        edgekit.compress(
            folder / "study.keras",
            recipe,
            data=folder / "train.npz",
            test=folder / "test.npz",
            output=output,
            # One that was cut off goes on where it was.
            resume=(output.with_name(f"{output.name}.run") / "run.json").exists(),
            devices=DEVICES,
            threads=1 if os.environ.get("EDGEKIT_ONE_THREAD") else None,
        )
    return json.loads(told.read_bytes())


def _chain(folder: Path, cut: Path, seed: int) -> tuple[dict[str, Any], bool, str]:
    """Fine-tune the int8 file of the network that was cut and taught, and hold it against the float original.

    Returns:
        The file that was kept, whether it is the fine-tuned one, and what fine-tuning came to.
    """
    output, told = folder / "chain.tflite", folder / "chain.json"
    if not told.exists():
        artifact = edgekit.convert(
            cut,
            output,
            precision="int8",
            finetune=True,
            calibration=folder / "train.npz",
            samples=2000,
            samples_check=False,
            seed=seed,
        ).artifact
        facts = edgekit.inspect(artifact.path)
        accuracy = edgekit.compare_accuracy(folder / "study.tflite", artifact.path, samples=folder / "test.npz")
        runs = {address: measuring.benchmark(artifact.path, device=address).best for address in DEVICES}
        metrics = {address: measuring.figure_of(run) for address, run in runs.items()}
        sizes = (facts.size_bytes, facts.zipped_bytes, facts.macs)
        told.write_text(json.dumps(VersionFile("int8", *sizes, accuracy, None, metrics).to_json()))
    tuned = json.loads(output.with_name(f"{output.name}.json").read_bytes())["finetuning"]
    before, after = (tuned[when]["snr_db"] for when in ("before", "after"))
    kept = "is kept" if tuned["kept"] else "bought nothing, and the post-training file is kept"
    sentence = f"fine-tuning {kept}: {before:.1f} dB by post-training, {after:.1f} dB after it, on held-out samples"
    return json.loads(told.read_bytes()), tuned["kept"], sentence
