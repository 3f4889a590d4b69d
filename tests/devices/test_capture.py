"""Output within bounds."""

from __future__ import annotations

import pytest

from edgekit.devices import OUTPUT_LIMIT
from edgekit.devices.capture import Capture


def capture_of(content: bytes, *, chunk: int) -> str:
    capture = Capture()
    for start in range(0, len(content), chunk):
        capture.add(content[start : start + chunk])
    return capture.text()


@pytest.mark.parametrize("chunk", [7, 4096, 2**16, 2**22])
def test_everything_is_kept_up_to_the_limit(chunk: int) -> None:
    content = bytes(range(32, 127)) * (OUTPUT_LIMIT // 95) + b"#" * (OUTPUT_LIMIT % 95)
    assert len(content) == OUTPUT_LIMIT
    assert capture_of(content, chunk=chunk) == content.decode()


@pytest.mark.parametrize("chunk", [1013, 2**16, 2**24])
def test_the_middle_is_left_out_beyond_it(chunk: int) -> None:
    half = OUTPUT_LIMIT // 2
    content = b"a" * half + b"m" * 3_000_017 + b"z" * half
    assert capture_of(content, chunk=chunk) == "a" * half + "\n[3000017 bytes left out]\n" + "z" * half


def test_a_character_is_not_torn_by_the_chunks() -> None:
    assert capture_of("grün 🙂".encode(), chunk=1) == "grün 🙂"
