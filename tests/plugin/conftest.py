"""Suites that use the plugin, each run by a pytest of its own."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

# Imported here, so that they outlive a run inside this process: what is imported in one is forgotten after it.
from bench.pytest_plugin import asked, checks, counter, explaining, sendings, snapshot, updating  # noqa: F401

SUITE = Path(__file__).parent / "suite"

UNUSED = ["-p", "no:cacheprovider", "-p", "no:hypothesispytest"]
"""Other plugins than this, of which one imports for a second what is forgotten after each run."""

HEAD = """
import asyncio
import pytest
import sqlalchemy
from sqlalchemy import create_engine, insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.orm import Session, scoped_session, sessionmaker
import shop
from shop import Author, Post
"""

Run = Callable[..., pytest.RunResult]


@pytest.fixture(autouse=True)
def _not_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    """pytest shows more on a machine that says it is CI, in colours or a width of its own where it is told so."""
    for name in ("CI", "BUILD_NUMBER", "FORCE_COLOR", "PY_COLORS", "COLUMNS", "PYTEST_ADDOPTS"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def run(pytester: pytest.Pytester) -> Run:
    """Run a module of tests beside the application `shop`, under the name `test_shop.py`."""
    for name, place in {"shop.py": "shop.py", "fixtures.py": "conftest.py"}.items():
        (pytester.path / place).write_text((SUITE / name).read_text())

    def run(tests: str, *arguments: str, inside: bool = True) -> pytest.RunResult:
        (pytester.path / "test_shop.py").write_text(HEAD + textwrap.dedent(tests))
        command = [*UNUSED, "--strict-markers", "--strict-config", *arguments]
        return pytester.runpytest_inprocess(*command) if inside else pytester.runpytest_subprocess(*command)

    return run


@pytest.fixture
def at(pytester: pytest.Pytester) -> Callable[[str], str]:
    """Where the line is that ends in a comment, as `test_shop.py:12`."""

    def at(mark: str) -> str:
        found = [
            f"{path.name}:{number}"
            for path in sorted(pytester.path.glob("*.py"))
            for number, line in enumerate(path.read_text().splitlines(), 1)
            if line.endswith(f"  # {mark}")
        ]
        (place,) = found
        return place

    return at
