"""The formats of a report: one table, by the suffix of the file's name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from edgekit.errors import UsageError, unknown_name
from edgekit.files import (
    encode_json,
    named_output,
    paths_among,
    require_document_place,
    require_other,
    require_writable,
)
from edgekit.reports.markdown import markdown_text
from edgekit.reports.page import Page
from edgekit.reports.plain_text import plain_text
from edgekit.reports.web_page import web_page


class Reportable(Protocol):
    """What can be written as a report."""

    @property
    def page(self) -> Page:
        """For people."""
        ...

    def to_document(self) -> Mapping[str, Any]:
        """For machines."""
        ...


Writer = Callable[[Reportable], bytes]


def _text(text: str) -> bytes:
    # File names that are not UTF-8 hold halves of letters.
    return text.encode(errors="backslashreplace")


FORMATS: dict[str, Writer] = {
    ".html": lambda report: web_page(report.page),
    ".md": lambda report: _text(markdown_text(report.page)),
    ".txt": lambda report: _text(plain_text(report.page)),
    ".json": lambda report: encode_json(report.to_document()),
}


def writer_for(path: Path) -> Writer:
    """Return what writes a report of this name. Raises UsageError that lists the suffixes."""
    try:
        return FORMATS[path.suffix.lower()]
    except KeyError:
        message = unknown_name("kind of report", path.suffix or path.name, FORMATS)
        raise UsageError(message, hint="give the report a name that ends so") from None


def require_report_place(path: str | Path, *, schema: str, given: Mapping[str, Any]) -> Path:
    """Return where a report goes. Raises UsageError or OutputError now, and not after the work.

    Args:
        path: the file that was named.
        schema: of the report's document; a ``.json`` file of anything else stays what it is.
        given: what is read: what it is, to what was given.
    """
    target = named_output(path)
    write = writer_for(target)
    for what, each in paths_among(given).items():
        require_other(target, each, what=what)
    if write is FORMATS[".json"]:
        require_document_place(target, schema)
    require_writable(target)
    return target
