"""What every PostgreSQL server has in common, wherever it runs: templates, clones, settings, ending what runs on."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import replace
from threading import RLock
from typing import TYPE_CHECKING, Any

from bench.databases import marker, owned, processes, tuning
from bench.databases.address import Address, Dialect
from bench.databases.completing import completed
from bench.databases.connecting import connect, reason, refusals
from bench.databases.own_server import Own
from bench.databases.owned import OwnedDatabase
from bench.databases.pulse import has_pulse
from bench.databases.run_databases import RunDatabases
from bench.databases.server import Say, Server, silent
from bench.errors import DatabaseError, UsageError

if TYPE_CHECKING:
    from psycopg import Connection

CANNOT_RESTART = "only a server of the harness's own is restarted: use --database embedded, local or docker"
_AT_ONCE = 4
"""Clones that are dropped at once: each waits for a checkpoint, and they share it."""
_RESTART_PATIENCE = 60.0
_RETURN_PATIENCE = 30.0
"""Seconds in which a server that is not the harness's own comes back after it ended: a restart takes a few."""
_ANSWERS_S = 10.0
"""Seconds after which a server that says nothing to the run's own connection is taken to be gone."""
_OTHER_RUNS = """
    SELECT 1 FROM pg_stat_activity WHERE application_name LIKE %s AND application_name <> %s LIMIT 1
"""
_END_ONE = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name = %s AND datname = ANY(%s) ORDER BY backend_start, pid LIMIT 1
"""


class PostgresServer(Server):
    """A PostgreSQL server, through a connection that stays open for as long as the run does: its application name says
    to other runs that this one is alive, and that its databases are in use. Several threads may use it.

    Args:
        kind: `docker`, `embedded`, `local` or `url`.
        reason: Why this server was chosen.
        admin: A database to connect to, as a user who may create databases.
        settings: Settings that each clone is given, by name.
        hold: What is let go of when the server is closed; closed here too when opening fails.
        recorded: Names of settings to record beside those that bear on every measurement.
        own: What can be done to it beside asking it, for a server of the harness's own.
        say: Hears of what runs that were killed had left there.

    Attributes:
        run: The run's name, which stands in those of its connection and its databases.

    Raises:
        DatabaseError: The server does not answer, does not let us in, or lacks the right to create databases.
        UsageError: The server refuses one of `settings`.
    """

    dialect: Dialect = "postgresql"

    def __init__(
        self,
        kind: str,
        reason: str,
        admin: Address,
        settings: Mapping[str, str],
        hold: ExitStack | None = None,
        *,
        recorded: Sequence[str] = (),
        own: Own | None = None,
        say: Say = silent,
    ) -> None:
        self.kind = kind
        self.reason = reason
        self._asked = self._address = admin
        self.run = secrets.token_hex(6)
        self._turn = RLock()  # for a connection in use by another thread looks like one that broke
        self._own = own
        self._say = say
        self._recorded = [*tuning.RECORDED, *recorded]
        self._ended = 0
        self._clones: set[str] = set()
        self._connection: Connection[Any] | None = None
        self._databases = RunDatabases(self._admin, self.run)
        with hold or ExitStack() as held:
            held.callback(self._disconnect)
            self._address = completed(admin, self._admin())
            self.version = str(self._admin().execute("SHOW server_version").fetchall()[0][0]).split()[0]
            self._settings = self._accepted(settings)
            self._prepare()
            self._hold = held.pop_all()

    @property
    def maintenance(self) -> Address:
        """The database that the harness's own connection is to, and that every role can connect to."""
        return self._address

    @property
    def asked(self) -> Address:
        """The same with no more than was said of it: who connects from another machine finds the rest there."""
        return self._asked

    def reached(self, database: Address) -> Address:
        """A database's address with all that its own leaves open as our connection found it: in the environment, in
        service files, in .pgpass.

        Raises:
            DatabaseError: The server does not answer.
        """
        with self._turn:
            found = self._admin().info
        host = found.host or found.hostaddr
        return replace(
            database, host=host, port=found.port, user=found.user, password=found.password or database.password
        )

    def settings(self) -> Mapping[str, str]:
        """The settings that bear on a measurement, by name, as a clone has them; with the collation of its database.

        Raises:
            DatabaseError: The connection broke.
        """
        with self._turn, refusals("show its settings"):
            rows = self._admin().execute(
                "SELECT name, current_setting(name) FROM pg_settings WHERE name = ANY(%s)", (self._recorded,)
            )
            recorded = {name: str(value) for name, value in rows}
            row = (
                self._admin()
                .execute("SELECT to_jsonb(d) FROM pg_database d WHERE datname = 'template0'")
                .fetchall()[0][0]
            )
        locale = row.get("datlocale") or row.get("daticulocale") or row["datcollate"]
        provider = {"b": "builtin", "c": "libc", "i": "icu"}.get(row.get("datlocprovider", "c"), "libc")
        return {**recorded, "datcollate": locale, "datlocprovider": provider, **self._settings}

    def extensions(self) -> frozenset[str]:
        """The names of the extensions whose files the server has.

        Raises:
            DatabaseError: The connection broke.
        """
        with self._turn, refusals("list its extensions"):
            rows = self._admin().execute("SELECT name FROM pg_available_extensions").fetchall()
        return frozenset(str(name) for (name,) in rows)

    def template(self, key: str, seed: Callable[[Address], None]) -> str:
        """Name of the template that belongs to `key`; where there is none, one is made and `seed` fills it.

        Raises:
            DatabaseError: A database of that name is not ours, or the server refused.
            ValueError: `key` cannot stand in a database's name.
        """
        with self._turn:  # who needs the same one meanwhile waits for it
            key = owned.own_key(self._admin(), key)
            name = marker.template_name(key)
            if not self._databases.exists(name):
                self._databases.make_template(name, key, seed, self._address)
        if not owned.is_ours(self._address, name, key):
            raise DatabaseError(
                f"the server has a database {name} that bench did not make for this dataset, and leaves alone: "
                "rename it, or drop it if you do not need it"
            )
        return name

    def clone(self, template: str) -> Address:
        """A database of this run's own, with the rows of a template and the settings asked for.

        Raises:
            DatabaseError: The server refused.
        """
        with self._turn:
            name = self._databases.new_name("clone")
            self._clones.add(name)
            self._databases.create(name, template, "clone", self._settings)
        return replace(self._address, database=name)

    def drop(self, database: Address) -> None:
        """Drop a clone of this run, whoever is connected to it.

        Raises:
            DatabaseError: The server refused.
            ValueError: It is no clone of this run.
        """
        if database.database not in self._clones:
            raise ValueError(f"not a clone of this run: {database.database}")
        with self._turn:
            owned.drop_database(self._admin(), database.database)
            self._clones.discard(database.database)

    def terminate(self, application_name: str) -> None:
        """End the connections whose name begins so to this run's clones, and what they are doing on the server.

        Raises:
            DatabaseError: The server refused.
        """
        with self._turn, refusals("end connections"):
            self._admin().execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE left(application_name, %s) = %s AND datname = ANY(%s)",
                (len(application_name), application_name, self._worked_in()),
            )

    def owned_databases(self) -> list[OwnedDatabase]:
        """The harness's own databases on this server, those of other runs too.

        Raises:
            DatabaseError: The server refused.
        """
        with self._turn:
            return owned.owned_databases(self._admin(), self._address)

    def has_other_runs(self) -> bool:
        """Whether another run works on this server, which may need any template for its next clone.

        Raises:
            DatabaseError: The server refused.
        """
        own = owned.RUN_NAME + self.run
        with self._turn, refusals("say who uses it"):
            return bool(self._admin().execute(_OTHER_RUNS, (f"{owned.RUN_NAME}%", own)).fetchall())

    def remove(self, database: OwnedDatabase) -> None:
        """Drop a database that `owned_databases` named; one that is in use is refused.

        Raises:
            DatabaseError: It is in use or not ours, or the server refused.
        """
        found = next((each for each in self.owned_databases() if each.name == database.name), None)
        if found is None:
            raise DatabaseError(f"the server has no database {database.name} of bench's own")
        if found.in_use:
            raise DatabaseError(f"the database {database.name} is in use: end the run or the session that uses it")
        owned.drop_database(self._admin(), database.name)

    def pin(self, core: int) -> None:
        """Confine the server's processes to one core, those of sessions to come too, until the run ends.

        A cluster that several runs share is confined for all of them, and until the last run that has pinned it ends:
        what a run without `--pin` measures meanwhile is measured on that core too.

        Raises:
            UsageError: The server is not the harness's own, or the system does not let processes be confined.
        """
        if self._own is None or not hasattr(os, "sched_setaffinity"):
            super().pin(core)
        else:
            self._own.confine(core, self._hold)

    def cpu_seconds(self) -> float | None:
        """Seconds of CPU that its processes have taken so far; None where they run on another machine."""
        process = self._own.process() if self._own is not None else None
        return processes.cpu_seconds(process) if process is not None else None

    def restart(self) -> None:
        """Stop the server and start it again, as an operator does; it takes connections again when this returns.

        Raises:
            DatabaseError: It is not the harness's own, another run uses it too, or it did not start again.
        """
        if self._own is None:
            raise DatabaseError(CANNOT_RESTART)
        with self._turn, refusals("say who uses it"):
            others = self._admin().execute(_OTHER_RUNS, (f"{owned.RUN_NAME}%", owned.RUN_NAME + self.run)).fetchall()
            if others:
                raise DatabaseError("another run uses the server too, so that it is not restarted: wait for its end")
            self._own.restart()
            self._disconnect()
            self._wait_until_it_answers(_RESTART_PATIENCE)

    def times_ended(self) -> int:
        """How often the server, or the way to it, has ended without being asked, by the run's own connection."""
        with self._turn:
            if self._connection is not None and not has_pulse(self._connection, _ANSWERS_S):
                self._note_end()
            return self._ended

    def revive(self) -> str:
        """Have the server back after it ended, as `Server.revive` says.

        Raises:
            DatabaseError: It was removed, or takes no connections within a minute; half a minute where it is not ours.
        """
        started = False

        def start() -> None:
            nonlocal started
            if self._own is not None:
                started = self._own.revive() or started

        with self._turn:
            # Started again and again: an engine may not know yet that its container has ended.
            self._wait_until_it_answers(_RETURN_PATIENCE if self._own is None else _RESTART_PATIENCE, start)
        return "was started again" if started else "came back"

    def terminate_one(self, application_name: str) -> bool:
        """End the connection of that name that has been open the longest, as an operator or a time-out would; whether
        there was one.

        Raises:
            DatabaseError: The server refused.
        """
        with self._turn, refusals("end a connection"):
            return bool(self._admin().execute(_END_ONE, (application_name, self._worked_in())).fetchall())

    def close(self) -> None:
        """Drop this run's clones and let go of the server; safe to call twice."""
        # What a server that is out of reach keeps, the next run drops.
        with self._hold, ThreadPoolExecutor(min(_AT_ONCE, len(self._clones) or 1)) as together:
            for _ in range(min(_AT_ONCE, len(self._clones))):
                together.submit(self._drop_clones)

    def _prepare(self) -> None:
        """See that databases can be made, and drop those of runs that were cut off."""
        self._require_right_to_create()
        if dropped := owned.drop_leftovers(self._admin(), self._address):
            many = "a database" if len(dropped) == 1 else f"{len(dropped)} databases"
            self._say(f"dropped {many} that runs that were killed had left")

    def _worked_in(self) -> list[str]:
        """The names of the databases that strategies work in."""
        return list(self._clones)

    def _admin(self) -> Connection[Any]:
        """The run's own connection; a new one where it broke, as it does when the server has restarted."""
        from psycopg.pq import TransactionStatus

        if self._connection is not None and self._connection.info.transaction_status != TransactionStatus.IDLE:
            self._note_end()
        if self._connection is None:
            self._connection = connect(self._address, application_name=owned.RUN_NAME + self.run)
            if self._connection.info.server_version >= 140000:
                with refusals("keep a session open"):
                    self._connection.execute("SET idle_session_timeout = 0")
        return self._connection

    def _drop_clones(self) -> None:
        """Drop clones until none is left; others may do so beside it."""
        with (
            suppress(DatabaseError),
            connect(self._address, application_name=owned.RUN_NAME + self.run) as connection,
        ):
            while self._clones:
                with suppress(KeyError):  # another took the last one
                    owned.drop_database(connection, self._clones.pop())

    def _wait_until_it_answers(self, patience: float, before: Callable[[], None] = lambda: None) -> None:
        deadline = time.monotonic() + patience
        while True:
            before()
            try:
                self._admin()
            except DatabaseError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.005)
            else:
                return

    def _note_end(self) -> None:
        self._disconnect()
        self._ended += 1

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _require_right_to_create(self) -> None:
        from psycopg import sql

        role, allowed = (
            self._admin()
            .execute("SELECT rolname, rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user")
            .fetchall()[0]
        )
        if not allowed:
            statement = sql.SQL("ALTER ROLE {} CREATEDB").format(sql.Identifier(role)).as_string(None)
            raise DatabaseError(
                "this user may not create databases, and bench works in databases of its own: "
                f"allow it with `{statement}`"
            )

    def _accepted(self, settings: Mapping[str, str]) -> dict[str, str]:
        """Settings as the server shows them once they are set, tried on our own connection and taken back."""
        import psycopg

        accepted = {}
        connection = self._admin()
        for name, value in settings.items():
            try:
                with connection.transaction(force_rollback=True):
                    row = connection.execute("SELECT set_config(%s, %s, true)", (name, value)).fetchall()[0]
            except psycopg.errors.CantChangeRuntimeParam:
                raise UsageError(
                    f"--setting {name}: it is set when a server starts, and this one is shared: use --database docker, "
                    "which starts one for this run alone"
                ) from None
            except psycopg.Error as error:
                raise UsageError(f"--setting {name}={value}: the server refuses it: {reason(error)}") from None
            accepted[name] = str(row[0])
        return accepted
