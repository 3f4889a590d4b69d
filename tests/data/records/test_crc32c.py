from __future__ import annotations

import random

import pytest

from edgekit.data.records.crc32c import crc32c

# RFC 3720, appendix B.4, and the check value of the catalogue of parametrised CRC algorithms.
PUBLISHED = {
    b"": 0,
    b"123456789": 0xE3069283,
    bytes(32): 0x8A9136AA,
    b"\xff" * 32: 0x62A8AB43,
    bytes(range(32)): 0x46DD794E,
    bytes(range(31, -1, -1)): 0x113FDB5C,
}


def test_published_values():
    assert {content: crc32c(content) for content in PUBLISHED} == PUBLISHED


# Around the lengths where a message is first cut into strips, and where their number is odd.
@pytest.mark.parametrize("length", [1, 63, 1023, 1024, 1025, 1087, 1088, 1089, 64 * 33 + 7, 50_001])
def test_strips_give_what_a_loop_gives(length: int):
    content = random.Random(length).randbytes(length)
    remainder = 0xFFFFFFFF
    for byte in content:
        remainder ^= byte
        for _ in range(8):
            remainder = remainder >> 1 ^ (0x82F63B78 if remainder & 1 else 0)
    assert crc32c(content) == remainder ^ 0xFFFFFFFF
    changed = bytearray(content)
    changed[length // 2] ^= 1
    assert crc32c(bytes(changed)) != crc32c(content)
