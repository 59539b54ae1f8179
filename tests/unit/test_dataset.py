"""What makes a dataset another one, so that its template is made anew."""

from __future__ import annotations

import importlib
import py_compile
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import pytest
from sqlalchemy import Column, Integer, MetaData, Table
from sqlalchemy.sql.functions import FunctionElement

from bench import Dataset
from bench.dataset import Rows

ROWS = """
import time
from shop_sizes import SIZE, more, STATES
from shop_more import *
import shop_words

BEGAN = time.time_ns()

def rows(scale, random):
    yield "customer", ((number, shop_words.FIRST, STATES, OTHERS, BEGAN) for number in range(SIZE + more()))
"""
SIZES = """
from shop_states import KNOWN as STATES
SIZE = 10

def more():
    return 0
"""
WORDS = 'FIRST = "a"\n'
STATES = 'KNOWN = ["new"]\n'
MORE = 'OTHERS = {"old"}\n'


@pytest.fixture
def digest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., str]]:
    """The digest of rows as several modules make them, with so much of their text replaced."""
    monkeypatch.syspath_prepend(str(tmp_path))
    names = {"shop_rows": ROWS, "shop_sizes": SIZES, "shop_words": WORDS, "shop_states": STATES, "shop_more": MORE}

    def made(before: str = "", after: str = "") -> str:
        for name, text in names.items():
            (tmp_path / f"{name}.py").write_text(text.replace(before, after) if before else text, encoding="utf-8")
            sys.modules.pop(name, None)
        importlib.invalidate_caches()
        sys.dont_write_bytecode, before_that = True, sys.dont_write_bytecode
        try:
            module = importlib.import_module("shop_rows")
        finally:
            sys.dont_write_bytecode = before_that
        return Dataset("shop", MetaData(), cast(Rows, module.rows)).digest()

    yield made
    for name in names:
        sys.modules.pop(name, None)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("number,", "-number,"),
        ("SIZE = 10", "SIZE = 11"),
        ('["new"]', '["new", "paid"]'),
        ('"old"', '"older"'),
        ("return 0", "return 1"),
        ('"a"', '"b"'),
    ],
    ids=[
        "the function",
        "a constant of another module",
        "a list by way of another module",
        "what a star brings",
        "a function of another module",
        "a module's attribute",
    ],
)
def test_rows_that_are_made_otherwise_have_another_digest(digest: Callable[..., str], before: str, after: str) -> None:
    """Whatever of the author's the rows are made of, a change of it makes another dataset."""
    assert digest() != digest(before, after)


def test_a_module_that_was_compiled_counts_by_its_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows that use a module without a source have a digest, which another compilation of it changes."""
    monkeypatch.syspath_prepend(str(tmp_path))
    source, compiled = tmp_path / "shop_source.txt", tmp_path / "shop_compiled.pyc"
    (tmp_path / "shop_bare.py").write_text(
        "import shop_compiled\n\ndef rows(scale, random):\n    yield 'customer', shop_compiled.ROWS\n", encoding="utf-8"
    )
    found = []
    for size in (1, 2):
        source.write_text(f"ROWS = [(number,) for number in range({size})]\n", encoding="utf-8")
        py_compile.compile(str(source), cfile=str(compiled), doraise=True)
        for name in ("shop_bare", "shop_compiled"):
            monkeypatch.delitem(sys.modules, name, raising=False)
        importlib.invalidate_caches()
        rows = cast(Rows, importlib.import_module("shop_bare").rows)
        found.append(Dataset("shop", MetaData(), rows).digest())

    assert 2 == len(set(found))


def test_the_same_rows_have_the_same_digest(digest: Callable[..., str]) -> None:
    """Modules that are imported anew make the same dataset, whatever they find out as they are imported."""
    assert digest() == digest()


def test_a_default_that_only_a_database_can_tell_is_no_hindrance() -> None:
    """A construct of an application's own, which no compiler knows without a dialect, has a digest as all have."""

    class Made(FunctionElement[int]):
        inherit_cache = True

    table = Table("made", MetaData(), Column("id", Integer, server_default=Made()))

    assert 16 == len(
        Dataset(
            "made", table.metadata, cast(Rows, test_a_default_that_only_a_database_can_tell_is_no_hindrance)
        ).digest()
    )
