"""What was typed, as a complaint may repeat it: without the secrets that a database's address has in it."""

from __future__ import annotations

import re
from collections.abc import Iterable

_HIDDEN = "…"
_SCHEME = r"[A-Za-z][A-Za-z0-9+.-]*:/{1,2}"
"""A URL's beginning; one slash is left of two where it was taken for a path."""
_WITH_USER = re.compile(rf"({_SCHEME})(?!/?user@host:5432/database\b)[^\s'\"`@]*@[^\s'\"`)]*")
"""A URL that names a user, wherever it comes from, but for the one that shows how it is written."""
_URL = re.compile(rf"({_SCHEME})(\S+)")
_OPTION = re.compile(
    r"\b((?:ssl)?password|passwd|pwd|host(?:addr)?)(\s*=\s*)('(?:[^'\\]|\\.)*'|[^\s&'\"`]+)", re.IGNORECASE
)
"""libpq's other form, `host=db password=secret`, and the options of a URL."""


def without_secrets(text: str, words: Iterable[str]) -> str:
    """A text in which no URL, no host and no password stands that was typed.

    Args:
        text: A complaint, or the message of an error.
        words: What was typed: of a URL in there, wherever it stands in a word, the scheme alone is left.
    """
    for word in words:
        if (url := _URL.search(word)) is not None:
            for form in (url[0], url[0].replace("//", "/")):
                text = text.replace(form, url[1] + _HIDDEN)
    text = _WITH_USER.sub(rf"\1{_HIDDEN}", text)
    return _OPTION.sub(rf"\1\2{_HIDDEN}", text)
