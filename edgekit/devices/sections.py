"""Several questions to a shell in one go: a script whose answers are told apart by their names."""

from __future__ import annotations

from collections.abc import Mapping

_MARK = "edgekit-says"


def asking(commands: Mapping[str, str]) -> str:
    """Return a script of ``sh`` that runs all commands; what fails, or is not there, says nothing."""
    lines = [f"printf '\\n{_MARK} {name}\\n'; {command} 2>/dev/null" for name, command in commands.items()]
    return "\n".join(lines)


def answers(printed: str) -> dict[str, str]:
    """Return what the commands printed, by name."""
    told = {}
    # Texts of a device tree end in a NUL.
    for section in printed.split(f"\n{_MARK} ")[1:]:
        name, _, text = section.partition("\n")
        told[name] = text.replace("\0", "").strip()
    return told
