"""The golden pack FILE.tflite.golden.npz: a few inputs and what the file must answer to them, on any machine.

It is an .npz archive that numpy alone reads, ``numpy.load(path)``:

* ``about``: bytes of a JSON object in ASCII, ``json.loads(pack["about"].tobytes())``. It names the arrays: each entry
  of its ``inputs`` and ``outputs``, in the file's order, has ``name``, ``dtype`` and ``array``.
* ``input_0``, ...: [samples, *shape without batch], in the numbers that the file takes, quantized where it is.
* ``output_0``, ...: the same for what it gives; where an output is large, [samples, positions] of it.
* ``positions_0``, ...: of such an output, which values of the flattened output are kept.

A file agrees where ``abs(got - expected) <= tolerance`` for all values of an output, in the numbers that it gives (two
NaN agree); ``reason`` says why the tolerance is what it is. ``sha256`` is the file's. ``arrays_sha256`` and ``seal``
tell an edit of the arrays and of ``about``; they are no signature.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgekit.artifact.seals import checksum
from edgekit.errors import UsageError
from edgekit.files import DocumentReader, named_input
from edgekit.files.array_faults import ARRAY_FAULTS

GOLDEN_SCHEMA = "edgekit.golden/1"
GOLDEN_LIMIT_BYTES = 256 * 1024
"""No pack that edgekit makes is larger."""
_UNPACKED_LIMIT = 256 * 1024 * 1024
"""An archive that claims more is not of our making, and is not unpacked."""
EXACT = "exact"
"""What the reason of a tolerance of 0 starts with."""
_HINT = "convert the model again, which makes the pack anew, or give another with --pack"


@dataclass(frozen=True, slots=True, eq=False)
class GoldenOutput:
    """What one output must be."""

    name: str
    values: NDArray[Any]
    """[samples, *shape without batch], or [samples, positions]; in the numbers that the file gives."""
    positions: NDArray[Any] | None
    """Which values of the flattened output are kept; None: all of them."""
    tolerance: float
    """Largest difference that counts as agreement, in the same numbers: integer steps where they are integers."""
    reason: str
    """Why the tolerance is what it is."""


@dataclass(frozen=True, slots=True, eq=False)
class GoldenPack:
    """Inputs, expected outputs, tolerance and preprocessing of one artifact."""

    file: str
    """The artifact's name when it was made."""
    sha256: str
    canonical_sha256: str
    inputs: dict[str, NDArray[Any]]
    """Input name, in the file's order, to [samples, *shape without batch] in the numbers that the file takes."""
    outputs: tuple[GoldenOutput, ...]
    """In the file's order."""
    preprocessing: str
    """What was done to the samples before they became these inputs, in words."""
    sample_ids: tuple[str, ...]
    """SHA-256 of each sample's content; empty where noise stands in for samples."""
    coarsened: int
    """1: the samples as they are. More: each value stands for so many neighbours along every longer axis, which keeps
    the pack small."""
    runtime: str
    """What computed the expected outputs: package, version and kind of machine."""

    @property
    def samples(self) -> int:
        """How many inferences it takes to check a file."""
        return len(next(iter(self.inputs.values())))


def encode_golden_pack(pack: GoldenPack) -> bytes:
    """Return the archive's bytes: the same for the same pack."""
    arrays: dict[str, Any] = {}
    inputs, outputs = [], []
    for index, (name, values) in enumerate(pack.inputs.items()):
        arrays[f"input_{index}"] = values
        inputs.append({"name": name, "dtype": values.dtype.name, "array": f"input_{index}"})
    for index, output in enumerate(pack.outputs):
        arrays[f"output_{index}"] = output.values
        if output.positions is not None:
            arrays[f"positions_{index}"] = output.positions
        outputs.append(
            {
                "name": output.name,
                "dtype": output.values.dtype.name,
                "array": f"output_{index}",
                "positions": None if output.positions is None else f"positions_{index}",
                "tolerance": output.tolerance,
                "reason": output.reason,
            }
        )
    about = {
        "schema": GOLDEN_SCHEMA,
        "file": pack.file,
        "sha256": pack.sha256,
        "canonical_sha256": pack.canonical_sha256,
        "inputs": inputs,
        "outputs": outputs,
        "preprocessing": pack.preprocessing,
        "sample_ids": list(pack.sample_ids),
        "coarsened": pack.coarsened,
        "runtime": pack.runtime,
        "arrays_sha256": _digest(arrays),
    }
    about["seal"] = _seal(about)
    stream = BytesIO()
    text = np.frombuffer(json.dumps(about, ensure_ascii=True, allow_nan=False).encode(), np.uint8)
    np.savez_compressed(stream, about=text, **arrays)
    return stream.getvalue()


