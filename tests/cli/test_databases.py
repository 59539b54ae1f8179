"""Databases that cannot be had: one line that says what to do, exit code 2, and no password and no host anywhere."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bench.databases.embedded import open_embedded
from bench.databases.postgres import PostgresServer
from tests.cli.helpers import SMALL, Ran, processes, results
from tests.databases.helpers import eventually, ignore

Bench = Callable[..., Ran]

PASSWORD = "s3cret-of-nobody"


@pytest.fixture(scope="module")
def server(cache: Path) -> Iterator[PostgresServer]:
    """A server that is there already."""
    with open_embedded({}, say=ignore) as server:
        yield server


@pytest.fixture
def nobody_listens() -> int:
    """A port of this machine at which nothing answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_a_wrong_password_is_one_line(bench: Bench, server: PostgresServer, tmp_path: Path) -> None:
    """What the server refuses is said with what to correct, and neither password nor host is shown."""
    host = server._address.host
    url = f"postgresql://bench:{PASSWORD}@/postgres?host={host}&port={server._address.port}"

    ran = bench("run", "small.reading", "--scenarios", SMALL, "--database", url)

    assert "the database refused user or password: correct them in the URL" == ran.complaint
    assert PASSWORD not in ran.err
    assert str(host) not in ran.err
    assert [] == list(tmp_path.iterdir())


def test_a_server_that_does_not_answer_is_one_line(bench: Bench, nobody_listens: int, tmp_path: Path) -> None:
    """Where nothing listens at a URL, it says what to check."""
    url = f"postgresql://someone:{PASSWORD}@127.0.0.1:{nobody_listens}/postgres"

    ran = bench("run", "small.reading", "--scenarios", SMALL, "--database", url)

    assert "the database server does not answer: check that it runs, and host and port in the URL" == ran.complaint
    assert "127.0.0.1" not in ran.err
    assert [] == list(tmp_path.iterdir())


def test_docker_that_is_not_there_is_one_line(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, cache: Path
) -> None:
    """Without an engine `--database docker` says so and what else there is; nothing is left running."""
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/no-engine.sock")

    ran = bench("run", "small.reading", "--scenarios", SMALL, "--database", "docker")

    assert ran.complaint.startswith("no Docker engine answers: ")
    assert "--database embedded" in ran.complaint
    assert eventually(lambda: not [line for line in processes(tmp_path) if "bench.worker" in line])


def test_auto_without_docker_takes_the_embedded_server_and_says_why(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The choice and its reason stand in the output and in the result."""
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/no-engine.sock")

    ran = bench("run", "small.reading", "--scenarios", SMALL, "--budget", "600ms", "--output", "result.json")

    assert 0 == ran.code, ran.err
    assert ran.out.startswith("embedded: no Docker engine answers; PostgreSQL ")
    assert '"database":"embedded: no Docker engine answers"' in (tmp_path / "result.json").read_text()


def test_no_password_and_no_host_is_written(bench: Bench, server: PostgresServer, tmp_path: Path) -> None:
    """After a run on a URL neither is in the output, progress, result or report, and going on needs the URL again."""
    address = server._address
    url = f"postgresql://bench:{address.password}@/postgres?host={address.host}&port={address.port}"

    ran = bench(
        *("run", "small.reading", "--scenarios", SMALL, "--database", url),
        *("--budget", "600ms", "--report", "report.md"),
    )

    assert 0 == ran.code, ran.err
    (path,) = results(tmp_path)
    written = ran.out + ran.err + path.read_text() + (tmp_path / "report.md").read_text()
    assert [] == [secret for secret in (address.password, address.host) if str(secret) in written]
    assert "url: named by --database" in written
    path.write_text(path.read_text().replace('"interrupted":false', '"interrupted":true'))
    assert (
        "the run was on a database given by URL, which is not kept: give --database URL again"
        == bench("run", "--resume", path).complaint
    )
