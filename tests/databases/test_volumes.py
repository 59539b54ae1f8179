"""The volume that keeps a container's data between runs: what the second run finds, and what becomes of spoilt ones."""

from __future__ import annotations

import os
import signal
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bench.databases import containers, locks, volumes
from bench.databases.address import Address
from bench.databases.containers import Image
from bench.databases.docker import IMAGE, open_docker
from bench.databases.postgres import PostgresServer
from bench.errors import DatabaseError, UsageError
from tests.databases.helpers import Run, eventually, guardian_process, ignore, rows, run_statement, seed_three

StartRun = Callable[[str], Run]


@pytest.fixture
def own_cache(engine: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A cache directory of the test's own, and so a volume of its own, which is removed after it."""
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path))
    yield tmp_path
    assert eventually(lambda: not our_containers(engine))
    for name in our_volumes(engine):
        engine.api.remove_volume(name)


def label() -> str:
    """The label of what belongs to the cache directory."""
    return f"{containers.HOME_LABEL}={containers.home_digest()}"


def our_volumes(engine: Any) -> list[str]:
    """The volumes of the cache directory."""
    return [each["Name"] for each in engine.api.volumes(filters={"label": label()})["Volumes"] or ()]


def our_containers(engine: Any) -> list[str]:
    """The containers of the cache directory."""
    return [each["Id"] for each in engine.api.containers(all=True, filters={"label": label()})]


def the_volume(engine: Any) -> str:
    """The one volume of the cache directory."""
    (name,) = our_volumes(engine)
    return name


def mounted(engine: Any, server: PostgresServer) -> list[str]:
    """The named volumes of the container that serves at that address."""
    for identity in our_containers(engine):
        about = engine.api.inspect_container(identity)
        published = about["NetworkSettings"]["Ports"].get("5432/tcp") or ()
        if str(server._address.port) in [each["HostPort"] for each in published]:
            return [mount["Name"] for mount in about["Mounts"] if mount["Name"].startswith("querybench-")]
    raise AssertionError("no container serves there")


def seed_kept(server: PostgresServer) -> Address:
    """A clone of a template that this makes where it is not there."""
    return server.clone(server.template("kept", seed_three))


def is_seeded(server: PostgresServer) -> bool:
    """Whether the template is there, with its rows."""

    def never(_: Address) -> None:
        raise LookupError

    try:
        return [(3,)] == rows(server.clone(server.template("kept", never)), "SELECT count(*) FROM numbers")
    except LookupError:
        return False


@contextmanager
def a_container(engine: Any, volume: str, command: str) -> Iterator[str]:
    """A container of somebody else that runs a command with the volume where the server keeps its data."""
    image = containers.have_image(engine, IMAGE, say=ignore)
    identity = engine.api.create_container(
        IMAGE,
        ["bash", "-c", command],
        host_config=engine.api.create_host_config(binds={volume: {"bind": volumes.data_path(image), "mode": "rw"}}),
    )["Id"]
    try:
        engine.api.start(identity)
        yield identity
    finally:
        engine.api.remove_container(identity, force=True)


@pytest.mark.docker
def test_second_run_seeds_nothing(engine: Any, own_cache: Path) -> None:
    """What one run has seeded is there for the next one, in a new container; the password is its owner's alone."""
    with open_docker(None, {}, say=ignore) as server:
        seed_kept(server)
        (first,) = our_containers(engine)
    assert [] == our_containers(engine)
    said: list[str] = []
    with open_docker(None, {}, say=said.append) as server:
        assert is_seeded(server)
        assert [first] != our_containers(engine)
        assert [the_volume(engine)] == mounted(engine, server)
    assert [] == said
    (password,) = (own_cache / "volumes").glob("*.password")
    assert 0o600 == stat.S_IMODE(password.stat().st_mode)


