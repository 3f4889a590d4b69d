"""What goes into a model and what comes out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from .job import Refused

# A device without numpy is told so, by runtimes.py, before anything here is called.
with suppress(ImportError):
    import numpy as np


def shape_inputs(interpreter: Any, shapes: list[tuple[int, ...]] | None) -> None:
    """Resize the inputs to ``shapes``, each with a batch dimension of 1; None: only what the file leaves open, to 1."""
    for position, detail in enumerate(interpreter.get_input_details()):
        now = tuple(int(size) for size in detail["shape"])
        wanted = tuple(max(1, size) for size in now)
        if shapes is not None:
            # An input without a batch dimension takes the sample alone.
            wanted = shapes[position] if len(shapes[position]) == len(now) else shapes[position][1:]
        if wanted != now:
            interpreter.resize_tensor_input(detail["index"], list(wanted))


def stored(values: Any, detail: dict[str, Any]) -> Any:
    """Return a sample as the input stores it: quantized where the input is, and the sample is not."""
    dtype = np.dtype(detail["dtype"])
    values = values.reshape(detail["shape"])
    scales = detail["quantization_parameters"]["scales"]
    if dtype.kind in "iu" and values.dtype != dtype:
        limits = np.iinfo(dtype)
        if len(scales) == 1:
            values = np.round(values / scales[0]) + detail["quantization_parameters"]["zero_points"][0]
            values = np.clip(values, limits.min, limits.max)
        elif values.dtype.kind not in "iub" or values.min() < limits.min or values.max() > limits.max:
            raise Refused(f"input '{detail['name']}' takes {dtype}, and the samples are {values.dtype}")
    return values.astype(dtype)


def real(values: Any, detail: dict[str, Any]) -> Any:
    """Return an output as real numbers: dequantized to float32 where it is quantized, else as it stands."""
    scales, zeros = (detail["quantization_parameters"][key] for key in ("scales", "zero_points"))
    if values.dtype.kind not in "iu" or len(scales) == 0:
        return values
    if len(scales) > 1:
        raise Refused(f"output '{detail['name']}' is quantized per channel, which the format has for weights only")
    return ((values.astype(np.float64) - zeros[0]) * scales[0]).astype(np.float32)


def seeded_values(stream: Any, detail: dict[str, Any]) -> Any:
    """Return the next values of ``stream`` for an input, the same bytes on every machine and with every numpy.

    Floats are uniform in 0..1 with 24 bits; integers use the full range of their dtype, but 0 and 1 only where they
    have 32 bits or more, which are indices of something; booleans are either.
    """
    dtype, shape = np.dtype(detail["dtype"]), tuple(int(size) for size in detail["shape"])
    if dtype.kind not in "fiub":
        raise Refused(f"input '{detail['name']}' takes {dtype.name} values, and there are no seeded ones of that kind")
    count = int(np.prod(shape, dtype=np.int64))
    words = stream.random_raw((count + 1) // 2).astype("<u8").view("<u4")[:count].reshape(shape)
    if dtype.kind == "f":
        return ((words >> np.uint32(8)) * np.float32(2.0**-24)).astype(dtype)
    if dtype.kind == "b" or dtype.itemsize >= 4:
        return (words & np.uint32(1)).astype(dtype)
    return (words >> np.uint32(32 - 8 * dtype.itemsize)).astype(f"u{dtype.itemsize}").view(dtype)


def digest_of(outputs: Iterable[Any]) -> str:
    """Return the SHA-256 of dtype, shape and little-endian bytes of each output."""
    digest = hashlib.sha256()
    for values in outputs:
        digest.update(f"{values.dtype.name} {list(values.shape)}\n".encode())
        digest.update(np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<")).tobytes())
    return digest.hexdigest()
