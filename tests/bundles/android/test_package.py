"""The APK: its bytes, its signature, what a phone reads of it, and what is refused."""

from __future__ import annotations

import contextlib
import os
import pty
import shutil
import subprocess
import sys
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
    found = edgekit.verify_bundle(changed)
    assert (found.verdict, found.checks[0].sentence) == (Verdict.FAIL, "model.tflite is not what it was")


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


def test_the_same_inputs_give_the_same_bytes_before_signing(
    apk: Path, resnet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # And without a network, for all is there since the first app.
    monkeypatch.setattr(pieces, "_CENTRAL", "http://127.0.0.1:9")
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
    with zipfile.ZipFile(tmp_path / "model.keras", "w") as archive:
        archive.writestr("config.json", "{}")
    assert not edgekit.is_bundle(tmp_path / "model.keras")
    assert edgekit.is_bundle(shutil.copy(apk, tmp_path / "renamed"))
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


@pytest.fixture
def typed() -> Callable[..., tuple[int, str]]:
    """Runs the command at a terminal at which something is typed; gives its exit code, and what the terminal shows."""

    def run(text: str, *words: str) -> tuple[int, str]:
        ours, theirs = pty.openpty()
        try:
            command = [sys.executable, "-m", "edgekit", *words]
            started = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True)
            os.close(theirs)
            shown = b""
            while b"Password" not in shown:
                shown += os.read(ours, 1024)
            os.write(ours, text.encode())
            # Linux says so of a terminal that nobody holds any more.
            with contextlib.suppress(OSError):
                while more := os.read(ours, 1024):
                    shown += more
            return started.wait(), shown.decode()
        finally:
            os.close(ours)

    return run


def test_a_wrong_password(
    android: None, resnet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, typed: Callable[..., tuple[int, str]]
) -> None:
    keystore = tmp_path / "own.keystore"
    make = ["keytool", "-genkeypair", "-keystore", keystore, "-alias", "own", "-keyalg", "RSA", "-dname", "CN=x"]
    subprocess.run([*make, "-storepass", "right-one"], check=True, capture_output=True)
    output = tmp_path / "out"
    output.mkdir()
    with pytest.raises(UsageError, match=r"the password of keystore .*own\.keystore is wrong") as caught:
        edgekit.bundle_android(resnet, output / "a.apk", keystore=keystore, keystore_password="not-this-one")
    assert "not-this-one" not in caught.value.message
    assert "EDGEKIT_KEYSTORE_PASSWORD" in str(caught.value.hint)
    with pytest.raises(UsageError, match=r"keystore .*own\.keystore has no key 'mine'") as caught:
        edgekit.bundle_android(
            resnet, output / "a.apk", keystore=keystore, keystore_password="right-one", key_alias="mine"
        )
    assert caught.value.hint == f"'keytool -list -keystore {keystore}' names its keys"
    text = tmp_path / "text.jks"
    text.write_text("not a keystore")
    with pytest.raises(UsageError, match=r"text\.jks is no keystore, or a damaged one") as caught:
        edgekit.bundle_android(resnet, output / "a.apk", keystore=text, keystore_password="any-one")
    assert caught.value.hint == "give the file that keytool has made, or leave --keystore out"
    assert list(output.iterdir()) == []
    command = ["bundle", "android", str(resnet), "-o", str(output / "a.apk"), "--keystore", str(keystore)]
    code, told = typed("nor-this-one\n", *command)
    assert code == 2
    assert "Password of the keystore: " in told
    assert "is wrong" in told
    assert "nor-this-one" not in told
    assert list(output.iterdir()) == []
    monkeypatch.setenv("EDGEKIT_KEYSTORE_PASSWORD", "right-one")
    edgekit.bundle_android(resnet, output / "a.apk", keystore=keystore, abis=["arm64-v8a"])
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


def test_aapt2_alone_is_missing(resnet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, android: None) -> None:
    for name in ("java", "javac", "keytool", "apksigner"):
        (tmp_path / name).symlink_to(shutil.which(name) or name)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingProgram, match="an Android app needs aapt2, which this machine does not have") as caught:
        edgekit.bundle_android(resnet, tmp_path / "a.apk")
    assert caught.value.hint == "sudo apt-get install aapt"


