"""Which relationships are loaded by a statement for each object, and by which line."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, aliased, immediateload, joinedload, lazyload, selectinload, subqueryload

from bench import Database, SyncDatabase
from bench.databases.address import Address
from bench.databases.postgres import PostgresServer
from bench.measurement import RepeatedLoad
from bench.worker.engines import Access
from bench.worker.relationship_loads import noted_loads
from tests.worker.helpers import access, opened, seeder, tally_of
from tests.worker.shelf import Parent
from tests.worker.staff import Employee, Firm, staff


@pytest.fixture(scope="module")
def staff_on_postgresql(postgresql: PostgresServer) -> Address:
    """A database with the staff, for reading."""
    return postgresql.clone(postgresql.template("staff", seeder(staff)))


def repeated(
    strategy: Callable[..., Any], access: Access, file: str = __file__, **params: Any
) -> tuple[RepeatedLoad, ...]:
    """What a call of a strategy loads object by object, where a file is the scenario's: this one unless said."""

    async def noted() -> tuple[RepeatedLoad, ...]:
        async with opened(strategy, access, params) as found:
            with noted_loads({file}) as loads:
                await found.once(None)
        return loads.repeated()

    return asyncio.run(noted())


def here(function: Callable[..., Any]) -> str:
    """The line of a function that ends in the comment `here`."""
    lines, first = inspect.getsourcelines(function)
    (number,) = (number for number, line in enumerate(lines, first) if line.endswith("# here\n"))
    return f"test_relationship_loads.py:{number}"


OTHER_FILE = "/home/somebody/other.py"
OTHER: dict[str, Any] = {"select": select, "create_task": asyncio.create_task, "Parent": Parent}
"""Functions of another file than this."""
exec(  # noqa: S102 - our own source
    compile(
        """
def children_of(parents):
    return [child for parent in parents for child in parent.children]

async def in_tasks(db, count):
    async with db.session() as session:
        for parent in (await session.scalars(select(Parent).where(Parent.id <= count))).all():
            await create_task(parent.awaitable_attrs.children)

async def in_turn(db, count):
    async with db.session() as session:
        for parent in (await session.scalars(select(Parent).where(Parent.id <= count))).all():
            await parent.awaitable_attrs.children
""",
        OTHER_FILE,
        "exec",
    ),
    OTHER,
)


def parents(count: int, *options: Any) -> Any:
    """The first parents of the shelf."""
    return select(Parent).where(Parent.id <= count).options(*options)


# The ways to load the children of some parents, as scenarios/loading.py has them.


async def lazy(db: Database, count: int) -> int:
    async with db.session() as session:
        found = (await session.scalars(parents(count))).all()
        for parent in found:
            await parent.awaitable_attrs.children  # here
        return sum(len(parent.children) for parent in found)


async def lazy_run_sync(db: Database, count: int) -> int:
    async with db.session() as session:
        return await session.run_sync(
            lambda session: sum(len(parent.children) for parent in session.scalars(parents(count)))  # here
        )


async def lazy_by_helper(db: Database, count: int) -> int:
    read = OTHER["children_of"]
    async with db.session() as session:
        return await session.run_sync(lambda session: len(read(session.scalars(parents(count)))))  # here


def lazy_plainly(db: SyncDatabase, count: int) -> int:
    with db.session() as session:
        return sum(len(parent.children) for parent in session.scalars(parents(count)))  # here


async def immediate(db: Database, count: int) -> int:
    async with db.session() as session:
        found = await session.scalars(parents(count, immediateload(Parent.children)))  # here
        return sum(len(parent.children) for parent in found)


def immediate_plainly(db: SyncDatabase, count: int) -> int:
    with db.session() as session:
        found = session.scalars(parents(count, immediateload(Parent.children))).all()  # here
        return sum(len(parent.children) for parent in found)


async def refreshed(db: Database, count: int) -> int:
    async with db.session() as session:
        found = (await session.scalars(parents(count))).all()
        for parent in found:
            await session.refresh(parent, ["children"])  # here
        return sum(len(parent.children) for parent in found)


