"""From a payload to a signed APK."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from edgekit.bundles.android.application import app_sources, make_classes, make_resources, require_application_id
from edgekit.bundles.android.archive import Entry, pack
from edgekit.bundles.android.keys import PASSWORD_VARIABLE, SigningKey, debug_key
from edgekit.bundles.android.pieces import RUNTIME, fetch_pieces
from edgekit.bundles.android.programs import Programs, find_programs, java_options, run_program
from edgekit.bundles.payload import Payload
from edgekit.errors import EdgekitError, UsageError, unknown_name
from edgekit.processes.work_folder import work_folder
from edgekit.progress import Progress, Step, silent

ABIS = ("arm64-v8a", "armeabi-v7a", "x86", "x86_64")
ASSETS = "assets/bundle/"
"""Where the payload lies in an APK."""
_STORED = (".tflite", ".png", ".jpg", ".webp", ".npz")
"""Mapped as it is, or compressed already."""


@dataclass(frozen=True, slots=True)
class Application:
    """What a phone knows an app by."""

    identifier: str = "dev.edgekit.demo"
    abis: tuple[str, ...] = ABIS

    def __post_init__(self) -> None:
        require_application_id(self.identifier)
        for abi in self.abis:
            if abi not in ABIS:
                raise UsageError(unknown_name("ABI", abi, ABIS))
        if not self.abis:
            raise UsageError("no ABI is named", hint=f"one or more of {', '.join(ABIS)}")


def build_apk(
    payload: Payload,
    *,
    application: Application,
    sources: Path | None = None,
    key: SigningKey | None = None,
    progress: Progress = silent,
) -> bytes:
    """Return a signed APK.

    Args:
        payload: what it is built around.
        application: its id and ABIs.
        sources: a project's own manifest, resources and classes; None: edgekit's app, under the payload's name.
        key: who signs it; None: the user's debug key.
        progress: told each step.

    Raises:
        MissingProgram: a program of this machine is missing; carries the apt line.
        DownloadFailed: a piece of Maven Central could not be fetched.
        UsageError: the keystore cannot be opened with this password.
    """
    programs = find_programs()
    unsigned = unsigned_apk(payload, application=application, sources=sources, programs=programs, progress=progress)
    progress(Step("signing the app"))
    return _signed(unsigned, programs, key or debug_key(programs))


def unsigned_apk(
    payload: Payload,
    *,
    application: Application,
    programs: Programs,
    sources: Path | None = None,
    progress: Progress = silent,
) -> bytes:
    """Return the APK before it is signed: the same bytes for the same inputs."""
    name, code = (payload.name, app_sources()) if sources is None else (None, sources)
    classes = make_classes(programs, code, progress=progress)
    base = make_resources(programs, code, name=name, application_id=application.identifier, progress=progress)
    runtime = fetch_pieces([RUNTIME], progress=progress)[RUNTIME]
    progress(Step("packing the app"))
    return pack(_entries(payload, application.abis, runtime, classes=classes, base=base))


def _entries(payload: Payload, abis: Sequence[str], runtime: Path, *, classes: Path, base: Path) -> list[Entry]:
    with zipfile.ZipFile(base) as archive:
        # Android 11 and later refuse a table of resources that is compressed.
        entries = [Entry(name, archive.read(name), stored=name == "resources.arsc") for name in archive.namelist()]
    entries.append(Entry("classes.dex", classes.read_bytes()))
    with zipfile.ZipFile(runtime) as archive:
        for abi in sorted(abis):
            library = archive.read(f"jni/{abi}/libtensorflowlite_jni.so")
            entries.append(Entry(f"lib/{abi}/libtensorflowlite_jni.so", library, stored=True))
    for path, content in sorted(payload.files.items()):
        entries.append(Entry(ASSETS + path, content, stored=path.endswith(_STORED)))
    return entries


_WRONG_PASSWORD = (
    "the password of keystore {keystore} is wrong",
    f"the password comes from {PASSWORD_VARIABLE}, or is asked for in a terminal",
)
_OWN_PASSWORD = (
    "the key in keystore {keystore} has another password than the keystore",
    "give it the same one: keytool -keypasswd -keystore {keystore} -alias {alias}",
)
_NO_KEY = ("keystore {keystore} has no key '{alias}'", "'keytool -list -keystore {keystore}' names its keys")
_SEVERAL_KEYS = (
    "keystore {keystore} has several keys: say which with --key-alias",
    "'keytool -list -keystore {keystore}' names them",
)
_NO_KEYSTORE = (
    "{keystore} is no keystore, or a damaged one",
    "give the file that keytool has made, or leave --keystore out",
)
_SIGNING_FAULTS = {
    "keystore password was incorrect": _WRONG_PASSWORD,
    "password verification failed": _WRONG_PASSWORD,
    "Cannot recover key": _OWN_PASSWORD,
    "does not contain a key": _NO_KEY,
    "No key entry": _NO_KEY,
    "contains multiple key entries": _SEVERAL_KEYS,
    "EOFException": _NO_KEYSTORE,
    "Invalid keystore format": _NO_KEYSTORE,
    "Unrecognized keystore format": _NO_KEYSTORE,
    "DerInputStream": _NO_KEYSTORE,
}
"""What apksigner says; what was given wrongly, and what to do. Its traces would tell a user less."""


def _signed(unsigned: bytes, programs: Programs, key: SigningKey) -> bytes:
    with work_folder() as folder:
        before, after = folder / "unsigned.apk", folder / "signed.apk"
        before.write_bytes(unsigned)
        # Android 7 and later take v2, and no phone of ours is older: no v1, which would add files.
        schemes = ["--v1-signing-enabled", "false", "--v2-signing-enabled", "true", "--v3-signing-enabled", "true"]
        try:
            run_program(
                [programs.apksigner, *java_options("J"), "sign", *key.arguments, *schemes, "--out", after, before],
                what=f"signing with the keystore {key.keystore}",
                environment=key.environment,
            )
        except EdgekitError as error:
            for said, told in _SIGNING_FAULTS.items():
                if said in (error.log or ""):
                    sentence, hint = (text.format(keystore=key.keystore, alias=key.alias or "NAME") for text in told)
                    raise UsageError(sentence, hint=hint) from error
            raise
        return after.read_bytes()
