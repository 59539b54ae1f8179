"""What makes a comparison wrong, where it is about many rows at once: IN, selectinload, INSERT, COPY, what is moved."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import ARRAY, Integer, any_, bindparam, delete, func, insert, select, text
from sqlalchemy.orm import joinedload, selectinload

from bench import Database
from tests.facts.costs import Costs
from tests.facts.library import Author, Entry, Shelf
from tests.facts.versions import SINCE_2_1

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection


async def lengths(connection: AsyncConnection, count: int, statement: Callable[[list[int]], Any]) -> int:
    found = 0
    for length in range(1, count + 1):
        found += len((await connection.scalars(statement(list(range(1, length + 1))))).all())
    return found


def expanding(keys: list[int]) -> Any:
    return select(Shelf.id).where(Shelf.id.in_(keys))


def array(keys: list[int]) -> Any:
    return select(Shelf.id).where(Shelf.id == any_(bindparam("keys", keys, type_=ARRAY(Integer))))


async def expanding_in_autocommit(db: Database, count: int) -> int:
    async with db.connection(isolation_level="AUTOCOMMIT") as connection:
        return await lengths(connection, count, expanding)


async def expanding_in_a_transaction(db: Database, count: int) -> int:
    async with db.connection() as connection:
        return await lengths(connection, count, expanding)


async def array_in_autocommit(db: Database, count: int) -> int:
    async with db.connection(isolation_level="AUTOCOMMIT") as connection:
        return await lengths(connection, count, array)


async def array_in_a_transaction(db: Database, count: int) -> int:
    async with db.connection() as connection:
        return await lengths(connection, count, array)


@pytest.mark.parametrize(
    ("strategy", "prepares", "round_trips"),
    [
        (expanding_in_autocommit, 300, 906),
        (expanding_in_a_transaction, 300, 908),
        (array_in_autocommit, 0, 300),
        (array_in_a_transaction, 0, 302),
    ],
)
def test_in_of_varied_length_thrashes_the_prepared_statements(
    costs: Costs, strategy: Callable[..., Any], prepares: int, round_trips: int
) -> None:
    """300 lengths of an expanding IN are 300 statements, and none is still prepared when its length comes again; of
    `= ANY(array)` it is one.

    In AUTOCOMMIT 906 are 300 to prepare, 300 to execute, and 306 to throw away, for a cache of 100 lets go of 51 when
    it has 151; the first call, which finds it empty, takes 753. A transaction adds BEGIN and ROLLBACK.
    """
    cost = costs.warm(strategy, 300)
    assert (45_150, (300, 300, 300, 300)) == (cost.result, cost.witnesses)
    assert (prepares, round_trips) == (cost.wire.prepares, cost.round_trips)


async def selectin(db: Database, count: int) -> int:
    async with db.session() as session:
        statement = select(Shelf).where(Shelf.id <= count).options(selectinload(Shelf.books))
        return sum(len(shelf.books) for shelf in await session.scalars(statement))


@pytest.mark.parametrize(("shelves", "statements"), [(500, 2), (501, 3), (2000, 5)])
def test_selectinload_sends_a_statement_for_500_parents(costs: Costs, shelves: int, statements: int) -> None:
    """500, 501 and 2,000 parents are two, three and five statements."""
    cost = costs.warm(selectin, shelves)
    assert (2 * shelves, (statements,) * 4) == (cost.result, cost.witnesses)


async def selectin_in_one_chunk(db: Database, count: int) -> int:
    async with db.session() as session:
        option = selectinload(Shelf.books, chunksize=5000)  # type: ignore[call-arg, unused-ignore]
        statement = select(Shelf).where(Shelf.id <= count).options(option)
        return sum(len(shelf.books) for shelf in await session.scalars(statement))


@SINCE_2_1
def test_selectinload_takes_a_chunksize(costs: Costs) -> None:
    """With `chunksize=5000`, 2,000 parents are two statements."""
    assert (4000, (2, 2, 2, 2)) == ((cost := costs.warm(selectin_in_one_chunk, 2000)).result, cost.witnesses)


async def returning(db: Database, count: int) -> int:
    async with db.connection() as connection:
        rows = [{"word": f"new {number}"} for number in range(count)]
        keys = (await connection.scalars(insert(Entry).returning(Entry.id), rows)).all()
        await connection.rollback()
        return len(keys)


async def not_returning(db: Database, count: int) -> int:
    async with db.connection() as connection:
        await connection.execute(insert(Entry), [{"word": f"new {number}"} for number in range(count)])
        await connection.rollback()
        return count


async def objects(db: Database, count: int) -> int:
    async with db.session() as session:
        session.add_all([Entry(word=f"new {number}") for number in range(count)])
        await session.flush()
        await session.rollback()
        return count


async def objects_with_keys(db: Database, count: int) -> int:
    async with db.session() as session:
        session.add_all([Entry(id=1000 + number, word=f"new {number}") for number in range(count)])
        await session.flush()
        await session.rollback()
        return count


@pytest.mark.parametrize(
    ("strategy", "statements", "executions", "round_trips"),
    [(returning, 10, 10, 12), (objects, 10, 10, 12), (not_returning, 1, 10_000, 3), (objects_with_keys, 1, 10_000, 3)],
)
def test_inserts_go_in_pages_where_keys_come_back(
    costs: Costs, strategy: Callable[..., Any], statements: int, executions: int, round_trips: int
) -> None:
    """10,000 rows whose keys the server makes and returns are ten statements of 1,000; with keys of the client's, or
    where nothing returns, one executemany.
    """
    cost = costs.calls(strategy, 10_000, 2)[-1]
    assert (10_000, (statements, executions, executions, executions)) == (cost.result, cost.witnesses)
    assert round_trips == cost.round_trips


async def copied(db: Database, count: int) -> int:
    """Rows that are left after a COPY, perhaps after a statement, was rolled back."""
    copied_rows = Entry.word.startswith("copied")
    async with db.connection() as connection:
        if count:
            await connection.execute(text("SELECT 1"))
        driver: Any = (await connection.get_raw_connection()).driver_connection
        await driver.copy_records_to_table(
            "entries", columns=["id", "word"], records=[(2000 + key, f"copied {key}") for key in range(3)]
        )
        await connection.rollback()
        left = await connection.scalar(select(func.count()).select_from(Entry).where(copied_rows))
        await connection.execute(delete(Entry).where(copied_rows))
        await connection.commit()
        return left or 0


@pytest.mark.parametrize(("statements_before", "left"), [(0, 3), (1, 0)])
def test_a_copy_before_any_statement_survives_rollback(costs: Costs, statements_before: int, left: int) -> None:
    """SQLAlchemy begins its transaction with its first statement, so a COPY on the driver's connection before that is
    outside of it; after a statement it is rolled back.
    """
    assert left == costs.calls(copied, statements_before)[0].result


async def joined(db: Database) -> int:
    async with db.session() as session:
        authors = (await session.scalars(select(Author).options(joinedload(Author.poems)))).unique().all()
        return sum(len(author.poems) + len(author.about) for author in authors)


async def selected(db: Database) -> int:
    async with db.session() as session:
        authors = (await session.scalars(select(Author).options(selectinload(Author.poems)))).all()
        return sum(len(author.poems) + len(author.about) for author in authors)


def test_a_join_moves_its_wide_parents_once_a_child(costs: Costs) -> None:
    """Of 200 parents with ten children and 500 bytes, joined moves more than six times what selectin moves, and each
    moves the same at every call.

    FACTS has 1,078 KB and 167 KB, a ratio of 6.5, of rows with other keys and titles; here it is 6.2.
    """
    by_join, by_select = costs.calls(joined, calls=4)[1:], costs.calls(selected, calls=4)[1:]
    assert {102_000} == {cost.result for cost in by_join + by_select}
    assert [1_096_065] * 3 == [cost.wire.bytes_received for cost in by_join]
    assert [175_892] * 3 == [cost.wire.bytes_received for cost in by_select]
    assert (2000, 2200) == (by_join[0].wire.rows, by_select[0].wire.rows)
