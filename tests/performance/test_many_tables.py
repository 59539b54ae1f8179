"""How soon `bench models` measures where a schema has fifty tables. Figures are printed and read, not asserted."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

TABLES = 50
HEAD = """
from __future__ import annotations
from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
class Base(DeclarativeBase):
    pass
"""
BASE = f"{HEAD}class T0(Base):\n    __tablename__ = 't0'\n    id: Mapped[int] = mapped_column(primary_key=True)\n"
CHILD = """
class T{number}(Base):
    __tablename__ = "t{number}"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40))
    parent_id: Mapped[int] = mapped_column(ForeignKey("t{parent}.id"), index=True)
    parent: Mapped[T{parent}] = relationship(backref="children{number}")
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a module of fifty classes."""
    classes = [CHILD.format(number=number, parent=(number - 1) // 2) for number in range(1, TABLES)]
    (tmp_path / "fifty.py").write_text(BASE + "".join(classes))
    return tmp_path


def seconds_to_first(folder: Path) -> float:
    """Seconds from the start of the command to the first question that is measured."""
    began = time.monotonic()
    command = [sys.executable, "-m", "bench", "models", "fifty:Base", "--database", "embedded", "--budget", "1s"]
    rows = [word for number in range(TABLES) for word in ("--rows", f"t{number}=100")]
    with subprocess.Popen([*command, *rows], cwd=folder, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL) as process:
        assert process.stderr is not None
        try:
            next(line for line in process.stderr if line.startswith(b"[1/"))
            return time.monotonic() - began
        finally:
            process.terminate()


def test_fifty_tables_are_measured_soon(folder: Path, benchmark: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """From the command to the first question, once data is there; asked are at most 5 s."""
    seconds_to_first(folder)
    taken = benchmark.pedantic(lambda: seconds_to_first(folder), rounds=3)
    with capsys.disabled():
        print(f"\n  {TABLES} tables: the first question is measured {taken:.1f} s after the command was given")
