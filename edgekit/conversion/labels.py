"""The names of the classes that an artifact gets into its metadata, and the output that they belong to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from edgekit.data import CalibrationSet
from edgekit.errors import UsageError
from edgekit.metadata import Metadata
from edgekit.tensors import TensorSpec

LabelNames: TypeAlias = str | Path | Sequence[str]
"""A text file with one name on each line, or the names, in the order of the scores."""
_HINT = "give a UTF-8 text file with the name of one class on each line, in the order of the model's scores"
_MOST_BYTES = 1 << 22


@dataclass(frozen=True, slots=True)
class ClassNames:
    """The names and where they come from."""

    names: tuple[str, ...]
    where: str
    """In a sentence: ``labels.txt``, ``the class folders of photos/train``."""
    asked: bool
    """Whether they were given as labels, so that it is an error if they fit no output."""

    @property
    def notes(self) -> tuple[str, ...]:
        """A sentence where classes share a name: ImageNet has such, and a slip looks the same."""
        places: dict[str, list[int]] = {}
        for number, name in enumerate(self.names, start=1):
            places.setdefault(name, []).append(number)
        shared = [f"'{name}' is name {' and '.join(map(str, each))}" for name, each in places.items() if each[1:]]
        more = f", and {len(shared) - 3} more names are shared" if shared[3:] else ""
        return (
            (f"{self.where}: {'; '.join(shared[:3])}{more}: answers do not tell such classes apart",) if shared else ()
        )

    def output(self, outputs: Sequence[TensorSpec]) -> str | None:
        """Return the name of the only output that gives one score for each name; None where there is none."""
        fitting = [spec.name for spec in outputs if len(spec.shape) > 1 and spec.shape[-1] == len(self.names)]
        return fitting[0] if len(fitting) == 1 and len(self.names) > 1 else None


def given_names(labels: LabelNames) -> ClassNames:
    """Return the names in a file, or as they are given.

    Raises:
        UsageError: the file cannot be read, or a name is empty or of several lines.
    """
    if isinstance(labels, str | Path):
        where = f"labels {labels}"
        lines = _lines(Path(labels), where)
    else:
        where, lines = "the labels that were given", [str(name) for name in labels]
    if not lines:
        raise UsageError(f"{where}: there are none", hint=_HINT)
    for number, line in enumerate(lines, start=1):
        if not line.strip() or len(line.splitlines()) != 1:
            raise UsageError(
                f"{where}: name {number} is {'empty' if not line.strip() else 'of several lines'}", hint=_HINT
            )
    return ClassNames(tuple(lines), where, asked=True)


def class_names(
    asked: ClassNames | None, samples: Sequence[CalibrationSet | None], *, before: Metadata | None
) -> ClassNames | None:
    """Return the names that were given, else those of class folders, else those that the source had; or None."""
    return next(_candidates(asked, samples, before), None)


def _candidates(
    asked: ClassNames | None, samples: Sequence[CalibrationSet | None], before: Metadata | None
) -> Iterator[ClassNames]:
    if asked is not None:
        yield asked
    for each in samples:
        # A folder's name may hold anything but a slash; a line of a file may not.
        if each is not None and each.classes and all(len(name.splitlines()) == 1 for name in each.classes):
            yield ClassNames(each.classes, f"the class folders of {each.path}", asked=False)
    if before is not None:
        for tensor in before.outputs:
            if tensor.labels:
                yield ClassNames(tensor.labels, "the metadata of the model", asked=False)


def misfit_of(names: ClassNames, outputs: Sequence[TensorSpec]) -> str | None:
    """Return why names belong to none of the outputs, as a sentence; None where they belong to one.

    Raises:
        UsageError: they do not, and were given as labels.
    """
    if names.output(outputs) is not None:
        return None
    told = "; ".join(str(spec) for spec in outputs)
    sentence = f"{names.where} name {len(names.names)} classes, but no single output has as many scores ({told})"
    if names.asked:
        raise UsageError(sentence, hint="give one name for each score, in the order of the scores")
    return sentence


def _lines(path: Path, where: str) -> list[str]:
    try:
        if path.is_dir():
            raise UsageError(f"{where}: it is a folder", hint=_HINT)
        # Reading a pipe would wait for ever.
        if not path.is_file():
            raise UsageError(f"{where}: there is no such file", hint=_HINT)
        if path.stat().st_size > _MOST_BYTES:
            raise UsageError(f"{where}: the file is larger than 4 MiB, which is no list of names", hint=_HINT)
        text = path.read_bytes().decode("utf-8-sig")
    except (OSError, ValueError) as error:
        reason = "it is not UTF-8 text" if isinstance(error, UnicodeDecodeError) else str(error)
        raise UsageError(f"{where} cannot be read: {reason}", hint=_HINT) from error
    # Lines after the last name are no names: editors leave them.
    lines = text.splitlines()
    while lines and not lines[-1].strip():
        lines.pop()
    return lines
