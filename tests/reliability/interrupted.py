"""A run that is held up at its second point, and what is to be there after it was cut off."""

from __future__ import annotations

from pathlib import Path

from tests.cli.helpers import SMALL, only_result, processes, results
from tests.databases.helpers import eventually

EMBEDDED = ("--scenarios", str(SMALL), "--database", "embedded")
HELD = ("small.held", "--set", "count=1,2", "--budget", "2s")
"""Two points; at the second a strategy waits for as long as there is a file `hold`."""
AT_THE_SECOND = "[2/2] small.held count=2"


def held_up(folder: Path) -> Path:
    """A directory, made, in which the second point comes to no end."""
    folder.mkdir(exist_ok=True)
    (folder / "hold").touch()
    return folder


def assert_first_point_is_saved(folder: Path) -> None:
    """The only file of results has the first point whole and the second unfinished."""
    result = only_result(folder)
    first, second = result["scenarios"][0]["points"]
    assert ({"count": 1}, True) == (first["params"], first["finished"])
    assert all(strategy["median_ms"] > 0 for strategy in first["strategies"])
    assert ({"count": 2}, False) == (second["params"], second["finished"])
    assert result["interrupted"] is True


def assert_all_is_saved(folder: Path) -> None:
    """The only file of results is whole."""
    assert [".json"] == [path.suffix for path in results(folder)]
    result = only_result(folder)
    assert all(point["finished"] for one in result["scenarios"] for point in one["points"])
    assert result["interrupted"] is False


def assert_nothing_is_left(folder: Path, cache: Path) -> None:
    """No process of the run's is there, and no run's directory."""
    assert eventually(lambda: not processes(folder, cache)), processes(folder, cache)
    assert [] == [path.name for path in (cache / "runs").glob("*")]
