"""``verify_bundle``: is a bundle whole, and does what it will run compute what it should?"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgekit.bundles.android.arm_trial import golden_on_arm
from edgekit.bundles.android.package import ASSETS
from edgekit.bundles.android.programs import SIGNING, java_options, require_programs, run_program
from edgekit.bundles.manifest import MANIFEST, BundleManifest
from edgekit.bundles.opening import faults, is_archive, open_apk, open_archive, read_bundle
from edgekit.devices import Device
from edgekit.errors import EdgekitError, UsageError
from edgekit.metrics import Verdict, combine
from edgekit.processes.work_folder import work_folder
from edgekit.progress import Progress, Step, silent
from edgekit.runner import verify

BUNDLE_VERIFICATION_SCHEMA = "edgekit.bundle_verification/1"
_PAGE = 4096
ARM = "arm64-v8a"
"""The ABI whose library can be tried here."""


@dataclass(frozen=True, slots=True)
class BundleCheck:
    """One thing that was looked at."""

    name: str
    """``contents``, ``signature``, ``alignment``, ``abis`` or ``golden pack``."""
    verdict: Verdict
    sentence: str
    hint: str | None = None
    """What to do about it, where there is something."""


@dataclass(frozen=True, slots=True)
class BundleVerification:
    """What was found."""

    path: Path
    kind: str
    """``apk`` or ``board archive``."""
    name: str
    """The model's."""
    model_sha256: str
    checks: tuple[BundleCheck, ...]

    @property
    def verdict(self) -> Verdict:
        """``fail`` beats ``unknown`` beats ``pass``."""
        return combine(check.verdict for check in self.checks)

    def to_document(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        return {
            "schema": BUNDLE_VERIFICATION_SCHEMA,
            "path": str(self.path),
            "kind": self.kind,
            "name": self.name,
            "model_sha256": self.model_sha256,
            "verdict": str(self.verdict),
            "checks": [
                {"name": each.name, "verdict": str(each.verdict), "sentence": each.sentence, "hint": each.hint}
                for each in self.checks
            ],
        }


def is_bundle(path: str | Path) -> bool:
    """Return whether a file is named as a bundle, is a gzipped archive, or a zip archive with a bundle's manifest.

    Other zip archives are models: ``.keras`` files are zip archives as well.
    """
    place = Path(path)
    if place.name.endswith((".apk", ".tar.gz")):
        return True
    if not place.is_file():
        # A pipe would be waited for.
        return False
    try:
        with place.open("rb") as stream:
            if stream.read(2) == b"\x1f\x8b":
                return True
        with zipfile.ZipFile(place) as archive:
            return ASSETS + MANIFEST in archive.namelist()
    except (OSError, zipfile.BadZipFile):
        return False


def verify_bundle(
    path: str | Path, *, device: str | Device = "local", progress: Progress = silent
) -> BundleVerification:
    """Check a bundle.

    All files must be those that its manifest lists, to the byte. An APK must be signed, its model and libraries stored
    where a phone maps them, and its golden pack must pass with the very library for 64-bit Arm that the APK holds, on
    an emulated processor. An archive for a board must pass its golden pack on ``device``.

    Args:
        path: an ``.apk`` or ``.tar.gz`` that edgekit made.
        device: where an archive's model is run; an APK's is not run there.
        progress: told each step.

    Raises:
        UsageError: it is no bundle.
        MissingProgram: a program of this machine that looks into an APK is missing; carries the apt line.
    """
    place, content = Path(path), read_bundle(path)
    if is_archive(place, content):
        return _board(place, content, device=device, progress=progress)
    if device != "local":
        raise UsageError(
            f"{place} is an app, which is tried with its own library on an emulated processor, and not on a device",
            hint="leave --device out; a phone that has installed it checks it by itself",
        )
    return _apk(place, content, progress=progress)


def _board(place: Path, content: bytes, *, device: str | Device, progress: Progress) -> BundleVerification:
    files, manifest = open_archive(place, content)
    checks = [_contents(files, manifest)]
    if checks[0].verdict is Verdict.FAIL:
        # What is not as it was made is not executed.
        return BundleVerification(place, "board archive", manifest.name, manifest.model_sha256, tuple(checks))
    if manifest.golden_pack is None:
        checks.append(BundleCheck("golden pack", Verdict.UNKNOWN, "there is none in it"))
    else:
        with work_folder() as folder:
            model, pack = folder / "model.tflite", folder / "golden.npz"
            model.write_bytes(files[manifest.model])
            pack.write_bytes(files[manifest.golden_pack])
            found = verify(model, device=device, pack=pack, progress=progress)
        checks.append(BundleCheck("golden pack", found.verdict, f"on {found.device}: {found.sentence}", found.advice))
    return BundleVerification(place, "board archive", manifest.name, manifest.model_sha256, tuple(checks))


def _apk(place: Path, content: bytes, *, progress: Progress) -> BundleVerification:
    apk = open_apk(place, content)
    files, libraries, manifest = apk.files, apk.libraries, apk.manifest
    checks = [_contents(files, manifest), _signature(place), _alignment(content, apk.infos)]
    checks.append(BundleCheck("abis", Verdict.PASS, f"it runs on {', '.join(sorted(libraries))}"))
    if any(check.verdict is Verdict.FAIL for check in checks):
        return BundleVerification(place, "apk", manifest.name, manifest.model_sha256, tuple(checks))
    if manifest.golden_pack is None:
        checks.append(BundleCheck("golden pack", Verdict.UNKNOWN, "there is none in it"))
    elif ARM not in libraries:
        checks.append(BundleCheck("golden pack", Verdict.UNKNOWN, f"it has no library for {ARM} to try it with"))
    else:
        progress(Step("running the golden pack with the APK's own library for 64-bit Arm"))
        told = golden_on_arm(files[manifest.model], files[manifest.golden_pack], library=libraries[ARM])
        checks.append(BundleCheck("golden pack", *told))
    return BundleVerification(place, "apk", manifest.name, manifest.model_sha256, tuple(checks))


def _contents(files: Mapping[str, bytes], manifest: BundleManifest) -> BundleCheck:
    wrong = faults(files, manifest)
    if wrong:
        return BundleCheck("contents", Verdict.FAIL, "; ".join(wrong))
    return BundleCheck("contents", Verdict.PASS, f"its {len(manifest.files)} files are those that its manifest lists")


def _signature(place: Path) -> BundleCheck:
    apksigner = require_programs(SIGNING, purpose="checking an APK's signature")["apksigner"]
    try:
        told = run_program(
            [apksigner, *java_options("J"), "verify", "--print-certs", place], what="checking the signature"
        )
    except EdgekitError as error:
        if error.exit_code == 3:
            raise
        return BundleCheck("signature", Verdict.FAIL, error.message)
    who = next((line.partition("DN: ")[2] for line in told.splitlines() if "certificate DN: " in line), "unknown")
    return BundleCheck("signature", Verdict.PASS, f"signed by {who}")


def _alignment(content: bytes, infos: Iterable[zipfile.ZipInfo]) -> BundleCheck:
    wrong = []
    for info in infos:
        if not info.filename.endswith((".so", ".tflite")):
            continue
        if info.compress_type != zipfile.ZIP_STORED:
            wrong.append(f"{info.filename} is compressed, so a phone cannot map it")
            continue
        at = info.header_offset
        start = at + 30 + int.from_bytes(content[at + 26 : at + 28], "little")
        start += int.from_bytes(content[at + 28 : at + 30], "little")
        if start % (_PAGE if info.filename.endswith(".so") else 4):
            wrong.append(f"{info.filename} starts where a phone cannot map it")
    if wrong:
        return BundleCheck("alignment", Verdict.FAIL, "; ".join(wrong))
    return BundleCheck("alignment", Verdict.PASS, "model and libraries are stored where a phone maps them")
