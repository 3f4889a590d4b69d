"""Kotlin and C++: the numbers are those of the file, and C++ that is compiled gives the very bytes."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from edgekit import Recipe, inspect
from edgekit.errors import SourceError, UsageError
from edgekit.metadata import Metadata, TensorMetadata
from edgekit.metadata.embedding import embed
from edgekit.metadata.writing import encode
from edgekit.snippets import LANGUAGES, snippet

_TORCH = Recipe(value_range="imagenet-torch")
_MEAN = [float(np.float32(number)) for number in (0.485, 0.456, 0.406)]
_LIST = {"kotlin": "val {} = floatArrayOf(", "cpp": "const float {}[] = "}
_STD = [float(np.float32(number)) for number in (0.229, 0.224, 0.225)]


@pytest.fixture
def model(shared_data: Path) -> Path:
    return shared_data / "mlperf_tiny" / "ic_resnet8_int8.tflite"


def numbers(line: str) -> list[float]:
    return [float(text) for text in re.findall(r"-?\d+\.?\d*(?:e-?\d+)?(?=f?[,)}])", line)]


def line_with(code: str, text: str) -> str:
    (found,) = [line for line in code.splitlines() if text in line]
    return found


@pytest.mark.parametrize("language", ["kotlin", "cpp"])
def test_the_numbers_are_those_of_the_file(model: Path, language: str) -> None:
    facts = inspect(model)
    (taken,), (given,) = facts.inputs, facts.outputs
    code = snippet(model, language, recipe=_TORCH)
    assert numbers(line_with(code, _LIST[language].format("mean"))) == _MEAN
    assert numbers(line_with(code, _LIST[language].format("deviation"))) == _STD
    assert f"value / {taken.scale!r}f" in code
    assert f"+ ({taken.zero_point})" in code
    assert f"- ({given.zero_point})) * {given.scale!r})" in code
    assert "-128.0, 127.0" in code
    factor = re.search(r"value (?:= value \*|\*=) (\S+?)f", code)
    assert factor is not None
    assert np.float32(factor[1]) == np.float32(1 / 255)


def test_the_order_of_channels(model: Path) -> None:
    bgr = Recipe(value_range="unit", colour="bgr")
    assert "intArrayOf(16, 8, 0)  // rgb" in snippet(model, "kotlin", recipe=_TORCH)
    assert "intArrayOf(0, 8, 16)  // bgr" in snippet(model, "kotlin", recipe=bgr)
    assert "pixels[pixel * 3 + channel]" in snippet(model, "cpp", recipe=_TORCH)
    assert "pixels[pixel * 3 + 2 - channel]" in snippet(model, "cpp", recipe=bgr)


_MAIN = """
#include <cstdio>
int main() {
  static unsigned char pixels[32 * 32 * 3];
  if (std::fread(pixels, 1, sizeof pixels, stdin) != sizeof pixels) return 1;
  static TYPE tensor[32 * 32 * 3];
  preprocess_NAME(pixels, tensor);
  std::fwrite(tensor, 1, sizeof tensor, stdout);
  OUTPUT
}
"""


@pytest.mark.parametrize("file", ["ic_resnet8_float32.tflite", "ic_resnet8_int8.tflite"])
@pytest.mark.parametrize(
    "recipe",
    [_TORCH, Recipe(value_range="signed", colour="bgr"), Recipe(value_range="raw")],
    ids=["torch", "bgr", "raw"],
)
def test_compiled_code_gives_the_very_bytes(shared_data: Path, tmp_path: Path, file: str, recipe: Recipe) -> None:
    compiler = shutil.which("g++") or shutil.which("clang++")
    if compiler is None:
        # Not asked of CI: what is compiled there is what was read above.
        pytest.skip("there is no C++ compiler")
    model = shared_data / "mlperf_tiny" / file
    spec = inspect(model).inputs[0]
    whole = spec.scale is not None
    kind, name = ("std::int8_t", "input_1_int8") if whole else ("float", "input_1")
    main = _MAIN.replace("TYPE", kind).replace("NAME", name)
    written = "float real = postprocess_identity_int8(-1); std::fwrite(&real, 1, sizeof real, stdout);" if whole else ""
    source = tmp_path / "snippet.cpp"
    source.write_text(snippet(model, "cpp", recipe=recipe) + main.replace("OUTPUT", written))
    flags = ["-std=c++17", "-Wall", "-Wextra", "-Werror", "-O2", "-ffp-contract=off"]
    program = tmp_path / "program"
    made = subprocess.run([compiler, *flags, "-o", program, source], capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    pixels = np.random.default_rng(1).integers(0, 256, (32, 32, 3)).astype(np.uint8)
    out = subprocess.run([program], input=pixels.tobytes(), capture_output=True, check=True).stdout

    namespace: dict[str, object] = {}
    code = snippet(model, "python", recipe=recipe)
    # The Python snippet's own steps, from the pixels on.
    steps = re.search(r"    values = np.asarray\(image, np.uint8\)\n(.*?)\n\n", code, re.DOTALL)
    assert steps is not None
    exec(f"import numpy as np\ndef prepare(values):\n{steps[1]}\n", namespace)
    wanted = namespace["prepare"](pixels)  # type: ignore[operator]
    assert out[: wanted.nbytes] == wanted.tobytes()
    if whole:
        given = inspect(model).outputs[0]
        assert given.scale is not None
        assert given.zero_point is not None
        real = np.frombuffer(out[wanted.nbytes :], np.float32)
        assert real == [np.float32((-1 - given.zero_point) * given.scale)]


def test_labels_are_text_in_every_language(model: Path, tmp_path: Path) -> None:
    names = ['a "quoted" one', "back\\slash", "$price", "größer", "\U0001f600", "what??!", *"6789"]
    metadata = Metadata("", "", (), (TensorMetadata("scores", label_file="l.txt"),))
    path = tmp_path / "labelled.tflite"
    text = "".join(f"{name}\n" for name in names).encode()
    path.write_bytes(embed(model.read_bytes(), encode(metadata, sizes={}), files={"l.txt": text}))
    namespace: dict[str, object] = {}
    listed = line_with(snippet(path, "python"), "LABELS_IDENTITY_INT8 = ")
    exec(listed, namespace)
    assert namespace["LABELS_IDENTITY_INT8"] == names
    kotlin = snippet(path, "kotlin")
    assert '    "a \\u0022quoted\\u0022 one",\n    "back\\u005cslash",\n    "\\u0024price",\n' in kotlin
    assert '"größer"' in kotlin
    cpp = snippet(path, "cpp")
    assert (
        '    "a \\042quoted\\042 one",\n    "back\\134slash",\n    "$price",\n    "gr\\303\\266\\303\\237er",\n' in cpp
    )
    assert "what\\077\\077!" in cpp


def test_unknown_languages_and_files(model: Path, tmp_path: Path) -> None:
    assert list(LANGUAGES) == ["python", "kotlin", "cpp"]
    with pytest.raises(UsageError, match="unknown language of a snippet 'kotln'. Did you mean 'kotlin'"):
        snippet(model, "kotln")
    with pytest.raises(SourceError, match="does not exist"):
        snippet(tmp_path / "nowhere.tflite", "python")
