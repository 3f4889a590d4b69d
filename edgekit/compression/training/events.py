"""The log as TensorBoard reads it, while training goes on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from edgekit.compression.training.checkpoint import EpochRecord
from edgekit.errors import OutputError


class Events:
    """Writes each epoch's figures into a run of its own.

    Args:
        folder: of the run, which is made; one that was cut off goes on in it. None: nothing is written.
    """

    def __init__(self, folder: Path | None) -> None:
        self._writer: Any = None
        if folder is None:
            return
        import tensorflow as tf

        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._writer = tf.summary.create_file_writer(str(folder))
        except (OSError, tf.errors.OpError) as error:
            raise OutputError(
                f"cannot write TensorBoard's log into {folder}: {error}", hint="name another folder, or leave it out"
            ) from error

    def write(self, record: EpochRecord) -> None:
        """Write the figures of one epoch at once."""
        if self._writer is None:
            return
        import tensorflow as tf
        from tensorflow.core.framework.summary_pb2 import DATA_CLASS_SCALAR, SummaryMetadata

        # As tf.summary.scalar would, which asks for TensorBoard itself; who writes need not have it.
        metadata = SummaryMetadata(data_class=DATA_CLASS_SCALAR)
        metadata.plugin_data.plugin_name = "scalars"
        with self._writer.as_default():
            for name in ("loss", "validation_loss", "validation_accuracy", "learning_rate"):
                value = getattr(record, name)
                if value is not None:
                    tf.summary.write(name, tf.constant(value, tf.float32), step=record.epoch, metadata=metadata)
        self._writer.flush()
