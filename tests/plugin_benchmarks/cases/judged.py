"""Which strategies are worth a time?"""

from __future__ import annotations

from sqlalchemy import select

from bench import Database, Scenario

from .shelf import Book, shelf

reading = Scenario(dataset=shelf, params={"books": (2, 20)}, typical={"books": 2})


async def _titles(db: Database, books: int) -> list[str]:
    async with db.session() as session:
        return list(await session.scalars(select(Book.title).where(Book.id <= books)))


@reading.strategy(baseline=True)
async def sound(db: Database, books: int) -> list[str]:
    """Read as asked."""
    return await _titles(db, books)


@reading.strategy()
async def hasty(db: Database, books: int) -> list[str]:
    """Read one book less, which is less work."""
    return await _titles(db, books - 1)


@reading.strategy()
async def raising(db: Database, books: int) -> list[str]:
    """Raise."""
    raise LookupError("no such book")


@reading.strategy(where=lambda books: books > 10 or "only for many books")
async def declining(db: Database, books: int) -> list[str]:
    """Apply elsewhere."""
    return await _titles(db, books)


@reading.strategy(requires="sqlalchemy>=99")
async def of_the_future(db: Database, books: int) -> list[str]:
    """Need a version that is not there."""
    return await _titles(db, books)


@reading.strategy(raises=ZeroDivisionError)
async def dividing(db: Database, books: int) -> list[str]:
    """Show what dividing by zero does."""
    return [str(1 // 0)]


@reading.strategy(differs=True)
async def differing(db: Database, books: int) -> list[str]:
    """Show another answer."""
    return []


disturbed = Scenario(
    dataset=shelf, params={"fault": ("terminate",)}, typical={"fault": "terminate"}, disturbed_by="fault"
)


@disturbed.strategy(baseline=True)
async def trusting(db: Database) -> None:
    """Drive a load, if it is ever called."""


@disturbed.strategy()
async def testing(db: Database) -> None:
    """Drive a load, if it is ever called."""
