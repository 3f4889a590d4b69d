"""Whose key signs an app: edgekit's debug key, made once per user, or the user's own."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from edgekit.bundles.android.programs import Programs, java_options, run_program
from edgekit.errors import UsageError
from edgekit.files import output_errors
from edgekit.resources import data_folder
from edgekit.resources.cache import alone

PASSWORD_VARIABLE = "EDGEKIT_KEYSTORE_PASSWORD"
"""The environment variable that a password is read from; it is never an argument, which others on the machine see."""
_DEBUG_PASSWORD = "android"
"""Public by custom: a debug key proves nothing but that two apps were built by the same user."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A keystore and how to open it."""

    keystore: Path
    password: str = field(repr=False)
    alias: str | None = None

    @property
    def arguments(self) -> list[str]:
        """apksigner's, without the password."""
        alias = [] if self.alias is None else ["--ks-key-alias", self.alias]
        return ["--ks", str(self.keystore), "--ks-pass", f"env:{PASSWORD_VARIABLE}", *alias]

    @property
    def environment(self) -> Mapping[str, str]:
        """The password, for the program alone."""
        return {PASSWORD_VARIABLE: self.password}


def debug_key(programs: Programs) -> SigningKey:
    """Return the user's debug key, made if there is none. Raises OutputError, EdgekitError."""
    folder = data_folder()
    keystore = folder / "debug.keystore"
    key = SigningKey(keystore, _DEBUG_PASSWORD, "edgekit")
    with alone(folder):
        if not keystore.exists():
            beside = folder / ".making-debug.keystore"
            make: list[str | Path] = ["-genkeypair", "-keystore", beside, "-storetype", "PKCS12", "-alias", "edgekit"]
            about = ["-keyalg", "RSA", "-keysize", "2048", "-validity", "10000", "-dname", "CN=edgekit debug"]
            opened = ["-storepass:env", PASSWORD_VARIABLE]
            run_program(
                [programs.keytool, *java_options("J-"), *make, *about, *opened],
                what="making the debug key",
                environment=key.environment,
            )
            with output_errors(keystore):
                beside.chmod(0o600)
                beside.replace(keystore)
    return key


def own_key(keystore: str | Path, *, password: str | None, alias: str | None = None) -> SigningKey:
    """Return the user's own key.

    Args:
        keystore: the file.
        password: None: the environment variable ``EDGEKIT_KEYSTORE_PASSWORD``.
        alias: which of its keys; None: its only one.

    Raises:
        UsageError: there is no such file, or no password.
    """
    path = Path(keystore)
    if not path.is_file():
        raise UsageError(f"there is no keystore {path}", hint="make one with keytool, or leave --keystore out")
    password = password if password is not None else os.environ.get(PASSWORD_VARIABLE)
    if not password:
        raise UsageError(
            f"the password of keystore {path} is not given", hint=f"set {PASSWORD_VARIABLE}, or run in a terminal"
        )
    return SigningKey(path, password, alias)