async def selectin(db: Database, count: int) -> int:
    async with db.session() as session:
        return sum(len(one.children) for one in await session.scalars(parents(count, selectinload(Parent.children))))


async def subquery(db: Database, count: int) -> int:
    async with db.session() as session:
        return sum(len(one.children) for one in await session.scalars(parents(count, subqueryload(Parent.children))))


async def joined(db: Database, count: int) -> int:
    async with db.session() as session:
        found = await session.scalars(parents(count, joinedload(Parent.children)))
        return sum(len(one.children) for one in found.unique())


REPEATING: list[tuple[Callable[..., Any], str]] = [
    (lazy, "lazy"),
    (lazy_run_sync, "lazy"),
    (lazy_by_helper, "lazy"),
    (lazy_plainly, "lazy"),
    (immediate, "immediate"),
    (immediate_plainly, "immediate"),
    (refreshed, "immediate"),
]


@pytest.mark.parametrize(("strategy", "kind"), REPEATING)
@pytest.mark.parametrize(
    ("place", "driver"),
    [("shelf_on_postgresql", "asyncpg"), ("shelf_on_postgresql", "psycopg"), ("shelf_on_sqlite", "asyncpg")],
)
def test_statement_for_each_object_is_named_with_its_line(
    request: pytest.FixtureRequest, place: str, driver: str, strategy: Callable[..., Any], kind: Any
) -> None:
    """What 20 parents load one by one is one finding: the relationship, how, how often, and the scenario's line."""
    found = repeated(strategy, access(request.getfixturevalue(place), driver), count=20)
    assert (RepeatedLoad("Parent.children", kind, 20, here(strategy)),) == found


@pytest.mark.parametrize("strategy", [selectin, subquery, joined])
def test_statement_for_many_objects_is_no_finding(shelf_on_postgresql: Address, strategy: Callable[..., Any]) -> None:
    """Eager loading is not named, though selectinload sends three statements for 1,001 parents."""
    assert () == repeated(strategy, access(shelf_on_postgresql), count=1001)


@pytest.mark.parametrize("strategy", [lazy, immediate])
def test_single_statement_is_no_finding(shelf_on_postgresql: Address, strategy: Callable[..., Any]) -> None:
    """One object's relationship loaded by a statement of its own is as it should be."""
    assert () == repeated(strategy, access(shelf_on_postgresql), count=1)


@pytest.mark.parametrize(("strategy", "where"), [("in_turn", "other.py:13"), ("in_tasks", None)])
def test_line_has_no_directories_and_is_missing_where_none_waits(
    shelf_on_postgresql: Address, strategy: str, where: str | None
) -> None:
    """A line is named by its file alone; a load that a task of its own sends has no line of the scenario under it."""
    found = repeated(OTHER[strategy], access(shelf_on_postgresql), OTHER_FILE, count=3)
    assert (RepeatedLoad("Parent.children", "lazy", 3, where),) == found


async def two_levels(db: Database) -> int:
    async with db.session() as session:
        firms = (await session.scalars(select(Firm))).all()
        badges = []
        for firm in firms:
            for employee in await firm.awaitable_attrs.employees:
                badges += await employee.awaitable_attrs.badges  # here
        return len(badges)


def test_each_level_is_a_finding_and_the_most_frequent_is_first(staff_on_postgresql: Address) -> None:
    """Lazy loads inside lazy loads are named by their own relationship; subclasses by the class that declares it."""
    badges, employees = repeated(two_levels, access(staff_on_postgresql))
    assert RepeatedLoad("Employee.badges", "lazy", 12, here(two_levels)) == badges
    assert ("Firm.employees", "lazy", 3) == (employees.relationship, employees.kind, employees.count)


async def two_levels_immediately(db: Database) -> int:
    async with db.session() as session:
        option = immediateload(Firm.employees).immediateload(Employee.badges)
        return len((await session.scalars(select(Firm).options(option))).all())  # here


