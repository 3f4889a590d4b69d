"""A model as it was given, what it says of itself, and what it is once loaded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from edgekit.tensors import TensorSpec


@dataclass(frozen=True, slots=True)
class Source:
    """A model file whose format is known from its content."""

    path: Path
    format: str
    """A name from the table of source formats."""
    custom_objects: tuple[str, ...] = ()
    """Import paths, ``package.module:Name``, of classes and functions that the file names but does not hold."""
    trust: bool = False
    """Whether code inside the file (Lambda layers, pickled functions) may run."""
    input_shape: str | None = None
    """Sizes for the inputs whose own are open, as a recipe has them."""

    def to_json(self) -> dict[str, Any]:
        """Return the source as JSON values, for a child process."""
        return {
            "path": str(self.path),
            "format": self.format,
            "custom_objects": list(self.custom_objects),
            "trust": self.trust,
            "input_shape": self.input_shape,
        }

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Source:
        """Return the source that :meth:`to_json` wrote."""
        return cls(
            Path(document["path"]),
            document["format"],
            tuple(document["custom_objects"]),
            document["trust"],
            document["input_shape"],
        )


@dataclass(frozen=True, slots=True)
class Description:
    """What a source says of itself."""

    inputs: tuple[TensorSpec, ...]
    """In the order the model takes them; the batch dimension is 1, every other one is fixed."""
    outputs: tuple[TensorSpec, ...]
    """In the order the model gives them; None for a dimension that only running it would tell."""
    parameters: int | None
    """Number of weights; None where the file does not tell."""
    own_scaling: str | None = None
    """Name of the layer in front that brings raw 0..255 to the model's range; None where there is none."""
    layers: tuple[str, ...] = ()
    """Names of the layers, to find the one that an error speaks of."""

    def to_json(self) -> dict[str, Any]:
        """Return the description as JSON values."""
        return {
            "inputs": [spec.to_json() for spec in self.inputs],
            "outputs": [spec.to_json() for spec in self.outputs],
            "parameters": self.parameters,
            "own_scaling": self.own_scaling,
            "layers": list(self.layers),
        }

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Description:
        """Return the description that :meth:`to_json` wrote."""
        return cls(
            inputs=tuple(TensorSpec.from_json(spec) for spec in document["inputs"]),
            outputs=tuple(TensorSpec.from_json(spec) for spec in document["outputs"]),
            parameters=document["parameters"],
            own_scaling=document["own_scaling"],
            layers=tuple(document["layers"]),
        )


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A model inside a process that has TensorFlow."""

    description: Description
    call: Callable[[Sequence[Any]], list[Any]]
    """Takes and gives tensors in the description's order; can be traced by ``tf.function``."""
    keras_model: Any = None
    """The Keras model, where there is one."""
    saved_model: Path | None = None
    """The SavedModel folder, where there is one."""
    signature: str | None = None
    """The signature of the SavedModel that ``call`` is."""
    open_sizes: bool = False
    """Whether the signature itself leaves sizes open that the description fixes."""


class SourceFormat(Protocol):
    """One way a model can lie on the disk: a :class:`LoadedFormat` or an :class:`ExportedFormat`."""

    name: str
    title: str
    """What people call it."""

    def recognises(self, path: Path) -> bool:
        """Return whether the content at ``path`` is of this format. Never raises for a readable path."""
        ...


class LoadedFormat(SourceFormat, Protocol):
    """A model that TensorFlow loads, to be exported."""

    def load(self, source: Source) -> LoadedModel:
        """Load the model; only called in a process that has TensorFlow.

        Raises:
            SourceError: the file is damaged, incomplete or needs something that was not given.
        """
        ...


class ExportedFormat(SourceFormat, Protocol):
    """A float .tflite already: it is taken as it is, and needs no TensorFlow."""

    def describe(self, path: Path) -> Description:
        """Return what the file says of itself.

        Raises:
            SourceError: it is damaged, or cannot be quantized as it is.
        """
        ...
