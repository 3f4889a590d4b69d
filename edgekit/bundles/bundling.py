"""``bundle_android`` and ``bundle_board``: a model into what is shipped."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgekit.bundles.android.keys import SigningKey, own_key
from edgekit.bundles.android.package import ABIS, Application, build_apk
from edgekit.bundles.android.project import read_project, write_project
from edgekit.bundles.android.runtime_limits import require_runtime
from edgekit.bundles.board.archive import along, pack
from edgekit.bundles.manifest import sha256
from edgekit.bundles.payload import Payload, gather
from edgekit.errors import UsageError
from edgekit.files import named_output, require_other, require_writable, write_bytes
from edgekit.profiles import DeviceProfile
from edgekit.progress import Progress, Step, silent

BUNDLE_SCHEMA = "edgekit.bundled/1"
_IDENTIFIER = "dev.edgekit.demo"


@dataclass(frozen=True, slots=True)
class Bundle:
    """What was written."""

    path: Path
    kind: str
    """``apk``, ``android project`` or ``board archive``."""
    name: str
    model_sha256: str
    size_bytes: int
    """Of the archive; of all files of a folder."""
    sha256: str | None
    """None for a folder."""
    notes: tuple[str, ...]
    """What is not known of the model, as sentences."""

    def __str__(self) -> str:
        return f"{self.path} ({self.kind}, {self.size_bytes} bytes)"

    def to_document(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        return {
            "schema": BUNDLE_SCHEMA,
            **dataclasses.asdict(self),
            "path": str(self.path),
            "notes": list(self.notes),
        }


def bundle_android(
    file: str | Path,
    output: str | Path | None = None,
    *,
    name: str | None = None,
    application_id: str = _IDENTIFIER,
    abis: Sequence[str] = ABIS,
    samples: str | Path | None = None,
    value_range: str | None = None,
    profile: str | Path | DeviceProfile | None = None,
    keystore: str | Path | None = None,
    keystore_password: str | None = None,
    key_alias: str | None = None,
    progress: Progress = silent,
) -> Bundle:
    """Put a model into the demo app.

    Args:
        file: the .tflite file; its sidecar and golden pack beside it go along. Or the folder of a project that was made
            of one, and perhaps changed since: what is in it is built.
        output: an ``.apk`` file, or a folder for a project that Android Studio opens, which must not be there yet.
            None: the file's name with ``.apk``, in the current folder.
        name: what the app calls the model and itself; None: the file's name.
        application_id: what a phone tells apps apart by.
        abis: the processors that it runs on; one alone makes a small APK.
        samples: a folder of pictures to try the model on.
        value_range: what a picture's 0..255 becomes; None: what the sidecar tells.
        profile: a phone whose budget the model must keep.
        keystore: who signs the APK; None: a debug key, which is made once per user.
        keystore_password: None: the environment variable EDGEKIT_KEYSTORE_PASSWORD.
        key_alias: which key of the keystore; None: its only one.
        progress: told each step.

    Raises:
        SourceError, UsageError, ConversionError, BudgetExceeded: the model, see :func:`gather`.
        MissingProgram: a program of this machine is missing; carries the apt line.
        DownloadFailed: what is fetched once could not be.
        OutputError: the output cannot be written.
    """
    place = named_output(output if output is not None else f"{_stem(file)}.apk", may_be_made=True)
    key = None if keystore is None else own_key(keystore, password=keystore_password, alias=key_alias)
    if Path(file).is_dir():
        given = (name, samples, value_range, profile)
        if any(each is not None for each in given) or (application_id, tuple(abis)) != (_IDENTIFIER, ABIS):
            raise UsageError(f"{file} is a project, which says itself what is in it", hint="change its files")
        return _built(Path(file), place, key=key, progress=progress)
    application = Application(application_id, tuple(abis))
    require_other(place, Path(file), what="the model")
    payload = gather(file, name=name, profile=profile, samples=samples, value_range=value_range)
    notes = (*payload.notes, *require_runtime(payload.facts))
    if place.suffix.lower() == ".apk":
        require_writable(place)
        content = build_apk(payload, application=application, key=key, progress=progress)
        return _written(place, payload, content, notes)
    if place.suffix or keystore is not None:
        raise UsageError(
            f"{place} is neither an .apk file nor a folder" if place.suffix else "a project is not signed",
            hint="name a file that ends in .apk, or a folder without --keystore",
        )
    progress(Step("writing the project"))
    size = write_project(payload, place, application=application)
    return Bundle(place, "android project", payload.name, payload.facts.sha256, size, None, notes)


def _built(project: Path, place: Path, *, key: SigningKey | None, progress: Progress) -> Bundle:
    if place.suffix.lower() != ".apk":
        raise UsageError(f"{place} is no .apk file, and {project} is a project already", hint="name one with -o")
    require_writable(place)
    found = read_project(project)
    content = build_apk(found.payload, application=found.application, sources=found.sources, key=key, progress=progress)
    return _written(place, found.payload, content, require_runtime(found.payload.facts))


def _written(place: Path, payload: Payload, content: bytes, notes: tuple[str, ...]) -> Bundle:
    write_bytes(place, content)
    return Bundle(place, "apk", payload.name, payload.facts.sha256, len(content), sha256(content), notes)


def bundle_board(
    file: str | Path,
    output: str | Path | None = None,
    *,
    name: str | None = None,
    samples: str | Path | None = None,
    value_range: str | None = None,
    profile: str | Path | DeviceProfile | None = None,
    progress: Progress = silent,
) -> Bundle:
    """Put a model into an archive for a board, with a program that runs it.

    Args:
        file: the .tflite file; its sidecar and golden pack beside it go along.
        output: a ``.tar.gz`` file; None: the file's name with ``.tar.gz``, in the current folder.
        name: the model's name for people; None: the file's name.
        samples: a folder of pictures to try the model on.
        value_range: what a picture's 0..255 becomes; None: what the sidecar tells.
        profile: a board whose budget the model must keep.
        progress: told each step.

    Raises:
        SourceError, UsageError, ConversionError, BudgetExceeded: the model, see :func:`gather`.
        OutputError: the output cannot be written.
    """
    place = named_output(output if output is not None else f"{_stem(file)}.tar.gz")
    if not place.name.endswith(".tar.gz"):
        raise UsageError(f"{place} does not end in .tar.gz", hint="name a file that does")
    require_other(place, Path(file), what="the model")
    require_writable(place)
    payload = gather(file, name=name, profile=profile, samples=samples, value_range=value_range, along=along())
    progress(Step("packing the archive"))
    folder = re.sub(r"[^A-Za-z0-9._-]+", "-", _stem(file)).strip("-.") or "model"
    content = pack(payload.files, folder=folder)
    write_bytes(place, content)
    return Bundle(
        place, "board archive", payload.name, payload.facts.sha256, len(content), sha256(content), payload.notes
    )


def _stem(file: str | Path) -> str:
    return Path(file).resolve().name.removesuffix(".tflite")
