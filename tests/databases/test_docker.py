"""A server in a container of the run's own."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

from bench.databases import containers, runs
from bench.databases.docker import open_docker
from bench.databases.opening import open_server
from bench.databases.postgres import PostgresServer
from bench.errors import DatabaseError, UsageError
from tests.databases.helpers import Run, eventually, ignore, rows, seed_three


@pytest.fixture(scope="module")
def engine_of_module(cache: Path) -> Iterator[Any]:
    """The Docker engine; where none answers the test is skipped."""
    try:
        client = containers.connect_engine(timeout=30)
    except DatabaseError as error:
        pytest.skip(str(error))
    yield client
    client.close()


@pytest.fixture(scope="module")
def server(engine_of_module: Any) -> Iterator[PostgresServer]:
    """A server in a container, for the tests of this module."""
    with open_docker(None, {"shared_buffers": "64MB"}, say=ignore) as server:
        yield server


def ours(engine: Any) -> set[str]:
    """The containers of this session's cache directory."""
    found = engine.api.containers(all=True, filters={"label": f"{containers.HOME_LABEL}={containers.home_digest()}"})
    return {container["Id"] for container in found}


@pytest.mark.docker
def test_container_has_templates_and_clones(server: PostgresServer) -> None:
    """The server in a container serves a clone, with statements counted."""
    clone = server.clone(server.template("rows", seed_three))
    assert [(3,)] == rows(clone, "SELECT count(*) FROM numbers")
    assert [(True,)] == rows(clone, "SELECT count(*) >= 0 FROM pg_stat_statements")
    assert ("docker", "named by --database") == (server.kind, server.reason)


@pytest.mark.docker
def test_setting_is_given_to_the_server_at_its_start(server: PostgresServer) -> None:
    """What can be set at a server's start alone can be set for a container."""
    recorded = server.settings()
    assert ("64MB", "off", "4GB") == (recorded["shared_buffers"], recorded["jit"], recorded["max_wal_size"])


@pytest.mark.docker
def test_port_is_open_on_an_address_of_this_machine_alone(server: PostgresServer, engine: Any) -> None:
    """No other machine reaches the container's port."""
    (container,) = ours(engine)
    bindings = engine.api.inspect_container(container)["NetworkSettings"]["Ports"]["5432/tcp"]
    assert [{"HostIp": server._address.host, "HostPort": str(server._address.port)}] == bindings
    # The loopback; where these tests are themselves in a container, the engine's bridge.
    assert ip_address(str(server._address.host)).is_private


