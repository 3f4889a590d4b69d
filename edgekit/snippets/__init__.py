"""Code to copy into an application: exact pre- and postprocessing for one file, in the language of the application."""

from edgekit.snippets.languages import LANGUAGES, Language, language_named
from edgekit.snippets.snippet import snippet

__all__ = ["LANGUAGES", "Language", "language_named", "snippet"]
