"""What the documents say is true: commands run, and the names of verbs, options, files and modules exist.

A fenced ``console`` block is run line by line (``$ `` begins a command, ``> `` continues one), a ``python`` block as a
whole, all of a document in one folder and in order. A line ``exit N`` behind a command is the exit code that it must
end with. ``<!-- not run: REASON -->`` above a block exempts it; its names are looked up all the same.
"""

from __future__ import annotations

import importlib
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import pytest

import edgekit
from edgekit.cli.verbs import VERBS

_CHECKOUT = Path(__file__).resolve().parent.parent
_PACKAGE = _CHECKOUT / "edgekit"
_ARCHITECTURE = "edgekit/ARCHITECTURE.md"
_DECISIONS = "edgekit/DECISIONS.md"
_DOCUMENTS = ["README.md", "CHANGELOG.md", ".github/CONTRIBUTING.md", _ARCHITECTURE, _DECISIONS]

_FENCE = re.compile(r"^(```+|~~~+)\s*(\w*)\s*$")
_NOT_RUN = re.compile(r"^<!-- not run: \S.* -->$")
_EXIT = re.compile(r"^exit (\d+)$")
_INLINE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_PROJECT_PATH = re.compile(r"(?<![\w./-])((?:scripts|examples|tests|edgekit|device_profiles|\.ci|\.github)/[\w.*/-]*)")
_SECONDS = 300


@dataclass(frozen=True)
class Block:
    """A fenced block."""

    language: str
    lines: tuple[str, ...]
    runs: bool


@dataclass(frozen=True)
class Command:
    """What is typed, and how it must end."""

    text: str
    code: int


def blocks(text: str) -> Iterator[Block]:
    """Find the fenced blocks of a Markdown text."""
    fence, above, runs, body, language = "", "", True, [], ""
    for line in text.splitlines():
        if fence:
            if line.strip() == fence:
                yield Block(language, tuple(body), runs)
                fence, above = "", ""
            else:
                body.append(line)
        elif opening := _FENCE.match(line):
            fence, language = opening.groups()
            body, runs = [], not _NOT_RUN.match(above)
        elif line.strip():
            above = line.strip()
    assert not fence, "a fenced block has no end"


def commands(block: Block) -> list[Command]:
    """Read the commands of a console block. What is neither a command nor an exit code is output."""
    found: list[Command] = []
    open_ended = False
    for line in block.lines:
        if line.startswith("$ "):
            found.append(Command(line[2:], 0))
        elif found and (open_ended or line.startswith("> ")):
            last = found.pop()
            found.append(Command(f"{last.text}\n{line.removeprefix('> ')}", last.code))
        elif found and (exit_code := _EXIT.match(line)):
            found.append(Command(found.pop().text, int(exit_code[1])))
        open_ended = line.endswith("\\") and (open_ended or line.startswith(("$ ", "> ")))
    return found


def prose(text: str) -> str:
    """Return a document without its fenced blocks."""
    kept, fence = [], ""
    for line in text.splitlines():
        if opening := _FENCE.match(line):
            fence = "" if fence and line.strip() == fence else fence or opening[1]
        elif not fence:
            kept.append(line)
    return "\n".join(kept)


def _read(name: str) -> str:
    return (_CHECKOUT / name).read_text(encoding="utf-8")


def _inline(name: str) -> list[str]:
    return _INLINE.findall(prose(_read(name)))


def _console_lines(name: str) -> list[str]:
    return [each.text for block in blocks(_read(name)) if block.language == "console" for each in commands(block)]


def _options(verb: str) -> set[str]:
    command: click.Command = importlib.import_module(f"edgekit.cli.{verb}").command
    return {option for parameter in command.params for option in parameter.opts} | {"--help", "-h"}


def unknown_words(line: str) -> list[str]:
    """Return the verb and the options of an ``edgekit`` command that do not exist."""
    words = shlex.split(line.replace("\\\n", " "))
    if words[:1] != ["edgekit"] or words[1:] in ([], ["--help"], ["--version"], ["COMMAND", "--help"]):
        return []
    if words[1] not in VERBS:
        return words[1:2]
    given = [word.split("=")[0] for word in words[2:] if re.match(r"--?[a-z]", word)]
    return [word for word in given if word not in _options(words[1])]


def _exists(path: str, *roots: Path) -> bool:
    return any(next(root.glob(path.rstrip("/.")), None) is not None for root in roots)


def test_blocks_and_commands_are_read() -> None:
    text = (
        "Words `a`.\n```console\n$ one \\\n    --more\n$ two <<'END'\n> body\n> END\nsome output\nexit 2\n```\n"
        "<!-- not run: your own -->\n\n```console\n$ three\nexit 1\n```\n```python\nprint(1)\n```\n"
    )
    first, second, third = blocks(text)
    assert commands(first) == [Command("one \\\n    --more", 0), Command("two <<'END'\nbody\nEND", 2)]
    assert (first.runs, second.runs, third.runs) == (True, False, True)
    assert commands(second) == [Command("three", 1)]
    assert third == Block("python", ("print(1)",), True)
    assert prose(text) == "Words `a`.\n<!-- not run: your own -->\n"