@pytest.mark.docker
def test_run_inside_a_container_publishes_on_the_bridge_alone(
    server: PostgresServer, engine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the run is itself in a container, the port is open on the engine's bridge and nowhere else."""
    from testcontainers.core.config import ConnectionMode, testcontainers_config

    monkeypatch.setattr(testcontainers_config, "connection_mode_override", ConnectionMode.gateway_ip)
    before = ours(engine)
    with open_docker(None, {}, say=ignore) as another:
        (container,) = ours(engine) - before
        bindings = engine.api.inspect_container(container)["NetworkSettings"]["Ports"]["5432/tcp"]
        assert [{"HostIp": another._address.host, "HostPort": str(another._address.port)}] == bindings


@pytest.mark.docker
def test_password_is_in_no_command_line(server: PostgresServer, engine: Any) -> None:
    """Neither the container's arguments nor the machine's process list show the password."""
    (container,) = ours(engine)
    about = engine.api.inspect_container(container)
    listed = subprocess.run(["ps", "-ww", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert "max_wal_size=4GB" in listed
    assert str(server._address.password) not in listed + json.dumps([about["Args"], about["Config"]["Labels"]])


@pytest.mark.docker
def test_container_tells_its_cpu_time(server: PostgresServer) -> None:
    """The server's first process is found on this machine, although it has another number inside the container."""
    seconds = server.cpu_seconds()
    assert seconds is not None
    assert seconds > 0


def test_restarted_container_has_its_clones_at_the_same_address(server: PostgresServer) -> None:
    """It is published on the same port again, with the rows that were there."""
    clone = server.clone(server.template("restarted", seed_three))
    server.restart()
    assert [(3,)] == rows(clone, "SELECT count(*) FROM numbers")


def test_container_and_run_are_gone_after_closing(server: PostgresServer, engine: Any, cache: Path) -> None:
    """Closing returns when the container has been removed, with its volume and its run."""
    before = ours(engine)
    with open_docker(None, {}, say=ignore):
        (container,) = ours(engine) - before
        volumes = [mount["Name"] for mount in engine.api.inspect_container(container)["Mounts"]]
    assert before == ours(engine)
    assert not set(volumes) & {volume["Name"] for volume in engine.api.volumes()["Volumes"] or ()}
    assert 1 == len(list((cache / "runs").glob("docker-*")))


@pytest.mark.docker
def test_container_is_gone_after_its_run_was_killed(
    server: PostgresServer, engine: Any, cache: Path, start_run: Callable[[str], Run]
) -> None:
    """SIGKILL leaves a run no time for anything, and its container goes all the same."""
    before = ours(engine)
    run = start_run("docker")
    assert 1 == len(ours(engine) - before)
    run.kill()
    assert eventually(lambda: ours(engine) == before)
    assert eventually(lambda: len(list((cache / "runs").glob("docker-*"))) == 1)


@pytest.mark.docker
def test_leftover_of_a_dead_run_is_removed_and_a_live_ones_container_stays(server: PostgresServer, engine: Any) -> None:
    """The next opening removes the container of a run that is dead, and no other."""
    live = ours(engine)
    left = engine.api.create_container("postgres:18", labels=containers.labels("docker-0123456789ab"))["Id"]
    foreign = engine.api.create_container("postgres:18", labels={containers.RUN_LABEL: "docker-0123456789ab"})["Id"]
    try:
        assert live | {left} == ours(engine)
        containers.remove_leftovers(engine)
        assert live == ours(engine)
        assert engine.api.inspect_container(foreign)["Id"] == foreign
    finally:
        engine.api.remove_container(foreign)


@pytest.mark.docker
def test_setting_that_the_server_refuses_is_named(engine: Any, cache: Path) -> None:
    """A server that does not start for a setting's sake is answered as a mistake in usage, and leaves no container."""
    before = ours(engine)
    with pytest.raises(UsageError, match=r'^--setting wrok_mem=1MB: the server refuses it: .*"wrok_mem"'):
        open_server("docker", say=ignore, settings={"wrok_mem": "1MB"})
    assert before == ours(engine)


@pytest.mark.docker
def test_image_that_cannot_be_pulled_is_one_line(engine: Any) -> None:
    """An image that is not there and whose registry does not answer is named, in one line."""
    image = "localhost:1/nowhere/postgres:18"
    said: list[str] = []
    with pytest.raises(DatabaseError, match=f"^the image {image} is not there and cannot be pulled: ") as caught:
        open_server(f"docker:{image}", say=said.append)
    assert "\n" not in str(caught.value)
    assert [f"pulling {image}, once"] == said


@pytest.mark.docker
@pytest.mark.parametrize("image", ["UPPER", "a b", "postgres:18:19"])
def test_name_that_is_no_images_is_refused(engine: Any, image: str) -> None:
    """A name that no image can have is answered with how one is named."""
    with pytest.raises(DatabaseError, match="is no name of a Docker image: name one, such as docker:postgres:18"):
        open_server(f"docker:{image}", say=ignore)


def test_no_engine_is_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where no engine listens, the message says what to do."""
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/dead.sock")
    with pytest.raises(DatabaseError) as caught:
        open_server("docker", say=ignore)
    assert "no Docker engine answers: start it and see that `docker info` works, or use --database embedded" == str(
        caught.value
    )


def test_engine_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine that takes the connection and says nothing counts as none."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{silent.getsockname()[1]}")
        with pytest.raises(DatabaseError, match="no Docker engine answers"):
            containers.connect_engine(timeout=0.5)


def test_progress_of_a_pull_adds_up_its_layers() -> None:
    """The lines say how much of the layers known so far has come; a finished layer counts whole."""
    events: list[dict[str, Any]] = [
        {"status": "Pulling from library/postgres", "id": "18"},
        {"status": "Pulling fs layer", "progressDetail": {}, "id": "a"},
        {"status": "Downloading", "progressDetail": {"current": 1_000_000, "total": 30_000_000}, "id": "a"},
        {"status": "Downloading", "progressDetail": {"current": 5_000_000, "total": 10_000_000}, "id": "b"},
        {"status": "Download complete", "progressDetail": {}, "id": "a"},
        {"status": "Pull complete", "progressDetail": {}, "id": "b"},
    ]
    assert [
        "pulling postgres:18: 1 of 30 MB",
        "pulling postgres:18: 6 of 40 MB",
        "pulling postgres:18: 35 of 40 MB",
        "pulling postgres:18: 40 of 40 MB",
    ] == list(containers.progress("postgres:18", iter(events)))


def test_error_in_a_pull_ends_it() -> None:
    """An engine that reports an error in the midst of a pull is believed."""
    with pytest.raises(DatabaseError, match=r"^the image x:1 is not there and cannot be pulled: no space left$"):
        list(containers.progress("x:1", iter([{"error": "no space\nleft"}])))


def test_directory_of_a_dead_run_is_told_from_a_live_ones(cache: Path) -> None:
    """A run is alive until it is closed, or its process has let go of its lock."""
    run = runs.start_run("test")
    assert (True, []) == (runs.is_alive(run.name), runs.dead_runs("test"))
    run._lock.close()
    assert (False, [run.directory]) == (runs.is_alive(run.name), runs.dead_runs("test"))
    run.close()
    assert (False, []) == (runs.is_alive(run.name), runs.dead_runs("test"))
    assert not os.path.lexists(run.directory)
