"""What goes wrong on a board while a file runs there: the sentence, the next step, and nothing left behind."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgekit.devices import connect
from edgekit.devices.emulated import EmulatedDevice
from edgekit.errors import CommandFailed, DeviceError
from edgekit.profiles import profile_named
from edgekit.runner import benchmark, infer
from edgekit.testing import LoopbackBoard


class Spooled:
    def __init__(self, **files: Path) -> None:
        self.files = files

    def __len__(self) -> int:
        return 20


def test_a_disk_that_the_outputs_fill(
    mounted_board: Callable[[str], LoopbackBoard], tmp_path: Path, writer: Any
) -> None:
    given = writer.tensor("given", "float32", [1, 4096], io="i")
    for name in ("one", "two"):
        writer.operator("ABS", [given], [writer.tensor(name, "float32", [1, 4096], io="o")])
    model = writer.write(tmp_path / "wide.tflite")
    np.save(tmp_path / "given.npy", np.ones((20, 4096), np.float32))
    samples = Spooled(given=tmp_path / "given.npy")
    with mounted_board("size=1300k") as board:
        # 320 KiB of samples fit thrice, as they come, but not two outputs of the same size beside them.
        with pytest.raises(DeviceError, match="the agent on ssh://.* failed: the device's disk is full") as caught:
            infer(model, samples, device=board.address)
        assert (caught.value.hint, caught.value.exit_code) == ("free some space on the device", 3)
        assert board.processes() == {}
    with mounted_board("size=2M") as board:
        assert infer(model, samples, device=board.address)["two"].sum() == 20 * 4096


def test_an_agent_that_the_kernel_kills(board: LoopbackBoard, shared_data: Path) -> None:
    work = board.home / ".cache" / "edgekit" / "work"

    def kill_when_it_measures() -> None:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            stages = [path.read_text() for path in work.glob("*/files/result.json")]
            if any('"stage": "steady"' in stage for stage in stages):
                break
            time.sleep(0.02)
        for number, line in board.processes().items():
            if "edgekit_agent" in line and "python" in line.split()[0]:
                os.kill(number, signal.SIGKILL)

    thread = threading.Thread(target=kill_when_it_measures)
    thread.start()
    model = shared_data / "mlperf_tiny" / "ic_resnet8_int8.tflite"
    with pytest.raises(CommandFailed) as caught:
        benchmark(model, device=board.address, min_seconds=25)
    thread.join()
    assert caught.value.message == (
        f"{model} ended the runtime on {board.address} with SIGKILL in repeating the inference: "
        "most likely the memory of the device ran out"
    )
    assert caught.value.hint == (
        "end other programs there, or choose a smaller model; "
        f"'edgekit doctor {board.address}' tells what memory it has"
    )
    assert caught.value.exit_code == 3


# A dot product of bytes, which a Cortex-A53 does not have.
_DOT_PRODUCT = """
import ctypes, mmap, sys

def dot_product(*_, **__):
    page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(bytes.fromhex("0094804e" "c0035fd6"))
    ctypes.CFUNCTYPE(None)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()
"""
_IN_THE_RUNTIME = f"""{_DOT_PRODUCT}
import runpy
import ai_edge_litert.interpreter as litert
litert.Interpreter = dot_product
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@pytest.mark.slow
def test_an_instruction_that_the_processor_lacks(
    emulated: Path, missing: Callable[[str], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shared_data: Path
) -> None:
    if lacking := LoopbackBoard.missing():
        missing(", ".join(lacking))
    # The program is sound: a Cortex-A76 runs it.
    with contextlib.closing(EmulatedDevice(profile_named("rpi5"))) as able:
        assert able.execute(["python3", "-c", f"{_DOT_PRODUCT}\ndot_product()"], timeout=120).returncode == 0
    with contextlib.closing(EmulatedDevice(profile_named("rpi-zero2w"))) as local:
        python = [*local.board.emulator, str(local.board.program("python3")), "-c", _IN_THE_RUNTIME]
    with LoopbackBoard(tmp_path / "board", python=python) as board:
        monkeypatch.setenv("PATH", board.path)
        with contextlib.closing(connect(board.address)) as device, pytest.raises(CommandFailed) as caught:
            benchmark(shared_data / "mlperf_tiny" / "kws_dscnn_int8.tflite", device=device, first_timeout=120)
        assert board.processes() == {}
    assert caught.value.message.endswith(
        f"on {board.address} with SIGILL in loading it: the processor lacks an instruction that the runtime uses"
    )
    assert (caught.value.hint or "").startswith("use a runtime that was built for this processor")
