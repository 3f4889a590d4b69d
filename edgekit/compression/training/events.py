"""The log as TensorBoard reads it, while training goes on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from edgekit.compression.training.checkpoint import EpochRecord
from edgekit.errors import OutputError
from edgekit.progress import Progress, Step

_FIGURES = ("loss", "validation_loss", "validation_accuracy", "learning_rate")


class Events:
    """Writes each epoch's figures into a run of its own, each of them once.

    Where that fails, it is told once and nothing more is written: a log is not worth a training.

    Args:
        folder: of the run, which is made; one that was cut off goes on in it. None: nothing is written.
        progress: told what went wrong.
    """

    def __init__(self, folder: Path | None, *, progress: Progress) -> None:
        self.notes: list[str] = []
        """What whoever reads the log should know."""
        self._folder, self._progress = folder, progress
        self._writer: Any = None
        """Made with the first epoch: before that, there is nothing that a later run could be mixed with."""
        self._written: set[tuple[str, int]] = set()
        if folder is None:
            return
        import tensorflow as tf

        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._written = set(_written_in(folder))
        except (OSError, tf.errors.OpError) as error:
            raise OutputError(
                f"cannot write TensorBoard's log into {folder}: {error}", hint="name another folder, or leave it out"
            ) from error

    def write(self, history: Sequence[EpochRecord]) -> None:
        """Write at once what is not in the log yet: the last epoch, and any that a cut kept from it."""
        if self._folder is None or not history or self.notes:
            return
        import tensorflow as tf
        from tensorflow.core.framework.summary_pb2 import DATA_CLASS_SCALAR, SummaryMetadata

        # As tf.summary.scalar would, which asks for TensorBoard itself; who writes need not have it.
        metadata = SummaryMetadata(data_class=DATA_CLASS_SCALAR)
        metadata.plugin_data.plugin_name = "scalars"
        try:
            self._writer = self._writer or tf.summary.create_file_writer(str(self._folder))
            with self._writer.as_default():
                for record in history:
                    for name in _FIGURES:
                        value = getattr(record, name)
                        if value is None or (name, record.epoch) in self._written:
                            continue
                        tf.summary.write(name, tf.constant(value, tf.float32), step=record.epoch, metadata=metadata)
                        self._written.add((name, record.epoch))
            self._writer.flush()
        except (OSError, tf.errors.OpError) as error:
            # TensorFlow's own words begin with names of its functions and the path of the file.
            reason = str(error).splitlines()[0].rpartition("; ")[2]
            self.notes.append(
                f"TensorBoard's log in {self._folder} ends before epoch {history[-1].epoch}, as it could not be "
                f"written: {reason}"
            )
            self._progress(Step(f"warning: {self.notes[-1]}"))


def _written_in(folder: Path) -> Iterator[tuple[str, int]]:
    """Return the name and the epoch of each figure that lies in a folder's logs."""
    import tensorflow as tf
    from tensorflow.core.util.event_pb2 import Event

    for file in sorted(folder.glob("events.out.tfevents.*")):
        try:
            for record in tf.data.TFRecordDataset(str(file)).as_numpy_iterator():
                event = Event.FromString(record)
                yield from ((value.tag, event.step) for value in event.summary.value)
        except tf.errors.DataLossError:
            # Cut off in the midst of a record, behind which there is none.
            continue
