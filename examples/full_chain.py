"""The whole chain with the library: from a trained model to an int8 file on a board, at half of the cost.

    python examples/full_chain.py [FOLDER] [--epochs N] [--device ADDRESS]

Takes channels out of a network that was trained on scikit-learn's digits, lets it learn from the original what it has
lost, trains the int8 file under its own rounding, runs that on a device (emulated:rpi4 counts the instructions of a
Raspberry Pi 4), and holds it to the profile of that board.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

# It keeps TensorFlow quiet, and so comes first.
from channel_pruning import digits, train

import edgekit
from edgekit.units import format_bytes

PROFILE = "rpi4"


def main(folder: Path, epochs: int, device: str) -> None:
    """Run it and print what was made."""
    seen, unseen, seen_labels, unseen_labels = digits()
    recipe = edgekit.CompressionRecipe.from_mapping(
        {
            "training": {"epochs": epochs, "learning_rate": 3e-3},
            "distillation": {"temperature": 4.0, "weight": 0.7},
            "stage": [
                {"kind": "channel-prune", "macs": 0.5},
                {"kind": "finetune"},
                {"kind": "quantize-finetune", "epochs": epochs},
            ],
        }
    )
    result = edgekit.compress(
        train(seen, seen_labels, epochs),
        recipe,
        data={"image": seen, "labels": seen_labels},
        test={"image": unseen, "labels": unseen_labels},
        output=folder / "chain.keras",
    )
    for version in (result.original, result.final):
        file = version.file("int8")
        if file is not None and file.accuracy is not None:
            size = format_bytes(file.size_bytes)
            print(f"{version.name:20} int8 {size:>9} {file.macs:9,} MACs {file.accuracy.accuracy.value:6.1%}")
    if result.artifact is None:
        raise SystemExit("the recipe ended in no artifact")
    measured = edgekit.benchmark(result.artifact, device=device)
    run = measured.best
    count = run.instruction_count
    seen_there = f"{run.steady.p50_ms:.3f} ms (p50)" if count is None else f"{count.value:,.0f} instructions"
    print(f"{result.artifact.name} on {device}: {seen_there}")
    print(edgekit.check(result.artifact, profile=PROFILE, runs=measured.runs))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--epochs", type=int, default=15)
    parser.add_argument("--device", default="local")
    given = parser.parse_args()
    target = given.folder or Path(tempfile.mkdtemp(prefix="edgekit-chain-"))
    target.mkdir(parents=True, exist_ok=True)
    main(target, given.epochs, given.device)
