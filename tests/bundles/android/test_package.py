"""The APK: its bytes, its signature, what a phone reads of it, and what is refused."""

from __future__ import annotations

import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

import edgekit
from edgekit.bundles.android import pieces
from edgekit.bundles.android.application import app_sources
from edgekit.bundles.android.archive import Entry, pack
from edgekit.bundles.android.package import Application, unsigned_apk
from edgekit.bundles.android.programs import find_programs
from edgekit.bundles.payload import gather
from edgekit.errors import ConversionError, DownloadFailed, MissingProgram, OutputError, UsageError
from edgekit.metrics import Verdict


def test_a_phone_reads_its_name_and_identity(apk: Path) -> None:
    told = subprocess.run(["aapt2", "dump", "badging", apk], check=True, capture_output=True, text=True).stdout
    assert "package: name='com.example.things'" in told
    assert "sdkVersion:'26'" in told
    assert "targetSdkVersion:'34'" in told
    assert "native-code: 'arm64-v8a'" in told
    assert "uses-permission" not in told
    strings = subprocess.run(["aapt2", "dump", "strings", apk], check=True, capture_output=True, text=True).stdout
    assert 'Ten "things" & it\'s <b>' in strings.replace('\\"', '"')


def test_it_is_aligned_and_small(apk: Path) -> None:
    subprocess.run(["zipalign", "-c", "-p", "4", apk], check=True)
    with zipfile.ZipFile(apk) as archive:
        model = archive.getinfo("assets/bundle/model.tflite")
    assert model.compress_type == zipfile.ZIP_STORED
    assert apk.stat().st_size - model.file_size <= 4 << 20


def test_what_the_phone_will_load_is_what_is_checked(apk: Path) -> None:
    found = edgekit.verify_bundle(apk)
    assert {check.name: check.verdict for check in found.checks} == dict.fromkeys(
        ["contents", "signature", "alignment", "abis", "golden pack"], Verdict.PASS
    )
    assert "the same to the bit" in found.checks[-1].sentence


def test_one_changed_byte_is_refused(apk: Path, tmp_path: Path) -> None:
    content = bytearray(apk.read_bytes())
    with zipfile.ZipFile(apk) as archive:
        model = archive.read("assets/bundle/model.tflite")
    at = content.index(model) + len(model) // 2
    content[at] ^= 1
    changed = tmp_path / "changed.apk"
    changed.write_bytes(content)
    # The zip's own checksum finds it first.
    with pytest.raises(UsageError, match=r"changed\.apk is no APK, or a damaged one"):
        edgekit.verify_bundle(changed)


def test_a_model_that_was_exchanged_is_refused(apk: Path, tmp_path: Path, shared_data: Path) -> None:
    other = (shared_data / "mlperf_tiny" / "ic_resnet8_int8.tflite").read_bytes()
    with zipfile.ZipFile(apk) as archive:
        entries = [
            Entry(
                info.filename,
                other if info.filename.endswith(".tflite") else archive.read(info),
                stored=info.compress_type == zipfile.ZIP_STORED,
            )
            for info in archive.infolist()
        ]
    changed = tmp_path / "changed.apk"
    changed.write_bytes(pack(entries))
    found = edgekit.verify_bundle(changed)
    verdicts = {check.name: check.verdict for check in found.checks}
    assert verdicts["contents"] is Verdict.FAIL
    assert verdicts["signature"] is Verdict.FAIL
    assert "golden pack" not in verdicts


def test_the_same_inputs_give_the_same_bytes_before_signing(android: None, resnet: Path) -> None:
    payload = gather(resnet, name="Same")
    made = [
        unsigned_apk(payload, application=Application("a.b", ("arm64-v8a",)), programs=find_programs())
        for _ in range(2)
    ]
    assert made[0] == made[1]


def test_what_the_apps_runtime_cannot_compute_is_refused(shared_data: Path, tmp_path: Path) -> None:
    model = shared_data / "mlperf_tiny" / "ic_resnet8_float32.tflite"
    made = edgekit.convert(model, tmp_path, precision=("dynamic_int8", "int4_weights"))
    for artifact, what in zip(made.artifacts, ("gives other outputs for it", "dies on it"), strict=True):
        with pytest.raises(ConversionError, match=f"operators in {artifact.precision}, and the app's runtime.* {what}"):
            edgekit.bundle_android(artifact.path, tmp_path / "a.apk")
    assert not (tmp_path / "a.apk").exists()


