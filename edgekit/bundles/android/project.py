"""The app as a project: opens in Android Studio, and is built here by ``edgekit bundle android`` as well."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from edgekit.bundles.android.application import app_sources, string_resource, without_package
from edgekit.bundles.android.package import ASSETS, Application
from edgekit.bundles.manifest import MANIFEST, read_manifest
from edgekit.bundles.opening import faults
from edgekit.bundles.payload import Payload
from edgekit.errors import OutputError, UsageError
from edgekit.files import output_errors, staged_folder
from edgekit.inspection import inspect

_SETTINGS = """\
pluginManagement {
    repositories {
        google()
        mavenCentral()
    }
}
dependencyResolutionManagement {
    repositories {
        google()
        mavenCentral()
    }
}
rootProject.name = "edgekit-demo"
include ":app"
"""
_BUILD = """\
plugins {{
    id "com.android.application" version "8.5.2"
}}

android {{
    namespace "dev.edgekit.demo"
    compileSdk 34
    defaultConfig {{
        applicationId {identifier}
        minSdk 26
        targetSdk 34
        versionCode 1
        versionName "1"
        ndk {{
            abiFilters {abis}
        }}
    }}
    androidResources {{
        noCompress "tflite", "npz"
    }}
}}

dependencies {{
    implementation "org.tensorflow:tensorflow-lite:2.16.1"
}}
"""


_SCRIPT = """\
#!/bin/sh
# Builds and signs the app without Gradle: ./build-apk [-o demo.apk] [--keystore FILE]
edgekit=${EDGEKIT:-edgekit}
command -v "$edgekit" >/dev/null || {
  echo "build-apk: there is no program $edgekit: activate the environment that edgekit is installed in, or name it:" \\
    "EDGEKIT=/path/to/edgekit $0" >&2
  exit 3
}
exec "$edgekit" bundle android "$(dirname "$0")" "$@"
"""


@dataclass(frozen=True, slots=True)
class Project:
    """A project that edgekit wrote, as it is now."""

    payload: Payload
    application: Application
    sources: Path


def read_project(place: Path) -> Project:
    """Read a project that :func:`write_project` wrote, and that may have been changed since but for its model.

    Raises:
        UsageError: it is none, or its assets are not those that its manifest lists.
        SourceError: its model cannot be read.
    """
    build, sources = place / "app" / "build.gradle", place / "app" / "src" / "main"
    assets = sources / ASSETS
    if not build.is_file() or not (assets / MANIFEST).is_file():
        raise UsageError(
            f"{place} is a folder, and no project of edgekit", hint="name a .tflite file, or a project made of one"
        )
    text = build.read_text(encoding="utf-8", errors="replace")
    identifier, abis = re.search(r'applicationId "([^"]*)"', text), re.search(r"abiFilters (.*)", text)
    if identifier is None or abis is None:
        raise UsageError(f"{build} names no applicationId or no abiFilters", hint="make the project again")
    files = {path.relative_to(assets).as_posix(): path.read_bytes() for path in assets.rglob("*") if path.is_file()}
    manifest = read_manifest(files[MANIFEST], where=str(place))
    if wrong := faults(files, manifest):
        raise UsageError(f"the assets of {place} are not as they were made: {'; '.join(wrong)}", hint="make it again")
    payload = Payload(manifest.name, inspect(assets / manifest.model), files, ())
    application = Application(identifier[1], tuple(re.findall(r'"([^"]+)"', abis[1])))
    return Project(payload, application, sources)


def write_project(payload: Payload, place: Path, *, application: Application) -> int:
    """Write the project into a folder that is not there yet. Returns the bytes of all its files.

    Raises:
        OutputError: the folder is there and not empty, or cannot be written.
    """
    if place.is_dir() and any(place.iterdir()):
        raise OutputError(f"{place} is a folder with something in it", hint="name a new folder")
    with staged_folder(place, given={}) as stage, output_errors(place):
        main, sources = stage / "app" / "src" / "main", app_sources()
        for source in sorted(source for source in sources.rglob("*") if source.is_file()):
            _write(main / source.relative_to(sources), source.read_bytes())
        manifest = main / "AndroidManifest.xml"
        manifest.write_text(without_package(manifest.read_text(encoding="utf-8")), encoding="utf-8")
        strings = main / "res" / "values" / "strings.xml"
        named = f'<string name="app_name">{string_resource(payload.name)}</string>'
        strings.write_text(strings.read_text().replace('<string name="app_name">edgekit demo</string>', named))
        for path, content in payload.files.items():
            _write(main / ASSETS / path, content)
        (stage / "build-apk").write_text(_SCRIPT)
        (stage / "build-apk").chmod(0o755)
        (stage / "settings.gradle").write_text(_SETTINGS)
        (stage / "gradle.properties").write_text("org.gradle.jvmargs=-Xmx2g\n")
        abis = ", ".join(json.dumps(abi) for abi in application.abis)
        build = _BUILD.format(identifier=json.dumps(application.identifier), abis=abis)
        (stage / "app" / "build.gradle").write_text(build)
        return sum(path.stat().st_size for path in stage.rglob("*") if path.is_file())


def _write(target: Path, content: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
