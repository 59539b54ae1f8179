"""What was typed, as a complaint may repeat it: without the secrets that a database's address has in it."""

from __future__ import annotations

import re
from collections.abc import Iterable

_HIDDEN = "…"
_WITH_USER = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*://)[^\s'\"`@]*@[^\s'\"`)]*")
"""A URL that names a user, wherever it comes from; its password may be in there."""
_TYPED_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*://)(\S+)", re.DOTALL)
_PASSWORD = re.compile(r"\b((?:ssl)?password|passwd|pwd)(\s*=\s*)('(?:[^'\\]|\\.)*'|[^\s&'\"`]+)", re.IGNORECASE)
"""libpq's other form, `host=db password=secret`, and the options of a URL."""


def without_secrets(text: str, words: Iterable[str]) -> str:
    """A text in which no URL and no password stands that was typed.

    Args:
        text: A complaint, or the message of an error.
        words: What was typed: URLs among it, wherever they stand in a word, are hidden but for their scheme.
    """
    for word in words:
        if (url := _TYPED_URL.search(word)) is not None:
            text = text.replace(url[0], url[1] + _HIDDEN)
    text = _WITH_USER.sub(rf"\1{_HIDDEN}", text)
    return _PASSWORD.sub(rf"\1\2{_HIDDEN}", text)
