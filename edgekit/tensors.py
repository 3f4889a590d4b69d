"""What a model says of one of its inputs or outputs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """Name, shape and dtype of an input or output, batch dimension included.

    ``shape`` holds None for a dimension that is not fixed. ``dtype`` is a numpy name, such as ``float32``.
    ``scale`` and ``zero_point`` are set where the tensor is quantized: real = scale * (stored - zero_point).
    """

    name: str
    shape: tuple[int | None, ...]
    dtype: str
    scale: float | None = None
    zero_point: int | None = None

    def __str__(self) -> str:
        dimensions = "x".join("?" if size is None else str(size) for size in self.shape)
        quantized = "" if self.scale is None else f" (scale {self.scale:.6g}, zero {self.zero_point})"
        return f"{self.name}: {self.dtype}[{dimensions}]{quantized}"

    def to_json(self) -> dict[str, Any]:
        """Return the spec as JSON values."""
        return {
            "name": self.name,
            "shape": list(self.shape),
            "dtype": self.dtype,
            "scale": self.scale,
            "zero_point": self.zero_point,
        }

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> TensorSpec:
        """Return the spec that :meth:`to_json` wrote."""
        return cls(**{**document, "shape": tuple(document["shape"])})
