"""`bench show`: what a strategy is and what it sends."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from tests.cli.helpers import HASTE, SMALL, Ran, run

Bench = Callable[..., Ran]

LAZILY = '''
"""How should posts be loaded?"""
from sqlalchemy import ForeignKey, select
from sqlalchemy.ext.asyncio import AsyncAttrs
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, selectinload

from bench import Dataset, Scenario


class Base(AsyncAttrs, DeclarativeBase): ...


class Author(Base):
    __tablename__ = "authors"
    id: Mapped[int] = mapped_column(primary_key=True)
    posts: Mapped[list["Post"]] = relationship()


class Post(Base):
    __tablename__ = "posts"
    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("authors.id"))


def rows(scale, random):
    yield Author, ((number,) for number in (1, 2, 3))
    yield Post, ((number, number) for number in (1, 2, 3))


which = Scenario(dataset=Dataset("lazily", Base.metadata, rows))


@which.strategy(baseline=True)
async def lazy(db):
    async with db.session() as session:
        return [len(await author.awaitable_attrs.posts) for author in await session.scalars(select(Author))]


@which.strategy()
async def selectin(db):
    async with db.session() as session:
        found = await session.scalars(select(Author).options(selectinload(Author.posts)))
        return [len(author.posts) for author in found]
'''


def test_a_strategy_is_shown_with_code_sql_plan_and_counters(bench: Bench) -> None:
    """On PostgreSQL: the docstring, the point, the code, each statement with its plan, and what one call cost."""
    ran = bench("show", "small.reading:at_once", "--scenarios", SMALL, "--database", "embedded")

    assert 0 == ran.code, ran.err
    lines = ran.out.splitlines()
    assert ["small.reading:at_once", "One SELECT for all.", "at count=5 twice=False"] == lines[:3]
    assert "async def at_once(db: Database, count: int, twice: bool) -> dict[int, int]:" in lines
    assert "-- sent 1 time" in lines
    assert "WHERE numbers.id <= $1::INTEGER" in lines
    assert any("Scan" in line and line.startswith("    ") for line in lines)
    assert "statements           1" in lines
    assert "rows                 5" in lines
    assert any(re.fullmatch(r"traced memory {8}[\d.]+ [kM]B", line) for line in lines)
    assert "small.reading:apart" not in lines


def test_a_scenario_is_shown_with_each_strategy_at_the_point_that_is_set(bench: Bench) -> None:
    """Without a strategy's name all are shown, and `--set` replaces the typical value."""
    ran = bench("show", "small.reading", *HASTE, "--set", "count=20")

    assert 0 == ran.code, ran.err
    assert ["small.reading:apart", "small.reading:at_once"] == [
        line for line in ran.out.splitlines() if line.startswith("small.reading:")
    ]
    assert 2 == ran.out.count("at count=20 twice=False\n")
    assert "-- sent 20 times" in ran.out


def test_a_strategy_that_fails_is_shown_with_its_error(bench: Bench) -> None:
    """The error stands where the statements would, and the exit code is that of a failed strategy."""
    ran = bench("show", "small.failing:unsound", *HASTE)

    assert 4 == ran.code
    assert "failed: LookupError: nothing to be found (small.py:" in ran.out


def test_no_selector_is_said(bench: Bench) -> None:
    """Which strategy to show has to be said."""
    assert bench("show").complaint.startswith("name a strategy to show, such as loading.one_to_many:selectin")


def test_an_unknown_parameter_names_what_is_close(bench: Bench) -> None:
    """`--set` of a name that the scenario does not have is refused, as in a run."""
    complaint = bench("show", "small.reading", *HASTE, "--set", "cuont=1").complaint

    assert "--set cuont: no selected scenario has that parameter; close to it: count" == complaint


def test_an_n_plus_one_is_named(tmp_path: Path) -> None:
    """A relationship that is loaded object by object is shown with its count and line, as run and count say it."""
    scenario = tmp_path / "lazily.py"
    scenario.write_text(LAZILY)

    ran = run("show", "lazily.which:lazy", "--scenarios", str(scenario), "--database", "sqlite", cwd=tmp_path)

    assert 0 == ran.code, ran.err
    assert re.search(r"N\+1: Author\.posts is loaded 3 times by itself \(lazy\), at lazily\.py:\d+", ran.out), ran.out