def test_unknown_words_are_found() -> None:
    assert unknown_words("edgekit convert m.keras -p int8 --profile rpi4") == []
    assert unknown_words("edgekit convert m.keras --profil rpi4 -x") == ["--profil", "-x"]
    assert unknown_words("edgekit convrt m.keras") == ["convrt"]
    assert unknown_words("pip install .") == []


@pytest.mark.slow
def test_the_readme_runs(tmp_path: Path) -> None:
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    ran = 0
    for block in blocks(_read("README.md")):
        if not block.runs:
            continue
        for command in _runnable(block):
            done = subprocess.run(
                ["bash", "-c", command.text],
                cwd=tmp_path,
                env=environment,
                capture_output=True,
                text=True,
                timeout=_SECONDS,
                check=False,
            )
            assert done.returncode == command.code, f"$ {command.text}\n{done.stdout}{done.stderr}"
            ran += 1
    assert ran >= 6, "the README has lost its commands"


def _runnable(block: Block) -> Iterator[Command]:
    if block.language == "python":
        yield Command(f"python - <<'END'\n{chr(10).join(block.lines)}\nEND", 0)
    if block.language != "console":
        return
    for command in commands(block):
        program, *arguments = command.text.split(maxsplit=1)
        if program == "scripts/demo":
            # The demo without its own set-up, which would change the environment that the tests run in.
            script = shlex.quote(str(_CHECKOUT / "examples" / "digits.py"))
            yield Command(" ".join(["python", script, *arguments]), command.code)
        elif not program.startswith("scripts/"):
            yield command


def test_scripts_named_in_commands_can_be_executed() -> None:
    named = {line.split()[0] for name in _DOCUMENTS for line in _console_lines(name) if line.startswith("scripts/")}
    assert {"scripts/demo", "scripts/test"} <= named
    assert [name for name in sorted(named) if not os.access(_CHECKOUT / name, os.X_OK)] == []


@pytest.mark.parametrize("name", _DOCUMENTS)
def test_commands_name_verbs_and_options_that_exist(name: str) -> None:
    written = [*_console_lines(name), *(code for code in _inline(name) if code.startswith("edgekit "))]
    assert {line: words for line in written if (words := unknown_words(line))} == {}
    known = set().union(*(_options(verb) for verb in VERBS), {"--version"})
    alone = [code.split()[0] for code in _inline(name) if code.startswith("--")]
    assert [option for option in alone if option not in known] == []


@pytest.mark.parametrize("name", _DOCUMENTS)
def test_links_lead_somewhere(name: str) -> None:
    text = prose(_read(name))
    headings = {
        re.sub(r"[^\w -]", "", line.lstrip("#").strip().lower()).replace(" ", "-")
        for line in text.splitlines()
        if line.startswith("#")
    }
    broken = []
    for link in _LINK.findall(text):
        path, _, anchor = link.partition("#")
        if path.startswith(("http://", "https://", "mailto:")):
            continue
        if (path and not ((_CHECKOUT / name).parent / path).exists()) or (not path and anchor not in headings):
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize("name", _DOCUMENTS)
def test_files_that_are_named_exist(name: str) -> None:
    written = [*_console_lines(name), *_inline(name)]
    named = {path for text in written for path in _PROJECT_PATH.findall(text)}
    assert [path for path in sorted(named) if not _exists(path, _CHECKOUT)] == []


@pytest.mark.parametrize("name", _DOCUMENTS)
def test_functions_that_are_named_exist(name: str) -> None:
    named = {match[1] for code in _inline(name) if (match := re.match(r"edgekit\.(\w+)", code))}
    missing = [word for word in sorted(named) if word not in edgekit.__all__ and not _is_room(word)]
    assert missing == []


def _is_room(word: str) -> bool:
    return (_PACKAGE / word / "__init__.py").exists() or (_PACKAGE / f"{word}.py").exists()


@pytest.mark.parametrize("name", [_ARCHITECTURE, _DECISIONS])
def test_modules_that_the_map_names_exist(name: str) -> None:
    paths = [code for code in _inline(name) if re.fullmatch(r"[\w*][\w.*/-]*(\.py|\.toml|/)", code)]
    assert len(paths) > 10
    assert [path for path in paths if not _exists(path, _PACKAGE, _CHECKOUT)] == []
    dotted = [code.split(".") for code in _inline(name) if re.fullmatch(r"[a-z]+\.[A-Z]\w+", code)]
    assert [parts for parts in dotted if not hasattr(importlib.import_module(f"edgekit.{parts[0]}"), parts[1])] == []


def test_the_map_names_every_room_and_no_other() -> None:
    section = _read(_ARCHITECTURE).partition("## The rooms")[2].partition("\n## ")[0]
    first_cells = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    named = [room for cell in first_cells for room in _INLINE.findall(cell)]
    rooms = {path.parent.name for path in _PACKAGE.glob("*/__init__.py")} | {
        path.stem for path in _PACKAGE.glob("*.py") if not path.stem.startswith("__")
    }
    assert sorted(named) == sorted(rooms)