@pytest.mark.docker
def test_server_is_shut_down_in_good_order(engine: Any, own_cache: Path) -> None:
    """The next start on the data has nothing to recover, though a session was open to the end."""
    with open_docker(None, {}, say=ignore) as server:
        import psycopg

        from bench.databases.connecting import as_parameters

        left = psycopg.connect(**as_parameters(server._address))
        assert (1,) == left.execute("SELECT 1").fetchone()
    left.close()
    with open_docker(None, {}, say=ignore):
        (container,) = our_containers(engine)
        log = engine.api.logs(container).decode()
    assert "database system was shut down at" in log
    assert "not properly shut down" not in log


@pytest.mark.docker
def test_run_beside_another_has_data_of_its_own(engine: Any, own_cache: Path) -> None:
    """A run that comes while another has the volume says so, does not touch it, and leaves nothing."""
    before = {each["Name"] for each in engine.api.volumes()["Volumes"] or ()}
    said: list[str] = []
    with open_docker(None, {}, say=ignore) as first:
        seed_kept(first)
        with open_docker(None, {}, say=said.append) as second:
            assert not is_seeded(second)
            assert [] == mounted(engine, second)
        assert [the_volume(engine)] == mounted(engine, first)
        assert [(3,)] == rows(seed_kept(first), "SELECT count(*) FROM numbers")
    assert ["the data kept for postgres:18 are in use: this run makes its own"] == said
    assert {the_volume(engine)} == {each["Name"] for each in engine.api.volumes()["Volumes"] or ()} - before


@pytest.mark.docker
def test_killed_runs_data_are_taken_over(engine: Any, own_cache: Path, start_run: StartRun) -> None:
    """The run after one that was killed waits until its container is gone, and has its templates."""
    run = start_run("docker")
    run.kill()
    with open_docker(None, {}, say=ignore) as server:
        assert 1 == len(our_containers(engine))
        assert [the_volume(engine)] == mounted(engine, server)
        assert ["bench_a_run"] == [each.name for each in server.owned_databases()]


@pytest.mark.docker
def test_guardian_of_a_killed_run_keeps_the_volume_until_the_container_is_gone(
    engine: Any, own_cache: Path, start_run: StartRun
) -> None:
    """The kernel lets go of what the run held alone; the volume's lock is free when the guardian has done its work."""
    run = start_run("docker")
    guardian = guardian_process(own_cache / "runs")
    files = {suffix: own_cache / "volumes" / f"{the_volume(engine)}.{suffix}" for suffix in ("run.lock", "lock")}
    os.kill(guardian, signal.SIGSTOP)
    try:
        run.kill()
        assert locks.is_free(files["run.lock"])
        assert not locks.is_free(files["lock"])
    finally:
        os.kill(guardian, signal.SIGCONT)
    assert locks.wait_until_free(files["lock"], 60)
    assert [] == our_containers(engine)


@pytest.mark.docker
def test_container_that_lost_its_guardian_too_is_removed_first(
    engine: Any, own_cache: Path, start_run: StartRun
) -> None:
    """Where run and guardian were both killed, the container that is left goes before another has the volume."""
    run = start_run("docker")
    (left,) = our_containers(engine)
    os.kill(guardian_process(own_cache / "runs"), signal.SIGKILL)
    run.kill()
    with open_docker(None, {}, say=ignore) as server:
        assert [left] != our_containers(engine)
        assert [the_volume(engine)] == mounted(engine, server)
        assert ["bench_a_run"] == [each.name for each in server.owned_databases()]


@pytest.mark.docker
def test_lost_password_means_data_made_anew(engine: Any, own_cache: Path) -> None:
    """Data whose password nobody has are of no use: the next run starts with none, and keeps its own."""
    with open_docker(None, {}, say=ignore) as server:
        seed_kept(server)
    (password,) = (own_cache / "volumes").glob("*.password")
    password.unlink()
    with open_docker(None, {}, say=ignore) as server:
        assert not is_seeded(server)
        seed_kept(server)
    with open_docker(None, {}, say=ignore) as server:
        assert is_seeded(server)


