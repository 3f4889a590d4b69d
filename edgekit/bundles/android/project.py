"""The app as a project: opens in Android Studio, and is built here by ``edgekit bundle android`` as well."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from edgekit.bundles.android.application import app_sources, string_resource
from edgekit.bundles.android.package import Application
from edgekit.bundles.payload import Payload
from edgekit.errors import OutputError
from edgekit.files import output_errors, staged_folder

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


def write_project(payload: Payload, place: Path, *, application: Application) -> int:
    """Write the project into a folder that is not there yet. Returns the bytes of all its files.

    Raises:
        OutputError: the folder is there and not empty, or cannot be written.
    """
    if place.is_dir() and any(place.iterdir()):
        raise OutputError(f"{place} is a folder with something in it", hint="name a new folder")
    with staged_folder(place, given={}) as stage, output_errors(place):
        main = stage / "app" / "src" / "main"
        shutil.copytree(app_sources(), main)
        # Gradle takes both from build.gradle.
        manifest = (main / "AndroidManifest.xml").read_text()
        (main / "AndroidManifest.xml").write_text(manifest.replace('    package="dev.edgekit.demo"\n', ""))
        strings = main / "res" / "values" / "strings.xml"
        named = f'<string name="app_name">{string_resource(payload.name)}</string>'
        strings.write_text(strings.read_text().replace('<string name="app_name">edgekit demo</string>', named))
        for path, content in payload.files.items():
            target = main / "assets" / "bundle" / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        (stage / "settings.gradle").write_text(_SETTINGS)
        (stage / "gradle.properties").write_text("org.gradle.jvmargs=-Xmx2g\n")
        abis = ", ".join(json.dumps(abi) for abi in application.abis)
        build = _BUILD.format(identifier=json.dumps(application.identifier), abis=abis)
        (stage / "app" / "build.gradle").write_text(build)
        return sum(path.stat().st_size for path in stage.rglob("*") if path.is_file())
