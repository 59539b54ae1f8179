"""A cluster of our own from an installed PostgreSQL's binaries."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bench.databases.local import _installed, open_local
from bench.databases.opening import open_server
from bench.errors import DatabaseError
from tests.databases.helpers import ignore, rows, seed_three


@pytest.fixture
def installed() -> Path:
    """The binaries of a PostgreSQL that this machine has."""
    try:
        return _installed()
    except DatabaseError as error:
        pytest.skip(str(error))


def test_installed_server_has_templates_and_clones(installed: Path) -> None:
    """The server of the binaries on the path serves a clone, with statements counted."""
    with open_server("local", say=ignore) as server:
        clone = server.clone(server.template("rows", seed_three))
        assert [(3,)] == rows(clone, "SELECT count(*) FROM numbers")
        assert "local" == server.kind
        assert "pg_stat_statements" == server.settings()["shared_preload_libraries"]


def test_named_directory_is_followed_through_links(installed: Path, tmp_path: Path) -> None:
    """A directory that is a link to the binaries has the same cluster as the directory itself."""
    link = tmp_path / "bin"
    link.symlink_to(installed)
    with open_local(str(link), {}, say=ignore) as one, open_local(str(installed), {}, say=ignore) as other:
        assert one._address == other._address


def test_directory_without_a_server_is_refused(tmp_path: Path) -> None:
    """A directory without the two programs is refused with what to give."""
    with pytest.raises(DatabaseError) as caught:
        open_server(f"local:{tmp_path}", say=ignore)
    assert (
        f"{tmp_path} has no `postgres` and `initdb`: give the directory of a server's binaries, "
        "such as local:/usr/lib/postgresql/18/bin" == str(caught.value)
    )


def test_links_on_the_path_lead_to_the_binaries(
    installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A link to pg_ctl in a directory on the path is enough to find the server beside the real one."""
    if not (installed / "pg_ctl").exists():
        pytest.skip("this PostgreSQL has no pg_ctl")
    (tmp_path / "pg_ctl").symlink_to(installed / "pg_ctl")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert shutil.which("pg_ctl") == str(tmp_path / "pg_ctl")
    assert installed == _installed()
