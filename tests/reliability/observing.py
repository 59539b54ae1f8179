"""What a test of a fault saw: told to the page of faults where one is being written."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

FOLDER = "BENCH_RELIABILITY_OBSERVED"
"""The environment variable with the folder that what was seen is written to; without it nothing is."""


@dataclass(frozen=True)
class Fault:
    """A row of the table of faults: what is done, and what is to come of it."""

    title: str
    expected: str


@dataclass
class Seen:
    """What came of a fault, in a few words."""

    happened: str | None = None

    def says(self, happened: str) -> None:
        """Take what happened, once it has been asserted."""
        self.happened = happened


class Observer:
    """Times faults, from their beginning until all is as it should be again, and writes down what came of them."""

    @contextmanager
    def __call__(self, fault: str) -> Iterator[Seen]:
        """Observe a fault by its name in the table.

        Raises:
            AssertionError: Nobody said what happened.
        """
        seen, began = Seen(), time.monotonic()
        yield seen
        seconds = time.monotonic() - began
        assert seen.happened is not None, f"what happened at {fault} was not said"
        if folder := os.environ.get(FOLDER):
            line = {"fault": fault, "happened": seen.happened, "seconds": round(seconds, 1)}
            (Path(folder) / f"{fault}.json").write_text(json.dumps(line), encoding="utf-8")
