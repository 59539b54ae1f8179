"""What becomes of a clone whose tables were made anew?"""

from __future__ import annotations

from sqlalchemy import delete, text

from bench import Database, Scenario

from .few import Base, Thing, few

emptied = Scenario(dataset=few, writes=[Thing], question="How is a table emptied?")


@emptied.strategy(baseline=True)
async def deleted(db: Database) -> int:
    """DELETE."""
    async with db.session() as session:
        await session.execute(delete(Thing))
        await session.commit()
    return 0


@emptied.strategy()
async def made_anew(db: Database) -> int:
    """DROP TABLE, CREATE TABLE, without the settings that the dataset's has."""
    async with db.engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
    return 0


next_one = Scenario(dataset=few, writes=[Thing], question="Is the table the dataset's?")


async def settings(db: Database) -> list[str] | None:
    """What the table was created with."""
    if db.dialect == "sqlite":
        return None
    async with db.session() as session:
        await session.execute(delete(Thing))
        await session.commit()
        return await session.scalar(text("SELECT reloptions FROM pg_class WHERE relname = 'things'"))


@next_one.strategy(baseline=True)
async def one(db: Database) -> list[str] | None:
    """In a clone of before, or a new one."""
    return await settings(db)


@next_one.strategy()
async def another(db: Database) -> list[str] | None:
    """In another."""
    return await settings(db)
