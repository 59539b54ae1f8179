"""What becomes of a run that is interrupted while a strategy is timed?"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from sqlalchemy import func, select

from bench import Database, Scenario

from .shelf import Book, shelf

held = Scenario(dataset=shelf, writes=[Book])


async def _books(db: Database) -> int:
    async with db.session() as session:
        return (await session.execute(select(func.count()).select_from(Book))).scalar_one()


@held.strategy(baseline=True)
async def free(db: Database) -> int:
    """Count."""
    return await _books(db)


@held.strategy()
async def held_up(db: Database) -> int:
    """Count, and within pytest hold the transaction for ever; a file says so."""
    async with db.session() as session:
        counted: int = (await session.execute(select(func.count()).select_from(Book))).scalar_one()
        if "pytest" in sys.modules:
            Path("held").touch()  # noqa: ASYNC240 - nothing here is timed
            await asyncio.Event().wait()
    return counted
