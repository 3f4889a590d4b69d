"""Builds the wheel and installs it into an environment of its own: the locked base dependencies, and no TensorFlow.

    .venv/bin/python scripts/clean_install.py FOLDER

leaves ``FOLDER/wheel/edgekit-VERSION-py3-none-any.whl`` and ``FOLDER/environment/bin/edgekit``.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

_CHECKOUT = Path(__file__).resolve().parent.parent


def clean_install(folder: Path) -> Path:
    """Return the folder of the environment's programs. Raises CalledProcessError."""
    folder = folder.resolve()
    wheels, environment = folder / "wheel", folder / "environment"
    _python("-m", "build", "--wheel", "--no-isolation", "--outdir", wheels, _CHECKOUT)
    (wheel,) = wheels.glob("*.whl")
    # Without pip in it, which edgekit must not need.
    _python("-m", "venv", "--without-pip", environment)
    # The lock has hashes, so pip wants one for the wheel too.
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    wanted = folder / "wanted.txt"
    wanted.write_text(f"edgekit @ {wheel.as_uri()} --hash=sha256:{digest}\n")
    lock = _CHECKOUT / "scripts" / "requirements.lock"
    _python(
        "-m", "pip", "--python", environment, "--disable-pip-version-check", "install", "--quiet",
        "--only-binary=:all:", "--require-hashes", "--constraint", lock, "--requirement", wanted,
    )  # fmt: skip
    return environment / "bin"


def _python(*arguments: str | Path) -> None:
    subprocess.run([sys.executable, *arguments], stdout=sys.stderr, check=True)


if __name__ == "__main__":
    print(clean_install(Path(sys.argv[1])))
