"""All facts of one .tflite file, from its bytes: nothing in it is executed."""

from __future__ import annotations

import hashlib
import os
import stat
import zlib
from pathlib import Path

from edgekit.artifact import Artifact
from edgekit.errors import SourceError
from edgekit.inspection.arena import plan_arena
from edgekit.inspection.arithmetic import EDGE_TPU, FLEX
from edgekit.inspection.canonical import graph_sha256
from edgekit.inspection.decoding import read_graph
from edgekit.inspection.facts import Inspection
from edgekit.inspection.graph import Signature, Subgraph, Tensor
from edgekit.inspection.islands import find_islands
from edgekit.inspection.kernels import kernel_memory
from edgekit.inspection.lookalikes import not_tflite
from edgekit.inspection.notes import notes_on
from edgekit.inspection.obstacles import obstacles_of, unwritten_reads
from edgekit.inspection.ops import census_of, survey_ops
from edgekit.inspection.packed_metadata import read_metadata
from edgekit.tensors import TensorSpec

IDENTIFIER = b"TFL3"
_PATH = "give the path of a .tflite file"


def inspect(file: str | Path | Artifact, *, zipped: bool = True) -> Inspection:
    """Return the facts of a .tflite file. Nothing in it is executed.

    Args:
        file: the path, or the artifact that lies there; any bytes are safe to look at.
        zipped: whether the zipped size is told, which takes longer than all else.

    Raises:
        SourceError: it is not there, is not a .tflite file, is cut short or damaged, or is not what the artifact was
            when it was converted.
    """
    if not isinstance(file, str | os.PathLike | Artifact):
        raise SourceError(f"{file!r} is neither a path nor an artifact", hint="name a .tflite file")
    path = file.path if isinstance(file, Artifact) else Path(file)
    content = _content(path)
    sha256 = hashlib.sha256(content).hexdigest()
    if isinstance(file, Artifact) and file.sha256 != sha256:
        raise SourceError(
            f"{path} has changed since it was converted: its SHA-256 is {sha256[:12]}..., not {file.sha256[:12]}...",
            hint="convert the model again",
        )
    graph = read_graph(content, name=str(path))
    survey = survey_ops(graph)
    metadata, faults = read_metadata(content)
    arena = plan_arena(graph)
    custom = list(dict.fromkeys(op.name for subgraph in graph.subgraphs for op in subgraph.operators if op.custom))
    flex_ops = tuple(name for name in custom if name.startswith(FLEX))
    custom_ops = tuple(name for name in custom if name not in flex_ops and name != EDGE_TPU)
    edgetpu_ops = sum(op.name == EDGE_TPU for op in survey.ops)
    unwritten = unwritten_reads(graph)
    obstacles = obstacles_of(custom_ops=custom_ops, flex_ops=flex_ops, edgetpu_ops=edgetpu_ops, unwritten=unwritten)
    main = graph.subgraphs[0]
    signature = next((item for item in graph.signatures if item.subgraph == 0), Signature("", 0, (), ()))
    return Inspection(
        path=path,
        size_bytes=len(content),
        zipped_bytes=_zipped(content) if zipped else 0,
        sha256=sha256,
        canonical_sha256=graph_sha256(graph),
        schema_version=graph.version,
        description=graph.description,
        inputs=_specs(main, main.inputs, signature.inputs),
        outputs=_specs(main, main.outputs, signature.outputs),
        signatures=tuple(signature.key for signature in graph.signatures),
        ops=survey.ops,
        census=census_of(survey.ops),
        islands=find_islands(graph, survey.ops),
        precision=survey.precision,
        macs=sum(op.macs for op in survey.ops),
        parameters=survey.parameters,
        weight_bytes=survey.weight_bytes,
        arena=arena,
        kernels=kernel_memory(graph),
        custom_ops=custom_ops,
        flex_ops=flex_ops,
        edgetpu_ops=edgetpu_ops,
        unwritten=unwritten,
        notes=(*notes_on(graph, survey, arena=arena, obstacles=obstacles), *faults),
        metadata=metadata,
    )


def _content(path: Path) -> bytes:
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise SourceError(
                f"{path} is a folder, not a .tflite file", hint="edgekit convert makes a .tflite file of a SavedModel"
            )
        if not stat.S_ISREG(mode):
            raise SourceError(f"{path} is not a regular file", hint=_PATH)
        with path.open("rb") as stream:
            # A look at the first bytes saves reading gigabytes of something else.
            head = stream.read(256)
            if not head:
                raise SourceError(f"{path} is empty", hint="copy or download the file again, or export it again")
            if head[4:8] != IDENTIFIER:
                raise not_tflite(path, head)
            return head + stream.read()
    except FileNotFoundError:
        raise SourceError(f"{path} does not exist", hint=_PATH) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise SourceError(f"{path} cannot be read: {reason}", hint=_PATH) from error


def _zipped(content: bytes) -> int:
    compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return len(compressor.compress(content)) + len(compressor.flush())


def _specs(subgraph: Subgraph, indices: tuple[int, ...], named: tuple[tuple[str, int], ...]) -> tuple[TensorSpec, ...]:
    names = {number: name for name, number in named}
    return tuple(_spec(subgraph.tensors[index], names) for index in indices)


def _spec(tensor: Tensor, names: dict[int, str]) -> TensorSpec:
    free = dict(enumerate(tensor.signature[1:], start=1))
    shape = tuple(None if size < 0 or free.get(position) == -1 else size for position, size in enumerate(tensor.shape))
    scale = zero_point = None
    quantization = tensor.quantization
    if quantization is not None and tensor.quantized and quantization.scales.size == 1:
        scale = float(quantization.scales[0])
        zero_point = int(quantization.zero_points[0]) if quantization.zero_points.size else 0
    return TensorSpec(
        name=names.get(tensor.index, tensor.name), shape=shape, dtype=tensor.dtype, scale=scale, zero_point=zero_point
    )
