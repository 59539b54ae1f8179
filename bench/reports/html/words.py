"""Sentences with names in them, for a page that sets names as code: made by whoever writes the sentence, told apart
here.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from bench.reports.formatting import plain

Words = Sequence[str]
"""A sentence in parts: text, a name, text, a name, and so on; every second part is a name."""

# Text of others has no control characters left when it comes here: `plain` writes them as escapes.
_BEGINS, _ENDS = "\x02", "\x03"


def quoted(name: str) -> str:
    """A name, made harmless and marked, for whoever puts it into a sentence."""
    return f"{_BEGINS}{plain(name)}{_ENDS}"


def words(sentence: str) -> Words:
    """A sentence whose names are marked by `quoted`, in its parts."""
    return sentence.replace(_ENDS, _BEGINS).split(_BEGINS)


def of_markdown(paragraph: str) -> Words:
    """Text whose only marks are backticks, as in a docstring and in what we say of the method, in its parts."""
    return " ".join(paragraph.split()).split("`")


def as_html(sentence: Words) -> str:
    """A sentence as HTML, its names as code."""
    return "".join(
        f"<code>{escape(part)}</code>" if number % 2 else escape(part) for number, part in enumerate(sentence)
    )
