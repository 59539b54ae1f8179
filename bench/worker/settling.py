"""Has a server be done with what filled a database, so that nothing of it falls into a measurement."""

from __future__ import annotations

from typing import Any

from bench.worker.engines import Access, asyncpg_arguments

_TABLES = """
SELECT format('%I.%I', nspname, relname) AS name, reltoastrelid <> 0 AS toasted
FROM pg_class JOIN pg_namespace AS schema ON schema.oid = relnamespace
WHERE relkind IN ('r', 'm') AND nspname !~ '^(pg_|information_schema)' ORDER BY 1
"""


async def settle(access: Access) -> None:
    """Turn autovacuum off for every table, and VACUUM ANALYZE them."""
    import asyncpg

    connection: Any = await asyncpg.connect(**asyncpg_arguments(access))
    try:
        for name, toasted in await connection.fetch(_TABLES):
            await connection.execute(f"ALTER TABLE {name} SET (autovacuum_enabled = false)")
            if toasted:
                await connection.execute(f"ALTER TABLE {name} SET (toast.autovacuum_enabled = false)")
        await connection.execute("VACUUM (ANALYZE)")
    finally:
        await connection.close()
