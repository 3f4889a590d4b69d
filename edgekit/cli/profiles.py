"""``edgekit profiles``."""

from __future__ import annotations

import click

import edgekit
from edgekit.cli.console import emit_json
from edgekit.cli.options import Verb, json_option
from edgekit.cli.tables import show_profile, show_profiles


@click.command(name="profiles", cls=Verb)
@click.argument("name", required=False)
@json_option
def command(name: str | None, as_json: bool) -> None:
    """List the device profiles, or show the one called NAME with the source of every fact.

    NAME may be the path of a profile of your own; folders of profiles are named in EDGEKIT_PROFILES.
    """
    if name is None:
        profiles = edgekit.list_profiles()
        if as_json:
            emit_json({"schema": "edgekit.profiles/1", "profiles": [each.to_document() for each in profiles]})
        else:
            show_profiles(profiles)
        return
    profile = edgekit.profile_named(name)
    if as_json:
        emit_json(profile.to_document())
    else:
        show_profile(profile)
