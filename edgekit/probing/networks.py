"""The probe networks: chains of one kind of operator in a few sizes, and whole networks of many kinds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial

from edgekit.probing.writing import NetworkWriter

_FAN = 6
"""Operators that change the shape stand side by side, so many of them."""
_TWICE = 2
"""Chains go round so often: with few operators, what several threads take to wake up would count as theirs."""
Make = Callable[[NetworkWriter], None]


def _pointwise(channels: tuple[int, ...], writer: NetworkWriter) -> None:
    for count in channels * _TWICE:
        writer.convolution(count)


def _windows(channels: int, window: int, layers: int, writer: NetworkWriter) -> None:
    for _ in range(layers):
        writer.convolution(channels, window=window)


def _streamed(window: int, mebibytes: int, writer: NetworkWriter) -> None:
    """Many layers on one tensor of weights: packed for each of them they leave the caches before their turn."""
    channels = writer.shape[-1]
    size = channels * channels * window * window * (1 if writer.quantized else 4)
    _windows(channels, window, max(2, (mebibytes << 20) // size), writer)


def _stems(channels: int, window: int, writer: NetworkWriter) -> None:
    writer.fanned(4, partial(writer.convolution, channels, window=window, stride=2))


def _depthwise(window: int, layers: int, writer: NetworkWriter) -> None:
    for _ in range(layers * _TWICE):
        writer.depthwise(window=window)


def _strided(window: int, writer: NetworkWriter) -> None:
    writer.fanned(_FAN, partial(writer.depthwise, window=window, stride=2))


def _dense(units: tuple[int, ...], writer: NetworkWriter) -> None:
    for count in units * _TWICE:
        writer.dense(count)


def _unary(name: str, writer: NetworkWriter) -> None:
    writer.fanned(_FAN, partial(writer.unary, name))


def _clamped(name: str, writer: NetworkWriter) -> None:
    # Single ones, of many values: some kernels branch on the sign, and processors learn a short row by heart.
    writer.unary(name)


def _added(layers: int, writer: NetworkWriter) -> None:
    for _ in range(layers * _TWICE):
        writer.doubled()


def _scaled(layers: int, writer: NetworkWriter) -> None:
    for _ in range(layers * _TWICE):
        writer.scaled()


def _gated(layers: int, writer: NetworkWriter) -> None:
    for _ in range(layers * _TWICE):
        writer.gated()


def _fanned(verb: Callable[[NetworkWriter], None], writer: NetworkWriter) -> None:
    writer.fanned(_FAN, partial(verb, writer))


def _max_pooled(window: int, stride: int, writer: NetworkWriter) -> None:
    writer.fanned(_FAN, partial(writer.pooled, "MAX_POOL_2D", window=window, stride=stride))


def _mean_pooled(window: int, stride: int, writer: NetworkWriter) -> None:
    writer.fanned(_FAN, partial(writer.pooled, window=window, stride=stride))


def _resized(name: str, writer: NetworkWriter) -> None:
    writer.fanned(_FAN, partial(writer.resized, name))


def _transposed(channels: int, window: int, writer: NetworkWriter) -> None:
    writer.fanned(4, partial(writer.transposed, channels, window=window))


def _converted(name: str, writer: NetworkWriter) -> None:
    writer.fanned(_FAN, partial(writer.converted, name))


def _parted(channels: int, writer: NetworkWriter) -> None:
    """Convolutions with operators between them that XNNPACK leaves to the runtime."""
    for _ in range(3):
        writer.convolution(channels, window=3)
        writer.tiled()
    writer.convolution(channels, window=3)


def _mixed(channels: int, layers: int, writer: NetworkWriter) -> None:
    """A stem and blocks as in a MobileNet: what most files are made of."""
    writer.convolution(channels, window=3, stride=2)
    for layer in range(layers):
        writer.depthwise(stride=2 if layer % 2 else 1)
        writer.convolution(writer.shape[-1] * (2 if layer % 2 else 1))
        if layer % 3 == 1:
            writer.doubled()
    writer.averaged()
    writer.convolution(20)


def _residual(channels: int, writer: NetworkWriter) -> None:
    """Three stages of larger windows with additions and a classifier, as in a ResNet."""
    for stage in range(3):
        writer.convolution(channels << stage, window=3, stride=2 if stage else 1)
        writer.convolution(channels << stage, window=3)
        writer.doubled()
    writer.averaged()
    writer.convolution(20)


def _inverted(channels: int, layers: int, activation: str, writer: NetworkWriter) -> None:
    """Blocks that widen, filter, gate and narrow, each with an activation of its own."""
    writer.convolution(channels, window=3, stride=2)
    writer.unary(activation)
    for layer in range(layers):
        narrow = channels * (1 + layer // 2)
        writer.convolution(5 * narrow)
        writer.unary(activation)
        writer.depthwise(window=5 if layer % 2 else 3, stride=2 if layer % 2 else 1)
        writer.unary(activation)
        writer.gated()
        writer.convolution(narrow)
        writer.doubled()
    writer.averaged()
    writer.convolution(20)


def _dense_blocks(growth: int, layers: int, writer: NetworkWriter) -> None:
    """Layers on all that came before, with joins, scalings and poolings."""
    writer.convolution(2 * growth, window=7, stride=2)
    writer.pooled("MAX_POOL_2D", window=3, stride=2)
    for layer in range(layers):
        writer.scaled()
        writer.doubled()
        writer.convolution(2 * growth)
        writer.convolution(growth + 8 * layer, window=3)
        writer.joined()
        if layer == layers // 2:
            writer.pooled(window=2)
    writer.averaged()
    writer.convolution(20)


def _hourglass(channels: int, writer: NetworkWriter) -> None:
    """Down and up again, as networks do that give a picture."""
    writer.convolution(channels, window=3)
    writer.pooled("MAX_POOL_2D")
    writer.convolution(2 * channels, window=3)
    writer.pooled("MAX_POOL_2D")
    writer.convolution(4 * channels, window=3)
    writer.resized("RESIZE_BILINEAR")
    writer.convolution(2 * channels, window=3)
    writer.transposed(channels)
    writer.convolution(channels, window=3)
    writer.convolution(1)
    writer.unary("LOGISTIC")


WHOLE: Mapping[str, tuple[tuple[int, ...], Make]] = {
    "mixed 64": ((64, 64, 3), partial(_mixed, 16, 6)),
    "inverted 64": ((64, 64, 3), partial(_inverted, 16, 6, "HARD_SWISH")),
    "residual 32": ((32, 32, 3), partial(_residual, 16)),
    "hourglass 40": ((40, 40, 3), partial(_hourglass, 10)),
    "mixed 96": ((96, 96, 3), partial(_mixed, 24, 8)),
    "inverted 80": ((80, 80, 3), partial(_inverted, 12, 8, "LOGISTIC")),
    "dense blocks 72": ((72, 72, 3), partial(_dense_blocks, 24, 6)),
    "residual 56": ((56, 56, 3), partial(_residual, 28)),
    "mixed 48 narrow": ((48, 48, 3), partial(_mixed, 8, 8)),
    "inverted 40 narrow": ((40, 40, 3), partial(_inverted, 8, 4, "RELU")),
    "dense blocks 40": ((40, 40, 3), partial(_dense_blocks, 16, 4)),
    "hourglass 64": ((64, 64, 3), partial(_hourglass, 16)),
    "residual 12": ((12, 12, 3), partial(_residual, 8)),
    "mixed 16 narrow": ((16, 16, 3), partial(_mixed, 8, 4)),
}
"""Of many kinds: their times tell how far the others' costs add up, and predictions of them how sure those are."""

