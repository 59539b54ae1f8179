"""`bench database`: what is kept is listed before it is removed, and what somebody needs is left."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.helpers import HASTE, SMALL, Process, run
from tests.databases.helpers import cache_apart
from tests.reliability.interrupted import AT_THE_SECOND, HELD, assert_all_is_saved, held_up
from tests.reliability.observing import Observer


@pytest.fixture(autouse=True)
def apart() -> Iterator[Path]:
    """A cache directory of each test's own."""
    with cache_apart() as directory:
        yield directory


def kept(folder: Path, database: str) -> list[str]:
    """The kinds of the databases that are listed."""
    listed = run("database", "list", "--database", database, cwd=folder)
    assert 0 == listed.code, listed.err
    return [line.split()[1] for line in listed.out.splitlines() if line.startswith("bench_")]


@pytest.mark.parametrize("database", ["sqlite", "embedded"])
def test_what_a_run_may_need_is_left(observed: Observer, tmp_path: Path, database: str) -> None:
    """While a run is on, its templates stay, and so it comes to its end; after that they are removed."""
    folder = held_up(tmp_path / "folder")
    going = Process("run", *HELD, "--scenarios", str(SMALL), "--database", database, cwd=folder)
    going.wait_for(AT_THE_SECOND)

    with observed("clean-beside-a-run") as seen:
        cleaned = run("database", "clean", "--database", database, "--yes", cwd=tmp_path)
        assert 0 == cleaned.code, cleaned.err
        assert "removed" not in cleaned.out
        assert cleaned.out.splitlines()[-1].endswith(
            " in use: clean again when the runs and sessions that use them have ended"
        )
        (folder / "hold").unlink()
        assert 0 == going.end().code
        assert_all_is_saved(folder)
        seen.says("nothing was removed; the run came to its end")

    assert ["template"] == kept(tmp_path, database)
    cleaned = run("database", "clean", "--database", database, "--yes", cwd=tmp_path)
    assert (0, "removed 1") == (cleaned.code, cleaned.out.splitlines()[-1])
    assert [] == kept(tmp_path, database)


def test_nothing_is_removed_where_nobody_answers(tmp_path: Path) -> None:
    """What would be removed is listed; where nobody can be asked, it stays, and a line says what to do."""
    assert 0 == run("count", "small.reading", *HASTE, cwd=tmp_path).code

    cleaned = run("database", "clean", "--database", "sqlite", cwd=tmp_path)

    assert 2 == cleaned.code
    assert "template" in cleaned.out
    assert cleaned.err.splitlines()[-1].endswith(
        "bench: nobody answers, and nothing was removed: say --yes to have it done unasked"
    )
    assert ["template"] == kept(tmp_path, "sqlite")


def test_a_server_that_cannot_be_had_is_in_nobodys_way(
    tmp_path: Path, apart: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no server is named, the others are listed beside one that does not answer, which is said; exit code 2."""
    assert 0 == run("count", "small.reading", *HASTE, cwd=tmp_path).code
    (apart / "volumes").mkdir()
    (apart / "volumes" / "x.password").touch()
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/no-engine.sock")

    listed = run("database", "list", cwd=tmp_path)

    assert (2, True) == (listed.code, "bench_" in listed.out)
    assert listed.err.startswith("docker: no Docker engine answers: ")
