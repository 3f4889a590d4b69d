"""What every bundle carries: the model, its sidecar and golden pack, pictures to try, and a manifest."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from edgekit.artifact import golden_path, read_golden_pack, read_sidecar, sidecar_path
from edgekit.bundles.manifest import MANIFEST, manifest_document
from edgekit.errors import BudgetExceeded, ConversionError, UsageError
from edgekit.files import encode_json
from edgekit.inspection import Inspection, in_words, inspect
from edgekit.metrics import Verdict
from edgekit.profiles import DeviceProfile
from edgekit.recipe import Recipe
from edgekit.snippets.plan import plan_snippet
from edgekit.verdicts import check

_MOST_SAMPLES = 12
_ENDINGS = {"JPEG": ".jpg", "PNG": ".png", "WEBP": ".webp", "BMP": ".bmp", "GIF": ".gif"}
"""What Android and Pillow both read."""


@dataclass(frozen=True, slots=True)
class Payload:
    """The files of a bundle that have to do with the model, by their paths."""

    name: str
    facts: Inspection
    """Of the model."""
    files: Mapping[str, bytes]
    """With the manifest."""
    notes: tuple[str, ...]
    """What is not known, or was left out, as sentences."""


def gather(
    file: str | Path,
    *,
    name: str | None = None,
    profile: str | Path | DeviceProfile | None = None,
    samples: str | Path | None = None,
    value_range: str | None = None,
    along: Mapping[str, bytes] | None = None,
) -> Payload:
    """Collect what goes into a bundle, and refuse what would not run there.

    Args:
        file: the .tflite file.
        name: its name for people; None: the file's.
        profile: a board or phone whose budget it must keep.
        samples: a folder of pictures to try the model on; None: none.
        value_range: what a picture's 0..255 becomes; None: what the sidecar tells.
        along: files that go with every model, by their paths; the manifest lists them too.

    Raises:
        SourceError: the file cannot be read.
        UsageError: a sidecar or golden pack beside it belongs to another file, or was edited; a sample is no picture.
        ConversionError: it needs what a plain LiteRT runtime does not have, or leaves sizes open.
        BudgetExceeded: it does not keep the profile's budget.
    """
    facts = inspect(file)
    _require_runnable(facts)
    if profile is not None:
        _require_budget(facts, profile)
    plan = plan_snippet(facts, recipe=None if value_range is None else _recipe(facts, value_range))
    notes: list[str] = []
    files = {**(along or {}), "model.tflite": facts.path.read_bytes()}
    sidecar, golden = _companions(facts, notes)
    if sidecar is not None:
        files["model.tflite.json"] = sidecar
    if golden is not None:
        files["model.tflite.golden.npz"] = golden
    pictures = {} if samples is None else _pictures(Path(samples), notes)
    files.update(pictures)
    if any(tensor.picture_shaped and tensor.picture is None for tensor in plan.inputs):
        notes.append(
            "what a picture's 0..255 becomes is not known, so pictures cannot be shown to it: name it with --range"
        )
    told = name if name is not None else facts.path.name.removesuffix(".tflite")
    if not told.strip():
        raise UsageError("the name is empty", hint="give --name one letter at least")
    roles = {
        "model": "model.tflite",
        "golden_pack": None if golden is None else "model.tflite.golden.npz",
        "sidecar": None if sidecar is None else "model.tflite.json",
        "samples": tuple(pictures),
    }
    document = manifest_document(plan, name=told, version=metadata.version("edgekit"), roles=roles, files=files)
    files[MANIFEST] = encode_json(document)
    return Payload(told, facts, files, tuple(notes))


def _require_runnable(facts: Inspection) -> None:
    if facts.obstacles:
        raise ConversionError(
            f"{facts.path} would not run in a bundle: {in_words(facts.obstacles)}",
            hint="convert the model again: edgekit convert makes files of builtin operators only",
        )
    for spec in (*facts.inputs, *facts.outputs):
        if any(size is None for size in spec.shape):
            raise ConversionError(
                f"{facts.path} leaves sizes of '{spec.name}' open: {spec}",
                hint="fix them: edgekit convert MODEL --input-shape 1,HEIGHT,WIDTH,CHANNELS",
            )


def _require_budget(facts: Inspection, profile: str | Path | DeviceProfile) -> None:
    assessment = check(facts.path, profile=profile)
    if assessment.verdict is Verdict.FAIL:
        failed = "; ".join(each.sentence for each in assessment.checks if each.verdict is Verdict.FAIL)
        raise BudgetExceeded(
            f"{facts.path} does not keep the budget of {assessment.profile}: {failed}",
            hint="'edgekit check' tells all of it; bundle without --profile to have it all the same",
        )


def _recipe(facts: Inspection, value_range: str) -> Recipe:
    """Return how pictures are made with another value range: in all else as the sidecar tells, where there is one."""
    beside = sidecar_path(facts.path)
    told = read_sidecar(beside).pictures if beside.exists() else {}
    for handling in told.values():
        return Recipe(value_range=value_range, resize=handling.resize, filter=handling.filter, colour=handling.colour)
    return Recipe(value_range=value_range)


def _companions(facts: Inspection, notes: list[str]) -> tuple[bytes | None, bytes | None]:
    """Return the bytes of sidecar and golden pack, where they are there and the file's own."""
    beside, pack = sidecar_path(facts.path), golden_path(facts.path)
    sidecar = golden = None
    if beside.exists():
        if read_sidecar(beside).sha256 != facts.sha256:
            raise UsageError(
                f"sidecar {beside} belongs to another file than {facts.path}",
                hint="put the file's own sidecar beside it, or none",
            )
        sidecar = beside.read_bytes()
    else:
        notes.append(f"there is no sidecar {beside.name}, so how the file was made is unknown")
    if pack.exists():
        if read_golden_pack(pack).sha256 != facts.sha256:
            raise UsageError(
                f"golden pack {pack} belongs to another file than {facts.path}",
                hint="put the file's own golden pack beside it, or none",
            )
        golden = pack.read_bytes()
    else:
        notes.append(f"there is no golden pack {pack.name}, so whether outputs are right there cannot be told")
    return sidecar, golden


def _pictures(folder: Path, notes: list[str]) -> dict[str, bytes]:
    from PIL import Image, UnidentifiedImageError

    if not folder.is_dir():
        raise UsageError(f"samples {folder} are no folder", hint="give a folder of pictures")
    found: dict[str, bytes] = {}
    paths = sorted(each for each in folder.rglob("*") if each.is_file() and not each.name.startswith("."))
    if len(paths) > _MOST_SAMPLES:
        notes.append(f"of {len(paths)} samples the first {_MOST_SAMPLES} go along, by their names")
    for path in paths[:_MOST_SAMPLES]:
        content = path.read_bytes()
        try:
            with Image.open(io.BytesIO(content)) as image:
                image.load()
                ending = _ENDINGS.get(image.format or "")
        except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError) as error:
            raise UsageError(
                f"sample {path} is no picture, or a damaged one", hint="take it out of the folder"
            ) from error
        if ending is None:
            raise UsageError(f"sample {path} is a kind of picture that phones do not read", hint="save it as PNG")
        found[f"samples/{len(found) + 1:02d}{ending}"] = content
    if not found:
        raise UsageError(f"samples {folder} hold no picture", hint="give a folder of pictures")
    return found
