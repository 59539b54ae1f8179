"""What does a run say of strategies that are planted to go wrong?"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from random import Random
from typing import Any

from sqlalchemy import ForeignKey, insert, select
from sqlalchemy.ext.asyncio import AsyncAttrs
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, selectinload

from bench import Claim, Database, Dataset, Scenario, SyncDatabase

AUTHORS = 60
POSTS = 5


class Base(AsyncAttrs, DeclarativeBase):
    """The tables of the planted scenarios."""


class Author(Base):
    """A parent."""

    __tablename__ = "authors"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    posts: Mapped[list[Post]] = relationship()


class Post(Base):
    """A child."""

    __tablename__ = "posts"
    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("authors.id"), index=True)
    title: Mapped[str]


def rows(scale: int, random: Random) -> Iterator[tuple[Any, Iterator[tuple[Any, ...]]]]:
    """Sixty authors with five posts each."""
    yield Author, ((number, f"author {number}") for number in range(1, AUTHORS * scale + 1))
    posts = range(1, AUTHORS * POSTS * scale + 1)
    yield Post, ((number, 1 + (number - 1) // POSTS, f"post {number}") for number in posts)


library = Dataset("planted", Base.metadata, rows)

Titles = dict[int, list[str]]


async def _titles(db: Database, authors: int, rounds: int = 1) -> Titles:
    async with db.session() as session:
        for _ in range(rounds):
            statement = select(Author).where(Author.id <= authors).options(selectinload(Author.posts))
            found = (await session.scalars(statement.execution_options(populate_existing=True))).all()
        return {author.id: [post.title for post in author.posts] for author in found}


failures = Scenario(dataset=library, params={"authors": (5, 20, 60)}, typical={"authors": 20}, size="authors")


@failures.strategy(baseline=True)
async def sound(db: Database, authors: int) -> Titles:
    """Read as asked."""
    return await _titles(db, authors)


@failures.strategy()
async def wrong(db: Database, authors: int) -> Titles:
    """Forget one post."""
    titles = await _titles(db, authors)
    titles[3] = titles[3][:-1]
    return titles


@failures.strategy()
async def failing(db: Database, authors: int) -> Titles:
    """Raise."""
    raise LookupError("nothing to be found")


@failures.strategy()
async def writing(db: Database, authors: int) -> Titles:
    """Write without saying so."""
    async with db.session() as session:
        await session.execute(insert(Author).values(id=10_000, name="undeclared"))
        await session.commit()
    return await _titles(db, authors)


@failures.strategy()
async def hanging(db: Database, authors: int) -> Titles:
    """Never come back."""
    await asyncio.Event().wait()
    return {}


@failures.strategy()
async def blocking(db: Database, authors: int) -> Titles:
    """Never come back, with the event loop held."""
    while True:
        pass


@failures.strategy()
async def entities(db: Database, authors: int) -> Any:
    """Return what cannot be compared."""
    async with db.session() as session:
        return (await session.scalars(select(Author).where(Author.id <= authors))).all()


@failures.strategy(where=lambda authors: authors < 10 or "only pages of less than ten")
async def declining(db: Database, authors: int) -> Titles:
    """Apply elsewhere."""
    return await _titles(db, authors)


@failures.strategy(requires="sqlalchemy>=99")
async def of_the_future(db: Database, authors: int) -> Titles:
    """Need a version that is not there."""
    return await _titles(db, authors)


@failures.strategy(raises=ZeroDivisionError)
async def demonstrating(db: Database, authors: int) -> Titles:
    """Show what dividing by zero does."""
    return {1 // 0: []}


@failures.strategy()
async def last(db: Database, authors: int) -> Titles:
    """Read as asked, after all that went wrong before."""
    return await _titles(db, authors)


slower = Scenario(
    dataset=library,
    params={"authors": (20,)},
    typical={"authors": 20},
    claims=[
        Claim("less work is quicker", source="common sense", faster="once", than="more_work"),
        Claim("two statements do", source="common sense", strategy="once", counter="statements", equals=2),
    ],
)


@slower.strategy(baseline=True)
async def once(db: Database, authors: int) -> Titles:
    """Read ten times."""
    return await _titles(db, authors, rounds=10)


@slower.strategy()
async def more_work(db: Database, authors: int) -> Titles:
    """Read thirteen times: 30 % more work."""
    return await _titles(db, authors, rounds=13)


writes = Scenario(
    dataset=library,
    params={"rows": (10, 50)},
    typical={"rows": 10},
    writes=[Author],
    inputs=lambda random, rows: [{"name": f"new {random.randrange(10**6)}"} for _ in range(rows)],
)


@writes.strategy(baseline=True)
async def in_one(db: Database, inputs: list[dict[str, Any]], rows: int) -> int:
    """Insert all in one statement."""
    async with db.session() as session:
        await session.execute(insert(Author).values(inputs))
        await session.commit()
    return len(inputs)


@writes.strategy()
async def one_by_one(db: Database, inputs: list[dict[str, Any]], rows: int) -> int:
    """Insert one at a time."""
    async with db.session() as session:
        for values in inputs:
            await session.execute(insert(Author).values(**values))
        await session.commit()
    return len(inputs)


@writes.strategy()
async def forgetful(db: Database, inputs: list[dict[str, Any]], rows: int) -> int:
    """Leave one out, and say nothing of it."""
    async with db.session() as session:
        await session.execute(insert(Author).values(inputs[1:]))
        await session.commit()
    return len(inputs)


@writes.strategy()
def in_one_plainly(db: SyncDatabase, inputs: list[dict[str, Any]], rows: int) -> int:
    """Insert all in one statement, from a plain function."""
    with db.session() as session:
        session.execute(insert(Author).values(inputs))
        session.commit()
    return len(inputs)