@pytest.mark.docker
def test_another_password_means_data_made_anew(engine: Any, own_cache: Path) -> None:
    """Data that do not take the password which is kept are dropped, and that is said in one line."""
    with open_docker(None, {}, say=ignore) as server:
        seed_kept(server)
        run_statement(server._address, "ALTER ROLE bench PASSWORD 'another'")
    said: list[str] = []
    with open_docker(None, {}, say=said.append) as server:
        assert not is_seeded(server)
        assert 1 == len(our_containers(engine))
    assert [
        "the data kept for postgres:18 are made anew: the server in postgres:18 does not take the password that is kept"
    ] == said


@pytest.mark.docker
def test_data_that_do_not_start_are_made_anew(engine: Any, own_cache: Path) -> None:
    """Data of another major version, as spoilt data, are dropped; the server's reason is said in one line."""
    with open_docker(None, {}, say=ignore) as server:
        seed_kept(server)
    with a_container(engine, the_volume(engine), 'echo 12 >"$PGDATA/PG_VERSION"') as container:
        assert 0 == engine.api.wait(container)["StatusCode"]
    said: list[str] = []
    with open_docker(None, {}, say=said.append) as server:
        assert not is_seeded(server)
    (line,) = said
    assert line.startswith("the data kept for postgres:18 are made anew: the server in postgres:18 did not start: ")
    assert "database files are incompatible with server" in line


@pytest.mark.docker
def test_setting_that_is_refused_costs_no_data(engine: Any, own_cache: Path) -> None:
    """A server that does not start for a setting's sake says nothing against its data."""
    with open_docker(None, {}, say=ignore) as server:
        seed_kept(server)
    with pytest.raises(UsageError, match=r"^--setting wrok_mem=1MB"):
        open_docker(None, {"wrok_mem": "1MB"}, say=ignore)
    with open_docker(None, {"shared_buffers": "64MB"}, say=ignore) as server:
        assert is_seeded(server)
        assert "64MB" == server.settings()["shared_buffers"]


@pytest.mark.docker
def test_volume_that_a_stranger_has_mounted_is_left_alone(engine: Any, own_cache: Path) -> None:
    """Two servers on the same data would spoil them: where any container has the volume, the run goes without."""
    with open_docker(None, {}, say=ignore) as server:
        seed_kept(server)
    with a_container(engine, the_volume(engine), "sleep 600"), open_docker(None, {}, say=ignore) as server:
        assert not is_seeded(server)
    with open_docker(None, {}, say=ignore) as server:
        assert is_seeded(server)


@pytest.mark.docker
def test_volume_that_bench_did_not_make_is_refused(engine: Any, own_cache: Path) -> None:
    """A volume of our name without our label is not taken, and not removed."""
    image = containers.have_image(engine, IMAGE, say=ignore)
    name = f"querybench-{image.id[7:19]}-{containers.home_digest()}"
    engine.api.create_volume(name)
    try:
        with pytest.raises(DatabaseError, match=f"^the Docker volume {name} is in use, or bench did not make it"):
            open_docker(None, {}, say=ignore)
        assert name == engine.api.inspect_volume(name)["Name"]
        assert [] == our_containers(engine)
    finally:
        engine.api.remove_volume(name)


def labels_of(image: str, home: str) -> Mapping[str, str]:
    """The labels of a volume of ours."""
    return {volumes.LABEL: "data", volumes.IMAGE_LABEL: image, containers.HOME_LABEL: home}


@pytest.fixture
def some_volumes(engine: Any, own_cache: Path) -> Iterator[dict[str, str]]:
    """Volumes by what they are: ours and strangers', of an image that is there and of one that is gone."""
    there, gone = containers.have_image(engine, IMAGE, say=ignore).id, f"sha256:{'0' * 64}"
    wanted = {
        "ours": labels_of(there, containers.home_digest()),
        "ours, image gone": labels_of(gone, containers.home_digest()),
        "strangers": labels_of(there, "elsewhere"),
        "not labelled": {"somebody": "else"},
    }
    names = {what: engine.api.create_volume(labels=labels)["Name"] for what, labels in wanted.items()}
    yield names
    left = {each["Name"] for each in engine.api.volumes()["Volumes"] or ()}
    for name in left & set(names.values()):
        engine.api.remove_volume(name)


