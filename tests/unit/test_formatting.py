"""Moments and JSON as they are read, whatever somebody has written there."""

from __future__ import annotations

import pytest

from bench.reports.formatting import json_text, moment


@pytest.mark.parametrize(
    ("started", "shown"),
    [
        ("2026-11-22T10:31:05+01:00", "2026-11-22 09:31 UTC"),
        ("2026-11-22T10:31:05", "2026-11-22 10:31"),
        ("yesterday", "yesterday"),
        ("0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00+14:00"),
        ("9999-12-31T23:59:59-14:00", "9999-12-31T23:59:59-14:00"),
        ("\x1b[31mnow", "\\x1b[31mnow"),
    ],
)
def test_a_moment_is_in_utc_where_there_is_such(started: str, shown: str) -> None:
    """A moment that no calendar has in UTC stands as it was written, as text that is no moment does."""
    assert shown == moment(started)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("é", '"\\u00e9"'),
        ("\x1b\x9b\x7f\u202e", '"\\u001b\\u009b\\u007f\\u202e"'),
        ("\U000e0001", '"\\udb40\\udc01"'),
    ],
)
def test_json_is_printed_in_ascii(text: str, shown: str) -> None:
    """What a terminal would obey stands as an escape, and is read back as what it was."""
    assert shown == json_text(text)
