"""The processor that stands for a board's has the board's features."""

from __future__ import annotations

import dataclasses

import pytest

from edgekit.devices.emulated.cores import Core, core_for
from edgekit.devices.emulated.images import IMAGES, image_for
from edgekit.errors import UnsuitedDevice, UsageError
from edgekit.profiles import DeviceProfile, Fact, list_profiles, profile_named

QEMU_7 = ("a64fx", "cortex-a35", "cortex-a53", "cortex-a57", "cortex-a72", "cortex-a76", "max", "neoverse-n1")
QEMU_7_32 = ("cortex-a15", "cortex-a7", "cortex-a8", "cortex-a9", "max")
DOT_PRODUCTS = {"cortex-a76", "neoverse-n1", "max", "cortex-a55", "cortex-a710"}
"""qemu's processors that have them, and 16-bit arithmetic with them."""
OWN_CORES = {"pixel3a"}
"""Its maker designed the cores: no page says which of Arm's has their features, so nothing stands for them."""
ARM = [profile for profile in list_profiles() if profile.facts.architecture.value in IMAGES]
EMULATED = [profile for profile in ARM if profile.name not in OWN_CORES]


@pytest.mark.parametrize("profile", EMULATED, ids=lambda profile: profile.name)
def test_every_arm_profile_is_emulated_with_its_features(profile: DeviceProfile) -> None:
    available = QEMU_7 if profile.facts.architecture.value == "aarch64" else QEMU_7_32
    core = core_for(profile, available=available)
    assert profile.facts.int8_dot_product is not None
    assert (core.emulated in DOT_PRODUCTS) == profile.facts.int8_dot_product.value
    assert core.wanted in profile.facts.cpu.value
    assert image_for(profile).architecture == profile.facts.architecture.value


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("rpi4", "Cortex-A72"),
        ("rpi-zero2w", "Cortex-A53"),
        ("rpi5", "Cortex-A76"),
        ("rpi2b", "Cortex-A7"),
        ("pixel6", "cortex-a76 for Cortex-X1"),
        ("galaxy-s23", "max for Cortex-X3"),
        ("jetson-orin-nano", "cortex-a76 for Cortex-A78AE"),
    ],
)
def test_what_stands_for_another_is_named(name: str, shown: str) -> None:
    profile = profile_named(name)
    available = QEMU_7 if profile.facts.architecture.value == "aarch64" else QEMU_7_32
    assert str(core_for(profile, available=available)) == shown


def test_a_newer_qemu_has_the_very_core() -> None:
    core = core_for(profile_named("galaxy-s23"), available=(*QEMU_7, "cortex-a710"))
    assert core == Core("Cortex-X3", "cortex-a710")
    assert not core.is_itself


def test_what_cannot_be_emulated_is_told() -> None:
    for name in OWN_CORES:
        with pytest.raises(UnsuitedDevice, match=f"profile {name}: its cpu .* names no core that can be emulated"):
            core_for(profile_named(name), available=QEMU_7)
    with pytest.raises(UsageError, match="has the architecture x86_64, and only aarch64 and armv7l are emulated"):
        image_for(profile_named("x86-64"))
    with pytest.raises(UnsuitedDevice, match="this qemu has no processor like the Cortex-A72 of rpi4"):
        core_for(profile_named("rpi4"), available=("cortex-a76",))
    rpi4 = profile_named("rpi4")
    other = dataclasses.replace(rpi4, facts=dataclasses.replace(rpi4.facts, cpu=Fact("a Cortex-M7", "a test")))
    with pytest.raises(UnsuitedDevice, match="its cpu 'a Cortex-M7' names no core that can be emulated"):
        core_for(other, available=QEMU_7)
