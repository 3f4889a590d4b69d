"""What can be read from a .tflite file's bytes alone: the values that inspection gives."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgekit.artifact import CensusRow, Island
from edgekit.inspection.obstacles import Obstacle, obstacles_of
from edgekit.metadata import Metadata
from edgekit.tensors import TensorSpec
from edgekit.units import format_bytes

INSPECTION_SCHEMA = "edgekit.inspection/1"


@dataclass(frozen=True, slots=True)
class OpFacts:
    """One operator of the graph, in execution order."""

    index: int
    """Its number in its subgraph, from 0."""
    subgraph: int
    name: str
    """The schema's name, such as ``CONV_2D``; a custom operator's own name, such as ``FlexErf``."""
    precision: str
    """What it really computes in: ``int8``, ``int16x8``, ``float32``, ``dynamic_int8``, ``int32``, ...;
    ``boundary`` for QUANTIZE and DEQUANTIZE, ``control`` for IF and WHILE, ``unknown`` for a custom operator."""
    output: str
    """Name of its first output tensor."""
    macs: int
    """Multiply-accumulates per execution; 0 for operators that have none."""
    weight_bytes: int
    """Bytes of constant inputs as they are stored. A constant that a DEQUANTIZE unpacks first counts at the operator
    that uses it; one that several operators use counts at each."""
    floating: bool = False
    """Whether its activations are floating point numbers, whatever its weights are."""
    read_values: int = 0
    """Values of its inputs that are no constants; 0 where a shape is open."""
    written_values: int = 0
    """Values of its outputs; 0 where a shape is open."""
    channels: int = 0
    """Size of the last dimension of its first output; 0 where it has none, or it is open."""
    window: int = 0
    """Places of the window that a convolution or a pooling slides: 1 for a pointwise one; 0 where there is none."""
    unpacked_growth: int = 0
    """Bytes by which its constants grow once a DEQUANTIZE or a DENSIFY has unpacked them."""
    swish: bool = False
    """Whether it multiplies values with the logistic function of the same values."""


@dataclass(frozen=True, slots=True)
class ArenaPlan:
    """Memory of the activations: greedy by size over lifetimes, as the runtime plans it.

    Several subgraphs add up. Scratch memory of kernels is not in it.
    """

    arena_bytes: int
    """Size of the arena that the greedy plan needs, with 64-byte alignment."""
    peak_live_bytes: int
    """Largest sum of tensors alive at once: no plan can need less."""
    complete: bool
    """False where a dynamic shape leaves tensors out; the figures are then lower bounds."""
    persistent_bytes: int = 0
    """Beside the arena: variables, and constants that a DEQUANTIZE unpacks once (the weights of float16 files, which
    XNNPACK keeps as packed weights instead)."""


@dataclass(frozen=True, slots=True)
class KernelMemory:
    """Bytes that the runtime's kernels take beside the file and the arena; ``kernels.py`` says how they are told."""

    packed_bytes: int
    """Weights in XNNPACK's order: as many as stored, but float16 ones as float32."""
    pointer_bytes: int
    scratch_bytes: int
    """Largest copy that is made and given up again: a float16 weight widened while loading, or a matrix that the
    kernels outside of XNNPACK reorder in each inference."""


