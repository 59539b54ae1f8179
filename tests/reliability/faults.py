"""The faults that tests inject, in the order of their table: each part has a file of its own, `faults_*.py`."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from tests.reliability.observing import Fault

HERE = Path(__file__).parent
ORDER = ("outages", "results", "cli", "leftovers", "secrets", "readers", "platforms")
"""The parts as they are read: what breaks while a run goes on comes first. Others follow by their names."""


def faults() -> dict[str, Fault]:
    """Every fault by its name.

    Raises:
        ValueError: Two parts have a fault of one name.
    """
    found: dict[str, Fault] = {}
    for part in sorted((path.stem.removeprefix("faults_") for path in HERE.glob("faults_*.py")), key=_place):
        for name, fault in import_module(f"tests.reliability.faults_{part}").FAULTS.items():
            if name in found:
                raise ValueError(f"two faults are named {name!r}; the second is in faults_{part}.py")
            found[name] = fault
    return found


def _place(part: str) -> tuple[int, str]:
    return ORDER.index(part) if part in ORDER else len(ORDER), part
