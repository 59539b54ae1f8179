"""`--resume`: going on with a run that was cut off, from its journal or its result."""

from __future__ import annotations

import json
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.helpers import HASTE, Process, Ran, only_result, results

Bench = Callable[..., Ran]


@pytest.fixture(scope="module")
def cut_off(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The journal of a run that was killed and the result of one that was interrupted, each at its second of two
    points, with another seed and scale than the usual.
    """
    files = {}
    for name, number in (("journal", signal.SIGKILL), ("json", signal.SIGINT)):
        folder = tmp_path_factory.mktemp(name)
        (folder / "hold").touch()
        run = Process(
            *("run", "small.held", "--set", "count=1,2", *HASTE, "--budget", "1s", "--seed", "3", "--scale", "2"),
            cwd=folder,
        )
        run.wait_for("[2/2] small.held count=2")
        run.process.send_signal(number)
        run.end()
        (files[name],) = results(folder)
    return files


@pytest.fixture(params=["journal", "json"])
def file(request: pytest.FixtureRequest, cut_off: dict[str, Path], tmp_path: Path) -> Path:
    """A copy of one of them, where the run of this directory would have left it; nothing holds it up any more."""
    folder = tmp_path / ".bench" / "results"
    folder.mkdir(parents=True)
    return Path(shutil.copy(cut_off[request.param], folder))


def first_point(file: Path) -> Any:
    """The point that was measured before the run was cut off."""
    if file.suffix == ".journal":
        return json.loads(file.read_text().splitlines()[1])["point"]
    return json.loads(file.read_text())["scenarios"][0]["points"][0]


def test_a_run_is_gone_on_with_where_it_was_cut_off(bench: Bench, tmp_path: Path, file: Path) -> None:
    """With `--resume FILE` alone what is missing is measured as the run was asked to, what was measured is kept."""
    before = first_point(file)

    ran = bench("run", "--resume", file, "--budget", "300ms")

    assert 0 == ran.code, ran.err
    assert ["[1/1] small.held count=2"] == [line for line in ran.err.splitlines() if line.startswith("[")]
    result = only_result(tmp_path)
    first, second = result["scenarios"][0]["points"]
    assert before == first
    assert (False, True, {"count": 2}) == (result["interrupted"], second["finished"], second["params"])
    assert (3, 2) == (result["environment"]["seed"], result["environment"]["scale"])
    assert result["seconds"] >= first["seconds"] + second["seconds"] > first["seconds"] > 0
    assert "count=1" in ran.out
    assert "count=2" in ran.out


@pytest.mark.parametrize("file", ["journal"], indirect=True)
def test_a_resumed_run_can_be_written_elsewhere(bench: Bench, tmp_path: Path, file: Path) -> None:
    """With `--output` the file that is resumed stays as it is."""
    before = file.read_bytes()

    ran = bench("run", "--resume", file, "--budget", "300ms", "--output", "whole.json")

    assert 0 == ran.code, ran.err
    assert before == file.read_bytes()
    assert 2 == len(json.loads((tmp_path / "whole.json").read_text())["scenarios"][0]["points"])


@pytest.mark.parametrize("file", ["journal"], indirect=True)
def test_another_python_is_refused(bench: Bench, file: Path) -> None:
    """Points that were measured on another version do not belong in one result; the file stays as it is."""
    text = file.read_text()
    python = json.loads(text.splitlines()[0])["header"]["environment"]["python"]
    file.write_text(text.replace(python, "CPython 3.0.0"))
    before = file.read_bytes()

    complaint = bench("run", "--resume", file, "--budget", "300ms").complaint

    assert f"{file} was measured with another python: go on there, or start a new run" == complaint
    assert before == file.read_bytes()


def test_a_complete_result_has_nothing_to_resume(bench: Bench, cut_off: dict[str, Path], tmp_path: Path) -> None:
    """A run that was not cut off is said to be complete."""
    whole = tmp_path / "whole.json"
    whole.write_text(cut_off["json"].read_text().replace('"interrupted":true', '"interrupted":false'))

    assert "whole.json is complete: there is nothing to resume" == bench("run", "--resume", "whole.json").complaint
