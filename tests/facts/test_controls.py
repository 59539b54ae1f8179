"""How the harness's own server stands against what makes times drift."""

from __future__ import annotations

import pytest

from bench.databases.address import Address
from bench.databases.connecting import connect
from bench.databases.postgres import PostgresServer

TABLES = ["authors", "books", "entries", "numbers", "poems", "shelves"]
IN_PUBLIC = "FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"


def test_every_table_was_vacuumed_and_analyzed(database: Address) -> None:
    """After seeding every page is all visible, so no read writes hint bits, and every table has statistics."""
    with connect(database, application_name="witness") as connection:
        visible = connection.execute(f"SELECT relname {IN_PUBLIC} AND relallvisible = relpages AND relpages > 0")
        analyzed = connection.execute("SELECT DISTINCT tablename FROM pg_stats WHERE schemaname = 'public'")
        assert TABLES == sorted(name for (name,) in visible)
        assert TABLES == sorted(name for (name,) in analyzed)


def test_autovacuum_is_off_on_every_table(database: Address) -> None:
    """No table that is measured is vacuumed or analyzed in the midst of a run."""
    with connect(database, application_name="witness") as connection:
        off = connection.execute(f"SELECT relname {IN_PUBLIC} AND 'autovacuum_enabled=false' = ANY(reloptions)")
        assert TABLES == sorted(name for (name,) in off)


@pytest.mark.parametrize(
    ("setting", "value"), [("jit", "off"), ("plan_cache_mode", "auto"), ("fsync", "on"), ("max_wal_size", "4GB")]
)
def test_settings_that_bear_on_a_measurement_are_recorded(embedded: PostgresServer, setting: str, value: str) -> None:
    """JIT is off, the server chooses its plans and fsync as it would, and the log is long enough for bulk writes."""
    assert value == embedded.settings()[setting]
