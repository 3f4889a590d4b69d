"""The folder that samples are written to, one at a time: an .npy file for each input."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from edgekit.errors import OutputError
from edgekit.files import output_errors


class SpoolWriter:
    """The growing files of one set. Made by :func:`spooled`."""

    def __init__(self, streams: dict[str, IO[bytes]], files: dict[str, Path]) -> None:
        self.files = files
        self._streams = streams
        self._starts: dict[str, int] = {}
        self._shapes: dict[str, tuple[int, ...]] = {}
        self._dtypes: dict[str, np.dtype[Any]] = {}
        self._count = 0

    def write(self, position: int, values: Mapping[str, NDArray[Any]]) -> None:
        """Write one sample at its place. Every sample has the shapes and dtypes of the first.

        Raises:
            OutputError: it cannot be written.
        """
        for name, value in values.items():
            stream = self._streams[name]
            with output_errors(self.files[name]):
                if name not in self._starts:
                    self._shapes[name], self._dtypes[name] = value.shape, value.dtype
                    self._starts[name] = self._write_header(name)
                stream.seek(self._starts[name] + position * value.nbytes)
                stream.write(np.ascontiguousarray(value).tobytes())
        self._count += 1

    def finish(self) -> None:
        """Write the number of samples into the files. Raises OutputError."""
        for name, stream in self._streams.items():
            with output_errors(self.files[name]):
                stream.seek(0)
                self._write_header(name)
                stream.flush()

    def _write_header(self, name: str) -> int:
        # numpy leaves room for the first axis to grow, so the header keeps its length.
        stream = self._streams[name]
        npy.write_array_header_1_0(
            stream,
            {
                "shape": (self._count, *self._shapes[name]),
                "fortran_order": False,
                "descr": npy.dtype_to_descr(self._dtypes[name]),
            },
        )
        return stream.tell()


@contextmanager
def spooled(folder: Path, *, names: tuple[str, ...]) -> Iterator[SpoolWriter]:
    """Open a file for each input in ``folder``, which is made if it is missing. An error leaves nothing behind.

    Raises:
        OutputError: the folder cannot be written to, or holds a set already.
    """
    made = not folder.exists()
    files = {name: folder / f"input_{index}.npy" for index, name in enumerate(names)}
    opened: list[Path] = []
    done = False
    try:
        with ExitStack() as stack:
            streams: dict[str, IO[bytes]] = {}
            with output_errors(folder):
                folder.mkdir(exist_ok=True)
            for name, path in files.items():
                streams[name] = _created(path)
                opened.append(path)
                stack.callback(_close, streams[name], path)
            writer = SpoolWriter(streams, files)
            yield writer
            writer.finish()
        done = True
    finally:
        if not done:
            for path in opened:
                path.unlink(missing_ok=True)
            if made and folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()


def _close(stream: IO[bytes], path: Path) -> None:
    # What could not be written because the disk is full is tried again on closing.
    with output_errors(path):
        stream.close()


def _created(path: Path) -> IO[bytes]:
    with output_errors(path):
        try:
            return path.open("xb")
        except FileExistsError:
            raise OutputError(
                f"cannot write {path}: it belongs to another set of samples",
                hint="give each set a folder of its own",
            ) from None