def read_golden_pack(path: str | Path) -> GoldenPack:
    """Read a golden pack.

    Raises:
        UsageError: it is not there, is damaged or was edited.
    """
    path = named_input(path, "the golden pack")
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise UsageError(
            f"there is no golden pack {path}", hint="edgekit convert makes one with each file; name it with --pack"
        ) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise UsageError(f"golden pack {path} cannot be read: {reason}", hint=_HINT) from error
    try:
        return _read(_arrays(content))
    except UsageError as error:
        raise UsageError(f"{path} is no golden pack, or a damaged one: {error.message}", hint=_HINT) from error


def _arrays(content: bytes) -> dict[str, NDArray[Any]]:
    try:
        _require_small(content)
        with np.load(BytesIO(content), allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except UsageError:
        raise
    except (*ARRAY_FAULTS, KeyError) as error:
        raise UsageError(f"it cannot be unpacked ({error})") from error
    except (AttributeError, TypeError, MemoryError) as error:
        raise UsageError(f"it cannot be unpacked ({type(error).__name__})") from error


def _require_small(content: bytes) -> None:
    with zipfile.ZipFile(BytesIO(content)) as archive:
        if sum(member.file_size for member in archive.infolist()) > _UNPACKED_LIMIT:
            raise UsageError("it would be larger unpacked than any that edgekit makes")


def _read(arrays: dict[str, NDArray[Any]]) -> GoldenPack:
    about = arrays.pop("about", None)
    if about is None or about.dtype != np.uint8:
        raise UsageError("it has no 'about'")
    try:
        document = json.loads(about.tobytes())
    except (ValueError, RecursionError) as error:
        raise UsageError(f"its 'about' is not JSON ({error})") from error
    reader = DocumentReader(document, where="about")
    schema = reader.text("schema")
    if schema != GOLDEN_SCHEMA:
        raise UsageError(f"its schema is '{schema}', not '{GOLDEN_SCHEMA}'")
    if reader.digest("arrays_sha256") != _digest(arrays):
        raise UsageError("its arrays are not those that it was written with")
    pack = GoldenPack(
        file=reader.text("file"),
        sha256=reader.digest("sha256"),
        canonical_sha256=reader.digest("canonical_sha256"),
        inputs={entry.text("name"): _array(entry, arrays) for entry in reader.sections("inputs")},
        outputs=tuple(_output(entry, arrays) for entry in reader.sections("outputs")),
        preprocessing=reader.text("preprocessing"),
        sample_ids=reader.texts("sample_ids"),
        coarsened=reader.whole("coarsened", least=1),
        runtime=reader.text("runtime"),
    )
    if reader.digest("seal") != _seal(document):
        raise UsageError("its 'about' is not what it was written with")
    reader.finish()
    counts = {len(values) for values in (*pack.inputs.values(), *(output.values for output in pack.outputs))}
    if not pack.inputs or not pack.outputs or len(counts) != 1 or 0 in counts:
        raise UsageError("its inputs and outputs are not of the same number of samples")
    return pack


def _array(entry: DocumentReader, arrays: dict[str, NDArray[Any]], key: str = "array") -> NDArray[Any]:
    name = entry.text(key)
    if name not in arrays or arrays[name].ndim == 0:
        raise UsageError(f"it has no array '{name}'")
    return arrays[name]


def _output(entry: DocumentReader, arrays: dict[str, NDArray[Any]]) -> GoldenOutput:
    positions = None if entry.text_or_none("positions") is None else _array(entry, arrays, "positions")
    tolerance, reason = entry.number("tolerance"), entry.text("reason")
    if tolerance > 0 and reason.startswith(EXACT):
        raise UsageError(f"the tolerance of '{entry.text('name')}' is {tolerance:g}, though its reason is '{EXACT}'")
    return GoldenOutput(
        name=entry.text("name"),
        values=_array(entry, arrays),
        positions=positions,
        tolerance=tolerance,
        reason=reason,
    )


def _seal(about: Mapping[str, Any]) -> str:
    return checksum({name: value for name, value in about.items() if name != "seal"}, length=64)


def _digest(arrays: dict[str, NDArray[Any]]) -> str:
    digest = hashlib.sha256()
    for name, values in sorted(arrays.items()):
        digest.update(f"{name} {values.dtype.str} {list(values.shape)}\n".encode())
        digest.update(np.ascontiguousarray(values).tobytes())
    return digest.hexdigest()
