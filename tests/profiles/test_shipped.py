"""What the shipped profiles say: enough of it that a slip of the pen is seen."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from edgekit.profiles import (
    SCHEMA_FILE,
    CoreKind,
    DeviceProfile,
    Kind,
    core_named,
    list_profiles,
    profile_named,
    profile_schema,
)
from edgekit.profiles.profile import PROFILE_SCHEMA
from edgekit.resources import resource_folder

GIB = 2**30


@pytest.mark.parametrize("profile", list_profiles(), ids=lambda profile: profile.name)
def test_every_fact_has_a_source_and_every_limit_a_wish(profile: DeviceProfile) -> None:
    document = json.loads(json.dumps(profile.to_document(), allow_nan=False))
    assert (document["schema"], document["name"], document["kind"]) == (PROFILE_SCHEMA, profile.name, profile.kind)
    tables = [document["facts"], document["match"] or {}, *document["clusters"], *document["modes"].values()]
    facts = [fact for table in tables for fact in table.values()]
    assert len(facts) >= 3
    for fact in facts:
        assert set(fact) == {"value", "source", "date"}
        assert len(fact["source"]) > 4
        assert fact["date"] in ("2026-11-23", "2026-11-25")
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
    assert seen == 12


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


def test_the_catalog_names_these_boards() -> None:
    assert [profile.name for profile in list_profiles()] == [
        "beaglebone-ai64", "coral-dev-board", "imx8m-plus", "jetson-nano", "jetson-orin-nano", "orangepi5",
        "rpi-zero2w", "rpi2b", "rpi3b-plus", "rpi4", "rpi5", "galaxy-s23", "pixel3a", "pixel6", "esp32s3", "nano33-ble",
        "nucleo-l4r5zi", "stm32f746", "stm32h747", "n100", "x86-64",
    ]  # fmt: skip


@pytest.mark.parametrize("profile", list_profiles(), ids=lambda profile: profile.name)
def test_cores_add_up_and_have_clocks(profile: DeviceProfile) -> None:
    clusters, cores = profile.clusters, profile.facts.cores
    if cores is not None:
        assert sum(cluster.count.value for cluster in clusters) == cores.value
    for cluster in clusters:
        assert cluster.clock_hz is not None
        assert 60e6 <= cluster.clock_hz.value <= 3.5e9
        clock = cluster.clock_hz.value
        numbers = (f"{clock / 1e9:.1f} ", f"{clock / 1e9:.2f} ", f"{clock / 1e6:.0f} ")
        assert any(number in profile.facts.cpu.value for number in numbers)


def test_a_board_runs_in_several_modes() -> None:
    modes = profile_named("rpi4").modes
    assert [mode.name for mode in modes] == ["1.5GHz-64bit", "1.5GHz-32bit", "1.8GHz-64bit", "1.8GHz-32bit"]
    assert [(mode.bits.value, mode.clock_hz and mode.clock_hz.value) for mode in modes] == [
        (64, 1.5e9),
        (32, 1.5e9),
        (64, 1.8e9),
        (32, 1.8e9),
    ]


def test_the_schema_for_editors_is_made_from_the_code() -> None:
    folder = resource_folder("device_profiles")
    assert json.loads((folder / SCHEMA_FILE).read_text()) == profile_schema()
    for path in folder.glob("*.toml"):
        assert path.read_text().startswith(f"#:schema {SCHEMA_FILE}\n"), path


@pytest.mark.parametrize("profile", list_profiles(), ids=lambda profile: profile.name)
def test_the_schema_takes_every_profile(profile: DeviceProfile) -> None:
    """The rules of JSON Schema that ours uses, applied."""
    document = tomllib.loads((resource_folder("device_profiles") / f"{profile.name}.toml").read_text())
    assert list(_faults(document, profile_schema())) == []
    document["facts"]["cores"] = {"value": "four", "source": " "}
    document["fact"] = {}
    del document["kind"]
    faults = {fault.split(":")[0] for fault in _faults(document, profile_schema())}
    assert faults == {"", "/facts/cores/value", "/facts/cores/source"}


def _faults(value: object, schema: Mapping[str, Any], where: str = "") -> Iterator[str]:
    kinds = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool}
    if "type" in schema and type(value) is not kinds[schema["type"]]:
        yield f"{where}: not of type {schema['type']}"
        return
    if "enum" in schema and value not in schema["enum"]:
        yield f"{where}: not one of {schema['enum']}"
    if isinstance(value, str) and not re.search(schema.get("pattern", ""), value):
        yield f"{where}: not like {schema['pattern']}"
    if isinstance(value, list):
        for number, item in enumerate(value):
            yield from _faults(item, schema["items"], f"{where}/{number}")
    if isinstance(value, dict):
        for name in schema.get("required", ()):
            if name not in value:
                yield f"{where}: {name} is missing"
        for name, item in value.items():
            inner = schema.get("properties", {}).get(name, schema["additionalProperties"])
            if inner is False:
                yield f"{where}: {name} is unknown"
            else:
                yield from _faults(item, inner, f"{where}/{name}")


def test_what_a_core_does_in_a_cycle() -> None:
    core = core_named("Cortex-A76")
    assert (core.issue_width and core.issue_width.value, core.simd_bits and core.simd_bits.value) == (4, 128)
    assert core.float32_macs_per_cycle is not None
    assert core.float32_macs_per_cycle.value == 8
    assert core.float32_macs_per_cycle.source.startswith("derived: ")
    assert core_named("Cortex-Z1") == CoreKind("Cortex-Z1")


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
