"""``reproduce``: builds an artifact again and compares."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from edgekit.artifact import Artifact, Sidecar, golden_path, read_sidecar, require_apart
from edgekit.conversion import convert
from edgekit.errors import CalibrationError, ConversionError, SourceError, UsageError
from edgekit.files import named_output, sha256_of, temporary_folder
from edgekit.inspection import contradictions, differences, inspect
from edgekit.progress import Progress, silent
from edgekit.recipe import precision_named
from edgekit.reproduction.changes import changes_of, samples_changed, unknowns_of
from edgekit.reproduction.reproduction import Reproduction

_MEMORY = "memory"
_ITERABLE = "<iterable>"


def reproduce(
    sidecar: str | Path,
    *,
    model: Any = None,
    calibration: Any = None,
    output: str | Path | None = None,
    trust: bool = False,
    progress: Progress = silent,
) -> Reproduction:
    """Build an artifact again from what its sidecar says, and compare the canonical hashes.

    Args:
        sidecar: the ``FILE.tflite.json`` beside the artifact. Paths in it count from the current folder, or else from
            the sidecar's own.
        model: the model, as for :func:`edgekit.convert`; None: where it was.
        calibration: the samples, as for ``convert``; None: where they were. Precisions that need none take none.
        output: a file or an existing folder that the new artifact is kept in; None: it is not kept.
        trust: whether code inside the model file may run. A sidecar does not decide that.
        progress: told each step.

    Raises:
        UsageError: it is no sidecar or an edited one, the file beside it is not the one that it describes, or what
            was given is wrong.
        SourceError: the model is not there any more.
        CalibrationError: the samples are not.
        EdgekitError: whatever ``convert`` raises.
    """
    record = read_sidecar(sidecar)
    original = _described_file(record)
    if record.origin.trust and not trust:
        raise UsageError(
            f"{record.origin.path} was converted with code in it running (--trust), which a sidecar cannot ask for",
            hint="add --trust if you trust the model",
        )
    source = _source(record, model)
    samples = _samples(record, calibration)
    with _place(output, record) as place:
        rebuilt = _rebuilt(record, source, samples, place=place, progress=progress)
        found: tuple[str, ...] = ()
        if rebuilt.canonical_sha256 != record.canonical_sha256:
            found = ("the file itself is gone: what differs in it cannot be told",)
            if original is not None:
                found = differences(original, rebuilt.path)
    gone, new = samples_changed(record, rebuilt)
    return Reproduction(
        sidecar=record.path,
        precision=record.precision,
        canonical_sha256=record.canonical_sha256,
        rebuilt_canonical_sha256=rebuilt.canonical_sha256,
        sha256=record.sha256,
        rebuilt_sha256=rebuilt.sha256,
        changes=changes_of(record, rebuilt),
        unknown=unknowns_of(record, rebuilt),
        differences=found,
        samples_gone=gone,
        samples_new=new,
        output=None if output is None else rebuilt.path,
    )


def _described_file(record: Sidecar) -> Path | None:
    """Return the artifact; None where it is gone. Raises UsageError if it is not the one that is described."""
    if not record.file.exists():
        return None
    wrong = contradictions(record, inspect(record.file))
    if wrong:
        raise UsageError(
            f"sidecar {record.path} does not describe {record.file}: "
            f"{', '.join(repr(name) for name in wrong)} {'is' if len(wrong) == 1 else 'are'} not true of it",
            hint="put the file and its own sidecar together again, or convert anew",
        )
    return record.file


def _source(record: Sidecar, model: Any) -> Any:
    if model is not None:
        return model
    if record.origin.format == _MEMORY:
        raise SourceError(
            f"{record.file.name} was made of a model in memory, which is not there any more",
            hint="save the model and give it with --model",
        )
    found = _found(record.origin.path, record)
    if found is None:
        raise SourceError(
            f"model {record.origin.path}, which {record.file.name} was made of, is not there",
            hint="give it with --model",
        )
    return found


def _samples(record: Sidecar, calibration: Any) -> Any:
    if calibration is not None:
        return calibration
    if not precision_named(record.precision).needs_calibration or record.samples is None:
        return None
    if record.samples.path == _ITERABLE:
        raise CalibrationError(
            f"{record.file.name} was calibrated on samples from memory, which are not there any more",
            hint="give them with --calibration",
        )
    # What is no path may be a pattern or module:function, which collecting the samples makes sense of.
    return _found(record.samples.path, record) or record.samples.path


def _found(path: str, record: Sidecar) -> Path | None:
    candidates = (Path(path), record.path.parent / path)
    return next((candidate for candidate in candidates if candidate.exists()), None)


@contextmanager
def _place(output: str | Path | None, record: Sidecar) -> Iterator[Path]:
    if output is None:
        with temporary_folder("edgekit-reproduce-") as folder:
            yield Path(folder, record.file.with_suffix(".tflite").name)
        return
    place = named_output(output)
    place = place / record.file.name if place.is_dir() else place
    kept = {"the artifact": record.file, "the sidecar": record.path, "the golden pack": golden_path(record.file)}
    require_apart(place, kept)
    yield place


def _rebuilt(record: Sidecar, source: Any, samples: Any, *, place: Path, progress: Progress) -> Artifact:
    try:
        return convert(
            source,
            place,
            precision=record.precision,
            calibration=samples,
            recipe=record.recipe,
            custom_objects=record.origin.custom_objects,
            trust=record.origin.trust,
            # Whether they were good enough was decided when they were used; now they must only be the same.
            samples_check=False,
            progress=progress,
        ).artifact
    # What else goes wrong, such as a full disk, has its own next step.
    except (SourceError, CalibrationError, ConversionError) as error:
        if _is_another(source, record):
            error.hint = f"this is not the model that {record.file.name} was made of, which may be why; give that one"
        elif isinstance(error, CalibrationError) and record.samples is not None:
            error.hint = f"give the samples that it was calibrated on, {record.samples.path}, with --calibration"
        raise


def _is_another(source: Any, record: Sidecar) -> bool:
    """Return whether it is surely another model: of one in memory, no hash was kept."""
    if record.origin.sha256 is None or not isinstance(source, str | Path) or not Path(source).exists():
        return False
    return sha256_of(Path(source)) != record.origin.sha256
