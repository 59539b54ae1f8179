"""Environments that a run which was killed has not finished."""

from __future__ import annotations

from pathlib import Path

from bench.databases import locks
from bench.revisions.environments import READY, _remove_unfinished


def test_only_what_nobody_makes_and_nobody_has_finished_is_removed(tmp_path: Path) -> None:
    """One that is complete, one that is being made now, and a folder of somebody's stay; what goes is said."""
    names = {what: letter * 24 for what, letter in zip(("half", "whole", "making", "foreign"), "abcd", strict=True)}
    for what, name in names.items():
        (tmp_path / name / "bin").mkdir(parents=True)
        if what != "foreign":
            (tmp_path / f"{name}.lock").touch()
    (tmp_path / names["whole"] / READY).touch()
    said: list[str] = []

    with locks.exclusive(tmp_path / f"{names['making']}.lock"):
        _remove_unfinished(tmp_path, said.append)

    assert ["removed an environment that a run that was killed had not finished"] == said
    assert {names[what] for what in ("whole", "making", "foreign")} == {
        path.name for path in tmp_path.iterdir() if path.is_dir()
    }
