"""A server that somebody's application uses: its databases, roles and objects, some of which are named as ours are."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from bench.databases import marker
from bench.databases.address import Address
from bench.worker.dumps import _environment, _program
from bench.worker.engines import Access
from tests.databases.helpers import run_statement

_HALF = "bench_making_0123456789ab_1"
_DATABASES = {
    "bench_precious": "",
    "bench_clone_0123456789ab_1": "",
    _HALF: f" CONNECTION LIMIT {marker.limit(_HALF)}",
    "shop": "",
}
"""By name, what it is made with."""


@contextmanager
def application(admin: Address) -> Iterator[Address]:
    """Such a server meanwhile, as its role, which may create databases and no more: it has a database of a template's
    name and comment, one of a clone's, one that has even the mark of one in the making, and one of a name of its own
    with a schema that is called as ours is; a role, with settings, that it belongs to.
    """
    for statement in (
        "CREATE ROLE somebody NOLOGIN",
        "ALTER ROLE somebody SET work_mem = '7MB'",
        "CREATE ROLE application LOGIN CREATEDB PASSWORD 'hush' IN ROLE somebody",
        *(f"CREATE DATABASE {name} OWNER application{limit}" for name, limit in _DATABASES.items()),
        "COMMENT ON DATABASE bench_precious IS 'querybench template, format 1'",
        "ALTER DATABASE shop SET work_mem = '9MB'",
    ):
        run_statement(admin, statement)
    role = replace(admin, user="application", password="hush")
    for name in _DATABASES:
        for statement in (
            "CREATE SCHEMA querybench",
            "CREATE SEQUENCE looks",
            "CREATE FUNCTION looked() RETURNS text LANGUAGE sql AS $$ SELECT nextval('public.looks')::text $$",
            "CREATE VIEW querybench.marker AS SELECT 1 AS format, public.looked() AS key",
            "CREATE TABLE precious AS SELECT generate_series(1, 100) AS number",
            "SELECT lo_from_bytea(4242, 'precious')",
        ):
            run_statement(replace(role, database=name), statement)
    yield role
    for name in _DATABASES:
        run_statement(admin, f"DROP DATABASE {name}")
    for name in ("application", "somebody"):
        run_statement(admin, f"DROP ROLE {name}")


def dumped(address: Address, *, but: Iterable[str] = ()) -> str:
    """All that a server has: roles, settings, databases and what is in them.

    Args:
        address: A database of it, as a superuser.
        but: Names of databases that are left out.
    """
    environment = _environment(Access(address, "psycopg", "dumping", writes=False))
    without = [f"--exclude-database={name}" for name in but]
    command = [_program("pg_dumpall"), "--restrict-key=same", "--database=postgres", *without]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert 0 == done.returncode, done.stderr
    assert "bench_precious" in done.stdout
    assert "\nALTER DATABASE" in done.stdout
    return done.stdout
