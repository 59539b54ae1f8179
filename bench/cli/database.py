"""`bench database`: what the harness keeps on a server, and removing it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing

import click
from tabulate import tabulate

from bench.cli.progress import watcher
from bench.databases.cache import cache_directory
from bench.databases.opening import open_server
from bench.databases.owned import OwnedDatabase
from bench.databases.server import Server

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
def list_command(databases: tuple[str, ...]) -> None:
    """List the databases that the harness made on this machine, or on the servers named."""
    for server in _servers(databases):
        _show(server, server.owned_databases())


@command.command(name="clean", epilog="Example: bench database clean --database embedded --yes")
@where
@click.option("--yes", is_flag=True, help="Do not ask.")
def clean_command(databases: tuple[str, ...], yes: bool) -> None:
    """Remove the databases that the harness made: known by the marker inside them, never by name alone."""
    for server in _servers(databases):
        owned = server.owned_databases()
        _show(server, owned)
        removable = [one for one in owned if not one.in_use]
        if removable and (yes or click.confirm(f"Remove {len(removable)} of them?", err=True)):
            for one in removable:
                server.remove(one)
            click.echo(f"removed {len(removable)}")


def _servers(databases: Sequence[str]) -> Iterator[Server]:
    """The servers that are named, else those that the cache directory knows, one after the other."""
    with closing(watcher()) as watching:
        for database in databases or _known():
            with open_server(database, say=watching.say) as server:
                yield server


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
