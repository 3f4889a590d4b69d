"""What every source format must keep. Subclass it with the fixtures ``source_format`` and ``good``."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

from edgekit.sources import FORMATS, SourceFormat, identify

_STRANGERS = (b"", b"\x00", b"PK\x03\x04", b"\x89HDF\r\n\x1a\n", b"\x18\x00\x00\x00TFL3", b"hello", b"\x80\x04")


class SourceFormatConformance:
    """Tests of one format's way to recognise its files.

    Fixtures to give: ``source_format``, the format; ``good``, a model of that format; ``tmp_path`` as pytest's.
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
