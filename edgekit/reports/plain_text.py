"""A page for a terminal, or for a mail."""

from __future__ import annotations

from collections.abc import Iterator

from edgekit.reports.page import Block, Bullets, FactList, Gallery, Notice, Page, PageTable, Paragraph


def plain_text(page: Page) -> str:
    """Return the page as text. Of charts stays what they alone would tell."""
    lines = [page.title, "=" * len(page.title), ""]
    for block in (*(() if page.verdict is None else (page.verdict,)), *page.lead):
        lines += [*_block(block), ""]
    for section in page.sections:
        lines += [section.title, "-" * len(section.title)]
        for told in filter(None, (list(_block(block)) for block in section.blocks)):
            lines += [*told, ""]
    return "\n".join(lines)


def _block(block: Block) -> Iterator[str]:
    match block:
        case Paragraph(text):
            yield text
        case Bullets(items):
            yield from (f"- {item}" for item in items)
        case Notice(tone, title, lines):
            yield title if tone == "good" else f"!! {title}"
            yield from (f"   {line}" for line in lines)
        case PageTable():
            yield from _table(block)
        case FactList(pairs):
            width = max((len(name) for name, _ in pairs), default=0)
            yield from (f"{name:<{width}}  {value}" for name, value in pairs)
        case Gallery(figures):
            yield from (figure.said for figure in figures if figure.said)


def _table(table: PageTable) -> Iterator[str]:
    lines = (table.columns, *table.rows)
    widths = [max(len(line[place]) for line in lines) for place in range(len(table.columns))]
    for line in lines:
        cells = (
            f"{cell:>{width}}" if name in table.figures else f"{cell:<{width}}"
            for name, cell, width in zip(table.columns, line, widths, strict=True)
        )
        yield "  ".join(cells).rstrip()