def still_there(engine: Any, names: Mapping[str, str]) -> list[str]:
    """Which of the volumes the engine has."""
    left = {each["Name"] for each in engine.api.volumes()["Volumes"] or ()}
    return [what for what, name in names.items() if name in left]


@pytest.mark.docker
def test_volume_of_an_image_that_is_gone_is_removed(engine: Any, some_volumes: dict[str, str]) -> None:
    """What no image can use any more goes with its password; a young one of another cache directory stays."""
    password = volumes._password_file(some_volumes["ours, image gone"])
    password.write_text("hush")
    volumes.remove_stale(engine)
    assert ["ours", "strangers", "not labelled"] == still_there(engine, some_volumes)
    assert not password.exists()


@pytest.mark.docker
def test_volume_that_a_container_has_is_not_removed(engine: Any, some_volumes: dict[str, str]) -> None:
    """Even one whose image is gone stays for as long as a container has it."""
    with a_container(engine, some_volumes["ours, image gone"], "sleep 600"):
        volumes.remove_stale(engine)
        assert "ours, image gone" in still_there(engine, some_volumes)


@pytest.mark.parametrize(
    ("image", "home", "age", "expected"),
    [
        ("there", "here", timedelta(days=900), False),
        ("there", "elsewhere", timedelta(hours=23), False),
        ("there", "elsewhere", timedelta(hours=25), True),
        ("gone", "here", timedelta(0), True),
        ("gone", "elsewhere", timedelta(0), True),
    ],
)
def test_which_volumes_are_stale(cache: Path, image: str, home: str, age: timedelta, expected: bool) -> None:
    """Those of an image that is gone; of other cache directories, those that are older than a day."""
    volume = {
        "Labels": labels_of(image, containers.home_digest() if home == "here" else home),
        "CreatedAt": (datetime.now(UTC) - age).isoformat(timespec="seconds"),
    }
    assert expected == volumes._is_stale(volume, {"there"})


@pytest.mark.docker
def test_opening_removes_stale_volumes(engine: Any, some_volumes: dict[str, str]) -> None:
    """A run does it on its way to its server."""
    open_docker(None, {}, say=ignore).close()
    assert "ours, image gone" not in still_there(engine, some_volumes)


@pytest.mark.docker
def test_templates_in_a_volume_are_removed_one_by_one(engine: Any, own_cache: Path) -> None:
    """What `bench database clean` removes is gone for the next run too."""
    with open_docker(None, {}, say=ignore) as server:
        server.drop(seed_kept(server))
        (template,) = server.owned_databases()
        server.remove(template)
    with open_docker(None, {}, say=ignore) as server:
        assert [] == server.owned_databases()


@pytest.mark.parametrize(
    ("data", "declared", "user", "expected"),
    [
        ("/var/lib/postgresql/18/docker", ["/var/lib/postgresql"], "", "/var/lib/postgresql"),
        ("/var/lib/postgresql/data", ["/var/lib/postgresql/data"], "", "/var/lib/postgresql/data"),
        ("/data/pg", ["/data", "/data/pg", "/logs"], "postgres", "/data/pg"),
        ("/var/lib/postgresql/18/docker", [], "", "/var/lib/postgresql/18/docker"),
        ("/database", ["/data"], "0", "/database"),
        ("/var/lib/postgresql/data", [], "postgres", None),
        (None, ["/var/lib/postgresql"], "", None),
    ],
)
def test_volume_goes_where_the_image_keeps_its_data(
    data: str | None, declared: list[str], user: str, expected: str | None
) -> None:
    """The volume that the image declares around PGDATA, else PGDATA itself where root may make it; else nowhere."""
    variables = {} if data is None else {"PGDATA": data}
    assert expected == volumes.data_path(Image("postgres:18", "sha256:0", variables, declared, user))
