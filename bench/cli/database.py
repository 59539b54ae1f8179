"""`bench database`: what the harness keeps on a server, and removing it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing

import click
from tabulate import tabulate

from bench.cli.options import database_option
from bench.cli.progress import watcher
from bench.databases.opening import open_server
from bench.databases.owned import OwnedDatabase
from bench.databases.server import Server

MEGABYTE = 1024 * 1024


@click.group(name="database", epilog="Example: bench database clean --database embedded")
def command() -> None:
    """List or remove what the harness has left on this machine.

    Templates are kept so that the second run seeds nothing; removing them costs the next run a few seconds.
    """


@command.command(name="list", epilog="Example: bench database list --database sqlite")
@database_option
def list_command(database: str) -> None:
    """List the databases that the harness made on a server."""
    with closing(watcher()) as watching, open_server(database, say=watching.say) as server:
        _show(server, server.owned_databases())


@command.command(name="clean", epilog="Example: bench database clean --database embedded --yes")
@database_option
@click.option("--yes", is_flag=True, help="Do not ask.")
def clean_command(database: str, yes: bool) -> None:
    """Remove the databases that the harness made on a server: known by the marker inside them, never by name alone."""
    with closing(watcher()) as watching, open_server(database, say=watching.say) as server:
        owned = server.owned_databases()
        _show(server, owned)
        removable = [one for one in owned if not one.in_use]
        if removable and (yes or click.confirm(f"Remove {len(removable)} of them?", err=True)):
            for one in removable:
                server.remove(one)
            click.echo(f"removed {len(removable)}")


def _show(server: Server, owned: Sequence[OwnedDatabase]) -> None:
    click.echo(f"{server.kind}: {server.reason}; {server.dialect} {server.version}")
    rows = [[one.name, one.kind, f"{one.size / MEGABYTE:.1f} MB", "in use" if one.in_use else ""] for one in owned]
    click.echo(
        tabulate(rows, headers=["name", "kind", "size", ""]) if rows else "nothing of the harness's own is there"
    )
