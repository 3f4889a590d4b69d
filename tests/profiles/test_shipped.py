"""What the shipped profiles say: enough of it that a slip of the pen is seen."""

from __future__ import annotations

import json

import pytest

from edgekit.profiles import DeviceProfile, Kind, list_profiles, profile_named
from edgekit.profiles.profile import PROFILE_SCHEMA

GIB = 2**30


@pytest.mark.parametrize("profile", list_profiles(), ids=lambda profile: profile.name)
def test_every_fact_has_a_source_and_every_limit_a_wish(profile: DeviceProfile) -> None:
    document = json.loads(json.dumps(profile.to_document(), allow_nan=False))
    assert (document["schema"], document["name"], document["kind"]) == (PROFILE_SCHEMA, profile.name, profile.kind)
    facts = list(document["facts"].values()) + list((document["match"] or {}).values())
    assert len(facts) >= 3
    for fact in facts:
        assert set(fact) == {"value", "source"}
        assert len(fact["source"]) > 4
    assert all(value is not None for value in document["budget"].values())
    assert all(f"[{fact['source']}]" in str(profile) for fact in document["facts"].values())


@pytest.mark.parametrize("profile", list_profiles(), ids=lambda profile: profile.name)
def test_no_wish_is_larger_than_the_device(profile: DeviceProfile) -> None:
    facts, budget = profile.facts, profile.budget
    if facts.memory_bytes is not None and budget.memory_bytes is not None:
        assert budget.memory_bytes <= facts.memory_bytes.value / 2
    if facts.flash_bytes is not None and budget.file_size_bytes is not None:
        assert budget.file_size_bytes <= facts.flash_bytes.value / 2
    assert (facts.flash_bytes is not None) == (profile.kind is Kind.MICROCONTROLLER)
    assert (profile.match is None) == (profile.kind is Kind.MICROCONTROLLER)


def test_features_follow_from_the_cores() -> None:
    """Armv8.0 cores have none of them, Armv8.2 ones the first two, Armv9.0 ones all three."""
    has = {"A53": (0, 0, 0), "A72": (0, 0, 0), "A57": (0, 0, 0), "A76": (1, 1, 0), "A78AE": (1, 1, 0)}
    has |= {"X1": (1, 1, 0), "X3": (1, 1, 1)}
    seen = 0
    for profile in list_profiles():
        facts = profile.facts
        core = next((name for name in has if f"Cortex-{name} at" in facts.cpu.value), None)
        if core is not None and profile.kind is not Kind.MICROCONTROLLER:
            features = (facts.fp16_arithmetic, facts.int8_dot_product, facts.int8_matrix_multiply)
            assert tuple(int(fact.value) for fact in features if fact is not None) == has[core], profile.name
            seen += 1
    assert seen == 11


@pytest.mark.parametrize(
    ("name", "architecture", "cores", "memory"),
    [
        ("rpi-zero2w", "aarch64", 4, GIB // 2),
        ("rpi3b-plus", "aarch64", 4, GIB),
        ("rpi4", "aarch64", 4, GIB),
        ("rpi5", "aarch64", 4, GIB),
        ("coral-dev-board", "aarch64", 4, GIB),
        ("jetson-orin-nano", "aarch64", 6, 8 * GIB),
        ("pixel6", "aarch64", 8, 8 * GIB),
        ("galaxy-s23", "aarch64", 8, 8 * GIB),
        ("stm32h747", "thumb", None, 2**20),
        ("esp32s3", "xtensa", 2, 2**19),
        ("x86-64", "x86_64", None, None),
    ],
)
def test_what_a_reader_would_look_up_first(name: str, architecture: str, cores: int | None, memory: int | None) -> None:
    facts = profile_named(name).facts
    assert facts.architecture.value == architecture
    assert (facts.cores and facts.cores.value) == cores
    assert (facts.memory_bytes and facts.memory_bytes.value) == memory


def test_only_the_coral_board_has_an_edge_tpu() -> None:
    with_tpu = [profile.name for profile in list_profiles() if profile.facts.edge_tpu is not None]
    assert with_tpu == ["coral-dev-board"]


def test_a_profile_reads_well() -> None:
    lines = str(profile_named("coral-dev-board")).splitlines()
    assert lines[0] == "coral-dev-board: Coral Dev Board (linux-board)"
    assert any(line.startswith("  memory: 1.0 GiB  [") for line in lines)
    assert any(line.startswith("  memory_copy_per_second: 2.1 GiB/s  [derived: ") for line in lines)
    assert any(line.startswith("  edge_tpu: yes  [") for line in lines)
    assert any(
        line.startswith("  accelerators: Mali-G78 GPU, TPU  [") for line in str(profile_named("pixel6")).split("\n")
    )
