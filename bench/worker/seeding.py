"""Fills a new template database with a dataset's rows: binary COPY on PostgreSQL, executemany on SQLite; or has an
application's function or a file fill it. Then VACUUM ANALYZE.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import Column, MetaData, Table, create_engine, create_mock_engine, event, inspect, text
from sqlalchemy.dialects.postgresql import asyncpg as asyncpg_dialect
from sqlalchemy.dialects.postgresql import dialect as postgresql_dialect
from sqlalchemy.exc import CompileError
from sqlalchemy.schema import AddConstraint, CreateIndex, CreateTable

from bench.dataset import Dataset, PartOfTable
from bench.errors import ScenarioError
from bench.worker.dumps import restore_file
from bench.worker.engines import Access, asyncpg_arguments
from bench.worker.filling import fill, tables_of
from bench.worker.refusing import lacks, refusals
from bench.worker.sequences import named_sequence
from bench.worker.settling import settle

Report = Callable[[str], None]
BATCH = 10_000
"""Rows a COPY buffers at most and an executemany takes, so that memory stays flat at any scale."""


async def seed(dataset: Dataset, access: Access, scale: int, seed: int, report: Report) -> None:
    """Create the tables of a dataset and fill them; `report` receives a line for each table that is filled.

    Raises:
        BenchError: Rows cannot be made or are refused, or a file cannot be restored.
    """
    if dataset.file is not None:
        await restore_file(Path(dataset.file), access, report)
    elif dataset.fill is not None:
        await fill(dataset, access, report)
    elif access.address.dialect == "sqlite":
        _seed_sqlite(dataset, access, scale, seed, report)
    else:
        await _seed_postgresql(dataset, access, scale, seed, report)
    if access.address.dialect == "postgresql":
        report("vacuum and analyze")
        await settle(access)


def _filled(
    dataset: Dataset, scale: int, seed: int
) -> Iterator[tuple[Table, Sequence[Column[Any]], Iterator[tuple[Any, ...]]]]:
    """Each table with the columns that its rows have, and the rows."""
    for target, rows in dataset.rows(scale, Random(seed)) if dataset.rows is not None else ():
        if isinstance(target, PartOfTable):
            yield target.table, [target.table.c[name] for name in target.columns], iter(rows)
        else:
            table = target if isinstance(target, Table) else inspect(target).local_table
            yield table, [column for column in table.columns if column.computed is None], iter(rows)


async def _seed_postgresql(dataset: Dataset, access: Access, scale: int, seed: int, report: Report) -> None:
    import asyncpg

    connection = await asyncpg.connect(**asyncpg_arguments(access))
    try:
        metadata = tables_of(dataset)
        before, after = _ddl(metadata)
        for schema in sorted({table.schema for table in metadata.tables.values() if table.schema}):
            await connection.execute(
                f"CREATE SCHEMA IF NOT EXISTS {postgresql_dialect().identifier_preparer.quote(schema)}"
            )
        for statement in before:
            with lacks(dataset.name):
                await connection.execute(statement)
        await _learn_types(connection)
        for table, columns, rows in _filled(dataset, scale, seed):
            report(f"filling {table.name}")
            with refusals(table.fullname, generated=dataset.is_generated):
                await connection.copy_records_to_table(
                    table.name,
                    schema_name=table.schema,
                    columns=[column.name for column in columns],
                    records=_converted(columns, rows),
                )
        report("adding keys and indexes")
        for statement in after:
            with lacks(dataset.name), refusals(dataset.name, generated=dataset.is_generated):
                await _add(connection, statement, report)
        for table in metadata.sorted_tables:
            await _advance_sequences(connection, table)
    finally:
        await connection.close()


async def _add(connection: Any, statement: str, report: Report) -> None:
    """Add a key or an index. An index that asks for what only an application's migrations make, such as the operator
    class of an extension, or that has another's name, is left out and said: without it the rows are the same.
    """
    from asyncpg import DuplicateTableError, UndefinedObjectError

    try:
        await connection.execute(statement)
    except (DuplicateTableError, UndefinedObjectError) as error:
        if not statement.startswith("CREATE INDEX"):
            raise
        name = statement.removeprefix("CREATE INDEX ").split(" ON ")[0]
        report(f"the index {name} is left out: {str(error).splitlines()[0]}")


async def _learn_types(connection: Any) -> None:
    """Tell the driver how a COPY has what it knows as text alone."""
    for name in ("macaddr", "macaddr8"):
        await connection.set_type_codec(
            name,
            schema="pg_catalog",
            format="binary",
            encoder=lambda text: bytes.fromhex(text.replace(":", "")),
            decoder=lambda data: data.hex(":"),
        )


def _ddl(metadata: MetaData) -> tuple[list[str], list[str]]:
    """The statements that make the tables, and those for the indexes and foreign keys, which are added when they are
    full: checked row by row during COPY they take as long as all the rest.
    """
    emitted: list[Any] = []
    engine = create_mock_engine("postgresql+asyncpg://", lambda statement, *_, **__: emitted.append(statement))
    metadata.create_all(engine, checkfirst=False)
    before: list[Any] = []
    after: list[Any] = []
    for statement in emitted:
        if isinstance(statement, CreateTable):
            before.append(CreateTable(statement.element, include_foreign_key_constraints=[]))
            after += [AddConstraint(key) for key in statement.include_foreign_key_constraints or ()]
        elif isinstance(statement, CreateIndex | AddConstraint):
            after.append(statement)
        else:
            before.append(statement)
    return [str(one.compile(dialect=engine.dialect)) for one in before], [
        str(one.compile(dialect=engine.dialect)) for one in after
    ]


def _converted(columns: Sequence[Column[Any]], rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    """Rows as the driver takes them: enums by name, JSON as text, whatever a column's type does to a bound value.

    Raises:
        ScenarioError: A type of an application's does not take a value; the column is named, the value is not.
    """
    # Ranges need the driver's own.
    dialect = asyncpg_dialect.dialect(dbapi=asyncpg_dialect.dialect.import_dbapi())
    processors = [column.type.dialect_impl(dialect).bind_processor(dialect) for column in columns]
    if not any(processors):
        return iter(rows)
    takers = [process and _taking(process, column) for process, column in zip(processors, columns, strict=True)]
    return (
        tuple(value if take is None or value is None else take(value) for take, value in zip(takers, row, strict=True))
        for row in rows
    )


def _taking(process: Callable[[Any], Any], column: Column[Any]) -> Callable[[Any], Any]:
    """What a column's type does to a value, which says whose it is where it cannot."""

    def take(value: Any) -> Any:
        try:
            return process(value)
        except (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError) as error:
            raise ScenarioError(
                f"{column.table.fullname}.{column.name}: its type {type(column.type).__name__} does not take what was "
                f"made for it ({type(error).__name__}): give values for it"
            ) from error

    return take


