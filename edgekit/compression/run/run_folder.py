"""The folder that an unfinished run lies in: finished pieces, the checkpoint, and whose they are."""

from __future__ import annotations

import csv
import fcntl
import io
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from edgekit.compression.compression import LoggedEpoch
from edgekit.errors import OutputError, UsageError
from edgekit.files import output_errors, write_bytes, write_json

_IDENTITY = "run.json"
_LOCK = "lock"
_SCHEMA = "edgekit.compression-run/"
_AGAIN = "leave out --resume to start anew, after removing that folder"


class RunFolder:
    """Beside the output, named after it; gone when the run is done, and one process's alone until then.

    Args:
        output: the model that the run is to write.
    """

    def __init__(self, output: Path) -> None:
        self.path = output.with_name(f"{output.name}.run")
        self._held: int | None = None

    def require_free(self, *, resume: bool) -> None:
        """Tell now what :meth:`open` would tell after a model and samples were loaded. Raises as that does."""
        if resume:
            self._require_begun()
        elif self.path.exists():
            self._claim()

    def open(self, identity: Mapping[str, Any], *, resume: bool) -> None:
        """Make the folder, or go on with what is in it.

        Args:
            identity: by what it is, what must be the same to go on: the model, the recipe, the samples.
            resume: whether to go on.

        Raises:
            UsageError: there is nothing to go on with, or another run.
            OutputError: it cannot be made, is somebody else's, another process is at work in it, or there is an
                unfinished run that nobody spoke of.
        """
        place = self.path / _IDENTITY
        if not resume:
            self._claim()
            write_json(place, identity)
            return
        self._require_begun()
        try:
            before = dict(json.loads(place.read_bytes()))
        except (OSError, ValueError, TypeError) as error:
            raise UsageError(f"the run in {self.path} cannot be read: {error}", hint=_AGAIN) from error
        other = [what for what in identity if before.get(what) != json.loads(json.dumps(identity[what]))]
        if other:
            raise UsageError(
                f"the run in {self.path} is another one: it had other {' and '.join(other)}",
                hint=f"give what it was started with, or {_AGAIN}",
            )
        self._take()

    def _claim(self) -> None:
        """Make the folder and keep others out. Raises OutputError where anything in it would be lost."""
        with output_errors(self.path):
            self.path.mkdir(exist_ok=True)
            names = {each.name for each in self.path.iterdir()} - {_LOCK}
        # In the end it is removed with all that is in it, which must be the run's own.
        if names and not (_IDENTITY in names and _is_run(self.path / _IDENTITY)):
            raise OutputError(
                f"the run would lie in {self.path}, which is there already and holds something else",
                hint="move it away, or choose another output with -o",
            )
        self._take()
        # One that came to nothing before anything was done has nothing to lose.
        if len(names) > 1:
            raise OutputError(
                f"an unfinished run lies in {self.path}", hint="go on with --resume, or remove that folder"
            )

    def _require_begun(self) -> None:
        if not (self.path / _IDENTITY).exists():
            raise UsageError(f"there is no unfinished run in {self.path} to go on with", hint="leave out --resume")

    def _take(self) -> None:
        """Keep others out until this process ends, however it ends. Raises OutputError."""
        if self._held is not None:
            return
        with output_errors(self.path / _LOCK):
            held = os.open(self.path / _LOCK, os.O_RDWR | os.O_CREAT, 0o666)
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                os.close(held)
                raise OutputError(
                    f"another run is at work in {self.path}",
                    hint="wait until it is done, or choose another output with -o",
                ) from error
        self._held = held

    @property
    def is_open(self) -> bool:
        """Whether there is a run in it, and this process's."""
        return self._held is not None

    @property
    def holds_work(self) -> bool:
        """Whether anything lies in it that took long to make, by this process or one before."""
        return self.checkpoint.exists() or any(self.path.glob("piece-*.json"))

    def told(self) -> str:
        """Return a sentence for whoever has interrupted the run."""
        return "what was done is saved; go on with --resume" if self.holds_work else "nothing was trained yet"

    def close(self) -> None:
        """Let others go on with it."""
        if self._held is not None:
            os.close(self._held)
            self._held = None

    @property
    def checkpoint(self) -> Path:
        """The file of the piece that is being trained."""
        return self.path / "checkpoint.npz"

    @property
    def finetuning(self) -> Path:
        """The checkpoint of the artifact that is fine-tuned when all pieces are done."""
        return self.path / "finetuning.npz"

    def model(self, piece: int) -> Path:
        """Return where the model lies after a piece."""
        return self.path / f"piece-{piece}.keras"

    def facts(self, piece: int) -> dict[str, Any] | None:
        """Return what a piece told when it was done; None where it is not."""
        place = self.path / f"piece-{piece}.json"
        if not place.exists() or not self.model(piece).exists():
            return None
        found: dict[str, Any] = json.loads(place.read_bytes())
        return found

    def done(self, piece: int, facts: Mapping[str, Any], log: Sequence[LoggedEpoch]) -> None:
        """Note that a piece is done. Raises OutputError."""
        write_bytes(self.path / "log.csv", log_as_csv(log))
        write_json(self.path / f"piece-{piece}.json", facts)
        self.checkpoint.unlink(missing_ok=True)

    def remove(self) -> None:
        """Remove it with all that is in it."""
        shutil.rmtree(self.path, ignore_errors=True)
        self.close()


def _is_run(place: Path) -> bool:
    """Return whether a file is what tells of a run."""
    try:
        return str(json.loads(place.read_bytes())["schema"]).startswith(_SCHEMA)
    except (OSError, ValueError, TypeError, KeyError):
        return False


def log_as_csv(log: Sequence[LoggedEpoch]) -> bytes:
    """Return a line for each epoch, under a head."""
    text = io.StringIO()
    writer = csv.DictWriter(text, [each.name for each in fields(LoggedEpoch)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(each) for each in log)
    return text.getvalue().encode()
