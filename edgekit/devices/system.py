"""Makes sense of what a Linux system says of itself: its name, its processor, and whether that is emulated."""

from __future__ import annotations

# The part numbers of Arm's technical reference manuals: /proc/cpuinfo on Arm has no names.
_ARM_PARTS = {
    "0xb76": "ARM1176",
    "0xc07": "Cortex-A7",
    "0xc08": "Cortex-A8",
    "0xc09": "Cortex-A9",
    "0xc0f": "Cortex-A15",
    "0xd03": "Cortex-A53",
    "0xd04": "Cortex-A35",
    "0xd05": "Cortex-A55",
    "0xd07": "Cortex-A57",
    "0xd08": "Cortex-A72",
    "0xd09": "Cortex-A73",
    "0xd0a": "Cortex-A75",
    "0xd0b": "Cortex-A76",
    "0xd0c": "Neoverse-N1",
    "0xd0d": "Cortex-A77",
    "0xd41": "Cortex-A78",
    "0xd42": "Cortex-A78AE",
    "0xd44": "Cortex-X1",
    "0xd46": "Cortex-A510",
    "0xd47": "Cortex-A710",
    "0xd48": "Cortex-X2",
    "0xd4d": "Cortex-A715",
    "0xd4e": "Cortex-X3",
}
_QUOTES = "\"'"
_X86 = {"x86_64", "amd64", "i386", "i486", "i586", "i686"}


def system_name(os_release: str, *, kernel: str) -> str:
    """Return the distribution's name, where there is one, and the kernel."""
    for line in os_release.splitlines():
        key, _, value = line.partition("=")
        if key == "PRETTY_NAME":
            return f"{value.strip(_QUOTES)}, {kernel}"
    return kernel


def cpu_model(cpuinfo: str) -> str:
    """Return the name of the processor as /proc/cpuinfo has it, and on Arm the kinds of its cores; "" for neither."""
    pairs = [(key.strip(), value.strip()) for key, _, value in (line.partition(":") for line in cpuinfo.splitlines())]
    parts = {value.lower() for key, value in pairs if key == "CPU part"}
    if parts:
        return " + ".join(sorted(_ARM_PARTS.get(part, f"Arm part {part}") for part in parts))
    return next((value for key, value in pairs if key == "model name"), "")


def is_emulated(machine: str, *, cpuinfo: str, kernel_arch: str) -> bool:
    """Return whether the kernel runs on another kind of processor than the process, as under qemu-user.

    Args:
        machine: as the process sees it.
        cpuinfo: /proc/cpuinfo, which qemu-user mostly passes through; used where ``kernel_arch`` is not known.
        kernel_arch: /proc/sys/kernel/arch, which Linux has since 6.1; else "".
    """
    seen = "x86_64" if "vendor_id" in cpuinfo else "aarch64" if "CPU implementer" in cpuinfo else machine
    return _family(machine) != _family(kernel_arch or seen)


def _family(machine: str) -> str:
    # One kernel runs the 32-bit and the 64-bit processes of a family.
    if machine.startswith(("arm", "aarch64")):
        return "arm"
    return "x86" if machine in _X86 else machine
