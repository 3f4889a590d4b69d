"""The languages of snippets: one table. To add a language, add a module and a line here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from edgekit.errors import UsageError, unknown_name
from edgekit.snippets import cpp, kotlin, python
from edgekit.snippets.plan import SnippetPlan


@dataclass(frozen=True, slots=True)
class Language:
    """One row of the table."""

    name: str
    suffix: str
    """Of a file that holds such code."""
    write: Callable[[SnippetPlan], str]


LANGUAGES: dict[str, Language] = {
    language.name: language
    for language in (
        Language("python", ".py", python.written),
        Language("kotlin", ".kt", kotlin.written),
        Language("cpp", ".cpp", cpp.written),
    )
}


def language_named(name: str) -> Language:
    """Return the language called ``name``. Raises UsageError that lists the valid ones."""
    try:
        return LANGUAGES[name]
    except KeyError:
        raise UsageError(unknown_name("language of a snippet", name, LANGUAGES), hint="name one of them") from None
