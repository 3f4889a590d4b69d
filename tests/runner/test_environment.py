"""What the agent says of the system that it runs on, made sense of."""

from __future__ import annotations

from edgekit.runner.environment import read_environment

CPUINFO = "processor\t: 0\nCPU implementer\t: 0x41\nCPU part\t: 0xd08\n\nModel\t\t: Raspberry Pi 4 Model B Rev 1.4\n"
DEBIAN = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\n'


def test_a_raspberry_pi() -> None:
    said = {
        "machine": "aarch64",
        "kernel": "Linux 6.6.31+rpt-rpi-v8",
        "kernel_arch": "aarch64\n",
        "os_release": DEBIAN,
        "cpuinfo": CPUINFO,
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
