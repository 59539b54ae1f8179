"""What tests of faults share."""

from __future__ import annotations

import pytest

from tests.reliability.observing import Observer


@pytest.fixture
def observed() -> Observer:
    """Observes a fault for the table: `with observed("server-killed") as seen: …; seen.says("…")`."""
    return Observer()