async def _advance_sequences(connection: Any, table: Table) -> None:
    """Stand each sequence that gives a column's values past the highest, so that the first insert does not collide."""
    quote = postgresql_dialect().identifier_preparer
    for column in table.columns:
        name = quote.format_table(table)
        owned = await connection.fetchval("SELECT pg_get_serial_sequence($1, $2)", name, column.name)
        sequence = owned or named_sequence(column)
        if sequence is not None:
            await connection.execute(
                f"SELECT setval('{sequence}',"
                f" COALESCE((SELECT max({quote.format_column(column)}) FROM {name}), 0) + 1, false)"
            )


def _seed_sqlite(dataset: Dataset, access: Access, scale: int, seed: int, report: Report) -> None:
    engine = create_engine(f"sqlite:///{access.address.database}")

    @event.listens_for(engine, "connect")
    def hurry(connection: Any, record: Any) -> None:
        connection.execute("PRAGMA synchronous = OFF")

    try:
        with engine.begin() as connection:
            tables_of(dataset).create_all(connection)
            for table, columns, rows in _filled(dataset, scale, seed):
                report(f"filling {table.name}")
                names = [column.name for column in columns]
                while batch := list(islice(rows, BATCH)):
                    with refusals(table.fullname, generated=dataset.is_generated):
                        connection.execute(table.insert(), [dict(zip(names, row, strict=True)) for row in batch])
        with engine.connect() as connection:
            connection.execute(text("ANALYZE"))
            connection.commit()
    finally:
        engine.dispose()


def definition(metadata: MetaData) -> str:
    """The statements that make the tables of a dataset on PostgreSQL, indexes and constraints included, in the order of
    their texts; empty where its types are another database's.
    """
    statements: list[str] = []

    def keep(statement: Any, *_: Any, **__: Any) -> None:
        text = statement if isinstance(statement, str) else str(statement.compile(dialect=engine.dialect))
        statements.append(text)

    engine = create_mock_engine("postgresql+psycopg://", keep)
    with suppress(CompileError):
        metadata.create_all(engine, checkfirst=False)
        # The indexes of a table are a set, whose order is another in each process.
        return "\n".join(sorted(statements))
    return ""