def test_immediate_loads_of_each_level_are_findings(staff_on_postgresql: Address) -> None:
    """Immediate loads inside immediate loads have the line that sent the first statement."""
    line = here(two_levels_immediately)
    assert (
        RepeatedLoad("Employee.badges", "immediate", 12, line),
        RepeatedLoad("Firm.employees", "immediate", 3, line),
    ) == repeated(two_levels_immediately, access(staff_on_postgresql))


async def reports(db: Database, option: Any) -> int:
    async with db.session() as session:
        bosses = await session.scalars(select(Employee).where(Employee.kind == "manager").options(option))
        return sum([len(await boss.awaitable_attrs.reports) for boss in bosses.all()])  # here


async def selectin_below_lazy(db: Database) -> int:
    return await reports(db, lazyload(Employee.reports).selectinload(Employee.reports))


async def subquery_below_lazy(db: Database) -> int:
    return await reports(db, lazyload(Employee.reports).subqueryload(Employee.reports))


@pytest.mark.parametrize("strategy", [selectin_below_lazy, subquery_below_lazy])
def test_eager_load_below_a_lazy_one_is_no_finding(staff_on_postgresql: Address, strategy: Callable[..., Any]) -> None:
    """The eager load that each lazy load brings along, of the same relationship even, is not counted with it."""
    found = repeated(strategy, access(staff_on_postgresql))
    assert (RepeatedLoad("Employee.reports", "lazy", 3, here(reports)),) == found
    # A lazy load each, an eager one each, and the bosses.
    assert 7 == tally_of(strategy, access(staff_on_postgresql)).statements


async def many_to_one(db: Database) -> int:
    async with db.session() as session:
        employees = (await session.scalars(select(Employee))).all()
        return sum([(await employee.awaitable_attrs.firm).id for employee in employees])  # here


async def many_to_one_of_known(db: Database) -> int:
    async with db.session() as session:
        firms = (await session.scalars(select(Firm))).all()
        employees = (await session.scalars(select(Employee))).all()
        return sum([(await employee.awaitable_attrs.firm).id for employee in employees]) + len(firms)


def test_many_to_one_is_counted_where_it_sends_a_statement(staff_on_postgresql: Address) -> None:
    """Twelve employees of three firms load each firm once; the others find it in the session."""
    assert (RepeatedLoad("Employee.firm", "lazy", 3, here(many_to_one)),) == repeated(
        many_to_one, access(staff_on_postgresql)
    )


def test_what_the_session_has_is_not_loaded(staff_on_postgresql: Address) -> None:
    """A many-to-one that is found in the identity map sends no statement, and is no finding."""
    assert () == repeated(many_to_one_of_known, access(staff_on_postgresql))


async def of_an_alias(db: Database) -> int:
    async with db.session() as session:
        other = aliased(Employee)
        option = immediateload(other.badges)
        return len((await session.scalars(select(other).where(other.id <= 4).options(option))).all())  # here


def test_alias_is_named_by_its_class(staff_on_postgresql: Address) -> None:
    """A relationship of an aliased class has the name of the class."""
    assert (RepeatedLoad("Employee.badges", "immediate", 4, here(of_an_alias)),) == repeated(
        of_an_alias, access(staff_on_postgresql)
    )


def test_nothing_is_listened_to_once_a_call_has_raised(shelf_on_postgresql: Address) -> None:
    """A call that raises leaves no listener behind, and what was noted before stays readable."""

    async def failing(db: Database) -> None:
        await lazy(db, 2)
        raise LookupError

    async def noted() -> tuple[RepeatedLoad, ...]:
        async with opened(failing, access(shelf_on_postgresql)) as found:
            with noted_loads({__file__}) as loads, pytest.raises(LookupError):
                await found.once(None)
            with pytest.raises(LookupError):
                await found.once(None)
        return loads.repeated()

    assert (RepeatedLoad("Parent.children", "lazy", 2, here(lazy)),) == asyncio.run(noted())
    assert [] == list(Session().dispatch.do_orm_execute)
