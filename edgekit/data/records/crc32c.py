"""CRC-32C (Castagnoli), the checksum of TFRecord files. The standard library has only the other CRC-32.

A long message is cut into strips of equal length. Their remainders are found side by side by numpy, and then joined
two by two: the remainder of ``a + b`` is that of ``a``, moved on by as many zeros as ``b`` has bytes, xor that of
``b``. More than 20 times as fast as a loop in Python.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

_Words = NDArray[np.uint32]

_POLYNOMIAL = np.uint32(0x82F63B78)
"""Bits reversed, as in RFC 3720, appendix B.4."""
_STRIP_BYTES = 64
_FEWEST_STRIPS = 16
_START = 0xFFFFFFFF


def crc32c(data: bytes) -> int:
    """Return the CRC-32C of ``data``; ``b"123456789"`` gives 0xE3069283."""
    whole = len(data) // _STRIP_BYTES * _STRIP_BYTES
    if whole < _FEWEST_STRIPS * _STRIP_BYTES:
        return _one_by_one(_START, data) ^ _START
    return _one_by_one(_strips(data[:whole]), data[whole:]) ^ _START


def _one_by_one(remainder: int, data: bytes) -> int:
    table = _byte_list()
    for byte in data:
        remainder = table[(remainder ^ byte) & 0xFF] ^ (remainder >> 8)
    return remainder


def _strips(data: bytes) -> int:
    pairs = np.frombuffer(data, "<u2").reshape(-1, _STRIP_BYTES // 2)
    table = _pair_table()
    remainders = np.zeros(len(pairs), np.uint32)
    remainders[0] = _START
    for column in np.ascontiguousarray(pairs.T):
        remainders = table[(remainders & 0xFFFF) ^ column] ^ (remainders >> 16)
    level = 0
    while len(remainders) > 1:
        if len(remainders) % 2:
            # Zeros in front of the message change nothing: the start is in the first strip already.
            remainders = np.concatenate([np.zeros(1, np.uint32), remainders])
        remainders = _moved(remainders[0::2], _mover(level)) ^ remainders[1::2]
        level += 1
    return int(remainders[0])


@cache
def _byte_table() -> _Words:
    table = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        table = np.where(table & 1, (table >> 1) ^ _POLYNOMIAL, table >> 1)
    return table


@cache
def _byte_list() -> list[int]:
    return [int(entry) for entry in _byte_table()]


@cache
def _pair_table() -> _Words:
    return _after_zeros(np.arange(2**16, dtype=np.uint32), 2)


def _after_zeros(remainders: _Words, count: int) -> _Words:
    for _ in range(count):
        remainders = _byte_table()[remainders & 0xFF] ^ (remainders >> 8)
    return remainders


@cache
def _mover(level: int) -> _Words:
    """Return tables, [4, 256] by byte of a remainder, that move it on by ``_STRIP_BYTES * 2**level`` zeros."""
    bytes_apart = np.arange(256, dtype=np.uint32) << (8 * np.arange(4, dtype=np.uint32)[:, None])
    if level == 0:
        return _after_zeros(bytes_apart, _STRIP_BYTES)
    before = _mover(level - 1)
    return _moved(_moved(bytes_apart, before), before)


def _moved(remainders: _Words, mover: _Words) -> _Words:
    moved: _Words = mover[0][remainders & 0xFF]
    for place in range(1, 4):
        moved = moved ^ mover[place][(remainders >> (8 * place)) & 0xFF]
    return moved
