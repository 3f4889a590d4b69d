"""``edgekit verify``."""

from __future__ import annotations

import click

import edgekit
from edgekit.cli.console import emit_json, exit_code_for, progress_on_stderr
from edgekit.cli.options import Verb, device_option, json_option, quiet_option
from edgekit.cli.tables import show_verification


@click.command(name="verify", cls=Verb)
@click.argument("file")
@click.option("--pack", help="The golden pack, where it is not FILE.golden.npz.")
@device_option
@json_option
@quiet_option
def command(*, file: str, pack: str | None, device: str, as_json: bool, quiet: bool) -> int:
    """Check FILE against its golden pack on a device: is it the file that was converted, and are its outputs right?

    Ends with exit code 1 where its hash is another one, even if the outputs agree, and where the outputs are off.
    """
    with progress_on_stderr(quiet=quiet) as progress:
        result = edgekit.verify(file, device=device, pack=pack, progress=progress)
    if as_json:
        emit_json(result.to_document())
    else:
        show_verification(result)
    return exit_code_for(result.verdict, strict=False)