def test_an_app_is_not_checked_on_a_device(apk: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is an app, which is tried with its own library"):
        edgekit.verify_bundle(apk, device="ssh://pi@127.0.0.1:1")
    for name in ("text.apk", "text.tar.gz"):
        (tmp_path / name).write_text("text")
        assert edgekit.is_bundle(tmp_path / name)
        with pytest.raises(UsageError, match=f"{name} is no"):
            edgekit.verify_bundle(tmp_path / name)


def test_names_that_are_none(resnet: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="'demo' is no application id"):
        edgekit.bundle_android(resnet, tmp_path / "a.apk", application_id="demo")
    with pytest.raises(UsageError, match="unknown ABI 'arm64'. Did you mean 'arm64-v8a'"):
        edgekit.bundle_android(resnet, tmp_path / "a.apk", abis=["arm64"])
    with pytest.raises(UsageError, match="is neither an .apk file nor a folder"):
        edgekit.bundle_android(resnet, tmp_path / "a.zip")
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_password(android: None, resnet: Path, tmp_path: Path) -> None:
    keystore = tmp_path / "own.keystore"
    make = ["keytool", "-genkeypair", "-keystore", keystore, "-alias", "own", "-keyalg", "RSA", "-dname", "CN=x"]
    subprocess.run([*make, "-storepass", "right-one"], check=True, capture_output=True)
    output = tmp_path / "out"
    output.mkdir()
    with pytest.raises(UsageError, match=r"the password of keystore .*own\.keystore is wrong") as caught:
        edgekit.bundle_android(resnet, output / "a.apk", keystore=keystore, keystore_password="not-this-one")
    assert "not-this-one" not in caught.value.message
    with pytest.raises(UsageError, match=r"keystore .*own\.keystore has no key 'mine'"):
        edgekit.bundle_android(
            resnet, output / "a.apk", keystore=keystore, keystore_password="right-one", key_alias="mine"
        )
    text = tmp_path / "text.jks"
    text.write_text("not a keystore")
    with pytest.raises(UsageError, match=r"text\.jks is no keystore, or a damaged one"):
        edgekit.bundle_android(resnet, output / "a.apk", keystore=text, keystore_password="any-one")
    assert list(output.iterdir()) == []
    edgekit.bundle_android(
        resnet, output / "a.apk", keystore=keystore, keystore_password="right-one", abis=["arm64-v8a"]
    )
    assert edgekit.verify_bundle(output / "a.apk").checks[1].sentence == "signed by CN=x"


def test_a_keystore_that_is_not_there(resnet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="there is no keystore"):
        edgekit.bundle_android(resnet, tmp_path / "a.apk", keystore=tmp_path / "none")
    monkeypatch.delenv("EDGEKIT_KEYSTORE_PASSWORD", raising=False)
    (tmp_path / "some").touch()
    with pytest.raises(UsageError, match="the password of keystore .* is not given"):
        edgekit.bundle_android(resnet, tmp_path / "a.apk", keystore=tmp_path / "some")


def test_missing_programs_are_named_with_the_apt_line(
    resnet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(MissingProgram, match="needs java and javac and keytool and aapt2 and apksigner") as caught:
        edgekit.bundle_android(resnet, tmp_path / "a.apk")
    assert caught.value.hint == "sudo apt-get install openjdk-17-jdk-headless aapt apksigner"
    assert caught.value.exit_code == 3


def test_a_jdk_that_is_too_old(resnet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, android: None) -> None:
    old = tmp_path / "jdk" / "bin"
    old.mkdir(parents=True)
    (old / "javac").write_text("#!/bin/sh\necho 'javac 1.8.0_392'\n")
    (old / "javac").chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "jdk"))
    with pytest.raises(MissingProgram, match=r"a JDK of version 11 or newer \(.*javac is 8\)"):
        edgekit.bundle_android(resnet, tmp_path / "a.apk")


@pytest.fixture
def no_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "edgekit" / "android" / "pieces"


def test_without_a_network_what_is_missing_is_named(no_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "_CENTRAL", "http://127.0.0.1:9")
    with pytest.raises(DownloadFailed, match=r"tensorflow-lite-2\.16\.1\.aar, the runtime.*refused") as caught:
        pieces.fetch_pieces()
    assert "android-all-14-robolectric-10818077.jar" in caught.value.message
    assert caught.value.exit_code == 3
    assert [path.name for path in no_cache.iterdir()] == [".lock"]


def test_a_download_that_was_changed_is_not_kept(
    no_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, served: Callable[[Path], str]
) -> None:
    for piece in pieces.PIECES:
        place = tmp_path / "served" / piece.path
        place.parent.mkdir(parents=True)
        place.write_bytes(b"something else")
    monkeypatch.setattr(pieces, "_CENTRAL", served(tmp_path / "served"))
    with pytest.raises(DownloadFailed, match=r"came with the SHA-256 .*, not 34b065817e294e7d"):
        pieces.fetch_pieces()
    assert [path.name for path in no_cache.iterdir()] == [".lock"]


def test_a_project_opens_in_android_studio(resnet: Path, tmp_path: Path) -> None:
    made = edgekit.bundle_android(resnet, tmp_path / "project", application_id="com.example.things", name="It's <b>")
    assert made.kind == "android project"
    build = (tmp_path / "project" / "app" / "build.gradle").read_text()
    assert 'applicationId "com.example.things"' in build
    main = tmp_path / "project" / "app" / "src" / "main"
    assert (main / "assets" / "bundle" / "model.tflite").read_bytes() == resnet.read_bytes()
    assert '<string name="app_name">It\\\'s &lt;b&gt;</string>' in (main / "res/values/strings.xml").read_text()
    with pytest.raises(OutputError, match="is a folder with something in it"):
        edgekit.bundle_android(resnet, tmp_path / "project")


def test_the_app_has_nothing_that_android_cannot_run(android: None) -> None:
    """Android has no LambdaMetafactory, and the dexer would pass a call of it on."""
    sources = app_sources()
    for path in sources.rglob("*.java"):
        text = path.read_text()
        assert "->" not in text, path
        assert "::" not in text, path
