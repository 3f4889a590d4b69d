"""Kotlin on the JVM and Android: from the pixels of a Bitmap to the buffer that the interpreter takes, and back."""

from __future__ import annotations

from collections.abc import Iterator

from edgekit.recipe import Colour
from edgekit.snippets.plan import Picture, SnippetPlan, SnippetTensor
from edgekit.snippets.wording import float_literal, float_literals, functions, resized

_BYTES = {"float32": 4, "bool": 1, "int8": 1, "uint8": 1, "int16": 2, "int32": 4, "int64": 8}
_PUT = {
    "float32": "buffer.putFloat({0}.toFloat())",
    "bool": "buffer.put(if ({0}.toInt() != 0) 1 else 0)",
    "int8": "buffer.put({0}.toInt().toByte())",
    "uint8": "buffer.put({0}.toInt().toByte())",
    "int16": "buffer.putShort({0}.toInt().toShort())",
    "int32": "buffer.putInt({0}.toInt())",
    "int64": "buffer.putLong({0}.toLong())",
}
_GET = {
    "float32": "buffer.getFloat()",
    "bool": "buffer.get().toInt()",
    "int8": "buffer.get().toInt()",
    "uint8": "(buffer.get().toInt() and 0xff)",
    "int16": "buffer.getShort().toInt()",
    "int32": "buffer.getInt()",
    "int64": "buffer.getLong()",
}
_RED, _GREEN, _BLUE = 16, 8, 0
_OPENING = (
    "// org.tensorflow.lite.Interpreter: runForMultipleInputsOutputs takes and fills these buffers.",
    "import java.nio.ByteBuffer",
    "import java.nio.ByteOrder",
)


def written(plan: SnippetPlan) -> str:
    """Return the code: a function for each input and output."""
    return functions(plan, opening=_OPENING, preprocess=_preprocess, postprocess=_postprocess)


def _preprocess(tensor: SnippetTensor) -> Iterator[str]:
    picture = tensor.picture
    yield f"// {tensor.told}"
    if picture is None:
        kind = "FloatArray" if tensor.spec.scale is not None or tensor.spec.dtype == "float32" else "LongArray"
        yield f"fun preprocess{_camel(tensor)}(values: {kind}): ByteBuffer {{"
        yield f"    {_allocated(tensor, 'values.size')}"
        yield "    for (value in values) {"
        yield from _stored(tensor, indent="        ")
    else:
        yield from _pixels(tensor, picture)
    yield "    }"
    yield "    buffer.rewind()"
    yield "    return buffer"
    yield "}"


def _pixels(tensor: SnippetTensor, picture: Picture) -> Iterator[str]:
    size = picture.size
    count = size.height * size.width
    grey = size.channels == 1
    given = "grey values, one byte each" if grey else "as Bitmap.getPixels gives them"
    yield f"// pixels: {size.height} rows of {size.width}, {given}; {resized(picture)} (not done here)"
    yield f"fun preprocess{_camel(tensor)}(pixels: {'ByteArray' if grey else 'IntArray'}): ByteBuffer {{"
    yield f"    require(pixels.size == {count})"
    yield f"    {_allocated(tensor, str(count * size.channels))}"
    if picture.shifts:
        yield f"    val mean = floatArrayOf({float_literals(picture, picture.value_range.mean)})"
        yield f"    val deviation = floatArrayOf({float_literals(picture, picture.value_range.std)})"
    if grey:
        yield "    for (pixel in pixels) {"
        yield "        var value = (pixel.toInt() and 0xff).toFloat()"
        yield from _scaled(picture, "0", indent="        ")
        yield from _stored(tensor, indent="        ")
        return
    shifts = [_RED, _GREEN, _BLUE] if picture.colour is Colour.RGB else [_BLUE, _GREEN, _RED]
    yield f"    val shifts = intArrayOf({', '.join(map(str, shifts))})  // {picture.colour}"
    yield "    for (pixel in pixels) {"
    yield "        for (channel in 0 until 3) {"
    yield "            var value = ((pixel shr shifts[channel]) and 0xff).toFloat()"
    yield from _scaled(picture, "channel", indent="            ")
    yield from _stored(tensor, indent="            ")
    yield "        }"


def _scaled(picture: Picture, channel: str, *, indent: str) -> Iterator[str]:
    if picture.value_range.factor != 1:
        yield f"{indent}value *= {float_literal(picture.value_range.factor)}"
    if picture.shifts:
        yield f"{indent}value = (value - mean[{channel}]) / deviation[{channel}]"


def _stored(tensor: SnippetTensor, *, indent: str) -> Iterator[str]:
    spec = tensor.spec
    if spec.scale is None:
        yield f"{indent}{_PUT[spec.dtype].format('value')}"
        return
    low, high = tensor.limits
    yield f"{indent}val step = Math.rint((value / {float_literal(spec.scale)}).toDouble()) + ({spec.zero_point})"
    yield f"{indent}{_PUT[spec.dtype].format(f'step.coerceIn({low}.0, {high}.0)')}"


def _postprocess(tensor: SnippetTensor) -> Iterator[str]:
    spec = tensor.spec
    count = tensor.elements
    yield f"// {tensor.told}"
    yield f"fun postprocess{_camel(tensor)}(buffer: ByteBuffer): FloatArray {{"
    yield "    buffer.rewind()"
    held = str(count) if count is not None else f"buffer.remaining() / {_BYTES[spec.dtype]}"
    yield f"    return FloatArray({held}) {{"
    if spec.scale is None:
        yield f"        {_GET[spec.dtype]}.toFloat()"
    else:
        yield f"        (({_GET[spec.dtype]} - ({spec.zero_point})) * {spec.scale!r}).toFloat()"
    yield "    }"
    yield "}"
    if tensor.labels:
        yield f"val labels{_camel(tensor)} = listOf("
        for label in tensor.labels:
            yield f"    {_text(label)},"
        yield ")"


def _allocated(tensor: SnippetTensor, count: str) -> str:
    return (
        f"val buffer = ByteBuffer.allocateDirect({count} * {_BYTES[tensor.spec.dtype]}).order(ByteOrder.nativeOrder())"
    )


def _camel(tensor: SnippetTensor) -> str:
    return "".join(part.capitalize() for part in tensor.identifier.split("_"))


def _text(text: str) -> str:
    escaped = (
        letter
        if letter.isprintable() and letter not in '"\\$'
        else "".join(f"\\u{unit:04x}" for unit in memoryview(letter.encode("utf-16-le", "surrogatepass")).cast("H"))
        for letter in text
    )
    return f'"{"".join(escaped)}"'
