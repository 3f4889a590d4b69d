"""Python: numpy, Pillow and the LiteRT interpreter. Bit for bit what edgekit does."""

from __future__ import annotations

from collections.abc import Iterator

from edgekit.recipe import Colour, Filter, Resize
from edgekit.snippets.plan import Picture, SnippetPlan, SnippetTensor

_ANTIALIASED = {
    Resize.STRETCH: "image.resize(({width}, {height}), Image.Resampling.BILINEAR)",
    Resize.CROP: "ImageOps.fit(image, ({width}, {height}), Image.Resampling.BILINEAR)",
    Resize.PAD: 'ImageOps.pad(image, ({width}, {height}), Image.Resampling.BILINEAR, color="black")',
}
_SHAPED = {
    Resize.STRETCH: (),
    Resize.CROP: (
        "rows, columns = values.shape[:2]",
        "kept = max(min(rows, columns * {height} // {width}), 1), max(min(columns, rows * {width} // {height}), 1)",
        "top, left = (rows - kept[0]) // 2, (columns - kept[1]) // 2",
        "values = values[top:top + kept[0], left:left + kept[1]]",
    ),
    Resize.PAD: (
        "rows, columns = values.shape[:2]",
        "ratio = max(columns / {width}, rows / {height})",
        "fits = resized(values, max(int(rows / ratio), 1), max(int(columns / ratio), 1))",
        "top, left = int(({height} - rows / ratio) / 2), int(({width} - columns / ratio) / 2)",
        "values = np.zeros(({height}, {width}, values.shape[2]), np.uint8)",
        "values[top:top + fits.shape[0], left:left + fits.shape[1]] = fits",
    ),
}
"""Lines that bring an image's shape to the input's, or to what ``resized`` then brings there."""
_CENTRES = """
def centres(old, new):
    return (np.arange(new, dtype=np.float32) + np.float32(0.5)) * np.float32(old / new)
"""
_FILTERS = {
    Filter.NEAREST: """
def resized(pixels, height, width):
    rows, columns = centres(pixels.shape[0], height), centres(pixels.shape[1], width)
    return pixels[rows.astype(int)][:, columns.astype(int)]
""",
    Filter.BILINEAR: """
def neighbours(old, new):
    at = centres(old, new) - np.float32(0.5)
    before = np.floor(at)
    return np.maximum(before, 0).astype(int), np.minimum(before + 1, old - 1).astype(int), at - before


def resized(pixels, height, width):
    above, below, down = neighbours(pixels.shape[0], height)
    left, right, across = neighbours(pixels.shape[1], width)
    first, second = (
        row[:, left] + (row[:, right] - row[:, left]) * across[:, None]
        for row in (pixels[above].astype(np.float32), pixels[below].astype(np.float32))
    )
    return np.rint(first + (second - first) * down[:, None, None]).astype(np.uint8)
""",
}
"""What ``edgekit.data.pictures.resizing`` does, for an application without edgekit; a test holds the two together."""


def written(plan: SnippetPlan) -> str:
    """Return the code: a module with ``run``, and a command that runs it on files."""
    return "\n".join(_lines(plan)) + "\n"


def resizing_module() -> str:
    """Return a module with ``fitted``, and all filters but Pillow's own in ``FILTERS``, for code without edgekit."""
    lines = [
        '"""Filters and shapes of pictures, as edgekit has them."""',
        "",
        "import numpy as np",
        "",
        *_CENTRES.splitlines(),
    ]
    for name, function in _FILTERS.items():
        lines += ["", *function.replace("def resized(", f"def {name}(").splitlines()]
    lines += ["", "", f"FILTERS = {{{', '.join(f'{str(name)!r}: {name}' for name in _FILTERS)}}}", "", ""]
    lines += [
        "def fitted(values, height, width, resize, resized):",
        '    """Bring [rows, columns, channels] to a size."""',
    ]
    for resize, code in _SHAPED.items():
        if code:
            lines.append(f"    if resize == {str(resize)!r}:")
            lines += [f"        {line.format(height='height', width='width')}" for line in code]
    lines += [f"    return values if resize == {str(Resize.PAD)!r} else resized(values, height, width)"]
    return "\n".join(lines) + "\n"


def _lines(plan: SnippetPlan) -> Iterator[str]:
    yield f'"""{plan.heading[0]}'
    yield ""
    yield from plan.heading[1:]
    yield '"""'
    yield ""
    yield "import sys"
    yield ""
    yield "import numpy as np"
    yield "from ai_edge_litert.interpreter import Interpreter"
    pictures = [tensor.picture for tensor in plan.inputs if tensor.picture is not None]
    if pictures:
        antialiased = [_ANTIALIASED[each.resize] for each in pictures if each.filter is Filter.ANTIALIAS]
        yield f"from PIL import Image{', ImageOps' if any('ImageOps' in each for each in antialiased) else ''}"
    yield ""
    yield f"MODEL = {plan.file!r}"
    for tensor in plan.outputs:
        if tensor.labels:
            yield f"LABELS_{tensor.identifier.upper()} = {list(tensor.labels)!r}"
    # One recipe made the samples of all inputs, so there is one filter.
    for each in dict.fromkeys(picture.filter for picture in pictures if picture.filter in _FILTERS):
        yield from ("", *_CENTRES.splitlines(), "", *_FILTERS[each].splitlines())
    for tensor in plan.inputs:
        yield from ("", "", *_preprocess(tensor))
    for tensor in plan.outputs:
        yield from ("", "", *_postprocess(tensor))
    yield from ("", "", *_run(plan))
    yield from ("", "", *_main(plan))


