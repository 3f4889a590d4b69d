"""The message ``tf.train.Example``, declared here so that protobuf alone can read it.

As in tensorflow/core/example/example.proto and feature.proto, under a package of our own: where TensorFlow is loaded
too, its declaration has the name already. Import it on use: it loads protobuf.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError
from numpy.typing import NDArray

from edgekit.errors import CalibrationError

_Field = descriptor_pb2.FieldDescriptorProto
_PACKAGE = "edgekit"
_LISTS = {"bytes_list": _Field.TYPE_BYTES, "float_list": _Field.TYPE_FLOAT, "int64_list": _Field.TYPE_INT64}
_DTYPES = {"float_list": np.float32, "int64_list": np.int64}


def parse_example(record: bytes, *, where: str) -> Mapping[str, Any]:
    """Return the features of one record by name, for :func:`values_of`.

    Raises:
        CalibrationError: the record is no ``tf.train.Example``, or has no features. ``where`` is its name.
    """
    hint = "records of tf.train.Example are read: write them with tf.train.Example(...).SerializeToString()"
    try:
        example = _example_class().FromString(record)
    except DecodeError as error:
        raise CalibrationError(f"{where} is no tf.train.Example", hint=hint) from error
    # Sorted, because protobuf promises no order.
    features = {name: example.features.feature[name] for name in sorted(example.features.feature)}
    if not features:
        raise CalibrationError(f"{where} is no tf.train.Example, or one without features", hint=hint)
    return features


def values_of(feature: Any) -> list[bytes] | NDArray[Any]:
    """Return what a feature holds: a list of bytes, or an array of float32 or int64; an empty one holds no bytes."""
    kind = feature.WhichOneof("kind")
    if kind in _DTYPES:
        return np.array(getattr(feature, kind).value, dtype=_DTYPES[kind])
    return [] if kind is None else list(feature.bytes_list.value)


def example_of(features: Mapping[str, bytes | int | NDArray[Any]]) -> bytes:
    """Return one record of features by name, the same bytes for the same values: of the numbers' kinds, see below."""
    example = _example_class()()
    for name, value in features.items():
        held = getattr(example.features.feature[name], kind_of(value)).value
        if isinstance(value, np.ndarray):
            held.extend(value.astype(_DTYPES[kind_of(value)]).tolist())
        else:
            held.append(value)
    written: bytes = example.SerializeToString(deterministic=True)
    return written


def kind_of(value: bytes | int | NDArray[Any]) -> str:
    """Return the list that holds such a value: whole numbers become int64, others float32."""
    if isinstance(value, bytes):
        return "bytes_list"
    whole = isinstance(value, int) or value.dtype.kind in "biu"
    return "int64_list" if whole else "float_list"


@cache
def _example_class() -> Any:
    file = descriptor_pb2.FileDescriptorProto(name="edgekit_example.proto", package=_PACKAGE, syntax="proto3")
    feature = file.message_type.add(name="Feature")
    feature.oneof_decl.add(name="kind")
    for number, (name, kind) in enumerate(_LISTS.items(), start=1):
        values = file.message_type.add(name=f"List{number}")
        values.field.add(name="value", number=1, label=_Field.LABEL_REPEATED, type=kind)
        _add_message(feature, name, f"List{number}", number=number).oneof_index = 0
    features = file.message_type.add(name="Features")
    entry = features.nested_type.add(name="FeatureEntry")
    entry.options.map_entry = True
    entry.field.add(name="key", number=1, label=_Field.LABEL_OPTIONAL, type=_Field.TYPE_STRING)
    _add_message(entry, "value", "Feature", number=2)
    _add_message(features, "feature", "Features.FeatureEntry", number=1).label = _Field.LABEL_REPEATED
    _add_message(file.message_type.add(name="Example"), "features", "Features", number=1)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.Example"))


def _add_message(message: Any, name: str, type_name: str, *, number: int) -> Any:
    return message.field.add(
        name=name,
        number=number,
        label=_Field.LABEL_OPTIONAL,
        type=_Field.TYPE_MESSAGE,
        type_name=f".{_PACKAGE}.{type_name}",
    )
