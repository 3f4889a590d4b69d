"""Classes of the user's own that models of the matrix are made of: a model that is subclassed, and a layer."""

from __future__ import annotations

from typing import Any

import keras


@keras.saving.register_keras_serializable(package="matrix")
class Patches(keras.layers.Layer):
    """Adds a learned place to each patch of a picture: what a vision transformer starts with."""

    def __init__(self, width: int, **options: Any) -> None:
        super().__init__(**options)
        self.width = width
        self.cut = keras.layers.Conv2D(width, 8, strides=8)

    def build(self, shape: Any) -> None:
        self.cut.build(shape)
        self.count = (shape[1] // 8) * (shape[2] // 8)
        self.places = self.add_weight(shape=(1, self.count, self.width), initializer="random_normal", name="places")

    def call(self, x: Any) -> Any:
        return keras.ops.reshape(self.cut(x), (-1, self.count, self.width)) + self.places

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "width": self.width}


@keras.saving.register_keras_serializable(package="matrix")
class Classifier(keras.Model):
    """A subclassed model: nothing of it is known but by calling it."""

    def __init__(self, width: int = 16, **options: Any) -> None:
        super().__init__(**options)
        self.width = width
        self.convolutions = [keras.layers.Conv2D(width * 2**level, 3, strides=2, padding="same") for level in range(3)]
        self.norms = [keras.layers.BatchNormalization() for _ in range(3)]
        self.pool = keras.layers.GlobalAveragePooling2D()
        self.head = keras.layers.Dense(10)

    def call(self, x: Any, training: bool | None = None) -> Any:
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            x = keras.ops.relu(norm(convolution(x), training=training))
        return self.head(self.pool(x))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "width": self.width}
