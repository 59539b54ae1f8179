"""Whether a file is one that `bench report` made: only such may be written anew."""

from __future__ import annotations

import re

from bench.reports.pages.making import is_index

_NAME = r'"(?:[^"\\\n]|\\.)*"'
_BEGINNINGS = (
    re.compile(r'<svg [^>]*aria-labelledby="title-'),
    re.compile(r'\{\n "machine_info": \{\n  "node": ""'),
    re.compile(rf'\[\n \{{\n  "name": {_NAME},\n  "unit": '),
    re.compile(rf'\{{\n {_NAME}: \{{\n  "[a-z-]+": \{{\n   "value": '),
)
"""How a chart begins, and each of the exports, by the indentation that ours have."""
_ENDS_OF_PAGES = ("\n## How it was measured\n", "\n## How it was counted\n")


def is_report(text: str) -> bool:
    """Whether a text is a page, an index, a chart or an export that was made here, and not somebody's own."""
    is_page = text.startswith("# ") and any(heading in text for heading in _ENDS_OF_PAGES)
    is_html = text.startswith("<!doctype html>") and ' id="figures"' in text
    return is_page or is_html or is_index(text) or any(one.match(text) for one in _BEGINNINGS)
