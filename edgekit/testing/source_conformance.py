"""What every source format must keep. Subclass it with the fixtures ``source_format`` and ``good``."""

from __future__ import annotations

import random
import shutil
from pathlib import Path
from typing import Any

from edgekit.errors import SourceError
from edgekit.exporting.routes import ROUTES
from edgekit.inspection import inspect
from edgekit.processes.worker import Worker
from edgekit.sources import EXPORTED, FORMATS, LOADED, Description, SourceFormat, identify
from edgekit.testing.raising import raises

_STRANGERS = (b"", b"\x00", b"PK\x03\x04", b"\x89HDF\r\n\x1a\n", b"\x18\x00\x00\x00TFL3", b"hello", b"\x80\x04")


class SourceFormatConformance:
    """Tests of one format's way to recognise its files, to load and describe them, and to give a float .tflite.

    Fixtures to give: ``source_format``, the format; ``good``, a model of that format which any route exports;
    ``tmp_path`` as pytest's.
    """

    def test_it_is_in_the_table_under_its_name(self, source_format: SourceFormat) -> None:
        """People and provenance call it by that name."""
        assert FORMATS[source_format.name] is source_format
        assert source_format.title.strip()

    def test_it_recognises_its_own_and_no_other_format_does(self, source_format: SourceFormat, good: Path) -> None:
        """The order of the table decides nothing."""
        assert [each.name for each in FORMATS.values() if each.recognises(good)] == [source_format.name]

    def test_the_name_of_the_file_does_not_matter(
        self, source_format: SourceFormat, good: Path, tmp_path: Path
    ) -> None:
        """Content is looked at, never a suffix."""
        copy = tmp_path / "a name without meaning.bin"
        (shutil.copytree if good.is_dir() else shutil.copyfile)(good, copy)
        assert identify(copy).format == source_format.name

    def test_strange_content_is_never_an_exception(self, source_format: SourceFormat, tmp_path: Path) -> None:
        """Whatever lies at a path, the answer is yes or no."""
        generator = random.Random(0)  # noqa: S311  # test data, not a secret
        for content in (*_STRANGERS, *(generator.randbytes(200) for _ in range(50))):
            path = tmp_path / "strange"
            path.write_bytes(content)
            assert source_format.recognises(path) in (True, False)
        assert not source_format.recognises(tmp_path)

    def test_it_survives_the_way_to_a_child_process(self, good: Path) -> None:
        """A source is plain JSON on its way."""
        source = identify(good, custom_objects=("a.b:C",), trust=True)
        assert type(source).from_json(source.to_json()) == source

    def test_it_is_loaded_or_exported_already(self, source_format: SourceFormat) -> None:
        """One of the two, or nothing could be done with it."""
        assert (source_format.name in LOADED) != (source_format.name in EXPORTED)

    def test_the_float_file_is_what_the_model_says_of_itself(
        self, source_format: SourceFormat, good: Path, tmp_path: Path
    ) -> None:
        """Inputs with a batch of one and no open size, and those of the export are the same."""
        with Worker("edgekit.exporting.exporter", folder=tmp_path) as exporter:
            description, exported = self._exported(source_format, good, exporter, tmp_path)
        assert description.inputs
        for spec in description.inputs:
            assert spec.shape[0] == 1
            assert all(size is not None for size in spec.shape)
        for specs in (description.inputs, description.outputs):
            assert len({spec.name for spec in specs}) == len(specs) > 0
        assert Description.from_json(description.to_json()) == description
        facts = inspect(exported)
        assert facts.precision == "float32"
        assert sorted(map(_taken, facts.inputs)) == sorted(map(_taken, description.inputs))
        assert len(facts.outputs) == len(description.outputs)

    def test_damage_is_a_sentence_about_the_file(self, source_format: SourceFormat, good: Path, tmp_path: Path) -> None:
        """Cut off anywhere, it is refused as what was given, by its name."""
        with Worker("edgekit.exporting.exporter", folder=tmp_path) as exporter:
            for share in (0.1, 0.5, 0.95):
                damaged = tmp_path / f"damaged-{share}"
                (shutil.copytree if good.is_dir() else shutil.copyfile)(good, damaged)
                # Of a folder, its largest file.
                files = (path for path in (damaged, *damaged.rglob("*")) if path.is_file())
                largest = max(files, key=lambda path: path.stat().st_size)
                with largest.open("r+b") as stream:
                    stream.truncate(int(largest.stat().st_size * share))
                with raises(SourceError) as caught:
                    self._exported(source_format, damaged, exporter, tmp_path)
                assert damaged.name in caught[0].message

    def _exported(
        self, source_format: SourceFormat, path: Path, exporter: Worker, folder: Path
    ) -> tuple[Description, Path]:
        source = identify(path)
        if source_format.name in EXPORTED:
            return EXPORTED[source_format.name].describe(path), path
        target = folder / "float.tflite"
        description = Description.from_json(exporter.request("load", source=source.to_json()))
        exporter.request("export", route=next(iter(ROUTES)), output=str(target))
        return description, target


def _taken(spec: Any) -> tuple[tuple[int, ...], str]:
    return spec.shape, spec.dtype
