"""What a page may have in it, whatever a result says: nothing that a terminal obeys, nothing that a browser runs."""

from __future__ import annotations

import re
import unicodedata
from html.parser import HTMLParser

from markdown_it import MarkdownIt

_OURS = frozenset("\n\N{WORD JOINER}")
_OBEYED = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_UNUSUAL = re.compile(r"[^\n\x20-\x7e]")
_FOLDS = re.compile(r"</?(?:details|summary|code)>")
_ELSEWHERE = re.compile(r"(?i)[a-z][a-z0-9+.-]*:|/|\\|\.\.")
_RUNS = frozenset(
    {"iframe", "img", "object", "embed", "form", "link", "base", "frame", "svg", "math", "video", "audio"}
)
_SOURCES = frozenset({"src", "href", "srcset", "action", "formaction", "data", "poster"})


def obeyed(text: str) -> list[str]:
    """The characters that a terminal obeys or that nobody sees: controls, and those that turn the direction."""
    found = set(_UNUSUAL.findall(text)) - _OURS
    return sorted(repr(one) for one in found if unicodedata.category(one) in _OBEYED)


def odd_markdown(page: str) -> list[str]:
    """What a page in Markdown has beside folds, and links and pictures that lead to its own files."""
    odd: list[str] = []
    parser = MarkdownIt("commonmark").enable("table")
    parser.validateLink = lambda url: True  # or it would not see the links that no browser should
    waiting = parser.parse(page)
    while waiting:
        token = waiting.pop()
        waiting += token.children or []
        if token.type.startswith("html_") and "<" in _FOLDS.sub("", token.content):
            odd.append(token.content)
        target = token.attrGet("href") or token.attrGet("src")
        if target is not None and _ELSEWHERE.match(str(target)):
            odd.append(str(target))
    return odd


class _Elements(HTMLParser):
    """Goes through the elements of a page, and keeps what none of ours has."""

    def __init__(self) -> None:
        super().__init__()
        self.odd: list[str] = []
        self.scripts = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.scripts += tag == "script" and "type" not in given
        if tag in _RUNS:
            self.odd.append(f"<{tag}>")
        self.odd += [f"{name}={value}" for name, value in attrs if name.startswith("on")]
        self.odd += [
            f"{name}={value}" for name, value in attrs if name in _SOURCES and not (value or "").startswith("#")
        ]


def odd_html(page: str) -> list[str]:
    """What a page for a browser has that loads, sends or runs anything, beside the one script that is ours."""
    elements = _Elements()
    elements.feed(page)
    return elements.odd + ["a second script"] * (elements.scripts - 1)
