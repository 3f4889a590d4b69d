from __future__ import annotations

import json
from pathlib import Path

import pytest

from edgekit.errors import CalibrationError, SourceError
from edgekit.import_paths import is_import_path, object_at


@pytest.mark.parametrize("text", ["my_data:samples", "package.module:name", "données:échantillons"])
def test_import_paths(text: str) -> None:
    assert is_import_path(text)


@pytest.mark.parametrize(
    "text", ["photos", "C:\\photos", "a/b:c", "a:b:c", ":b", "a:", "a.:b", "1a:b", "ssh://pi@host", ""]
)
def test_texts_that_are_none(text: str) -> None:
    assert not is_import_path(text)


def test_an_object_is_found() -> None:
    assert object_at("json:loads", what="function", hint="", error=SourceError) is json.loads


@pytest.mark.parametrize(
    ("import_path", "sentence"),
    [
        ("loads", "function 'loads' is not an import path"),
        ("json:load_s", "function 'json:load_s': json has no load_s"),
        ("no_such:x", "function 'no_such:x': importing no_such failed: No module named 'no_such'"),
        ("broken:x", "function 'broken:x': importing broken failed: disk on fire"),
    ],
)
def test_what_is_not_found_is_told(
    import_path: str, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "broken.py").write_text("raise OSError('disk on fire')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.path", [])
    with pytest.raises(CalibrationError) as raised:
        object_at(import_path, what="function", hint="look again", error=CalibrationError)
    assert (raised.value.message, raised.value.hint) == (sentence, "look again")
