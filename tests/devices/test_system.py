"""What a system says of itself, made sense of: texts as real systems give them."""

from __future__ import annotations

import pytest

from edgekit.devices.system import cpu_model, is_emulated, system_name

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
