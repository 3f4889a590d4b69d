"""What each operator costs, where the runtime has no profiler: instructions of the file cut behind each of them."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from edgekit.devices import Device
from edgekit.files import temporary_folder
from edgekit.inspection import Inspection, inspect
from edgekit.progress import Progress, Step
from edgekit.runner.launch import ask, models_of, prepare
from edgekit.runner.plan import Plan
from edgekit.runs import OpCost, OpProfile

MOST_OPERATORS = 200
_NO_PROFILER = (
    "the runtime's Python interpreter has no profiler: --engine benchmark_model=PATH has one, and emulated devices "
    "count instructions"
)
_HOW = (
    "instructions of the file cut behind each operator, less those of the file cut before it; what the runtime "
    "computes in one go counts where it ends, and the call itself with the first"
)


def profile_by_counts(device: Device, facts: Inspection, plan: Plan, *, counted: bool, progress: Progress) -> OpProfile:
    """Return what each operator of the first subgraph costs, or why that is not known.

    Args:
        device: where the file ran.
        facts: of the file.
        plan: its seed and limits of time.
        counted: whether that run counted instructions.
        progress: told that it begins.
    """
    if not counted:
        return OpProfile(_NO_PROFILER)
    operators = [each for each in facts.ops if each.subgraph == 0]
    if len(operators) > MOST_OPERATORS or len(operators) != len(facts.ops):
        why = "has several subgraphs" if len(operators) != len(facts.ops) else f"has {len(operators)} operators"
        return OpProfile(f"{facts.path.name} {why}: at most {MOST_OPERATORS} of one subgraph are counted one by one")
    progress(Step(f"counting the instructions of {len(operators)} operators on {device.address}"))
    job = {
        "task": "prefixes",
        "threads": 1,
        "seed": plan.seed,
        "timeout": plan.timeout,
        "first_timeout": plan.first_timeout,
    }
    with temporary_folder("edgekit-prefixes-") as folder:
        cut = []
        for place, content in enumerate(_prefixes(facts.path.read_bytes())):
            path = Path(folder, f"{place}.tflite")
            path.write_bytes(content)
            cut.append(inspect(path))
        prepare(device, *(each.path for each in cut))
        answer = ask(device, *cut, job={**job, "models": models_of([each.sha256 for each in cut])})
    totals = [int(median(counts)) for counts in answer["counts"]]
    return OpProfile(
        _HOW,
        tuple(
            OpCost(
                index=each.index,
                kind=each.name,
                output=each.output,
                macs=each.macs,
                time_ms=None,
                # A file that is one operator longer may even take less: outputs are copied, and activations fused.
                instructions=max(0, total - before),
            )
            for each, total, before in zip(operators, totals, [0, *totals], strict=False)
        ),
    )


def _prefixes(content: bytes) -> Iterator[bytes]:
    """Give the file cut behind each operator; its outputs are what nothing in it reads."""
    from ai_edge_litert.tools import flatbuffer_utils

    whole = flatbuffer_utils.read_model_from_bytearray(bytearray(content))
    graph = whole.subgraphs[0]
    operators = list(graph.operators)
    for count in range(1, len(operators) + 1):
        model: Any = copy.copy(whole)
        part = copy.copy(graph)
        part.operators = operators[:count]
        read = {int(tensor) for operator in part.operators for tensor in operator.inputs}
        written = [int(tensor) for operator in part.operators for tensor in operator.outputs]
        part.outputs = [tensor for tensor in dict.fromkeys(written) if tensor >= 0 and tensor not in read]
        model.subgraphs = [part]
        # They name outputs that are gone.
        model.signatureDefs = None
        yield bytes(flatbuffer_utils.convert_object_to_bytearray(model))
