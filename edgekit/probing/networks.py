"""The probe networks: for each kind of work a few sizes, so that costs of products and of moving values part."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial

from edgekit.probing.writing import NetworkWriter


def _pointwise(size: int, channels: int, layers: int, *, quantized: bool) -> bytes:
    writer = NetworkWriter(quantized=quantized, shape=(1, size, size, channels))
    for _ in range(layers):
        writer.convolution(channels)
    return writer.written()


def _spatial(size: int, channels: int, layers: int, *, quantized: bool) -> bytes:
    writer = NetworkWriter(quantized=quantized, shape=(1, size, size, channels))
    for _ in range(layers):
        writer.convolution(channels, window=3)
    return writer.written()


def _depthwise(size: int, channels: int, layers: int, *, quantized: bool) -> bytes:
    writer = NetworkWriter(quantized=quantized, shape=(1, size, size, channels))
    for _ in range(layers):
        writer.depthwise()
    return writer.written()


def _dense(units: int, layers: int, *, quantized: bool) -> bytes:
    writer = NetworkWriter(quantized=quantized, shape=(1, units))
    for _ in range(layers):
        writer.dense(units)
    return writer.written()


def _elementwise(size: int, channels: int, layers: int, *, quantized: bool) -> bytes:
    writer = NetworkWriter(quantized=quantized, shape=(1, size, size, channels))
    for _ in range(layers):
        writer.doubled()
        writer.unary("LOGISTIC")
    return writer.written()


def _mixed(size: int, channels: int, layers: int, *, quantized: bool) -> bytes:
    """A stem and blocks as in a MobileNet: what most files are made of."""
    writer = NetworkWriter(quantized=quantized, shape=(1, size, size, 3))
    writer.convolution(channels, window=3, stride=2)
    for layer in range(layers):
        writer.depthwise(stride=2 if layer % 2 else 1)
        writer.convolution(writer.shape[-1] * (2 if layer % 2 else 1))
        writer.doubled()
    writer.pooled(window=writer.shape[1])
    return writer.written()


def _residual(size: int, channels: int, *, quantized: bool) -> bytes:
    """Three stages of larger windows with additions and a classifier, as in a ResNet."""
    writer = NetworkWriter(quantized=quantized, shape=(1, size, size, 3))
    for stage in range(3):
        writer.convolution(channels << stage, window=3, stride=2 if stage else 1)
        writer.convolution(channels << stage, window=3)
        writer.doubled()
    writer.pooled(window=writer.shape[1])
    return writer.written()


NETWORKS: Mapping[str, Callable[..., bytes]] = {
    "mixed 64": partial(_mixed, 64, 16, 6),
    "pointwise 14x14x192": partial(_pointwise, 14, 192, 4),
    "spatial 12x12x64": partial(_spatial, 12, 64, 4),
    "depthwise 32x32x32": partial(_depthwise, 32, 32, 6),
    "dense 768": partial(_dense, 768, 3),
    "elementwise 32x32x32": partial(_elementwise, 32, 32, 4),
    "residual 32": partial(_residual, 32, 16),
    "mixed 96 narrow": partial(_mixed, 96, 8, 12),
    "pointwise 32x32x16": partial(_pointwise, 32, 16, 8),
    "mixed 96": partial(_mixed, 96, 24, 8),
    "pointwise 4x4x384": partial(_pointwise, 4, 384, 4),
    "depthwise 8x8x256": partial(_depthwise, 8, 256, 6),
    "spatial 32x32x16": partial(_spatial, 32, 16, 4),
    "pointwise 28x28x64": partial(_pointwise, 28, 64, 6),
    "elementwise 8x8x64": partial(_elementwise, 8, 64, 8),
    "dense 128": partial(_dense, 128, 12),
}
"""In the order in which they are run: where time is short the last ones are left out."""
FEW = ("pointwise 32x32x16", "pointwise 4x4x384", "mixed 64")
"""Enough for a first look: what they do not tell makes the intervals wide."""


def probe_networks(*, quick: bool = False) -> Iterator[tuple[str, bytes]]:
    """Give each network in float32 and in int8, by name, always the same bytes; of a ``quick`` probe only ``FEW``."""
    for name, make in NETWORKS.items():
        if quick and name not in FEW:
            continue
        for precision in ("float32", "int8"):
            yield f"{name} {precision}", make(quantized=precision == "int8")
