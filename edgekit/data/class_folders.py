"""A folder of files, flat or with one folder for each class."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from edgekit.data.faults import Unreadable, folder_faults
from edgekit.errors import CalibrationError
from edgekit.tensors import TensorSpec


@dataclass(frozen=True, slots=True)
class ClassFolders:
    """The files that were found. They are not opened yet."""

    folder: Path
    names: tuple[str, ...]
    """Relative to the folder, sorted, with ``/``."""
    classes: tuple[str, ...]
    """Names of the class folders as Keras sorts them, empty ones too; none for a flat folder."""

    @property
    def labels(self) -> tuple[int, ...] | None:
        """The number of each file's class; None for a flat folder."""
        numbers = {name: number for number, name in enumerate(self.classes)}
        return tuple(numbers[name.split("/", 1)[0]] for name in self.names) if self.classes else None

    def read(self, index: int) -> bytes:
        """Return the content of one file. Raises Unreadable."""
        path = self.folder / self.names[index]
        # Opening a pipe would wait for ever.
        if not path.is_file():
            raise Unreadable("is not a file, or a link to one that is gone")
        try:
            return path.read_bytes()
        except OSError as error:
            raise Unreadable(f"cannot be read: {error.strerror}") from error


def holds_any(folder: Path, suffixes: tuple[str, ...]) -> bool:
    """Return whether a file of such a name lies in the folder or in one of its folders. Raises CalibrationError."""
    with folder_faults(folder):
        files, folders, _ = _listing(folder, suffixes)
        return bool(files) or any(_listing(folder / name, suffixes)[0] for name in folders)


def class_folders(folder: Path, *, suffixes: tuple[str, ...], noun: str, hint: str) -> ClassFolders:
    """Return the files of ``folder``.

    Args:
        folder: holds files only, or only folders of files.
        suffixes: what the files' names end with, in capitals or not. Others are not looked at.
        noun: what a file is, such as ``image``.
        hint: the next step where there is no such file.

    Raises:
        CalibrationError: the folder is empty, holds no such file, or is laid out in another way.
    """
    with folder_faults(folder):
        names, classes = _layout(folder, suffixes, noun, hint)
    return ClassFolders(folder, names, classes)


def require_one_input(inputs: Sequence[TensorSpec], *, folder: Path, noun: str) -> None:
    """Raise CalibrationError where one file cannot feed all inputs."""
    if len(inputs) > 1:
        taken = ", ".join(spec.name for spec in inputs)
        raise CalibrationError(
            f"sample folder {folder} gives one {noun} for each sample, but the model has {len(inputs)} inputs: {taken}",
            hint="give an .npz file with one array for each input, under these names",
        )


def _layout(folder: Path, suffixes: tuple[str, ...], noun: str, hint: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    files, folders, others = _listing(folder, suffixes)
    members = {name: _listing(folder / name, suffixes) for name in folders}
    filled = [name for name in folders if members[name][0]]
    if files and filled:
        raise CalibrationError(
            f"sample folder {folder} holds {len(files)} {noun}s beside folders of {noun}s ({filled[0]}, ...)",
            hint=f"either put all {noun}s into the folder, or all of them into one folder for each class",
        )
    if files:
        return tuple(files), ()
    for name, (_, nested, _) in members.items():
        if nested:
            raise CalibrationError(
                f"sample folder {folder} is too deep: {name} holds the folder {nested[0]}, and only one level "
                "of class folders is read",
                hint=f"give the folder right above the class folders, such as {folder / name}",
            )
    if not filled:
        found = len(others) + sum(len(rest) for _, _, rest in members.values())
        article = "an" if noun[0] in "aeiou" else "a"
        what = f"{found} files, but none of them is {article} {noun}" if found else "nothing"
        raise CalibrationError(f"sample folder {folder} holds {what}", hint=hint)
    return tuple(sorted(f"{name}/{file}" for name in filled for file in members[name][0])), tuple(folders)


def _listing(folder: Path, suffixes: tuple[str, ...]) -> tuple[list[str], list[str], list[str]]:
    """Return the names of such files, of folders and of other files, each sorted; hidden ones are left out."""
    files, folders, others = list[str](), list[str](), list[str]()
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            matches = entry.name.lower().endswith(suffixes)
            (folders if _is_folder(entry, named_as_file=matches) else files if matches else others).append(entry.name)
    return sorted(files), sorted(folders), sorted(others)


def _is_folder(entry: os.DirEntry[str], *, named_as_file: bool) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        # A link that leads to itself. One that is called as a file is one that cannot be read: that is told later.
        if named_as_file:
            return False
        raise
