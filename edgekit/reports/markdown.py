"""A page as Markdown, as GitHub and others read it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from edgekit.reports.page import Block, Bullets, FactList, Gallery, Notice, Page, PageTable, Paragraph

_HASH = re.compile(r"\b[0-9a-f]{64}\b")
# Brackets alone mean nothing: a link is made of two pairs.
_MARKUP = re.compile(r"[\\`*_<>&]|\](?=\()")
_BREAKS = re.compile(r"\s*[\r\n]\s*")


def markdown_text(page: Page) -> str:
    """Return the page as Markdown. Of charts stays what they alone would tell."""
    lines = [f"# {_inline(page.title)}", ""]
    if page.verdict is not None:
        lines += [*_notice(page.verdict), ""]
    for block in page.lead:
        lines += [*_block(block), ""]
    for section in page.sections:
        lines += [f"## {_inline(section.title)}", ""]
        for told in filter(None, (list(_block(block)) for block in section.blocks)):
            lines += [*told, ""]
    return "\n".join(lines)


def _block(block: Block) -> Iterator[str]:
    match block:
        case Paragraph(text):
            yield _inline(text)
        case Bullets(items):
            yield from (f"- {_inline(item)}" for item in items)
        case Notice():
            yield from _notice(block)
        case PageTable(columns, rows, figures):
            yield _row([_inline(name) for name in columns])
            yield _row(["---:" if name in figures else "---" for name in columns])
            yield from (_row([_inline(cell) for cell in row]) for row in rows)
        case FactList(pairs):
            yield from (f"- {_inline(name)}: {_inline(value)}" for name, value in pairs)
        case Gallery(figures):
            yield from (f"- {_inline(figure.said)}" for figure in figures if figure.said)


def _notice(notice: Notice) -> Iterator[str]:
    head, colon, rest = _inline(notice.title).partition(": ")
    title = f"{head}{colon}**{rest}**" if colon else f"**{head}**"
    if len(notice.lines) == 1:
        yield f"{title}. {_inline(notice.lines[0])}"
    else:
        yield title
        yield ""
        yield from (f"- {_inline(line)}" for line in notice.lines)


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _inline(text: str) -> str:
    """Return ``text`` so that it is shown as it is; hashes stand out."""
    escaped = _MARKUP.sub(_escape, _BREAKS.sub(" ", text))
    return _HASH.sub(r"`\g<0>`", escaped)


def _escape(match: re.Match[str]) -> str:
    letter = match[0]
    # An underscore inside of a word, as most names of files have, means nothing.
    if letter == "_" and _within_word(match):
        return letter
    return {"<": "&lt;", ">": "&gt;", "&": "&amp;"}.get(letter, f"\\{letter}")


def _within_word(match: re.Match[str]) -> bool:
    around = match.string[max(0, match.start() - 1) : match.start()] + match.string[match.end() : match.end() + 1]
    return len(around) == 2 and around.replace("_", "a").isalnum()
