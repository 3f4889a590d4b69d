"""The teacher: another model, or the one that was given, and the features of both that are matched."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from edgekit.compression.recipes.recipe import Distillation
from edgekit.errors import RecipeError, unknown_name
from edgekit.sources.keras_model import all_layers


def require_fitting(student: Any, teacher: Any, *, name: str) -> None:
    """Raise RecipeError unless both take and give the same shapes."""
    for what in ("inputs", "outputs"):
        own = [tuple(tensor.shape[1:]) for tensor in getattr(student, what)]
        other = [tuple(tensor.shape[1:]) for tensor in getattr(teacher, what)]
        if own != other:
            raise RecipeError(
                f"teacher {name} has {what} of the shapes {_told(other)}, and the model of {_told(own)}",
                hint="give a teacher for the same task, with the same preprocessing and classes",
            )


def _told(shapes: Sequence[tuple[int, ...]]) -> str:
    return ", ".join("x".join(map(str, shape)) for shape in shapes)


class Teaching:
    """Both models with their matched features among their outputs.

    Where a student has other numbers of channels than its teacher, as after channel pruning, a linear map stands
    between them while it learns; it is thrown away after.
    """

    def __init__(self, student: Any, teacher: Any, distillation: Distillation, *, seed: int) -> None:
        import keras

        pairs = [_pair(each) for each in distillation.features]
        own = [_feature(student, name, whose="the model") for name, _ in pairs]
        taught = [_feature(teacher, name, whose="the teacher") for _, name in pairs]
        self.maps: list[Any] = []
        for (name, other), feature, target in zip(pairs, own, taught, strict=True):
            if tuple(feature.shape[1:-1]) != tuple(target.shape[1:-1]):
                raise RecipeError(
                    f"feature '{name}' is {tuple(feature.shape[1:])}, and the teacher's '{other}' "
                    f"{tuple(target.shape[1:])}: only the last size may differ",
                    hint="match layers of the same resolution",
                )
            if feature.shape[-1] == target.shape[-1]:
                self.maps.append(None)
                continue
            start = keras.initializers.GlorotUniform(seed=seed + len(self.maps))
            fitted = keras.layers.Dense(target.shape[-1], use_bias=False, kernel_initializer=start)
            fitted.build((None, *feature.shape[1:]))
            self.maps.append(fitted)
        self.outputs = len(student.outputs)
        self.student = keras.Model(student.inputs, [*student.outputs, *own]) if own else student
        self.teacher = keras.Model(teacher.inputs, [*teacher.outputs, *taught]) if taught else teacher

    def mapped(self, features: Sequence[Any]) -> list[Any]:
        """Return the student's features as wide as the teacher's."""
        return [each if fit is None else fit(each) for fit, each in zip(self.maps, features, strict=True)]

    @property
    def variables(self) -> list[Any]:
        """Of the linear maps."""
        return [variable for fit in self.maps if fit is not None for variable in fit.trainable_variables]


def _pair(text: str) -> tuple[str, str]:
    name, _, other = text.partition("=")
    return name.strip(), (other or name).strip()


def _feature(model: Any, name: str, *, whose: str) -> Any:
    names = [layer.name for layer in model.layers]
    if name not in names:
        inner = name in {layer.name for layer in all_layers(model)}
        hint = "layers inside of a nested model cannot be matched" if inner else "correct distillation.features"
        raise RecipeError(f"{whose}: {unknown_name('layer', name, names)}", hint=hint)
    return model.get_layer(name).output
