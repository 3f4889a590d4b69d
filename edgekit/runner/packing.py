"""Makes one file of the agent's modules: an archive that ``python3`` runs as it is (zipapp's format)."""

from __future__ import annotations

import zipfile
from importlib import resources
from pathlib import Path

from edgekit.agent.job import PROTOCOL

_PACKAGE = "edgekit_agent"
# What comes before the import is read by every Python 3.
_START = f"""import sys

if sys.version_info < (3, 9):
    import json

    told = "it is Python %d.%d" % tuple(sys.version_info[:2])
    error = {{"kind": "old-python", "message": told}}
    with open(sys.argv[2], "w") as result:
        json.dump({{"protocol": {PROTOCOL}, "stage": "done", "error": error}}, result)
    sys.exit(0)

from {_PACKAGE}.main import main

sys.exit(main(sys.argv[1:]))
"""


def pack_agent(target: Path) -> Path:
    """Write the agent to ``target`` and return it. The same modules give the same bytes, so a board keeps its copy."""
    folder = resources.files("edgekit.agent")
    modules = {entry.name: entry.read_bytes() for entry in folder.iterdir() if entry.name.endswith(".py")}
    contents = {"__main__.py": _START.encode(), **{f"{_PACKAGE}/{name}": modules[name] for name in sorted(modules)}}
    # Not compressed: the least Pythons have no zlib.
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name, content in contents.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return target
