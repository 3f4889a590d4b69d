"""``edgekit bundle``."""

from __future__ import annotations

import os
import sys
from typing import Any

import click

import edgekit
from edgekit.bundles.android.keys import PASSWORD_VARIABLE
from edgekit.bundles.android.package import ABIS
from edgekit.cli.console import emit_json, progress_on_stderr
from edgekit.cli.options import Verb, given, json_option, quiet_option
from edgekit.cli.tables import show_bundle
from edgekit.errors import UsageError, unknown_name

_KINDS = ("android", "pi")


@click.command(name="bundle", cls=Verb)
@click.argument("kind")
@click.argument("file")
@click.option(
    "--output",
    "-o",
    metavar="PATH",
    help="An .apk, a .tar.gz, or a new folder for an Android project; else in the current folder.",
)
@click.option("--name", help="What the model is called; else the file's name.")
@click.option("--samples", metavar="FOLDER", help="Pictures to try the model on.")
@click.option("--range", "value_range", help="What a picture's 0..255 becomes, where no sidecar tells.")
@click.option("--profile", help="Name or path of the profile whose budget the model must keep.")
@click.option("--application-id", help="android: what phones tell apps apart by (default dev.edgekit.demo).")
@click.option("--abi", "abis", multiple=True, help=f"android: a processor it runs on; else {', '.join(ABIS)}.")
@click.option("--keystore", help=f"android: who signs it; the password is {PASSWORD_VARIABLE}, or asked for.")
@click.option("--key-alias", help="android: which key of the keystore; else its only one.")
@json_option
@quiet_option
def command(*, kind: str, file: str, output: str | None, as_json: bool, quiet: bool, **choices: Any) -> int:
    """Put FILE, a .tflite file, into an Android app, or into an archive for a board.

    FILE may also be the folder of such an Android project, which is then built and signed without Gradle.

    KIND is android: a signed app, or a project for Android Studio, which shows on a phone whether the golden pack
    passes, how long an inference takes, and what the model answers. Or it is pi: an archive for a board, with a program
    that classifies, verifies and measures there.
    """
    if kind not in _KINDS:
        raise UsageError(unknown_name("kind of bundle", kind, _KINDS))
    if not choices["abis"]:
        choices["abis"] = None
    wanted = given(**choices)
    with progress_on_stderr(quiet=quiet) as progress:
        if kind == "android":
            password = _password() if "keystore" in wanted else None
            made = edgekit.bundle_android(file, output, keystore_password=password, progress=progress, **wanted)
        else:
            for name in ("application_id", "abis", "keystore", "key_alias"):
                if name in wanted:
                    option = "--" + name.removesuffix("s").replace("_", "-")
                    raise UsageError(f"{option} is about Android apps, and this is an archive for a board")
            made = edgekit.bundle_board(file, output, progress=progress, **wanted)
    if as_json:
        emit_json(made.to_document())
    else:
        show_bundle(made)
    return 0


def _password() -> str | None:
    """Return a password typed at a terminal where the environment has none. Never an argument: others see those."""
    if os.environ.get(PASSWORD_VARIABLE) or not sys.stdin.isatty():
        return None
    return str(click.prompt("Password of the keystore", hide_input=True, err=True))
