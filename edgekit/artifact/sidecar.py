"""Reads what the sidecar FILE.tflite.json says, strictly: an edited one is found, and the field is named."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgekit.accuracy import AccuracyComparison, read_comparison
from edgekit.artifact.artifact import SIDECAR_SCHEMA, GoldenRecord, Origin, PictureHandling, SamplesUsed, sidecar_path
from edgekit.artifact.seals import edited_fields
from edgekit.errors import UsageError
from edgekit.files import DocumentReader, named_input
from edgekit.recipe import DEFAULT_FILTER, Recipe
from edgekit.screening import SampleFinding, Severity, Unjudged

_HINT = "a sidecar is what edgekit convert writes beside its result: FILE.tflite.json"
_SUFFIX = ".json"


@dataclass(frozen=True, slots=True)
class Sidecar:
    """What a sidecar says of its artifact: enough to make it again and to tell whether it is still the same."""

    path: Path
    file: Path
    """The artifact, which lies beside the sidecar."""
    precision: str
    size_bytes: int
    sha256: str
    canonical_sha256: str
    origin: Origin
    recipe: Recipe
    versions: Mapping[str, str]
    route: str
    samples: SamplesUsed | None
    golden_pack: GoldenRecord | None
    pictures: Mapping[str, PictureHandling]
    accuracy: AccuracyComparison | None
    """None where it was not evaluated."""
    document: Mapping[str, Any]
    """All of it, as JSON values."""


def read_sidecar(path: str | Path) -> Sidecar:
    """Read a sidecar.

    Raises:
        UsageError: it is not there, is no sidecar, is of another version, or was edited; names the field where one
            can be told.
    """
    path = named_input(path, "the sidecar")
    document = _document(path)
    schema = document.get("schema")
    if schema != SIDECAR_SCHEMA:
        older = isinstance(schema, str) and schema.startswith(SIDECAR_SCHEMA.partition("/")[0] + "/")
        raise UsageError(
            f"{path} is no sidecar that this edgekit reads: its schema is {schema!r}, not '{SIDECAR_SCHEMA}'",
            hint="convert the model again" if older else _HINT,
        )
    edited = edited_fields(document)
    if edited:
        fields = ", ".join(f"'{name}'" for name in edited[:5]) + (" and others" if edited[5:] else "")
        raise UsageError(
            f"sidecar {path} was edited: {fields} {'is' if len(edited) == 1 else 'are'} not what edgekit wrote",
            hint="take the sidecar as it was written; to make another artifact, give edgekit convert other choices",
        )
    try:
        return _read(path, document)
    except UsageError as error:
        raise UsageError(f"{path} is no sidecar: {error.message}", hint=_HINT) from error


def recorded_pictures(path: Path, *, sha256: str) -> PictureHandling | None:
    """Return what becomes of pictures as the sidecar beside a file tells; None where no good one tells it.

    Args:
        path: the .tflite file.
        sha256: of its content.
    """
    beside = sidecar_path(path)
    if not beside.exists():
        return None
    try:
        sidecar = read_sidecar(beside)
    except UsageError:
        # What it is for can be told without it.
        return None
    return next(iter(sidecar.pictures.values()), None) if sidecar.sha256 == sha256 else None


def recorded_accuracy(path: Path, *, sha256: str) -> AccuracyComparison | str | None:
    """Return what the sidecar beside a file tells of its accuracy; None where it tells nothing, or is not there.

    Args:
        path: the .tflite file.
        sha256: of its content.

    Returns:
        A sentence where the sidecar cannot be taken at its word.
    """
    beside = sidecar_path(path)
    if not beside.exists():
        return None
    try:
        sidecar = read_sidecar(beside)
    except UsageError as error:
        return error.message
    return sidecar.accuracy if sidecar.sha256 == sha256 else f"sidecar {beside} is of another file"


def _document(path: Path) -> dict[str, Any]:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise UsageError(f"sidecar {path} does not exist", hint=_HINT) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise UsageError(f"sidecar {path} cannot be read: {reason}", hint=_HINT) from error
    if content[4:8] == b"TFL3":
        raise UsageError(f"{path} is a .tflite file, not its sidecar", hint=f"give {path}{_SUFFIX}")
    if not content.strip():
        raise UsageError(f"{path} is no sidecar: it is empty", hint=_HINT)
    if path.suffix != _SUFFIX and not content.lstrip().startswith(b"{"):
        raise UsageError(f"{path} is no sidecar (FILE.tflite.json)", hint=_HINT)
    try:
        document = json.loads(content)
    # Nesting that is deep beyond reason ends in a RecursionError.
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path} is no sidecar: it is not JSON ({error})", hint=_HINT) from error
    if not isinstance(document, dict):
        raise UsageError(f"{path} is no sidecar: it holds no object", hint=_HINT)
    return document


def _read(path: Path, document: dict[str, Any]) -> Sidecar:
    reader = DocumentReader(document, where="the document")
    samples, golden = reader.section_or_none("samples"), reader.section_or_none("golden_pack")
    accuracy = reader.section_or_none("accuracy") if reader.holds("accuracy") else None
    return Sidecar(
        path=path,
        # By the sidecar's own name, because both may have been renamed together.
        file=path.with_name(path.name.removesuffix(_SUFFIX) if path.name.endswith(_SUFFIX) else reader.text("file")),
        precision=reader.text("precision"),
        size_bytes=reader.whole("size_bytes"),
        sha256=reader.digest("sha256"),
        canonical_sha256=reader.digest("canonical_sha256"),
        origin=_origin(reader.section("origin")),
        recipe=Recipe.from_mapping(reader.mapping("recipe")),
        versions={name: str(version) for name, version in reader.mapping("versions").items()},
        route=reader.text("route"),
        samples=None if samples is None else _samples(samples, filtered="filter" in reader.mapping("recipe")),
        golden_pack=None if golden is None else _golden(golden),
        pictures=_pictures(reader.section("pictures"), reader.mapping("pictures")) if reader.holds("pictures") else {},
        accuracy=None if accuracy is None else read_comparison(accuracy),
        document=document,
    )


def _origin(reader: DocumentReader) -> Origin:
    return Origin(
        path=reader.text("path"),
        format=reader.text("format"),
        sha256=reader.text_or_none("sha256"),
        parameters=reader.whole_or_none("parameters"),
        custom_objects=reader.texts("custom_objects"),
        trust=reader.flag("trust"),
    )


def _samples(reader: DocumentReader, *, filtered: bool) -> SamplesUsed:
    """Return what is told of the samples; ``filtered``: whether the recipe names a filter."""
    # Before samples were checked, neither was there; the seals tell that from fields which were taken out.
    findings = reader.sections_or_none("findings") if reader.holds("findings") else None
    told = reader.text("preprocessing")
    unjudged = reader.sections("unjudged") if reader.holds("unjudged") else []
    return SamplesUsed(
        path=reader.text("path"),
        sample_ids=reader.texts("sample_ids"),
        skipped=reader.texts("skipped"),
        # Before filters had names, "bilinear" stood for the only one there was.
        preprocessing=told if filtered else told.replace(", bilinear)", f", {DEFAULT_FILTER})"),
        findings=None if findings is None else tuple(map(_finding, findings)),
        unjudged=tuple(Unjudged(each.text("name"), each.text("because")) for each in unjudged),
    )


def _finding(reader: DocumentReader) -> SampleFinding:
    return SampleFinding(
        name=reader.text("name"),
        severity=reader.one_of("severity", Severity),
        sentence=reader.text("sentence"),
        samples=reader.wholes("samples"),
        next_step=reader.text("next"),
    )


def _pictures(reader: DocumentReader, names: Iterable[str]) -> dict[str, PictureHandling]:
    found = {}
    for name in names:
        entry = reader.section(name)
        handling = PictureHandling(
            value_range=entry.text("value_range"),
            resize=entry.text("resize"),
            # Before there was a choice, nobody wrote it down.
            filter=entry.text("filter") if entry.holds("filter") else str(DEFAULT_FILTER),
            colour=entry.text_or_none("colour"),
        )
        # A recipe knows which of these are valid.
        Recipe.from_mapping(dataclasses.asdict(handling))
        found[name] = handling
    return found


def _golden(reader: DocumentReader) -> GoldenRecord:
    return GoldenRecord(
        sha256=reader.digest("sha256"),
        size_bytes=reader.whole("size_bytes"),
        samples=reader.whole("samples", least=1),
        tolerances=reader.mapping("tolerances"),
    )
