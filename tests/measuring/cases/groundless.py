"""What is said of the others where the baseline is no reference?"""

from __future__ import annotations

from itertools import count

from bench import Database, Scenario

from .few import few, names

called = count()

failing_baseline = Scenario(dataset=few)
fickle_baseline = Scenario(dataset=few)


@failing_baseline.strategy(baseline=True)
async def failing(db: Database) -> list[str]:
    """Raise."""
    raise LookupError("nothing to compare with")


@fickle_baseline.strategy(baseline=True)
async def fickle(db: Database) -> list[str]:
    """Return something else each time."""
    return [f"call {next(called)}"]


@failing_baseline.strategy()
@fickle_baseline.strategy()
async def one(db: Database) -> list[str]:
    """Read."""
    return await names(db)


@failing_baseline.strategy()
@fickle_baseline.strategy()
async def other(db: Database) -> list[str]:
    """Read again and again."""
    for _ in range(9):
        await names(db)
    return await names(db)


@failing_baseline.strategy()
@fickle_baseline.strategy()
async def short(db: Database) -> list[str]:
    """Leave one out."""
    return (await names(db))[1:]
