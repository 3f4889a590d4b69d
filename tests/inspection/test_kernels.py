"""What XNNPACK keeps, counted by hand for single operators and for MLPerf Tiny's networks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgekit.inspection import KernelMemory, inspect
from edgekit.inspection.graph import Graph, Operator, Quantization, Subgraph, Tensor
from edgekit.inspection.kernels import kernel_memory


def tensor(index: int, shape: tuple[int, ...], dtype: str = "float32", *, stored: int | None = None) -> Tensor:
    integers = Quantization(np.ones(1, np.float32), np.zeros(1, np.int64), 0, None)
    return Tensor(
        index=index,
        name=f"t{index}",
        shape=shape,
        signature=shape,
        dtype=dtype,
        buffer=index,
        data=None if stored is None else np.zeros(stored, np.uint8),
        external=None,
        variable=False,
        quantization=None if "float" in dtype else integers,
        sparsity=None,
    )


def operator(name: str, inputs: tuple[int, ...], output: int, *, index: int = 0, **options: Any) -> Operator:
    return Operator(
        index=index,
        name=name,
        custom=False,
        version=1,
        inputs=inputs,
        outputs=(output,),
        intermediates=(),
        mutating=(),
        options=(("Options", options),),
        custom_options=b"",
    )


def of(tensors: list[Tensor], *operators: Operator) -> KernelMemory:
    subgraph = Subgraph(0, tuple(tensors), (0,), (len(tensors) - 1,), operators)
    return kernel_memory(Graph(3, "", (subgraph,), ()))


def conv(kernel: tuple[int, int], **options: int) -> KernelMemory:
    weights = tensor(1, (16, *kernel, 8), stored=4 * 16 * 8 * kernel[0] * kernel[1])
    tensors = [tensor(0, (1, 20, 20, 8)), weights, tensor(2, (1, 10, 12, 16))]
    return of(tensors, operator("CONV_2D", (0, 1), 2, **options))


def test_a_convolution_points_to_each_pixel_of_each_window() -> None:
    assert conv((3, 3), strideH=2, strideW=2) == KernelMemory(4 * 16 * 8 * 9, 8 * 9 * 10 * 12, 0)


def test_a_plain_pointwise_convolution_needs_no_pointers_and_a_strided_one_does() -> None:
    assert conv((1, 1), strideH=1, strideW=1).pointer_bytes == 0
    assert conv((1, 1), strideH=2, strideW=2).pointer_bytes == 8 * 10 * 12


@pytest.mark.parametrize(
    ("options", "columns"),
    [({"strideW": 1}, 3 + 11), ({"strideW": 2}, 3 + 11 * 2), ({"strideW": 1, "dilationWFactor": 2}, 3 + 11 * 3)],
)
def test_windows_of_a_depthwise_convolution_share_columns(options: dict[str, int], columns: int) -> None:
    tensors = [tensor(0, (1, 20, 20, 8)), tensor(1, (1, 3, 3, 8), stored=288), tensor(2, (1, 10, 12, 8))]
    memory = of(tensors, operator("DEPTHWISE_CONV_2D", (0, 1), 2, **options))
    assert memory == KernelMemory(288, 8 * 10 * 3 * columns, 0)


def test_pooling_and_resizing() -> None:
    tensors = [tensor(0, (1, 20, 20, 8)), tensor(1, (1, 10, 12, 8))]
    pool = operator("MAX_POOL_2D", (0,), 1, filterHeight=2, filterWidth=2, strideW=2, strideH=2)
    assert of(tensors, pool) == KernelMemory(0, 8 * 10 * 2 * (2 + 11 * 2), 0)
    assert of(tensors, operator("RESIZE_BILINEAR", (0,), 1)) == KernelMemory(0, 8 * 4 * 10 * 12, 0)


def test_float16_weights_are_packed_as_float32_and_widened_once() -> None:
    tensors = [
        tensor(0, (1, 100)),
        tensor(1, (50, 100), "float16", stored=10_000),
        tensor(2, (50, 100)),
        tensor(3, (1, 50)),
    ]
    dense = operator("FULLY_CONNECTED", (0, 2), 3, index=1)
    assert of(tensors, operator("DEQUANTIZE", (1,), 2), dense) == KernelMemory(20_000, 0, 20_000)


def test_int16_activations_are_not_for_xnnpack_whose_rival_reorders_weights_each_time() -> None:
    tensors = [tensor(0, (1, 100), "int16"), tensor(1, (50, 100), "int8", stored=5_000), tensor(2, (1, 50), "int16")]
    assert of(tensors, operator("FULLY_CONNECTED", (0, 1), 2)) == KernelMemory(0, 0, 5_000)


@pytest.mark.parametrize(
    ("inputs", "shape"),
    [((0,), (1, 10, 12, 16)), ((0, -1), (1, 10, 12, 16)), ((0, 1), (7,)), ((0, 1), (1, -1, 12, 16))],
)
def test_what_a_damaged_graph_does_not_tell_counts_as_nothing(inputs: tuple[int, ...], shape: tuple[int, ...]) -> None:
    tensors = [tensor(0, (1, 20, 20, 8)), tensor(1, (16, 3, 3, 8), stored=4), tensor(2, shape)]
    assert of(tensors, operator("CONV_2D", inputs, 2, strideH=-1, strideW="x")).pointer_bytes == 0


def test_real_networks(shared_data: Path) -> None:
    def memory(file: str) -> KernelMemory:
        facts = inspect(shared_data / "mlperf_tiny" / file)
        assert facts.to_document()["kernels"]["packed_bytes"] == facts.kernels.packed_bytes
        return facts.kernels

    # ResNet-8 has 77,360 weights and 346 biases, which stay 32 bits wide. Its windows of more than one pixel: seven of
    # 3x3 (three at 32x32, two at 16x16, two at 8x8), two strided ones of 1x1, and a pool of 8x8.
    weights, biases = 77_360, 346
    pixels = 9 * (3 * 32**2 + 2 * 16**2 + 2 * 8**2) + 16**2 + 8**2 + 8**2
    assert memory("ic_resnet8_float32.tflite") == KernelMemory(4 * (weights + biases), 8 * pixels, 0)
    assert memory("ic_resnet8_int8.tflite") == KernelMemory(weights + 4 * biases, 8 * pixels, 0)

    # MobileNet at 96x96: a first layer of 3x3 to 48x48, then depthwise ones, whose windows share columns, and a pool.
    depthwise = sum(3 * side * (side + 2) for side in (48, 24, 12, 6, 6, 6, 6, 6, 3))
    halving = sum(3 * side * (2 * side + 1) for side in (24, 12, 6, 3))
    assert memory("vww_mobilenet_int8.tflite").pointer_bytes == 8 * (9 * 48**2 + depthwise + halving + 9)
