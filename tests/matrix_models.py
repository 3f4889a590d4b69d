"""The models of the conversion matrix, one line each in ``CASES``. Listing them does not need TensorFlow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

CLASSES = 10
LEVELS = 64
"""How many grey levels there are where a photo is read as words."""


@dataclass(frozen=True)
class Case:
    """One row of the matrix."""

    name: str
    build: Callable[[], Any]
    feed: str
    """What is made of a photo: a name from ``matrix_making.FEEDS``."""
    size: int
    """Pixels along each side of the photo."""
    goal: str = "classes"
    """What it is trained on: ``classes``, ``photo``, ``mask``, ``two``; ``application``: classes, but shortly."""
    in_memory: bool = False
    """Whether the model itself is converted, and no file of it."""
    choices: tuple[tuple[str, Any], ...] = ()
    """What ``convert`` is told besides."""


def _layers() -> Any:
    import keras

    return keras.layers


def _application(name: str, size: int, **options: Any) -> Callable[[], Any]:
    def build() -> Any:
        import keras

        shape = (size, size, 3)
        make = getattr(keras.applications, name)
        return make(weights=None, input_shape=shape, classes=CLASSES, classifier_activation=None, **options)

    return build


def _scored(inputs: Any, x: Any) -> Any:
    import keras

    return keras.Model(inputs, keras.layers.Dense(CLASSES, name="digit")(x))


def _normed(x: Any, filters: int, strides: int = 1) -> Any:
    x = _layers().Conv2D(filters, 3, strides=strides, padding="same", use_bias=False)(x)
    return _layers().ReLU()(_layers().BatchNormalization(momentum=0.8)(x))


def unet() -> Any:
    import keras

    photo = keras.Input((48, 48, 3), name="photo")
    first = _normed(photo, 8)
    second = _normed(_layers().MaxPooling2D()(first), 16)
    deep = _normed(_layers().MaxPooling2D()(second), 32)
    x = _layers().UpSampling2D(interpolation="bilinear")(deep)
    x = _normed(_layers().Concatenate()([x, second]), 16)
    x = _layers().Conv2DTranspose(8, 2, strides=2, activation="relu")(x)
    x = _normed(_layers().Concatenate()([x, first]), 8)
    return keras.Model(photo, _layers().Conv2D(1, 1, activation="sigmoid", name="mask")(x))


def autoencoder() -> Any:
    import keras

    photo = keras.Input((32, 32, 3), name="photo")
    x = _layers().Conv2D(16, 3, strides=2, padding="same", activation="relu")(photo)
    x = _layers().Conv2D(8, 3, strides=2, padding="same", activation="relu")(x)
    x = _layers().Dense(64, activation="relu")(_layers().Flatten()(x))
    x = _layers().Reshape((8, 8, 8))(_layers().Dense(512, activation="relu")(x))
    x = _layers().UpSampling2D()(_layers().Conv2DTranspose(16, 3, strides=2, padding="same", activation="relu")(x))
    return keras.Model(photo, _layers().Conv2D(3, 3, padding="same", activation="sigmoid", name="again")(x))


def keywords() -> Any:
    import keras

    rows = keras.Input((32, 32), name="rows")
    x = _layers().Conv1D(32, 5, padding="same", use_bias=False)(rows)
    x = _layers().ReLU()(_layers().BatchNormalization(momentum=0.8)(x))
    x = _layers().MaxPooling1D()(x)
    x = _layers().Conv1D(32, 3, dilation_rate=2, padding="causal", activation="relu")(x)
    x = _layers().SeparableConv1D(48, 3, strides=2, padding="same", activation="relu")(x)
    return _scored(rows, _layers().GlobalMaxPooling1D()(x))


def _recurrent(make: Callable[[], Any]) -> Callable[[], Any]:
    def build() -> Any:
        import keras

        rows = keras.Input((32, 32), name="rows")
        return _scored(rows, make()(rows))

    return build


def stacked() -> Any:
    import keras

    rows = keras.Input((32, 32), name="rows")
    x = _layers().Bidirectional(_layers().GRU(16, return_sequences=True))(rows)
    return _scored(rows, _layers().LSTM(24)(_layers().Masking()(x)))


def attention() -> Any:
    import keras

    rows = keras.Input((32, 32), name="rows")
    x = _layers().Dense(32)(rows)
    x = _layers().LayerNormalization()(x + _layers().MultiHeadAttention(4, 8)(x, x))
    return _scored(rows, _layers().GlobalAveragePooling1D()(x))


def vision_transformer() -> Any:
    import keras
    from matrix_layers import Patches

    photo = keras.Input((32, 32, 3), name="photo")
    x = Patches(48)(photo)
    for _ in range(2):
        y = _layers().LayerNormalization(epsilon=1e-6)(x)
        x = x + _layers().MultiHeadAttention(3, 16)(y, y)
        y = _layers().LayerNormalization(epsilon=1e-6)(x)
        x = x + _layers().Dense(48)(_layers().Dense(96, activation="gelu")(y))
    return _scored(photo, _layers().GlobalAveragePooling1D()(_layers().LayerNormalization(epsilon=1e-6)(x)))


def two_and_two() -> Any:
    import keras

    photo, rows = keras.Input((32, 32, 3), name="photo"), keras.Input((32, 32), name="rows")
    seen = _layers().GlobalAveragePooling2D()(_normed(_normed(photo, 16, 2), 32, 2))
    read = _layers().Dense(32, activation="relu")(_layers().Flatten()(rows))
    x = _layers().Concatenate()([seen, read])
    return keras.Model(
        [photo, rows], [_layers().Dense(CLASSES, name="digit")(x), _layers().Dense(1, name="brightness")(x)]
    )


def flattened() -> Any:
    """Where the batch is open, flattening and reshaping compute their shapes while running."""
    import keras

    photo = keras.Input(batch_shape=(None, 32, 32, 3), name="photo")
    x = keras.ops.reshape(_normed(photo, 16, 2), (-1, 256, 16))
    x = keras.ops.transpose(x, (0, 2, 1))
    return _scored(photo, _layers().Flatten()(_layers().Dense(16, activation="relu")(x)))


def any_size() -> Any:
    import keras

    photo = keras.Input((None, None, 3), name="photo")
    x = _layers().Reshape((-1, 32))(_normed(_normed(photo, 16, 2), 32, 2))
    return _scored(photo, _layers().GlobalAveragePooling1D()(x))


def words() -> Any:
    import keras

    text = keras.Input((64,), dtype="int32", name="words")
    x = _layers().Embedding(LEVELS, 16)(text)
    x = _layers().Conv1D(32, 5, activation="relu")(x)
    return _scored(text, _layers().GlobalMaxPooling1D()(x))


def nested() -> Any:
    import keras

    inner_photo = keras.Input((32, 32, 3))
    features = keras.Model(inner_photo, _normed(_normed(inner_photo, 16, 2), 32, 2), name="features")
    head = keras.Sequential([_layers().GlobalAveragePooling2D(), _layers().Dense(32, activation="relu")], name="neck")
    photo = keras.Input((32, 32, 3), name="photo")
    return _scored(photo, head(features(_layers().Rescaling(2.0, -1.0)(photo))))


def shared() -> Any:
    """The same layers see a photo and its mirror image."""
    import keras

    photo = keras.Input((32, 32, 3), name="photo")
    convolution, norm = _layers().Conv2D(24, 3, strides=2), _layers().BatchNormalization(momentum=0.8)
    dense = _layers().Dense(24, activation="relu")
    sides = [
        dense(_layers().GlobalMaxPooling2D()(keras.ops.relu(norm(convolution(side)))))
        for side in (photo, keras.ops.flip(photo, axis=2))
    ]
    return _scored(photo, _layers().Add()(sides))


def subclassed() -> Any:
    from matrix_layers import Classifier

    return Classifier(name="subclassed")


def _case(build: Callable[[], Any], feed: str, size: int, **options: Any) -> Case:
    return Case(options.pop("name", build.__name__), build, feed, size, **options)


def _of_applications(name: str, size: int, **options: Any) -> Case:
    feed = "raw_photo" if name.startswith(("MobileNetV3", "EfficientNet", "ConvNeXt")) else "signed_photo"
    return Case(name, _application(name, size, **options), feed, size, goal="application")


def _of_rows(name: str, make: Callable[[], Any]) -> Case:
    return Case(name, _recurrent(make), "rows", 32)


CASES: dict[str, Case] = {
    case.name: case
    for case in (
        _of_applications("MobileNet", 64),
        _of_applications("MobileNetV2", 64),
        _of_applications("MobileNetV3Small", 64),
        _of_applications("MobileNetV3Large", 64),
        _of_applications("EfficientNetB0", 64),
        _of_applications("EfficientNetV2B0", 64),
        _of_applications("ResNet50V2", 64),
        _of_applications("DenseNet121", 64),
        _of_applications("NASNetMobile", 64),
        _of_applications("Xception", 72),
        _of_applications("ConvNeXtTiny", 64),
        _case(unet, "photo", 48, goal="mask"),
        _case(keywords, "rows", 32),
        _of_rows("lstm", lambda: _layers().LSTM(32)),
        _of_rows("gru", lambda: _layers().GRU(32)),
        _of_rows("bidirectional", lambda: _layers().Bidirectional(_layers().LSTM(24))),
        _case(stacked, "rows", 32, name="stacked_recurrent"),
        _case(attention, "rows", 32),
        _case(vision_transformer, "photo", 32, choices=(("custom_objects", ("matrix_layers:Patches",)),)),
        _case(autoencoder, "photo", 32, goal="photo"),
        _case(two_and_two, "photo+rows", 32, goal="two"),
        _case(flattened, "photo", 32, name="dynamic_batch"),
        _case(any_size, "photo", 48, name="dynamic_size", choices=(("input_shape", "photo=1,48,48,3"),)),
        _case(words, "words", 32, name="text"),
        _case(nested, "photo", 32),
        _case(shared, "photo", 32, name="shared_layers"),
        _case(subclassed, "photo", 32, name="subclassed_memory", in_memory=True),
        _case(
            subclassed,
            "photo",
            32,
            name="subclassed_file",
            choices=(("custom_objects", ("matrix_layers:Classifier",)),),
        ),
    )
}
