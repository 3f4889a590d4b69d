"""``edgekit bundle``."""

from __future__ import annotations

from typing import Any

import click

import edgekit
from edgekit.bundles.android.keys import PASSWORD_VARIABLE
from edgekit.bundles.android.package import ABIS
from edgekit.cli.console import emit_json, progress_on_stderr
from edgekit.cli.options import Verb, given, json_option, quiet_option
from edgekit.cli.tables import show_bundle

_MODEL = (
    click.argument("file"),
    click.option("--name", help="What the model is called; else the file's name."),
    click.option("--samples", metavar="FOLDER", help="Pictures to try the model on."),
    click.option("--range", "value_range", help="What a picture's 0..255 becomes, where no sidecar tells."),
    click.option("--profile", help="Name or path of the profile whose budget the model must keep."),
    json_option,
    quiet_option,
)


@click.group(name="bundle")
def command() -> None:
    """Put a .tflite file into what is shipped: an Android app, or an archive for a board."""


def _model(function: Any) -> Any:
    for decorate in reversed(_MODEL):
        function = decorate(function)
    return function


@command.command(name="android", cls=Verb)
@_model
@click.option("--output", "-o", metavar="APK|FOLDER", help="A signed .apk, or a folder for a project.")
@click.option("--application-id", default="dev.edgekit.demo", show_default=True, help="What phones tell apps apart by.")
@click.option("--abi", "abis", multiple=True, help=f"A processor that it runs on; repeatable. Else {', '.join(ABIS)}.")
@click.option("--keystore", help=f"Who signs it; the password comes from {PASSWORD_VARIABLE}, or is asked for.")
@click.option("--key-alias", help="Which key of the keystore; else its only one.")
def android(*, file: str, as_json: bool, quiet: bool, **choices: Any) -> int:
    """Put FILE into the demo app: its golden pack, its speed and its answers, on a phone."""
    choices["abis"] = choices["abis"] or ABIS
    password = _password() if choices["keystore"] is not None else None
    with progress_on_stderr(quiet=quiet) as progress:
        made = edgekit.bundle_android(
            file, choices.pop("output"), keystore_password=password, progress=progress, **given(**choices)
        )
    _show(made, as_json=as_json)
    return 0


@command.command(name="pi", cls=Verb)
@_model
@click.option("--output", "-o", metavar="TAR.GZ", help="The archive; else the file's name with .tar.gz.")
def pi(*, file: str, as_json: bool, quiet: bool, **choices: Any) -> int:
    """Put FILE into an archive for a board, with a program that classifies, verifies and measures there."""
    with progress_on_stderr(quiet=quiet) as progress:
        made = edgekit.bundle_board(file, choices.pop("output"), progress=progress, **given(**choices))
    _show(made, as_json=as_json)
    return 0


def _password() -> str | None:
    """Return a password typed at a terminal where the environment has none. Never an argument: others see those."""
    import os
    import sys

    if os.environ.get(PASSWORD_VARIABLE) or not sys.stdin.isatty():
        return None
    return str(click.prompt("Password of the keystore", hide_input=True, err=True))


def _show(made: edgekit.Bundle, *, as_json: bool) -> None:
    if as_json:
        emit_json(made.to_document())
    else:
        show_bundle(made)
