"""The seal: what a run was asked for on this machine is known again, and nothing else is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.measurement import Settings
from bench.results.seal import KEY, is_sealed, sealed
from tests.databases.helpers import cache_apart

ASKED = Settings("local:/usr/lib/postgresql", ("/cases/small.py",), server_settings={"work_mem": "64MB"})


def test_what_was_asked_here_is_known_again() -> None:
    """What was sealed on this machine holds, however often it is read."""
    assert is_sealed(sealed(ASKED))
    assert is_sealed(sealed(Settings()))


@pytest.mark.parametrize(
    "changed",
    [
        {"places": ("/cases/other.py",)},
        {"places": ("/cases/small.py", "/cases/other.py")},
        {"places": ()},
        {"database": "local:/tmp/postgresql"},
        {"server_settings": {"work_mem": "64MB", "archive_command": "true"}},
        {"server_settings": {}},
        {"seal": None},
        {"seal": ""},
        {"seal": "0" * 64},
        {"seal": "☃"},
    ],
)
def test_what_names_other_code_is_not_sealed(changed: dict[str, Any]) -> None:
    """Another place, another database, another setting or another seal: it was not asked here."""
    assert not is_sealed(replace(sealed(ASKED), **changed))


def test_what_is_no_code_is_not_under_the_seal() -> None:
    """Selectors, values and budgets are data, whoever changes them."""
    changed = replace(sealed(ASKED), selectors=("small",), chosen={"count": "2"}, budget_s=1.0, rounds=9, grid="full")

    assert is_sealed(changed)


def test_a_place_is_meant_from_where_it_was_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In another folder a relative place is another file, which was never asked for; an absolute one is the same."""
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    relative, absolute = sealed(Settings(places=("small.py",))), sealed(Settings(places=(str(tmp_path / "small.py"),)))

    assert (True, True) == (is_sealed(relative), is_sealed(absolute))
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert (False, True) == (is_sealed(relative), is_sealed(absolute))


def test_another_machine_did_not_ask() -> None:
    """With another key, or none yet, the seal says nothing."""
    asked = sealed(ASKED)

    with cache_apart():
        assert not is_sealed(asked)
        sealed(ASKED)
        assert not is_sealed(asked)
    assert is_sealed(asked)


def test_the_key_is_its_owners_alone() -> None:
    """It is 32 bytes that nobody else can read, and the same for all runs."""
    with cache_apart() as cache:
        sealed(ASKED)
        key = (cache / KEY).read_bytes()
        sealed(Settings())

        assert (32, 0o600) == (len(key), (cache / KEY).stat().st_mode & 0o777)
        assert key == (cache / KEY).read_bytes()


@pytest.mark.parametrize("fault", ["readable", "cut short", "a link"])
def test_a_key_that_others_may_know_is_made_anew(tmp_path: Path, fault: str) -> None:
    """One that others can read or have put there, or that is not whole, seals nothing any more."""
    with cache_apart() as cache:
        asked, path = sealed(ASKED), cache / KEY
        key = path.read_bytes()
        if fault == "readable":
            path.chmod(0o644)
        elif fault == "cut short":
            path.write_bytes(key[:16])
        else:
            (tmp_path / "key").write_bytes(key)
            path.unlink()
            path.symlink_to(tmp_path / "key")

        assert not is_sealed(asked)
        assert is_sealed(sealed(ASKED))
        assert (False, 0o600) == (path.is_symlink(), path.stat().st_mode & 0o777)
        assert key != path.read_bytes()


def test_without_a_cache_a_run_is_not_sealed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no key can be kept, a run is asked for all the same, and `--resume` will ask again."""
    monkeypatch.setenv("BENCH_CACHE", "/dev/null/cache")

    assert replace(ASKED, seal=None) == sealed(ASKED)
    assert not is_sealed(replace(ASKED, seal="0" * 64))
