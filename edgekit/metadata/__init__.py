"""TFLite metadata: what a file says to people and to code generators about its inputs and outputs.

The format is TensorFlow Lite's metadata_schema.fbs, file identifier M001. It is written with the flatbuffers package
alone: there is no tflite-support for today's Pythons. What a file holds is read by ``inspection``.
Writing (``writing`` and ``embedding``) loads flatbuffers, so it is imported where it is done.
"""

from edgekit.metadata.values import ContentKind, Metadata, Normalization, TensorMetadata

__all__ = ["ContentKind", "Metadata", "Normalization", "TensorMetadata"]
