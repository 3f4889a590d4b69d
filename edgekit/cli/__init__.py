"""The command line: a skin over the same functions that ``import edgekit`` gives."""

from edgekit.cli.main import main

__all__ = ["main"]