@dataclass(frozen=True, slots=True)
class Inspection:
    """The facts of one file."""

    path: Path
    size_bytes: int
    zipped_bytes: int
    """Size after deflate, as in a zip archive or an app's package; 0 where it was not asked for."""
    sha256: str
    canonical_sha256: str
    """Hash of what the file computes: ignores names of tensors, the order of buffers, metadata."""
    schema_version: int
    description: str
    inputs: tuple[TensorSpec, ...]
    """Of the first subgraph, named by its signature where there is one. A free batch counts as the file's, which is
    1; any other free dimension is None."""
    outputs: tuple[TensorSpec, ...]
    signatures: tuple[str, ...]
    ops: tuple[OpFacts, ...]
    census: tuple[CensusRow, ...]
    """Most multiply-accumulates first, then most bytes of weights."""
    islands: tuple[Island, ...]
    """Operators with floating point activations inside a graph that computes in integers."""
    precision: str
    """One word for the whole file: ``float32``, ``float16``, ``dynamic_int8``, ``int8``, ``int16x8``,
    ``int8x4``, ``int4_weights``, ``uint8``, or ``mixed``; ``arithmetic.file_precision`` has the rule."""
    macs: int
    """Multiply-accumulates per inference; the operators of all subgraphs count once."""
    parameters: int
    """Number of constant values used by operators."""
    weight_bytes: int
    """Bytes of the constants used by operators; each counts once."""
    arena: ArenaPlan
    kernels: KernelMemory
    custom_ops: tuple[str, ...]
    """Names of custom operators that are neither TensorFlow's (``flex_ops``) nor an Edge TPU's."""
    flex_ops: tuple[str, ...]
    edgetpu_ops: int
    """Operators compiled for an Edge TPU; more than 0 means: cannot run on a CPU."""
    unwritten: tuple[str, ...]
    """One clause for each subgraph with an operator that reads what nothing has written."""
    notes: tuple[str, ...]
    """Sentences about what is unusual, such as "is compiled for an Edge TPU: a CPU cannot run it"."""
    metadata: Metadata | None
    """TFLite metadata: what the file says of its inputs and outputs; None where there is none, or none readable."""

    def __str__(self) -> str:
        operators = f"{len(self.ops)} operator{'' if len(self.ops) == 1 else 's'}"
        return (
            f"{self.path} ({self.precision}, {format_bytes(self.size_bytes)}, {format_bytes(self.zipped_bytes)} zipped,"
            f" {operators}, {self.macs:,} MACs, arena {format_bytes(self.arena.arena_bytes)})"
        )

    @property
    def obstacles(self) -> tuple[Obstacle, ...]:
        """Why the stock runtime on a CPU cannot run it; empty where it can."""
        return obstacles_of(
            custom_ops=self.custom_ops,
            flex_ops=self.flex_ops,
            edgetpu_ops=self.edgetpu_ops,
            unwritten=self.unwritten,
        )

    @property
    def runs_on_cpu(self) -> bool:
        """Whether the stock runtime can run it, as far as the file tells."""
        return not self.obstacles

    def to_document(self, *, ops: bool = False) -> dict[str, Any]:
        """Return the facts as JSON values; ``ops`` adds the list of operators."""
        document: dict[str, Any] = {
            "schema": INSPECTION_SCHEMA,
            "path": str(self.path),
            "size_bytes": self.size_bytes,
            "zipped_bytes": self.zipped_bytes,
            "sha256": self.sha256,
            "canonical_sha256": self.canonical_sha256,
            "schema_version": self.schema_version,
            "description": self.description,
            "precision": self.precision,
            "runs_on_cpu": self.runs_on_cpu,
            "inputs": [spec.to_json() for spec in self.inputs],
            "outputs": [spec.to_json() for spec in self.outputs],
            "signatures": list(self.signatures),
            "operators": len(self.ops),
            "macs": self.macs,
            "parameters": self.parameters,
            "weight_bytes": self.weight_bytes,
            "arena": dataclasses.asdict(self.arena),
            "kernels": dataclasses.asdict(self.kernels),
            "census": [dataclasses.asdict(row) for row in self.census],
            "islands": [dataclasses.asdict(island) for island in self.islands],
            "custom_ops": list(self.custom_ops),
            "flex_ops": list(self.flex_ops),
            "edgetpu_ops": self.edgetpu_ops,
            "unwritten": list(self.unwritten),
            "notes": list(self.notes),
            "metadata": None if self.metadata is None else self.metadata.to_document(),
        }
        if ops:
            document["ops"] = [dataclasses.asdict(op) for op in self.ops]
        return document
