"""What is given and where it goes, before anything is started."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

from edgekit.artifact import places_of, require_apart
from edgekit.compression.recipes.recipe import CompressionRecipe
from edgekit.compression.recipes.stages import ChannelPrune
from edgekit.conversion.float_export import require_tensorflow
from edgekit.conversion.memory_model import is_memory_model
from edgekit.devices import require_address
from edgekit.errors import OutputError, SourceError
from edgekit.files import named_output, output_errors, paths_among, require_other, require_writable
from edgekit.profiles import profile_named
from edgekit.sources import Source, identify
from edgekit.units import format_count

_SUFFIX = ".keras"
_KERAS = ("keras", "keras-h5")


def keras_source(model: Any, *, folder: Path, custom_objects: Sequence[str], trust: bool) -> Source:
    """Return the Keras file that a child process loads; a model in memory is saved into the work folder.

    Raises:
        SourceError: it is no Keras 3 model.
        MissingExtra: TensorFlow is not installed.
    """
    if is_memory_model(model):
        if type(model).__module__.startswith("tf_keras") or any(
            kind.__module__.startswith("tf_keras") for kind in type(model).__mro__
        ):
            raise SourceError(
                "model <memory> is one of tf-keras, and compress takes those of Keras 3",
                hint="save it as .h5 and give that file",
            )
        path = folder / "memory.keras"
        try:
            with redirect_stdout(StringIO()):
                model.save(path)
        # Saving the user's layers raises anything.
        except Exception as error:
            raise SourceError(f"model <memory> cannot be saved: {error}", log=str(error)) from error
        return Source(path, "keras", tuple(custom_objects), trust)
    source = identify(model, custom_objects=tuple(custom_objects), trust=trust)
    if source.format not in _KERAS:
        raise SourceError(
            f"model {source.path} is in the format '{source.format}', and only Keras models can be compressed",
            hint="give the .keras or .h5 that it was made of",
        )
    require_tensorflow(source)
    return source


def output_of(model: Any, output: str | Path | None, *, read: Mapping[str, Any]) -> Path:
    """Return the file to write.

    Args:
        model: what is compressed.
        output: as it was given.
        read: what is never to be overwritten: what it is, to what was given.

    Raises:
        OutputError: it cannot be written, is called a file of another format, or is one that is read.
    """
    if output is None:
        stem = model.name if is_memory_model(model) else Path(model).stem
        path = Path(f"{stem}.compressed{_SUFFIX}")
    else:
        path = named_output(output)
        if path.is_dir():
            path = path / f"{Path(model).stem if not is_memory_model(model) else model.name}.compressed{_SUFFIX}"
    if path.suffix != _SUFFIX:
        raise OutputError(
            f"the output {path} is not called {_SUFFIX}, which is what edgekit writes here",
            hint=f"name it {path.with_suffix(_SUFFIX)}",
        )
    for place in (path, path.with_name(f"{path.name}.json"), path.with_name(f"{path.name}.csv")):
        for what, each in paths_among(read).items():
            require_other(place, each, what=what)
        require_writable(place)
    return path


def require_free(artifact: Path, *, read: Mapping[str, Any]) -> None:
    """Raise OutputError where an artifact cannot be written to its place, or would overwrite what is read."""
    require_apart(artifact, paths_among(read))
    for place in places_of(artifact):
        require_writable(place)


def require_known_places(recipe: CompressionRecipe, devices: Sequence[str]) -> None:
    """Raise UsageError or ProfileError where a device can have no such address, or there is no such profile."""
    cuts = [each.what for each in recipe.stages if isinstance(each.what, ChannelPrune)]
    for address in (*devices, *(each.device for each in cuts if each.device is not None)):
        require_address(address)
    for profile in (each.profile for each in cuts if each.profile is not None):
        profile_named(profile)


def require_new_log(folder: Path, runs: Sequence[str]) -> None:
    """Raise OutputError where TensorBoard's log cannot be written into a folder, or an older run's would go on in it.

    Args:
        folder: of the log, which is made.
        runs: names of the folders in it that are to be written.
    """
    with output_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        taken = [name for name in runs if any((folder / name).glob("events.out.tfevents.*"))]
    if taken:
        raise OutputError(
            f"the folder {folder} holds the log of an older run already: {', '.join(taken)}",
            hint=f"name another folder, such as {folder / 'second'}, which TensorBoard shows beside it; or remove it",
        )
    require_writable(folder / "log")


def thread_warnings(threads: int | None, *, cores: int) -> list[str]:
    """Return what there is to say of a number of threads to train with."""
    if threads is None or threads <= cores:
        return []
    told = format_count(cores, "core")
    return [f"training with {threads} threads on {told}: more threads than cores only wait for each other"]
