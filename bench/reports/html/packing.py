"""Data inside a page: JSON that no text in it can end, and compressed where it is large."""

from __future__ import annotations

import base64
import gzip
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from typing import Any

from bench.reports.formatting import json_text

LARGE = 100_000
"""Characters of JSON from which on it is compressed: below, a page is easier to look into."""
_UNSEEN = re.compile(
    "[\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
"""What a terminal obeys, or nobody sees: in strings alone, where it stands as an escape."""


def data_block(name: str, value: object) -> str:
    """A script element that holds a value and runs nothing, as JSON or, where that is large, compressed.

    Args:
        name: The element's id.
        value: Dataclasses, mappings, sequences, text, numbers.
    """
    text = json.dumps(built_in(value), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    text = _UNSEEN.sub(lambda unseen: json_text(unseen[0])[1:-1], text)
    if len(text) >= LARGE:
        return compressed_block(name, text)
    # A "<" is all that could end the element, or begin a comment in it.
    harmless = text.replace("<", "\\u003c")
    return f'<script type="application/json" id="{name}">{harmless}</script>'


def compressed_block(name: str, text: str) -> str:
    """A script element that holds a text and runs nothing, compressed."""
    # Without the moment, so that equal results make equal pages.
    packed = base64.b64encode(gzip.compress(text.encode(), 9, mtime=0)).decode()
    return f'<script type="application/gzip" id="{name}">{packed}</script>'


def built_in(value: Any) -> Any:
    """A value made of what JSON has. Of dataclasses, what is as it is by default is left out."""
    if is_dataclass(value) and not isinstance(value, type):
        members = ((field, getattr(value, field.name)) for field in fields(value))
        return {field.name: built_in(member) for field, member in members if not _goes_without(field, member)}
    if isinstance(value, Mapping):
        return {str(name): built_in(member) for name, member in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [built_in(member) for member in value]
    return value


def _goes_without(field: Field[Any], member: object) -> bool:
    return (field.default is not MISSING or field.default_factory is not MISSING) and (
        member == field.default or (isinstance(member, Sequence | Mapping) and not member)
    )
