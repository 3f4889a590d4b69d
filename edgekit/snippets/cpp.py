"""C++17 with the standard library alone: from pixels to the tensor's bytes, and back to real numbers."""

from __future__ import annotations

from collections.abc import Iterator

from edgekit.recipe import Colour
from edgekit.snippets.plan import SnippetPlan, SnippetTensor
from edgekit.snippets.wording import float_literal, float_literals, functions, resized

_TYPES = {
    "float32": "float",
    "bool": "bool",
    **{f"{sign}int{bits}": f"std::{sign}int{bits}_t" for sign in ("", "u") for bits in (8, 16, 32, 64)},
}
_ESCAPED = b'"\\?'
_OPENING = (
    "// With TfLiteInterpreter: fill TfLiteTensorData(input), invoke, read TfLiteTensorData(output).",
    "// Compile with -ffp-contract=off where the processor has fused multiply-add, to get the very same bits.",
    "#include <algorithm>",
    "#include <cmath>",
    "#include <cstddef>",
    "#include <cstdint>",
)


def written(plan: SnippetPlan) -> str:
    """Return the code: functions that take and fill plain arrays."""
    return functions(plan, opening=_OPENING, preprocess=_preprocess, postprocess=_postprocess)


def _preprocess(tensor: SnippetTensor) -> Iterator[str]:
    picture, stored = tensor.picture, _TYPES[tensor.spec.dtype]
    yield f"// {tensor.told}"
    if picture is None:
        given = "float" if tensor.spec.scale is not None else stored
        takes = f"const {given}* values, {stored}* tensor, std::size_t count"
        yield f"inline void preprocess_{tensor.identifier}({takes}) {{"
        yield "  for (std::size_t index = 0; index < count; ++index) {"
        yield f"    {given} value = values[index];"
        yield from _stored(tensor, "index", stored, indent="    ")
        yield "  }"
        yield "}"
        return
    size = picture.size
    order = "grey values" if size.channels == 1 else "red, green, blue"
    yield f"// pixels: {size.height} rows of {size.width}, {order}, 0..255; {resized(picture)} (not done here)"
    yield f"inline void preprocess_{tensor.identifier}(const std::uint8_t* pixels, {stored}* tensor) {{"
    if picture.shifts:
        yield f"  const float mean[] = {{{float_literals(picture, picture.value_range.mean)}}};"
        yield f"  const float deviation[] = {{{float_literals(picture, picture.value_range.std)}}};"
    source = "2 - channel" if picture.colour is Colour.BGR else "channel"
    yield f"  for (std::size_t pixel = 0; pixel < {size.height} * {size.width}; ++pixel) {{"
    yield f"    for (std::size_t channel = 0; channel < {size.channels}; ++channel) {{"
    yield f"      float value = pixels[pixel * {size.channels} + {source}];"
    if picture.value_range.factor != 1:
        yield f"      value = value * {float_literal(picture.value_range.factor)};"
    if picture.shifts:
        yield "      value = (value - mean[channel]) / deviation[channel];"
    yield from _stored(tensor, f"pixel * {size.channels} + channel", stored, indent="      ")
    yield "    }"
    yield "  }"
    yield "}"


def _stored(tensor: SnippetTensor, place: str, stored: str, *, indent: str) -> Iterator[str]:
    spec = tensor.spec
    if spec.scale is None:
        yield f"{indent}tensor[{place}] = static_cast<{stored}>(value);"
        return
    low, high = tensor.limits
    yield f"{indent}const double step = std::nearbyint(value / {float_literal(spec.scale)}) + ({spec.zero_point});"
    yield f"{indent}tensor[{place}] = static_cast<{stored}>(std::clamp(step, {low}.0, {high}.0));"


def _postprocess(tensor: SnippetTensor) -> Iterator[str]:
    spec, stored = tensor.spec, _TYPES[tensor.spec.dtype]
    yield f"// {tensor.told}"
    given = stored if spec.scale is None else "float"
    yield f"inline {given} postprocess_{tensor.identifier}({stored} stored) {{"
    if spec.scale is None:
        yield "  return stored;"
    else:
        yield f"  return static_cast<float>((static_cast<double>(stored) - ({spec.zero_point})) * {spec.scale!r});"
    yield "}"
    if tensor.labels:
        yield f"inline const char* const labels_{tensor.identifier}[] = {{"
        for label in tensor.labels:
            yield f"    {_text(label)},"
        yield "};"


def _text(text: str) -> str:
    # Three octal digits end an escape by themselves; two hexadecimal ones do not.
    escaped = (
        chr(byte) if 32 <= byte < 127 and byte not in _ESCAPED else f"\\{byte:03o}"
        for byte in text.encode(errors="replace")
    )
    return f'"{"".join(escaped)}"'
