"""What a system says of itself, made sense of: texts as real systems give them."""

from __future__ import annotations

import pytest

from edgekit.devices.system import cpu_model, is_emulated, system_name
from edgekit.runner.environment import read_environment

PI4 = """processor\t: 0
BogoMIPS\t: 108.00
Features\t: fp asimd evtstrm crc32 cpuid
CPU implementer\t: 0x41
CPU architecture: 8
CPU variant\t: 0x0
CPU part\t: 0xd08
CPU revision\t: 3

processor\t: 1
CPU implementer\t: 0x41
CPU part\t: 0xd08
Model\t\t: Raspberry Pi 4 Model B Rev 1.4
"""
PHONE = "CPU part\t: 0xd05\nCPU part\t: 0xd41\nCPU part\t: 0xD44\n"
PC = "vendor_id\t: GenuineIntel\nmodel name\t: Intel(R) Xeon(R) Processor\nflags\t\t: fpu\n"
DEBIAN = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\n'


def test_a_raspberry_pi() -> None:
    said = {
        "machine": "aarch64",
        "kernel": "Linux 6.6.31+rpt-rpi-v8",
        "kernel_arch": "aarch64\n",
        "os_release": DEBIAN,
        "cpuinfo": PI4,
        "board": "Raspberry Pi 4 Model B Rev 1.4\0",
        "cores": 4,
        "memory_bytes": 3975 << 20,
        "python": "3.11.2",
        "load_average": 0.25,
        "emulates": "",
    }
    environment = read_environment(said, runtime="ai-edge-litert 2.1.6")
    assert environment.cpu_model == "Cortex-A72"
    assert environment.board == "Raspberry Pi 4 Model B Rev 1.4"
    assert environment.system == "Debian GNU/Linux 12 (bookworm), Linux 6.6.31+rpt-rpi-v8"
    assert environment.runtime == "ai-edge-litert 2.1.6"
    assert not environment.emulated
    # An Arm machine can emulate another Arm, which nothing but the emulated device itself can tell.
    emulated = read_environment({**said, "emulates": "Cortex-A76 by qemu 7.2.22"}, runtime="x")
    assert (emulated.emulated, emulated.cpu_model) == (True, "Cortex-A76 by qemu 7.2.22")


def test_no_device_tree_and_no_names() -> None:
    said = {
        "machine": "riscv64",
        "kernel": "Linux 6.9",
        "kernel_arch": "",
        "os_release": "",
        "cpuinfo": "",
        "board": "",
        "cores": 1,
        "memory_bytes": 1,
        "python": "3.12.0",
        "load_average": 0.0,
        "emulates": "",
    }
    environment = read_environment(said, runtime="x")
    assert (environment.board, environment.cpu_model, environment.system) == (None, "riscv64", "Linux 6.9")


@pytest.mark.parametrize(
    ("cpuinfo", "name"),
    [
        (PI4, "Cortex-A72"),
        (PHONE, "Cortex-A55 + Cortex-A78 + Cortex-X1"),
        (PC, "Intel(R) Xeon(R) Processor"),
        ("CPU part : 0xfff\nmodel name : ARMv7 Processor rev 4 (v7l)\n", "Arm part 0xfff"),
        ("", ""),
    ],
)
def test_processors(cpuinfo: str, name: str) -> None:
    assert cpu_model(cpuinfo) == name


def test_system_without_a_pretty_name() -> None:
    assert system_name("NAME=x\n", kernel="Linux 6.1") == "Linux 6.1"
    assert system_name("PRETTY_NAME='Alpine'\n", kernel="Linux 6.1") == "Alpine, Linux 6.1"


@pytest.mark.parametrize(
    ("machine", "cpuinfo", "kernel_arch", "emulated"),
    [
        ("x86_64", PC, "x86_64", False),
        ("i686", PC, "x86_64", False),
        ("aarch64", PI4, "aarch64", False),
        ("armv7l", PI4, "aarch64", False),
        ("armv7l", PI4, "arm", False),
        ("aarch64", PC, "x86_64", True),
        ("aarch64", PC, "", True),
        ("aarch64", PI4, "", False),
        ("x86_64", PI4, "", True),
        ("riscv64", PC, "x86_64", True),
        ("riscv64", "", "", False),
    ],
)
def test_emulation_shows_in_the_kernel_below(machine: str, cpuinfo: str, kernel_arch: str, emulated: bool) -> None:
    assert is_emulated(machine, cpuinfo=cpuinfo, kernel_arch=kernel_arch) is emulated