def test_a_jdk_that_is_too_old(resnet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, android: None) -> None:
    old = tmp_path / "jdk" / "bin"
    old.mkdir(parents=True)
    (old / "javac").write_text("#!/bin/sh\necho 'javac 1.8.0_392'\n")
    (old / "javac").chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "jdk"))
    told = r"a JDK of version 11 or newer \(.*javac is {}\)"
    with pytest.raises(MissingProgram, match=told.format(8)):
        edgekit.bundle_android(resnet, tmp_path / "a.apk")
    (tmp_path / "jdk" / "release").write_text('IMPLEMENTOR="Debian"\nJAVA_VERSION="10.0.2"\n')
    with pytest.raises(MissingProgram, match=told.format(10)):
        edgekit.bundle_android(resnet, tmp_path / "a.apk")


@pytest.fixture
def no_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "edgekit" / "android" / "pieces"


def test_without_a_network_what_is_missing_is_named(
    apk: Path,
    own_folders: Callable[[pytest.MonkeyPatch], None],
    no_cache: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        own_folders(patch)
        there = pieces.pieces_folder() / pieces.RUNTIME_API.name
    no_cache.mkdir(parents=True)
    shutil.copy(there, no_cache)
    monkeypatch.setattr(pieces, "_CENTRAL", "http://127.0.0.1:9")
    with pytest.raises(DownloadFailed, match=r"tensorflow-lite-2\.16\.1\.aar, the runtime.*refused") as caught:
        pieces.fetch_pieces()
    assert "android-all-14-robolectric-10818077.jar" in caught.value.message
    # What is there is used, and not asked for.
    assert there.name not in caught.value.message
    assert caught.value.exit_code == 3
    assert {path.name for path in no_cache.iterdir()} == {".lock", there.name}


def test_a_cache_without_room(
    no_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, served: Callable[[Path], str]
) -> None:
    place = tmp_path / "served" / pieces.RUNTIME.path
    place.parent.mkdir(parents=True)
    place.write_bytes(b"something")
    monkeypatch.setattr(pieces, "_CENTRAL", served(tmp_path / "served"))
    no_cache.mkdir(parents=True)
    # What is written there meets a full disk.
    (no_cache / f".making-{pieces.RUNTIME.name}").symlink_to("/dev/full")
    with pytest.raises(OutputError, match=r"cannot write .*2\.16\.1\.aar: the disk is full") as caught:
        pieces.fetch_pieces([pieces.RUNTIME])
    assert caught.value.hint == "make room for 150 MB there, or name another folder in XDG_CACHE_HOME"
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


def test_a_project_builds_without_gradle(apk: Path, resnet: Path, tmp_path: Path) -> None:
    project = tmp_path / "project"
    edgekit.bundle_android(resnet, project, application_id="com.example.things", name="Old", abis=["arm64-v8a"])
    strings = project / "app" / "src" / "main" / "res" / "values" / "strings.xml"
    strings.write_text(strings.read_text().replace(">Old<", ">New<"))
    nowhere = {"PATH": str(tmp_path)}
    lost = subprocess.run([project / "build-apk"], check=False, capture_output=True, text=True, env=nowhere)
    assert (lost.returncode, lost.stdout) == (3, "")
    assert "there is no program edgekit: activate the environment that edgekit is installed in" in lost.stderr
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    command = [str(project / "build-apk"), "-o", str(tmp_path / "new.apk")]
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, "PATH": path})
    told = subprocess.run(
        ["aapt2", "dump", "badging", tmp_path / "new.apk"], check=True, capture_output=True, text=True
    ).stdout
    assert "package: name='com.example.things'" in told
    assert "application-label:'New'" in told
    assert "launchable-activity: name='dev.edgekit.demo.MainActivity'" in told
    assert edgekit.verify_bundle(tmp_path / "new.apk").verdict is Verdict.PASS
    with pytest.raises(UsageError, match="is a project, which says itself what is in it"):
        edgekit.bundle_android(project, tmp_path / "a.apk", name="Other")
    (project / "app" / "src" / "main" / "assets" / "bundle" / "model.tflite").write_bytes(b"other")
    with pytest.raises(
        UsageError, match=r"the assets of .* are not as they were made: model\.tflite is not what it was"
    ):
        edgekit.bundle_android(project, tmp_path / "a.apk")
    with pytest.raises(UsageError, match="is a folder, and no project of edgekit"):
        edgekit.bundle_android(tmp_path, tmp_path / "a.apk")


def test_the_app_has_nothing_that_android_cannot_run(android: None) -> None:
    """Android has no LambdaMetafactory, and the dexer would pass a call of it on."""
    sources = app_sources()
    for path in sources.rglob("*.java"):
        text = path.read_text()
        assert "->" not in text, path
        assert "::" not in text, path
