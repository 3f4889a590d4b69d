"""``doctor`` and ``devices`` know phones."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

import edgekit
from edgekit.checkup import Health
from edgekit.checkup.collecting import collect_facts
from edgekit.cli.doctor import command
from edgekit.devices import connect, list_devices
from edgekit.devices.adb import PHONE_COMMANDS, read_phone_facts
from edgekit.devices.adb.facts import Heat, read_battery, read_heat
from edgekit.errors import ProfileError
from edgekit.testing import AdbServer, LoopbackPhone


def test_a_phone_is_looked_over(phone: LoopbackPhone) -> None:
    told = CliRunner().invoke(command, ["adb:", "--json", "--quiet"])
    seen = json.loads(told.stdout)
    assert (seen["board"], seen["profile"], seen["machine"], seen["cores"]) == ("Pixel 6", "pixel6", "aarch64", 8)
    assert seen["cpu_model"] == "Cortex-A55 + Cortex-A76 + Cortex-X1"
    assert seen["features"] == ["neon", "dotprod", "fp16"]
    assert seen["python"] is None
    assert not seen["runs_models"]
    assert {name: seen["phone"][name] for name in ("soc", "android", "api", "abis", "page_bytes", "heat")} == {
        "soc": "Google Tensor",
        "android": "14",
        "api": 34,
        "abis": ["arm64-v8a", "armeabi-v7a", "armeabi"],
        "page_bytes": 4096,
        "heat": {"status": "none", "temperature_c": 31.5},
    }
    problems = [each for each in seen["findings"] if each["health"] == "problem"]
    assert [each["topic"] for each in problems] == ["app"]
    assert f"edgekit benchmark app.apk --device {phone.address}" in problems[0]["next_step"]


def test_what_is_in_the_way_on_a_phone(phone: LoopbackPhone) -> None:
    phone.say(thermal_status=3, degrees=44.0, battery_percent=12)
    (phone.folder / "page_size").write_text("16384\n")
    (phone.folder / "apps").write_text("org.example.flowers/edgekit.demo.RunActivity\n")
    seen = edgekit.doctor(phone.address)
    assert seen.runs_models
    assert seen.interpreter == "the app org.example.flowers"
    found = {each.topic: each for each in seen.findings}
    assert found["thermal"].health is Health.PROBLEM
    assert found["thermal"].sentence == "thermal status severe, 44 °C"
    assert found["battery"].health is Health.NOTE
    assert found["pages"].sentence == "memory pages of 16 KiB"
    assert found["pages"].health is Health.NOTE
    assert found["app"].health is Health.GOOD
    assert "python" not in found


def test_a_profile_of_a_phone_is_told_by_its_model(phone: LoopbackPhone, tmp_path: Path) -> None:
    made = edgekit.new_profile("my-phone", phone.address, output=tmp_path)
    assert made.match is not None
    assert made.match.board is not None
    assert made.match.board.value == ("Pixel 6",)
    assert made.match.board.source == f"edgekit doctor {phone.address} (ro.product.model)"
    phone.properties["ro.product.model"] = ""
    phone.write_properties()
    assert edgekit.doctor(phone.address).board is None
    with pytest.raises(ProfileError, match=r"does not say its model \(ro\.product\.model\)"):
        edgekit.new_profile("no-phone", phone.address, output=tmp_path)
    assert not (tmp_path / "no-phone.toml").exists()


def test_an_old_phone_and_an_emulated_one(phone: LoopbackPhone) -> None:
    phone.properties |= {"ro.build.version.sdk": "25", "ro.build.version.release": "7.1", "ro.kernel.qemu": "1"}
    phone.write_properties()
    seen = edgekit.doctor(phone.address)
    assert seen.emulated
    assert seen.profile is None
    (android,) = [each for each in seen.findings if each.topic == "android"]
    assert "too old for the app" in android.sentence


def test_phones_are_listed_with_what_they_are(phone: LoopbackPhone, adb_server: AdbServer, tmp_path: Path) -> None:
    with LoopbackPhone(tmp_path / "other", server=adb_server, authorized=False) as other:
        listed = {each.address: each for each in list_devices()}
    assert listed[phone.address].summary == (
        "Pixel 6 (Google Tensor), Android 14, arm64-v8a armeabi-v7a armeabi, pages of 4 KiB, 8 cores, "
        "thermal status none"
    )
    assert listed[phone.address].phone is not None
    assert "has not allowed this computer" in listed[other.address].summary
    assert listed[other.address].phone is None


def test_what_a_phone_does_not_tell_is_not_known() -> None:
    assert read_phone_facts({"properties": ""}) is None
    assert read_phone_facts({"properties": "[ro.product.model]: [X]"}) is None
    bare = read_phone_facts({"properties": "[ro.build.version.release]: [9]\n[ro.hardware]: [qcom]"})
    assert bare is not None
    assert (bare.soc, bare.api, bare.page_bytes, bare.cores, bare.abis) == ("qcom", None, None, None, ())
    assert bare.heat == Heat(None, None)
    assert not bare.heat.throttled
    assert read_battery("").percent is None
    assert read_battery("  level: 5\n  scale: 0\n").percent is None
    assert read_heat("Thermal Status: 99").status is None


def test_the_processors_sensors_come_before_the_skins() -> None:
    told = (
        "Thermal Status: 1\nCached temperatures:\n\tTemperature{mValue=99.0, mType=0, mName=old, mStatus=0}\n"
        "Current temperatures from HAL:\n\tTemperature{mValue=36.1, mType=3, mName=skin, mStatus=1}\n"
        "\tTemperature{mValue=61.2, mType=0, mName=BIG, mStatus=0}\n"
        "\tTemperature{mValue=58.0, mType=0, mName=LITTLE, mStatus=0}\n"
    )
    assert read_heat(told) == Heat("light", 61.2)
    assert read_heat(told).throttled


def test_only_phones_are_asked_for_androids_programs() -> None:
    # Whatever is called "cmd" or "getprop" elsewhere is not started, and a board with Python is no phone for having it.
    with closing(connect("local")) as device:
        assert not set(collect_facts(device)) & set(PHONE_COMMANDS)


@pytest.mark.parametrize("answer", ["No activities found", "cmd: Can't find service: package", ""])
def test_no_app_is_no_app(answer: str) -> None:
    facts = read_phone_facts({"properties": "[ro.build.version.release]: [14]", "apps": answer})
    assert facts is not None
    assert facts.apps == ()
