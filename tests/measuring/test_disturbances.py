"""What disturbs while something is measured, on the real machine and the real server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.databases.connecting import connect
from bench.databases.opening import open_server
from bench.databases.postgres import PostgresServer
from bench.databases.server import Server
from bench.measuring.disturbances.findings import Disturbance
from bench.measuring.disturbances.lookout import Lookout
from bench.measuring.noise import compare_with_copies
from tests.measuring.helpers import Listener, options


@pytest.fixture
def sqlite(cache: Path) -> Iterator[Server]:
    """SQLite, which is no server."""
    with open_server("sqlite", say=lambda line: None, settings={}) as server:
        yield server


def found(lookout: Lookout) -> dict[str, Disturbance]:
    """What disturbs, by its name."""
    findings = lookout.findings()
    assert findings is not None
    return {one.what: one for one in findings.disturbances}


def test_client_of_the_server_is_said(embedded: PostgresServer) -> None:
    """One that sends a statement while something is measured is said, with what to do about it."""
    lookout = Lookout()
    with connect(embedded.maintenance, application_name="psql") as client:
        lookout.begin(embedded)
        client.execute("SELECT 1")
        lookout.look()
    assert (
        Disturbance(
            "other clients of the server",
            "1 sent something, or kept a transaction open",
            "end them, or take a server of bench's own (--database embedded, docker or local)",
        )
        == found(lookout)["other clients of the server"]
    )


def test_client_that_only_is_connected_is_not_said(embedded: PostgresServer) -> None:
    """It takes nothing from what is measured; neither does a run of the harness that rests."""
    lookout = Lookout()
    with (
        connect(embedded.maintenance, application_name="psql"),
        connect(embedded.maintenance, application_name="bench run 0123456789ab"),
    ):
        lookout.begin(embedded)
        lookout.look()
    findings = lookout.findings()
    assert findings is not None
    assert {"other clients of the server", "other runs of bench"} <= set(findings.quiet)


def test_machine_that_was_unplugged_meanwhile_is_said_to_have_been(tmp_path: Path, sqlite: Server) -> None:
    """What a look finds stays found, though the last one does not."""
    plug = tmp_path / "sys/class/power_supply/BAT0"
    plug.mkdir(parents=True)
    (plug / "type").write_text("Battery\n")
    (plug / "status").write_text("Charging\n")
    lookout = Lookout(tmp_path)
    lookout.begin(sqlite)
    (plug / "status").write_text("Discharging\n")
    lookout.look()
    (plug / "status").write_text("Charging\n")
    lookout.look()
    assert "the machine runs on it, and saves power" == found(lookout)["battery"].seen


def test_server_that_is_none_has_no_clients(sqlite: Server) -> None:
    """With SQLite nothing is said of clients: neither that they are quiet nor that nobody tells."""
    lookout = Lookout()
    lookout.begin(sqlite)
    lookout.look()
    findings = lookout.findings()
    assert findings is not None
    assert "other clients of the server" not in [look.what for look in findings.looks]


def test_nothing_is_found_before_something_was_measured(sqlite: Server) -> None:
    """One look alone has seen nothing go on."""
    lookout = Lookout()
    assert lookout.findings() is None
    lookout.begin(sqlite)
    assert lookout.findings() is None


def test_comparisons_are_looked_out_for(embedded: PostgresServer) -> None:
    """A comparison on a server that nobody else uses finds no other clients, and not itself."""
    lookout = Lookout()
    asked = options("paced.alike:still", database="embedded", budget=2.0)
    assert 1 == len(list(compare_with_copies(asked, 1, Listener(), lookout)))
    findings = lookout.findings()
    assert findings is not None
    assert {"other clients of the server", "other runs of bench"} <= set(findings.quiet)