CHAINS: Mapping[str, tuple[tuple[int, ...], Make]] = {
    "pointwise 14x192": ((14, 14, 192), partial(_pointwise, (192,) * 3)),
    "spatial 12x64": ((12, 12, 64), partial(_windows, 64, 3, 6)),
    "depthwise 32x32": ((32, 32, 32), partial(_depthwise, 3, 4)),
    "dense 768": ((768,), partial(_dense, (768,) * 3)),
    "added 32x32": ((32, 32, 32), partial(_added, 4)),
    "pointwise 28x24": ((28, 28, 24), partial(_pointwise, (96, 24, 96, 24))),
    "pointwise 4x384": ((4, 4, 384), partial(_pointwise, (384,) * 3)),
    "pointwise 1x96": ((1, 1, 96), partial(_pointwise, (24, 96, 24, 96))),
    "hard swish 16x32": ((16, 16, 32), partial(_unary, "HARD_SWISH")),
    "logistic 16x32": ((16, 16, 32), partial(_unary, "LOGISTIC")),
    "stem 48": ((48, 48, 3), partial(_stems, 16, 3)),
    "gated 8x64": ((8, 8, 64), partial(_gated, 3)),
    "depthwise 8x256": ((8, 8, 256), partial(_depthwise, 3, 4)),
    "depthwise 7x96 by 5": ((7, 7, 96), partial(_depthwise, 5, 4)),
    "pointwise 7x40": ((7, 7, 40), partial(_pointwise, (200, 40, 200, 40))),
    "pointwise 2x512": ((2, 2, 512), partial(_pointwise, (512,) * 4)),
    "pointwise 1x480": ((1, 1, 480), partial(_pointwise, (120, 480, 120, 480))),
    "spatial 32x16": ((32, 32, 16), partial(_windows, 16, 3, 8)),
    "averaged 8x128": ((8, 8, 128), partial(_fanned, NetworkWriter.averaged)),
    "max pooled 32x16": ((32, 32, 16), partial(_max_pooled, 2, 2)),
    "mean pooled 16x32": ((16, 16, 32), partial(_mean_pooled, 2, 2)),
    "joined 16x32": ((16, 16, 32), partial(_fanned, NetworkWriter.joined)),
    "padded 16x32": ((16, 16, 32), partial(_fanned, NetworkWriter.padded)),
    "bilinear 12x32": ((12, 12, 32), partial(_resized, "RESIZE_BILINEAR")),
    "transposed 12x16": ((12, 12, 16), partial(_transposed, 16, 2)),
    "relu 48x32": ((48, 48, 32), partial(_clamped, "RELU")),
    "scaled 16x64": ((16, 16, 64), partial(_scaled, 4)),
    "tanh 16x32": ((16, 16, 32), partial(_unary, "TANH")),
    "quantized 32x16": ((32, 32, 16), partial(_converted, "QUANTIZE")),
    "dequantized 32x16": ((32, 32, 16), partial(_converted, "DEQUANTIZE")),
    "strided 16x96": ((16, 16, 96), partial(_strided, 3)),
    "pointwise 32x16": ((32, 32, 16), partial(_pointwise, (16, 64, 16, 64))),
    "pointwise 14x80": ((14, 14, 80), partial(_pointwise, (184, 80, 184, 80))),
    "pointwise 4x160": ((4, 4, 160), partial(_pointwise, (960, 160))),
    "pointwise 10x56": ((10, 10, 56), partial(_pointwise, (56,) * 4)),
    "pointwise 20x128": ((20, 20, 128), partial(_pointwise, (32, 128, 32))),
    "pointwise 2x1024": ((2, 2, 1024), partial(_pointwise, (1024,) * 2)),
    "pointwise 3x728": ((3, 3, 728), partial(_pointwise, (728,) * 2)),
    "pointwise 6x12": ((6, 6, 12), partial(_pointwise, (72, 12, 72, 12))),
    "pointwise 1x16": ((1, 1, 16), partial(_pointwise, (8, 16, 8, 16))),
    "pointwise 1x1152": ((1, 1, 1152), partial(_pointwise, (48, 1152))),
    "dense 128": ((128,), partial(_dense, (128,) * 4)),
    "dense 64 to 512": ((64,), partial(_dense, (512, 64, 512, 64))),
    "spatial 8x128": ((8, 8, 128), partial(_windows, 128, 3, 4)),
    "spatial 4x160": ((4, 4, 160), partial(_windows, 160, 3, 4)),
    "spatial 2x192": ((2, 2, 192), partial(_windows, 192, 3, 4)),
    "spatial 24x32": ((24, 24, 32), partial(_windows, 32, 3, 4)),
    "spatial 16x8": ((16, 16, 8), partial(_windows, 8, 3, 8)),
    "spatial 12x24 by 5": ((12, 12, 24), partial(_windows, 24, 5, 4)),
    "stem 64 by 7": ((64, 64, 3), partial(_stems, 32, 7)),
    "stem 32": ((32, 32, 3), partial(_stems, 32, 3)),
    "depthwise 4x512": ((4, 4, 512), partial(_depthwise, 3, 4)),
    "depthwise 2x960": ((2, 2, 960), partial(_depthwise, 3, 4)),
    "depthwise 14x144": ((14, 14, 144), partial(_depthwise, 3, 4)),
    "depthwise 24x16": ((24, 24, 16), partial(_depthwise, 3, 4)),
    "depthwise 4x288 by 5": ((4, 4, 288), partial(_depthwise, 5, 4)),
    "depthwise 14x120 by 5": ((14, 14, 120), partial(_depthwise, 5, 4)),
    "depthwise 6x24": ((6, 6, 24), partial(_depthwise, 3, 4)),
    "strided 8x240 by 5": ((8, 8, 240), partial(_strided, 5)),
    "strided 32x48": ((32, 32, 48), partial(_strided, 3)),
    "added 8x48": ((8, 8, 48), partial(_added, 4)),
    "added 4x20": ((4, 4, 20), partial(_added, 4)),
    "gated 16x24": ((16, 16, 24), partial(_gated, 3)),
    "gated 4x480": ((4, 4, 480), partial(_gated, 3)),
    "scaled 4x200": ((4, 4, 200), partial(_scaled, 4)),
    "hard swish 4x200": ((4, 4, 200), partial(_unary, "HARD_SWISH")),
    "hard swish 28x32": ((28, 28, 32), partial(_unary, "HARD_SWISH")),
    "logistic 4x200": ((4, 4, 200), partial(_unary, "LOGISTIC")),
    "logistic 28x32": ((28, 28, 32), partial(_unary, "LOGISTIC")),
    "relu 32x96": ((32, 32, 96), partial(_clamped, "RELU")),
    "relu 36x24": ((36, 36, 24), partial(_clamped, "RELU")),
    "relu6 36x24": ((36, 36, 24), partial(_clamped, "RELU6")),
    "relu6 48x32": ((48, 48, 32), partial(_clamped, "RELU6")),
    "relu6 32x96": ((32, 32, 96), partial(_clamped, "RELU6")),
    "tanh 4x100": ((4, 4, 100), partial(_unary, "TANH")),
    "averaged 16x32": ((16, 16, 32), partial(_fanned, NetworkWriter.averaged)),
    "averaged 4x512": ((4, 4, 512), partial(_fanned, NetworkWriter.averaged)),
    "max pooled 24x64 by 3": ((24, 24, 64), partial(_max_pooled, 3, 2)),
    "max pooled 8x64": ((8, 8, 64), partial(_max_pooled, 2, 2)),
    "mean pooled 8x128": ((8, 8, 128), partial(_mean_pooled, 2, 2)),
    "joined 4x128": ((4, 4, 128), partial(_fanned, NetworkWriter.joined)),
    "padded 8x64": ((8, 8, 64), partial(_fanned, NetworkWriter.padded)),
    "bilinear 24x16": ((24, 24, 16), partial(_resized, "RESIZE_BILINEAR")),
    "nearest 12x32": ((12, 12, 32), partial(_resized, "RESIZE_NEAREST_NEIGHBOR")),
    "transposed 8x32 by 3": ((8, 8, 32), partial(_transposed, 16, 3)),
    "quantized 64x3": ((64, 64, 3), partial(_converted, "QUANTIZE")),
    "quantized 10": ((10,), partial(_converted, "QUANTIZE")),
    "dequantized 10": ((10,), partial(_converted, "DEQUANTIZE")),
    "tiled 16x32": ((16, 16, 32), partial(_fanned, NetworkWriter.tiled)),
    "tiled 8x48": ((8, 8, 48), partial(_fanned, NetworkWriter.tiled)),
    "pointwise 3x32": ((3, 3, 32), partial(_pointwise, (48, 32, 48, 32))),
    "depthwise 3x32": ((3, 3, 32), partial(_depthwise, 3, 4)),
    "spatial 3x24": ((3, 3, 24), partial(_windows, 24, 3, 8)),
    "dense 32": ((32,), partial(_dense, (32,) * 4)),
    "added 1x24": ((1, 1, 24), partial(_added, 4)),
    "logistic 1x24": ((1, 1, 24), partial(_unary, "LOGISTIC")),
    "max pooled 4x24": ((4, 4, 24), partial(_max_pooled, 2, 2)),
    "averaged 2x32": ((2, 2, 32), partial(_fanned, NetworkWriter.averaged)),
    "padded 3x32": ((3, 3, 32), partial(_fanned, NetworkWriter.padded)),
    "joined 4x16": ((4, 4, 16), partial(_fanned, NetworkWriter.joined)),
    "parted 8x16": ((8, 2, 16), partial(_parted, 16)),
    "parted 16x24": ((16, 2, 24), partial(_parted, 24)),
    "softened 10": ((10,), partial(_fanned, NetworkWriter.softened)),
    "softened 1000": ((1000,), partial(_fanned, NetworkWriter.softened)),
    "streamed 2x1024": ((2, 2, 1024), partial(_streamed, 1, 48)),
    "streamed 1x1024": ((1, 1, 1024), partial(_streamed, 1, 40)),
    "streamed 3x256 by 3": ((3, 3, 256), partial(_streamed, 3, 48)),
    "streamed 4x512": ((4, 4, 512), partial(_streamed, 1, 20)),
    "streamed 2x512": ((2, 2, 512), partial(_streamed, 1, 10)),
    "streamed 5x640": ((5, 5, 640), partial(_streamed, 1, 48)),
}
"""Of one kind each, a few sizes of every kind, the most telling ones first."""
FEW = ("pointwise 28x24", "pointwise 4x384", "mixed 64")
"""Enough for a first look: what they do not tell makes the intervals wide."""
_OF_INTEGERS = ("quantized", "dequantized")


def probe_networks(*, quick: bool = False) -> Iterator[tuple[str, bytes]]:
    """Give each network in float32 and in int8, by name, always the same bytes; of a ``quick`` probe only ``FEW``.

    In the order in which they are to run: where time is short the last ones are left out.
    """
    first, rest = list(CHAINS.items())[:12], list(CHAINS.items())[12:]
    whole = list(WHOLE.items())
    for name, (shape, make) in (*first, *whole, *rest):
        if quick and name not in FEW:
            continue
        for precision in ("float32", "int8"):
            kind = name.partition(" ")[0]
            if kind in _OF_INTEGERS and precision == "float32":
                continue
            writer = NetworkWriter(quantized=precision == "int8", shape=(1, *shape), float_input=kind == "quantized")
            make(writer)
            yield f"{name} {precision}", writer.written()
