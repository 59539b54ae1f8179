"""`bench database`: what the harness keeps on a server, and removing it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace

import click
from tabulate import tabulate

from bench.cli.codes import DONE, USAGE
from bench.cli.interruption import PutAway
from bench.cli.progress import watcher
from bench.databases.cache import cache_directory
from bench.databases.opening import open_server
from bench.databases.owned import OwnedDatabase
from bench.databases.server import Server
from bench.errors import DatabaseError, UsageError

MEGABYTE = 1024 * 1024


@click.group(name="database", epilog="Example: bench database clean --database embedded")
def command() -> None:
    """List or remove what the harness has left on this machine.

    Templates are kept so that the second run seeds nothing; removing them costs the next run a few seconds.
    """


where = click.option(
    "--database",
    "databases",
    multiple=True,
    metavar="WHERE",
    help="docker[:IMAGE], embedded, local[:BINDIR], sqlite, or a URL.  [default: what this machine's cache has]",
)


@command.command(name="list", epilog="Example: bench database list --database sqlite")
@where
def list_command(databases: tuple[str, ...]) -> int:
    """List the databases that the harness made on this machine, or on the servers named."""
    servers = Servers(databases)
    for server in servers:
        _show(server, [_held(server, one) for one in server.owned_databases()])
    return servers.code


@command.command(name="clean", epilog="Example: bench database clean --database embedded --yes")
@where
@click.option("--yes", is_flag=True, help="Do not ask.")
def clean_command(databases: tuple[str, ...], yes: bool) -> int:
    """Remove the databases that the harness made: known by the marker inside them, never by name alone.

    They are listed first. What a run or a session uses is left, and so are the templates of a server that a run is
    working on: it may need them for its next clone.
    """
    servers = Servers(databases)
    for server in servers:
        owned = [_held(server, one) for one in server.owned_databases()]
        _show(server, owned)
        removable = [one for one in owned if not one.in_use]
        left = len(owned) - len(removable)
        if removable and (yes or _is_agreed_to(len(removable))):
            removed = [_is_removed(server, one) for one in removable]
            left += removed.count(False)
            click.echo(f"removed {removed.count(True)}")
        if left:
            click.echo(f"left {left} in use: clean again when the runs and sessions that use them have ended")
    return servers.code


class Servers:
    """The servers that are named, else those that the cache directory knows, one after the other.

    Attributes:
        code: What the command ends with: one that is not named and cannot be had is said, and is in nobody's way.
    """

    def __init__(self, databases: Sequence[str]) -> None:
        self.code = DONE
        self._named = databases

    def __iter__(self) -> Iterator[Server]:
        with closing(watcher()) as watching:
            for database in self._named or _known():
                try:
                    server = open_server(database, say=watching.say)
                except DatabaseError as error:
                    if self._named:
                        raise
                    watching.say(f"{database}: {error}")
                    self.code = USAGE
                    continue
                with PutAway(server):
                    yield server
            if not self._named and any((cache_directory() / "clusters").glob("local-*")):
                watching.say("servers of installed binaries are looked at where they are named: --database local")


def _known() -> list[str]:
    home = cache_directory()
    there = {
        "embedded": any((home / "clusters").glob("embedded-*")),
        "docker": any((home / "volumes").glob("*.password")),
        "sqlite": any((home / "sqlite").glob("*")),
    }
    return [database for database, is_there in there.items() if is_there]


def _show(server: Server, owned: Sequence[OwnedDatabase]) -> None:
    click.echo(f"{server.kind}: {server.reason}; {server.dialect} {server.version}")
    rows = [[one.name, one.kind, f"{one.size / MEGABYTE:.1f} MB", "in use" if one.in_use else ""] for one in owned]
    click.echo(
        tabulate(rows, headers=["name", "kind", "size", ""]) if rows else "nothing of the harness's own is there"
    )


def _held(server: Server, database: OwnedDatabase) -> OwnedDatabase:
    """A database as it may be removed: a template is in use while a run is on that may need it for its next clone."""
    return replace(database, in_use=database.in_use or (database.kind == "template" and server.has_other_runs()))


def _is_agreed_to(number: int) -> bool:
    """Whether who is asked agrees.

    Raises:
        UsageError: Nobody is there to be asked.
    """
    try:
        return click.confirm(f"Remove {number} of them?", err=True)
    except click.Abort as abort:
        if isinstance(abort.__context__, EOFError):
            raise UsageError("nobody answers, and nothing was removed: say --yes to have it done unasked") from None
        raise


def _is_removed(server: Server, database: OwnedDatabase) -> bool:
    """Remove a database; False where somebody has begun to use it meanwhile, True too where it is gone already.

    Raises:
        DatabaseError: The server refused.
    """
    try:
        server.remove(database)
    except DatabaseError:
        found = next((one for one in server.owned_databases() if one.name == database.name), None)
        if found is not None and not found.in_use:
            raise
        return found is None
    return True
