"""``edgekit profiles``."""

from __future__ import annotations

import click

import edgekit
from edgekit.cli.console import emit_json, output, progress_on_stderr
from edgekit.cli.options import Verb, json_option, quiet_option
from edgekit.cli.tables import show_profile, show_profiles
from edgekit.errors import UsageError

_NEW = "edgekit profiles new NAME --from DEVICE"


@click.command(name="profiles", cls=Verb)
@click.argument("name", required=False)
@click.argument("new_name", required=False)
@click.option("--from", "device", help="For new: address of the device that the profile is of.")
@click.option(
    "--output",
    "-o",
    "folder",
    help="For new: folder for NEW_NAME.toml (default: that of your own profiles, where it is found by its name).",
)
@json_option
@quiet_option
def command(
    *, name: str | None, new_name: str | None, device: str | None, folder: str | None, as_json: bool, quiet: bool
) -> None:
    """List the device profiles, or show the one called NAME with the source of every fact.

    `profiles new NEW_NAME --from DEVICE` writes one from what `doctor` finds there, into the folder of your own. NAME
    may be a path as well, and further folders of profiles are named in EDGEKIT_PROFILES.
    """
    if name == "new":
        profile = _written(new_name, device, folder, quiet=quiet)
    elif new_name is not None or device is not None or folder is not None:
        raise UsageError("--from, --output and a second name are for 'new'", hint=_NEW)
    elif name is None:
        profiles = edgekit.list_profiles()
        if as_json:
            emit_json({"schema": "edgekit.profiles/1", "profiles": [each.to_document() for each in profiles]})
        else:
            show_profiles(profiles)
        return
    else:
        profile = edgekit.profile_named(name)
    if as_json:
        emit_json(profile.to_document())
        return
    show_profile(profile)
    if name == "new":
        called = profile.name if folder is None else profile.own
        output().print(f"written there; name it by --profile {called}", markup=False)


def _written(name: str | None, device: str | None, folder: str | None, *, quiet: bool) -> edgekit.DeviceProfile:
    if name is None or device is None:
        raise UsageError("a new profile needs a name, and a device that it is of", hint=_NEW)
    with progress_on_stderr(quiet=quiet) as progress:
        return edgekit.new_profile(name, device, output=folder, progress=progress)
