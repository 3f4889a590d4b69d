"""The app without a model: its classes and its resources, compiled once and kept."""

from __future__ import annotations

import hashlib
import re
import zipfile
from collections.abc import Iterable
from pathlib import Path
from xml.sax.saxutils import escape

from edgekit.bundles.android.pieces import DEXER, PIECES, PLATFORM, RUNTIME, RUNTIME_API, Component, fetch_pieces
from edgekit.bundles.android.programs import Programs, java_options, run_program
from edgekit.devices.adb.facts import OLDEST_API
from edgekit.errors import UsageError
from edgekit.processes.work_folder import work_folder
from edgekit.progress import Progress, Step, silent
from edgekit.resources import cache_folder, resource_folder
from edgekit.resources.cache import alone, make_part, part

_APPLICATION_ID = re.compile(r"[a-zA-Z][a-zA-Z0-9_]*(\.[a-zA-Z][a-zA-Z0-9_]*)+")
_PACKAGE = '\n    package="dev.edgekit.demo"'
"""Of the classes, in the manifest."""
_RECIPE = "1"
"""Counts up where this file makes something else of the same sources."""


def app_sources() -> Path:
    """Return the folder with the app's manifest, resources and Java sources."""
    return resource_folder("android_demo") / "app" / "src" / "main"


def require_application_id(identifier: str) -> str:
    """Return an application id as Android takes it. Raises UsageError."""
    if not _APPLICATION_ID.fullmatch(identifier):
        raise UsageError(
            f"'{identifier}' is no application id",
            hint="letters, digits and _ in two or more parts with dots between, each starting with a letter, such as "
            "com.example.digits",
        )
    return identifier


def make_classes(programs: Programs, sources: Path, *, progress: Progress = silent) -> Path:
    """Return ``classes.dex``, compiled if the sources have changed. Raises EdgekitError, OutputError."""
    made_of = _digest(sorted(sources.rglob("*.java")), sources / "AndroidManifest.xml", *_resources(sources))
    place = part(_folder(), _part("classes", sources), of=f"{_RECIPE} {made_of} {[piece.sha256 for piece in PIECES]}")

    def make(folder: Path) -> None:
        pieces = fetch_pieces(progress=progress)
        progress(Step("compiling the app, once"))
        with work_folder() as scratch:
            _compile(scratch, folder / "classes.dex", programs, sources, pieces)

    with alone(_folder()):
        make_part(place, make)
    return place / "classes.dex"


def make_resources(
    programs: Programs, sources: Path, *, name: str | None, application_id: str, progress: Progress = silent
) -> Path:
    """Return an archive with the app's manifest and resources for a name and an application id.

    Raises EdgekitError, OutputError.
    """
    made_of = _digest(sources / "AndroidManifest.xml", *_resources(sources))
    place = part(_folder(), _part("resources", sources), of=f"{_RECIPE} {made_of} {application_id} {name!r}")

    def make(folder: Path) -> None:
        pieces = fetch_pieces([PLATFORM], progress=progress)
        progress(Step("linking the app's resources"))
        link_resources(folder / "base.apk", programs, pieces, sources=sources, name=name, application_id=application_id)

    with alone(_folder()):
        make_part(place, make)
    return place / "base.apk"


def _compile(scratch: Path, target: Path, programs: Programs, sources: Path, pieces: dict[Component, Path]) -> None:
    generated, classes = scratch / "generated", scratch / "classes"
    for folder in (generated, classes):
        folder.mkdir()
    link_resources(
        scratch / "base.apk", programs, pieces, sources=sources, name="x", application_id="x.y", generated=generated
    )
    jars = [_jar(pieces[piece], scratch / f"{piece.name}.jar") for piece in (RUNTIME, RUNTIME_API)]
    classes_of = [*sorted(sources.rglob("*.java")), *generated.rglob("*.java")]
    libraries = ":".join(str(path) for path in (pieces[PLATFORM], *jars))
    release = ["--release", "8", "-Xlint:-options", "-nowarn", "-encoding", "UTF-8"]
    run_program(
        [programs.javac, *java_options("J-"), *release, "-classpath", libraries, "-d", classes, *classes_of],
        what="compiling the app",
    )
    dexer: list[str | Path] = [
        programs.java,
        *java_options(),
        "-cp",
        pieces[DEXER],
        "com.android.dx.command.Main",
        "--dex",
    ]
    run_program(
        [*dexer, f"--min-sdk-version={OLDEST_API}", f"--output={target}", classes, *jars],
        what="turning the app's classes into Android's",
    )


