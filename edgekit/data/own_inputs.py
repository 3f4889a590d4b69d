"""What samples look like by themselves, where there is no model to say what it takes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from edgekit.data.arrays.array_files import array_headers
from edgekit.data.class_folders import holds_any
from edgekit.data.faults import path_faults
from edgekit.data.matching import LABEL_NAMES, require_kind
from edgekit.data.pictures.image_folder import SUFFIXES
from edgekit.errors import CalibrationError
from edgekit.tensors import TensorSpec

_PICTURE = TensorSpec("picture", (1, 96, 96, 3), "uint8")
"""Large enough for all that is looked for in a picture."""


def inputs_of(samples: Any) -> tuple[TensorSpec, ...]:
    """Return inputs that take these samples as they are: pictures at 96x96 in 0..255, or the shapes of arrays.

    Raises:
        CalibrationError: only a model can tell what a sample is.
    """
    if isinstance(samples, str | Path):
        path = Path(samples)
        with path_faults(path):
            if path.is_dir() and holds_any(path, SUFFIXES):
                return (_PICTURE,)
            if path.is_file() and path.suffix.lower() in {".npy", ".npz"}:
                return _specs(array_headers(path), where=f"sample file {path}")
            if not path.exists() and ":" not in str(samples):
                raise CalibrationError(f"sample data {path} does not exist", hint="check the path")
    elif isinstance(samples, np.ndarray):
        return _specs({"input": samples}, where="this array")
    elif isinstance(samples, Mapping) and all(isinstance(value, np.ndarray) for value in samples.values()):
        return _specs(samples, where="this dictionary")
    raise CalibrationError(
        f"what a sample of {samples if isinstance(samples, str | Path) else 'these'} looks like, only a model can tell",
        hint="name the model that they are for: --model MODEL",
    )


def _specs(arrays: Mapping[str, Any], *, where: str) -> tuple[TensorSpec, ...]:
    named = {name: array for name, array in arrays.items() if len(arrays) == 1 or name not in LABEL_NAMES}
    for name, array in named.items():
        require_kind(array.dtype, TensorSpec(name, (), "float32"), where=where)
    return tuple(TensorSpec(name, (1, *array.shape[1:]), str(array.dtype)) for name, array in named.items())
