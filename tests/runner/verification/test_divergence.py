"""The first operator that a device computes otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from edgekit.artifact import Artifact
from edgekit.devices import Completed, LocalDevice
from edgekit.inspection.decoding import read_graph
from edgekit.metrics import Verdict
from edgekit.runner import verify
from edgekit.runner.verification import divergence


class Odd(LocalDevice):
    """This machine under another name, but for what it gives from a tensor on, in the order of execution."""

    address = "ssh://odd"

    def __init__(self, first: int) -> None:
        super().__init__()
        self.first = first
        self.seen = 0
        self.runs = 0

    def execute(self, argv: Sequence[str], *, timeout: float) -> Completed:
        completed = super().execute(argv, timeout=timeout)
        folder = Path(self._folder.name)
        self.runs += 1
        count = len(list(folder.glob("output_*.npy")))
        for place in (folder / f"output_{number}.npy" for number in range(count)):
            # The first run is that of the file as it is; then come all tensors, a part of them in each run.
            if self.runs == 1 or self.seen + int(place.stem.partition("_")[2]) >= self.first:
                values = np.load(place)
                values[0].flat[0] += values.max() - values.min()
                np.save(place, values)
        self.seen += count if self.runs > 1 else 0
        return completed


@pytest.mark.parametrize(("first", "piece"), [(2, 32 << 20), (4, 200_000)])
def test_the_operator_is_named(
    int8_artifact: Artifact, first: int, piece: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(divergence, "_PIECE_BYTES", piece)
    with closing(Odd(first)) as device:
        result = verify(int8_artifact, device=device)
        # Of several parts only those are looked at that come before the difference.
        assert device.runs == (2 if piece == 32 << 20 else 3)
    assert result.verdict is Verdict.FAIL
    (main,) = read_graph(int8_artifact.path.read_bytes(), name="the file").subgraphs
    found = result.first_difference
    assert found is not None
    operator = main.operators[first]
    assert (found.operator, found.kind, found.differing) == (first, operator.name, 1)
    assert found.tensor == main.tensors[operator.outputs[0]].name
    assert found.steps
    assert found.largest == round(found.largest) > 1
    assert f"operator {first}, {operator.name}, is the first that differs: 1 of " in result.sentence
    assert result.to_document()["first_difference"]["operator"] == first


def test_a_device_that_differs_from_the_pack_but_not_from_here(int8_artifact: Artifact) -> None:
    with closing(Odd(10_000)) as device:
        result = verify(int8_artifact, device=device)
    assert (result.verdict, result.first_difference, result.looked_for) == (Verdict.FAIL, None, True)
    assert "no operator gives other values there than here" in result.sentence


@pytest.mark.slow
def test_a_32_bit_runtime_rounds_the_first_convolution_otherwise(emulated: Path, int8_artifact: Artifact) -> None:
    assert verify(int8_artifact, device="emulated:rpi4").verdict is Verdict.PASS
    result = verify(int8_artifact, device="emulated:rpi2b", first_timeout=120)
    assert result.verdict is Verdict.FAIL
    found = result.first_difference
    assert found is not None
    assert (found.kind, found.largest, found.steps) == ("CONV_2D", 1, True)
    assert 0 < found.differing < found.values / 100
