"""A value of a wrong type is told in a sentence, before anything is made."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import edgekit
from edgekit.errors import CalibrationError, OutputError, RecipeError, SourceError, UsageError

API: Any = edgekit


@pytest.mark.parametrize(
    ("call", "error", "sentence"),
    [
        (lambda m: API.convert(m, recipe="r.toml"), RecipeError, "the recipe is 'r.toml', but must be a Recipe"),
        (lambda m: API.convert(m, recipe={}), RecipeError, "the recipe is {}, but must be a Recipe"),
        (lambda m: API.convert(m, precision=None), RecipeError, "the precision is None, but must be a name"),
        (lambda m: API.convert(m, 3), OutputError, "the output is 3, but must be a path"),
        (lambda m: API.samples("x", recipe="r.toml"), RecipeError, "must be a Recipe"),
        (lambda m: API.compare(m, m, samples=[1], recipe="r.toml"), RecipeError, "must be a Recipe"),
        (lambda m: API.evaluate(m, "x", recipe="r.toml"), RecipeError, "the recipe is 'r.toml', but must be a Recipe"),
        (lambda m: API.diagnose(m, m, samples="x", recipe="r.toml"), RecipeError, "must be a Recipe"),
        (lambda m: API.snippet(m, "cpp", recipe="r.toml"), RecipeError, "must be a Recipe"),
        (lambda m: API.verify(None), UsageError, "the file to verify is None, but must be a path"),
        (lambda m: API.verify(m, pack=3), UsageError, "the golden pack is 3, but must be a path"),
        (lambda m: API.reproduce(None), UsageError, "the sidecar is None, but must be a path"),
        (lambda m: API.convert(m, require=None), UsageError, "the requirements are None, but must be a list of names"),
        (lambda m: API.convert(m, require="full-int8"), UsageError, "the requirements are 'full-int8', but must be"),
        (lambda m: API.infer(m, []), CalibrationError, "are list, but must be preprocessed ones"),
        (lambda m: API.compare(m, None), SourceError, "None is neither a path nor an artifact"),
        (lambda m: API.inspect(None), SourceError, "None is neither a path nor an artifact"),
        (lambda m: API.check(m, profile="rpi4", budget="1 MiB"), UsageError, "the budget is '1 MiB', but must be"),
        (lambda m: API.benchmark(m, device=None), UsageError, "the device is None, but must be an address"),
        (lambda m: API.deploy(m, None, profile="rpi4"), OutputError, "the output is None, but must be a path"),
        (lambda m: API.deploy(m, "o", profile="rpi4", device=None), UsageError, "the device is None, but must be"),
        (lambda m: API.deploy(m, "o", profile="rpi4", recipe="r"), RecipeError, "the recipe is 'r', but must be"),
        (lambda m: API.deploy(m, "o", profile="rpi4", precision=None), RecipeError, "the precision is None, but"),
    ],
)
def test_a_sentence(
    call: Callable[[Any], object],
    error: type[Exception],
    sentence: str,
    shared_data: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error) as raised:
        call(shared_data / "mlperf_tiny" / "ic_resnet8_float32.tflite")
    assert sentence in str(raised.value)
    assert list(tmp_path.iterdir()) == []


def test_a_budget_is_looked_at_before_anything_runs(shared_data: Path, tmp_path: Path) -> None:
    steps: list[object] = []
    model = shared_data / "mlperf_tiny" / "ic_resnet8_float32.tflite"
    with pytest.raises(UsageError, match="the budget is '1 MiB', but must be a Budget"):
        API.deploy(model, tmp_path / "o", profile="rpi4", budget="1 MiB", progress=steps.append)
    assert steps == []
