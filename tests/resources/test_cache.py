"""Parts of a cache folder: there whole, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgekit.resources.cache import make_part, part


def test_a_part_of_other_ingredients_takes_the_place_of_the_old(tmp_path: Path) -> None:
    old, new = part(tmp_path, "root", of="one"), part(tmp_path, "root", of="two")
    assert make_part(old, lambda place: (place / "a").touch())
    assert not make_part(old, lambda place: (place / "b").touch())
    assert make_part(new, lambda place: (place / "c").touch())
    assert [path.name for path in tmp_path.iterdir()] == [new.name]
    with pytest.raises(RuntimeError):
        make_part(part(tmp_path, "root", of="three"), lambda place: (_ for _ in ()).throw(RuntimeError).__next__())
    assert [path.name for path in tmp_path.iterdir()] == [new.name]
