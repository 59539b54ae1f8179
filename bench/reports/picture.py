"""A picture that stands in a file beside a page, as the page shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from bench.reports.formatting import markdown


@dataclass(frozen=True)
class Picture:
    """A picture beside a page: its `path` from there, `/` between folders, and its `text` for who cannot see it."""

    path: str
    text: str


Pictures = Mapping[str, Sequence[Picture]]
"""The pictures of each scenario by its name, in the order to be shown."""


def shown(pictures: Sequence[Picture]) -> str:
    """Pictures below each other, in Markdown."""
    return "\n\n".join(f"![{markdown(picture.text)}]({quote(picture.path)})" for picture in pictures)
