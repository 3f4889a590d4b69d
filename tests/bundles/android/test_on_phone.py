"""An app on a phone: a real APK is installed, found by its bytes, and asked for a run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

import edgekit
from edgekit.cli import benchmark as verb
from edgekit.errors import CommandFailed, UnsuitedDevice, UsageError
from edgekit.testing import LoopbackPhone

STAND_IN = Path(__file__).parents[2] / "runner" / "phone" / "stand_in_app.py"


@pytest.fixture
def app_phone(phone: LoopbackPhone) -> LoopbackPhone:
    phone.behave([sys.executable, str(STAND_IN)])
    (phone.folder / "installs").write_text("com.example.things")
    return phone


def test_an_app_is_installed_once_and_runs(app_phone: LoopbackPhone, apk: Path, resnet: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "edgekit", "benchmark", str(apk), "--device", "adb:", "--threads", "2"]
    ended = subprocess.run([*command, "-o", "run.json"], check=True, capture_output=True, text=True, cwd=tmp_path)
    assert f"installing demo.apk on {app_phone.address}" in ended.stderr
    assert f"demo.apk on {app_phone.address}: Tensor, 8 cores, tensorflow-lite 2.16.1\n" in ended.stdout
    (run,) = edgekit.load_runs(tmp_path / "run.json")
    assert (run.artifact_sha256, run.threads) == (edgekit.inspect(resnet).sha256, 2)
    assert (run.device, run.engine, run.environment.board) == (app_phone.address, "demo app", "Pixel 6")
    there = app_phone.folder / "packages" / "com.example.things" / "base.apk"
    assert there.read_bytes() == apk.read_bytes()
    # The very same app is not installed again: this would fail.
    (app_phone.folder / "refuses").write_text("INSTALL_FAILED_UPDATE_INCOMPATIBLE: signatures do not match")
    stages: list[str] = []
    edgekit.benchmark_bundle(apk, device="adb:", progress=lambda step: stages.append(step.stage))
    assert not any(stage.startswith("installing") for stage in stages)
    # And the file that it carries is measured by it.
    assert edgekit.benchmark(resnet, device="adb:").artifact_sha256 == run.artifact_sha256
    there.write_bytes(b"another")
    with pytest.raises(CommandFailed, match="the app that is there was signed with another key") as caught:
        edgekit.benchmark_bundle(apk, device="adb:")
    assert "adb uninstall" in (caught.value.hint or "")


def test_what_a_phone_does_not_take(app_phone: LoopbackPhone, apk: Path) -> None:
    for refusal, sentence in (
        ("INSTALL_FAILED_INSUFFICIENT_STORAGE", "the phone's storage is full"),
        ("INSTALL_FAILED_USER_RESTRICTED: Install canceled by user", "the phone's owner did not allow it"),
        ("INSTALL_FAILED_SOMETHING_NEW", r"Failure \[INSTALL_FAILED_SOMETHING_NEW\]"),
    ):
        (app_phone.folder / "refuses").write_text(refusal)
        with pytest.raises(CommandFailed, match=f"cannot install .*: {sentence}"):
            edgekit.benchmark_bundle(apk, device="adb:")
    app_phone.properties["ro.product.cpu.abilist"] = "x86_64,x86"
    app_phone.write_properties()
    with pytest.raises(UnsuitedDevice, match="has libraries for arm64-v8a, and adb:.* runs x86_64, x86") as caught:
        edgekit.benchmark_bundle(apk, device="adb:")
    assert caught.value.hint == "make the bundle again with --abi x86_64"
    # Before the app is sent, and so before what the phone would say of it.
    app_phone.properties.update({"ro.product.cpu.abilist": "arm64-v8a", "ro.build.version.sdk": "25"})
    app_phone.write_properties()
    with pytest.raises(UnsuitedDevice, match="API 25, and the app needs API 26"):
        edgekit.benchmark_bundle(apk, device="adb:")
    with pytest.raises(UsageError, match="instructions are counted, with one thread"):
        edgekit.benchmark_bundle(apk, device="emulated:pixel6", threads=[2])
    for option in (["--runs", "500"], ["--seed", "1"], ["--min-seconds", "3"], ["--timeout", "9"], ["--retries", "0"]):
        ended = CliRunner().invoke(verb.command, [str(apk), "--device", "emulated:pixel6", *option, "--quiet"])
        assert isinstance(ended.exception, UsageError)
        assert ended.exception.message.startswith(f"{option[0]} is for a .tflite file")