def _preprocess(tensor: SnippetTensor) -> Iterator[str]:
    spec, picture = tensor.spec, tensor.picture
    yield f"def preprocess_{tensor.identifier}({'path' if picture else 'values'}):"
    what = "An image file" if picture else "Numbers of the shape of one sample"
    yield f'    """{what} as the input takes it: {tensor.told}."""'
    if picture is not None:
        yield from _pixels(picture)
    elif spec.scale is not None:
        yield "    values = np.asarray(values, np.float32)"
    if spec.scale is not None:
        low, high = tensor.limits
        yield f"    values = np.round(values / np.float32({spec.scale!r})) + {spec.zero_point}"
        yield f"    values = np.clip(values, {low}, {high})"
    fixed = all(size is not None for size in spec.shape)
    shape = f".reshape({tuple(spec.shape)!r})" if fixed else "[None]"
    yield f"    return np.asarray(values).astype(np.{_dtype(spec.dtype)}){shape}"


def _pixels(picture: Picture) -> Iterator[str]:
    size = picture.size
    mode = "L" if size.channels == 1 else "RGB"
    yield f'    image = Image.open(path).convert("{mode}")'
    if picture.filter is Filter.ANTIALIAS:
        yield f"    image = {_ANTIALIASED[picture.resize].format(width=size.width, height=size.height)}"
        yield "    values = np.asarray(image, np.uint8)"
    else:
        yield "    values = np.asarray(image, np.uint8).reshape(image.height, image.width, -1)"
        for line in _SHAPED[picture.resize]:
            yield f"    {line.format(width=size.width, height=size.height)}"
        if picture.resize is not Resize.PAD:
            yield f"    values = resized(values, {size.height}, {size.width})"
    if picture.colour is Colour.BGR:
        yield "    values = values[..., ::-1]  # BGR"
    yield "    values = values.astype(np.float32)"
    if picture.value_range.factor != 1:
        yield f"    values = values * np.float32({picture.value_range.factor!r})"
    if picture.shifts:
        mean, std = (list(picture.per_channel(n)) for n in (picture.value_range.mean, picture.value_range.std))
        yield f"    values = (values - np.array({mean}, np.float32)) / np.array({std}, np.float32)"


def _postprocess(tensor: SnippetTensor) -> Iterator[str]:
    spec = tensor.spec
    yield f"def postprocess_{tensor.identifier}(stored):"
    yield f'    """The output as real numbers: {tensor.told}."""'
    if spec.scale is None:
        yield "    return stored"
    else:
        yield f"    return ((stored.astype(np.float64) - {spec.zero_point}) * {spec.scale!r}).astype(np.float32)"


def _run(plan: SnippetPlan) -> Iterator[str]:
    names = [tensor.identifier for tensor in plan.inputs]
    yield f"def run({', '.join(names)}, model=MODEL):"
    yield '    """The outputs, by name, for one sample."""'
    yield f"    samples = [{', '.join(f'preprocess_{name}({name})' for name in names)}]"
    yield "    interpreter = Interpreter(model_path=model, num_threads=1)"
    yield "    for detail, sample in zip(interpreter.get_input_details(), samples):"
    yield "        if tuple(detail['shape']) != sample.shape:"
    yield "            interpreter.resize_tensor_input(detail['index'], sample.shape)"
    yield "    interpreter.allocate_tensors()"
    yield "    for detail, sample in zip(interpreter.get_input_details(), samples):"
    yield "        interpreter.set_tensor(detail['index'], sample)"
    yield "    interpreter.invoke()"
    yield "    stored = [interpreter.get_tensor(detail['index']) for detail in interpreter.get_output_details()]"
    yield "    return {"
    for index, tensor in enumerate(plan.outputs):
        yield f"        {tensor.spec.name!r}: postprocess_{tensor.identifier}(stored[{index}]),"
    yield "    }"


def _main(plan: SnippetPlan) -> Iterator[str]:
    yield 'if __name__ == "__main__":'
    read = ", ".join(
        f"sys.argv[{index}]" if tensor.picture else f"np.load(sys.argv[{index}])"
        for index, tensor in enumerate(plan.inputs, start=1)
    )
    yield f"    outputs = run({read})"
    for tensor in plan.outputs:
        value = f"outputs[{tensor.spec.name!r}]"
        if tensor.labels:
            labels = f"LABELS_{tensor.identifier.upper()}"
            yield f"    print({labels}[int({value}.argmax())], float({value}.max()))"
        else:
            yield f"    print({tensor.spec.name!r}, {value})"


def _dtype(name: str) -> str:
    return "bool_" if name == "bool" else name