def link_resources(
    target: Path,
    programs: Programs,
    pieces: dict[Component, Path],
    *,
    name: str | None,
    application_id: str,
    sources: Path | None = None,
    generated: Path | None = None,
) -> None:
    """Write an archive with the app's manifest and resources.

    Args:
        target: the archive.
        programs: of this machine.
        pieces: of Maven Central.
        name: what the app calls itself; None: as its own resources say.
        application_id: what phones tell it apart by.
        sources: the folder with manifest and resources; None: those of edgekit's own app.
        generated: an empty folder for ``R.java``; None: it is not made.

    Raises:
        EdgekitError: aapt2 failed.
    """
    sources = sources or app_sources()
    with work_folder() as scratch:
        compiled, manifest = scratch / "resources.zip", scratch / "AndroidManifest.xml"
        manifest.write_text(
            _with_package((sources / "AndroidManifest.xml").read_text(encoding="utf-8")), encoding="utf-8"
        )
        run_program([programs.aapt2, "compile", "--dir", sources / "res", "-o", compiled], what="compiling resources")
        java: list[str | Path] = [] if generated is None else ["--java", generated]
        link: list[str | Path] = [programs.aapt2, "link", "-I", pieces[PLATFORM]]
        link += ["--manifest", manifest, "--rename-manifest-package", application_id]
        link += ["--auto-add-overlay", *java, "-o", target, compiled]
        if name is not None:
            link += ["-R", _named(name, scratch, programs)]
        run_program(link, what="linking the app's resources")


def _named(name: str, scratch: Path, programs: Programs) -> Path:
    """Return a resource that comes after the app's own, so that this name takes the place of theirs."""
    folder, over = scratch / "named" / "values", scratch / "named.zip"
    folder.mkdir(parents=True)
    (folder / "name.xml").write_text(
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<resources><string name="app_name">{string_resource(name)}</string></resources>\n',
        encoding="utf-8",
    )
    run_program([programs.aapt2, "compile", "--dir", folder.parent, "-o", over], what="compiling the app's name")
    return over


def without_package(manifest: str) -> str:
    """Return a manifest as Gradle takes it, which has the package from its own file."""
    return manifest.replace(_PACKAGE, "")


def _with_package(manifest: str) -> str:
    return manifest if _PACKAGE in manifest else manifest.replace("<manifest ", f"<manifest{_PACKAGE} ", 1)


def string_resource(name: str) -> str:
    """Return a name as the text of a string resource: as it is shown, whatever it holds."""
    escaped = name.replace("\\", "\\\\").replace("'", "\\'").replace('"', '\\"')
    # These two mean something else at the start.
    return escape(f"\\{escaped}" if escaped[:1] in {"@", "?"} else escaped)


def _jar(archive: Path, target: Path) -> Path:
    with zipfile.ZipFile(archive) as opened:
        target.write_bytes(opened.read("classes.jar"))
    return target


def _resources(sources: Path) -> list[Path]:
    return sorted(path for path in (sources / "res").rglob("*") if path.is_file())


def _digest(*groups: Path | Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for group in groups:
        for path in [group] if isinstance(group, Path) else group:
            content = path.read_bytes()
            digest.update(f"{path.name} {len(content)}\n".encode())
            digest.update(content)
    return digest.hexdigest()


def _part(name: str, sources: Path) -> str:
    # A new part takes the place of older ones of its name, and a project is not to take that of the app itself.
    return name if sources == app_sources() else f"project_{name}"


def _folder() -> Path:
    return cache_folder() / "android" / "built"
