"""Who can reach a cluster: its owner alone, and root's own directories stay as they are."""

from __future__ import annotations

import os
import pwd
import stat
import subprocess
from pathlib import Path

import pytest

from bench.databases import postmaster
from bench.databases.embedded import PACKAGE, _binaries, _wheel, open_embedded
from bench.databases.local import open_local
from bench.databases.postgres import PostgresServer
from bench.errors import DatabaseError
from tests.databases.helpers import ignore, rows

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to become other users")


def mode(path: Path) -> int:
    """The permissions of a file or directory."""
    return stat.S_IMODE(path.stat().st_mode)


def run_as(user: str, *argv: str) -> subprocess.CompletedProcess[str]:
    """Run a command as another user."""
    entry = pwd.getpwnam(user)
    return subprocess.run(
        argv,
        user=entry.pw_uid,
        group=entry.pw_gid,
        extra_groups=[],
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )


def test_data_password_and_socket_are_the_owners_alone(cache: Path, embedded: PostgresServer) -> None:
    """Nobody but the owner gets at the data, the password, the log, or the socket."""
    home = next((cache / "clusters").glob("embedded-*"))
    assert 0o700 == mode(postmaster.data_directory(home))
    assert 0o700 == mode(postmaster.socket_directory(home))
    assert 0o600 == mode(home / "cluster" / "password")
    assert 0o600 == mode(home / "log")
    assert [("",), ("scram-sha-256",)] == rows(
        embedded._address,
        "SELECT current_setting('listen_addresses') UNION ALL SELECT string_agg(DISTINCT auth_method, ' ') "
        "FROM pg_hba_file_rules",
    )


def test_password_is_not_in_the_process_list(embedded: PostgresServer) -> None:
    """No command line on the machine shows the password."""
    listed = subprocess.run(["ps", "-ww", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert "bench.databases.guardian cluster" in listed
    assert str(embedded._address.password) not in listed


@as_root
def test_root_runs_the_server_as_nobody(cache: Path, embedded: PostgresServer) -> None:
    """As root the server, its data and its socket belong to nobody; the password stays root's."""
    home = next((cache / "clusters").glob("embedded-*"))
    pid = int((postmaster.data_directory(home) / "postmaster.pid").read_text().splitlines()[0])
    owners = [Path(f"/proc/{pid}"), postmaster.data_directory(home), postmaster.socket_directory(home)]
    assert ["nobody", "nobody", "nobody"] == [path.owner() for path in owners]
    assert ["root", "root"] == [path.owner() for path in (home, home / "cluster" / "password")]
    assert [0o711, 0o711] == [mode(path) for path in (home, home / "cluster")]


@as_root
@pytest.mark.parametrize("what", ["data", "socket", "password"])
def test_another_user_cannot_get_in(cache: Path, embedded: PostgresServer, what: str) -> None:
    """Another user reads no data and no password, and does not even see the socket."""
    home = next((cache / "clusters").glob("embedded-*"))
    path = {
        "data": postmaster.data_directory(home) / "PG_VERSION",
        "socket": postmaster.socket_directory(home) / ".s.PGSQL.5432",
        "password": home / "cluster" / "password",
    }[what]
    assert path.exists()
    assert "Permission denied" in run_as("daemon", "cat", str(path)).stderr


@as_root
def test_user_of_the_server_needs_the_password(embedded: PostgresServer) -> None:
    """Even who owns the socket is asked for a password."""
    psql = _binaries(ignore).directory / "psql"
    done = run_as("nobody", str(psql), "-w", "-h", str(embedded._address.host), "-U", "bench", "postgres")
    assert "no password supplied" in done.stderr


@as_root
def test_nothing_outside_the_cache_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Making and running a cluster changes neither owner nor permissions of any directory above the cache, nor of the
    binaries; a cache that is there already keeps its own.
    """
    cache = Path("/tmp") / f"bench-cache-{os.getpid()}"  # noqa: S108 - has to be where every user can go
    cache.mkdir()
    cache.chmod(0o751)
    monkeypatch.setenv("BENCH_CACHE", str(cache))
    package = _wheel() / PACKAGE
    watched = [cache, *cache.parents, *package.parents, package, *package.rglob("*")]
    before = [(path.stat().st_mode, path.stat().st_uid, path.stat().st_gid) for path in watched]
    try:
        open_embedded({}, say=ignore).close()
        assert before == [(path.stat().st_mode, path.stat().st_uid, path.stat().st_gid) for path in watched]
    finally:
        subprocess.run(["rm", "-rf", cache], check=True)


@as_root
def test_binaries_out_of_reach_are_copied_once(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Binaries in a directory that is closed to others are copied to where the server's user reaches them, once."""
    package = _wheel() / PACKAGE
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    for part in (package, package.with_name(f"{package.name}.libs")):
        subprocess.run(["cp", "-a", part, closed], check=True)
    monkeypatch.setattr("bench.databases.embedded._wheel", lambda: closed)
    said: list[str] = []
    for _ in range(2):
        with open_embedded({}, say=said.append) as server:
            assert [(1,)] == rows(server._address, "SELECT 1")
    assert ["copying PostgreSQL's binaries to where an unprivileged user can reach them, once"] == said
    assert 0o700 == mode(closed)


@as_root
def test_cache_out_of_reach_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache directory below one that is closed to others is no place for a server, and the message says what is."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    monkeypatch.setenv("BENCH_CACHE", str(closed / "cache"))
    with pytest.raises(DatabaseError, match="set BENCH_CACHE to a directory that every user can reach"):
        open_embedded({}, say=ignore)
    assert 0o700 == mode(closed)


@as_root
def test_binaries_of_local_out_of_reach_are_refused(tmp_path: Path) -> None:
    """Installed binaries that the server's user cannot run are refused with what to give."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    for program in ("postgres", "initdb"):
        (closed / program).symlink_to("/bin/true")
        (closed / program).unlink()
        (closed / program).write_bytes(Path("/bin/true").read_bytes())
    with pytest.raises(DatabaseError, match="name binaries that every user can reach, as local:BINDIR"):
        open_local(str(closed), {}, say=ignore)
