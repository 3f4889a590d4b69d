"""A page as one HTML file: nothing is fetched, nothing is executed.

It is built as a tree, and the standard library's writer escapes every text and every attribute of it: there is no
place where a name could become markup. A template would have to be asked to do so, and would be one library more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import resources
from xml.etree.ElementTree import Element, SubElement, tostring

from edgekit.charts import svg_element
from edgekit.charts.svg import speakable
from edgekit.reports.page import (
    TONES,
    Block,
    Bullets,
    FactList,
    Figure,
    Gallery,
    Notice,
    Page,
    PageTable,
    Paragraph,
    Section,
    Tone,
)

_HASH = re.compile(r"\b([0-9a-f]{64})\b")
_LOUD_COLUMNS = {"verdict", "state"}
_LOUD = {**{str(verdict): tone for verdict, tone in TONES.items()}, "clean": Tone.GOOD, "TAINTED": Tone.BAD}
_LONG = 44
"""Letters from which a cell takes the whole width of a card."""
_WIDE = 12
"""Letters from which even a figure may be broken into lines."""
# What an engine would be told by the page if it were attacked all the same: fetch nothing, run nothing.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def web_page(page: Page) -> bytes:
    """Return the page as HTML, in UTF-8."""
    root = Element("html", {"lang": "en"})
    head = SubElement(root, "head")
    SubElement(head, "meta", {"charset": "utf-8"})
    SubElement(head, "meta", {"http-equiv": "Content-Security-Policy", "content": _POLICY})
    SubElement(head, "meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"})
    SubElement(head, "meta", {"name": "color-scheme", "content": "light dark"})
    _text(SubElement(head, "title"), page.title)
    # Our own file: the contents of a style element are the one thing that the writer does not escape.
    SubElement(head, "style").text = (resources.files("edgekit.reports") / "web_page.css").read_text(encoding="utf-8")
    main = SubElement(SubElement(root, "body"), "main")
    _text(SubElement(main, "h1"), page.title)
    if page.verdict is not None:
        main.append(_notice(page.verdict, kind="verdict"))
    main.extend(element for block in page.lead for element in _block(block))
    main.extend(_section(section) for section in page.sections)
    return b"<!DOCTYPE html>\n" + tostring(root, encoding="unicode", method="html").encode() + b"\n"


def _section(section: Section) -> Element:
    element = Element("section")
    _text(SubElement(element, "h2"), section.title)
    element.extend(each for block in section.blocks for each in _block(block))
    return element


def _block(block: Block) -> Iterator[Element]:
    match block:
        case Paragraph(text):
            yield _told("p", text)
        case Bullets(items):
            listed = Element("ul")
            listed.extend(_told("li", item) for item in items)
            yield listed
        case Notice():
            yield _notice(block, kind="notice")
        case PageTable():
            yield _table(block)
        case FactList(pairs):
            listed = Element("dl")
            for name, value in pairs:
                pair = SubElement(listed, "div")
                pair.append(_told("dt", name))
                pair.append(_told("dd", value))
            yield listed
        case Gallery(figures):
            gallery = Element("div", {"class": "gallery"})
            gallery.extend(_figure(figure) for figure in figures)
            yield gallery


def _notice(notice: Notice, *, kind: str) -> Element:
    element = Element("div", {"class": f"{kind} {notice.tone}"})
    element.append(_told("strong", notice.title))
    element.extend(_told("p", line) for line in notice.lines)
    return element


def _figure(figure: Figure) -> Element:
    element = Element("figure")
    element.append(svg_element(figure.chart))
    element.append(_told("figcaption", figure.caption))
    return element


def _table(table: PageTable) -> Element:
    place = Element("div", {"class": "table"})
    element = SubElement(place, "table")
    head = SubElement(SubElement(element, "thead"), "tr")
    classes = ["figure" if name in table.figures else "words" for name in table.columns]
    for name, kind in zip(table.columns, classes, strict=True):
        cell = SubElement(head, "th", {"scope": "col", "class": kind})
        _text(cell, name)
    body = SubElement(element, "tbody")
    for row in table.rows:
        line = SubElement(body, "tr")
        for name, kind, text in zip(table.columns, classes, row, strict=True):
            # On a narrow screen each row becomes a card, and each figure stands beside its column's name.
            long = " long" if len(text) > _LONG else " wide" if len(text) > _WIDE else ""
            cell = SubElement(line, "td", {"class": f"{kind}{long}", "data-column": speakable(name)})
            tone = _tone(name, text)
            _fill(cell if tone is None else SubElement(cell, "span", {"class": f"word {tone}"}), text)
    return place


def _tone(column: str, text: str) -> Tone | None:
    """Return how loud a cell is; None for most."""
    if column not in _LOUD_COLUMNS:
        return None
    return next((tone for word, tone in _LOUD.items() if text.startswith(word)), None)


def _told(tag: str, text: str) -> Element:
    element = Element(tag)
    _fill(element, text)
    return element


def _fill(element: Element, text: str) -> None:
    """Put a text into an element; hashes stand out."""
    plain, *rest = _HASH.split(text)
    _text(element, plain)
    for digest, after in zip(rest[::2], rest[1::2], strict=True):
        code = SubElement(element, "code")
        code.text, code.tail = digest, speakable(after)


def _text(element: Element, text: str) -> None:
    element.text = speakable(text)
