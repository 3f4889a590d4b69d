"""The probe networks are what they say."""

from __future__ import annotations

from pathlib import Path

from edgekit.inspection import inspect
from edgekit.prediction import KernelKind, OpGroup, work_of
from edgekit.probing.networks import CHAINS, FEW, WHOLE, probe_networks


def test_networks_are_small_runnable_and_of_every_kind_of_operator(tmp_path: Path) -> None:
    groups: dict[KernelKind, set[OpGroup]] = {}
    whole: list[set[OpGroup]] = []
    sizes: list[int] = []
    for name, content in probe_networks():
        path = tmp_path / "probe.tflite"
        path.write_bytes(content)
        facts = inspect(path, zipped=False)
        assert facts.runs_on_cpu
        sizes.append(len(content))
        work = work_of(facts)
        assert work.uncovered == {}
        found = {op.group for op in work.ops}
        groups.setdefault(work.arithmetic, set()).update(found)
        if name.rpartition(" ")[0] in WHOLE:
            whole.append(found)
        else:
            assert len(found) <= 2, name
    assert max(sizes) < 5 << 20
    assert sum(sizes) < 48 << 20
    rest = {OpGroup.RECURRENT, OpGroup.OTHER, OpGroup.RENAMED}
    assert groups[KernelKind.INT8] == set(OpGroup) - rest
    assert groups[KernelKind.FLOAT32] == set(OpGroup) - rest - {OpGroup.QUANTIZED, OpGroup.DEQUANTIZED}
    # Nine errors are enough for an interval of theirs.
    assert len(whole) == 2 * len(WHOLE) >= 2 * 9
    assert all(len(each) >= 4 for each in whole)
    names = [name for name, _ in probe_networks()]
    edges = [name for name in CHAINS if name.startswith(("quantized", "dequantized"))]
    assert len(names) == len(set(names)) == 2 * (len(WHOLE) + len(CHAINS)) - len(edges)
    assert {name.rpartition(" ")[0] for name, _ in probe_networks(quick=True)} == set(FEW)
    assert dict(probe_networks(quick=True)) == dict(probe_networks(quick=True))
