"""Which lines of a stack are the application's or the tests' own: those that whoever reads a failure can change."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import lru_cache
from itertools import groupby, takewhile
from pathlib import Path, PurePath
from types import FrameType
from typing import NamedTuple

import sqlalchemy

import bench

_INSTALLED = frozenset({"site-packages", "dist-packages"})
_LIBRARIES = tuple(Path(str(module.__file__)).parent for module in (os, sqlalchemy, bench))


class Line(NamedTuple):
    """A line of code: a file, as its code object names it, and the number of the line."""

    file: str
    number: int


def own_lines(frames: Iterable[FrameType]) -> tuple[Line, ...]:
    """The lines that are no library's, from the innermost outwards.

    A library's are the standard library's, SQLAlchemy's, this package's, and whatever is installed in the environment:
    drivers, greenlet, pytest and its plugins. The line of a Jinja template is the template's. Where pytest runs the
    test they end: whoever started pytest sends no statement.
    """
    of_test = takewhile(lambda frame: frame.f_globals.get("__name__") != "_pytest.runner", frames)
    # Up to Python 3.11 a comprehension has a frame of its own, on the same line.
    return tuple(line for line, _ in groupby(_line(frame) for frame in of_test if _is_own(frame.f_code.co_filename)))


def place(line: Line, root: Path) -> str:
    """A line as it is shown, `tests/test_page.py:12`; the whole path where the file is not below `root`."""
    return f"{_shown(line.file, root)}:{line.number}"


@lru_cache(maxsize=4096)
def _is_own(file: str) -> bool:
    if file.startswith("<"):
        return file.startswith("<doctest ")
    path = PurePath(file)
    return _INSTALLED.isdisjoint(path.parts) and not any(path.is_relative_to(library) for library in _LIBRARIES)


@lru_cache(maxsize=4096)
def _shown(file: str, root: Path) -> str:
    path = PurePath(file)
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else file


def _line(frame: FrameType) -> Line:
    template = frame.f_globals.get("__jinja_template__")
    number = frame.f_lineno if template is None else template.get_corresponding_lineno(frame.f_lineno)
    return Line(frame.f_code.co_filename, number)
