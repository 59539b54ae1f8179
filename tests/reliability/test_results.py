"""What a run keeps, whatever happens to it: its journal until its result is there, and nothing beside."""

from __future__ import annotations

import json
import os
import re
import resource
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli.helpers import HASTE, SMALL, Process, Ran, read, results, run
from tests.databases.helpers import eventually
from tests.reliability.observing import Observer

HELD = ("small.held", "--set", "count=1,2", *HASTE)
BRIEF = ("--budget", "300ms")
AT_RENAME = """
import os, signal, sys
from pathlib import Path
from bench.cli.main import main
replace = Path.replace
def struck(self, target):
    if Path(target).name == "out.json":
        os.kill(os.getpid(), signal.{name})
    return replace(self, target)
Path.replace = struck
main(sys.argv[1:])
"""
"""`bench`, which a signal strikes just before the result has its name."""


def held(folder: Path, *more: str, command: str = "run") -> Process:
    """A run that has measured its first point, and whose second waits until there is no file `hold` any more."""
    (folder / "hold").touch()
    begun = Process(command, *HELD, *more, cwd=folder)
    begun.wait_for("[2/2] small.held count=2")
    return begun


def measured_anew(ran: Ran) -> list[str]:
    """The points that a run says it measured."""
    return [line for line in ran.err.splitlines() if line.startswith("[")]


def points(result: Path) -> list[Any]:
    """The points of the one scenario of a result."""
    (scenario,) = read(result)["scenarios"]
    found: list[Any] = scenario["points"]
    return found


def names(folder: Path) -> list[str]:
    """What lies in a folder."""
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="Linux alone can fill the disk of one process that runs")
def test_a_point_that_finds_no_room(tmp_path: Path, observed: Observer) -> None:
    """What was measured before is in the journal, the line says so, and with room the run goes on."""
    begun = held(tmp_path, "--budget", "1s", "--output", "out.json")
    journal = tmp_path / "out.journal"
    before = journal.read_bytes()

    with observed("journal-disk-full") as seen:
        pid, hard = begun.process.pid, resource.prlimit(begun.process.pid, resource.RLIMIT_FSIZE)[1]
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (len(before) + 100, hard))
        (tmp_path / "hold").unlink()
        ran = begun.end()

        assert 2 == ran.code, ran.err
        assert [
            "What was measured before is in out.journal: `bench run --resume` goes on with it",
            "bench: cannot write out.journal: File too large",
        ] == ran.err.splitlines()[-2:]
        assert before == journal.read_bytes()
        assert ["out.journal"] == names(tmp_path)

        went_on = run("run", "--resume", "out.journal", *BRIEF, cwd=tmp_path)
        assert 0 == went_on.code, went_on.err
        assert ["[1/1] small.held count=2"] == measured_anew(went_on)
        assert json.loads(before.splitlines()[1])["point"] == points(tmp_path / "out.json")[0]
        assert ["out.json"] == names(tmp_path)
        seen.says("exit code 2 and a line; the journal as it was before; --resume measured the other point")


def test_a_result_that_cannot_be_written(tmp_path: Path, observed: Observer) -> None:
    """All points are in the journal, from which the result is written without measuring anything again."""
    (tmp_path / "blocked").touch()
    (tmp_path / "out.json").symlink_to("blocked/out.json")

    with observed("result-unwritable") as seen:
        ran = run("run", *HELD, *BRIEF, "--output", "out.json", cwd=tmp_path)

        assert 2 == ran.code, ran.err
        assert (
            "bench: cannot write out.json: File exists; what was measured is in out.journal:"
            " `bench run --resume out.journal` writes it when that is mended"
        ) == ran.err.splitlines()[-1]
        assert ["blocked", "out.journal", "out.json"] == names(tmp_path)

        (tmp_path / "blocked").unlink()
        (tmp_path / "blocked").mkdir()
        went_on = run("run", "--resume", "out.journal", cwd=tmp_path)
        assert 0 == went_on.code, went_on.err
        assert [] == measured_anew(went_on)
        assert [True, True] == [point["finished"] for point in points(tmp_path / "blocked" / "out.json")]
        assert ["blocked", "out.json"] == names(tmp_path)
        seen.says("exit code 2 and a line; --resume wrote the result, and measured nothing again")


def test_a_journal_that_ends_in_the_midst_of_a_line(tmp_path: Path, observed: Observer) -> None:
    """What was whole is kept, what was cut is measured again."""
    begun = held(tmp_path, "--budget", "1s", "--output", "out.json")
    with observed("journal-cut-short") as seen:
        begun.process.kill()
        begun.end()
        (tmp_path / "hold").unlink()
        journal = tmp_path / "out.journal"
        os.truncate(journal, journal.stat().st_size - 20)

        went_on = run("run", "--resume", "out.journal", *BRIEF, cwd=tmp_path)
        assert 0 == went_on.code, went_on.err
        assert ["[1/2] small.held count=1", "[2/2] small.held count=2"] == measured_anew(went_on)
        assert [True, True] == [point["finished"] for point in points(tmp_path / "out.json")]
        assert ["out.json"] == names(tmp_path)
        seen.says("--resume measured the point of the cut line and those after it")


def struck(name: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """A run that is struck by a signal while it writes its result."""
    return subprocess.run(
        [sys.executable, "-c", AT_RENAME.format(name=name), "run", *HELD, *BRIEF, "--output", "out.json"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_a_run_that_is_killed_while_it_saves(tmp_path: Path, observed: Observer) -> None:
    """Nothing was lost, and the next start removes what was half written and says so."""
    with observed("killed-while-saving") as seen:
        killed = struck("SIGKILL", tmp_path)
        assert -signal.SIGKILL == killed.returncode
        left, journal = names(tmp_path)
        assert re.fullmatch(r"\.out\.json\.[0-9a-f]{12}\.tmp", left)
        assert "out.journal" == journal

        went_on = run("run", "--resume", "out.journal", cwd=tmp_path)
        assert 0 == went_on.code, went_on.err
        assert f"removed {left}, which a run that was killed had left beside its result" in went_on.err.splitlines()
        assert [] == measured_anew(went_on)
        assert [True, True] == [point["finished"] for point in points(tmp_path / "out.json")]
        assert ["out.json"] == names(tmp_path)
        seen.says("the journal had all; --resume removed the half-written file, said so, and wrote the result")


def test_a_run_that_is_interrupted_while_it_saves(tmp_path: Path, observed: Observer) -> None:
    """The result is there and whole, and the exit code says that somebody interrupted."""
    with observed("interrupted-while-saving") as seen:
        ran = struck("SIGINT", tmp_path)

        assert 130 == ran.returncode, ran.stderr
        assert "Traceback" not in ran.stderr
        assert "Result: out.json" in ran.stdout.splitlines()
        assert [True, True] == [point["finished"] for point in points(tmp_path / "out.json")]
        assert read(tmp_path / "out.json")["interrupted"] is False
        assert ["out.json"] == names(tmp_path)
        seen.says("exit code 130; the result is whole, and no journal is left")


def test_a_count_that_is_killed(tmp_path: Path, observed: Observer) -> None:
    """It goes on as a count: what was counted is kept and shown, the rest is counted, and nothing timed."""
    begun = held(tmp_path, "--jobs", "1", "--output", "out.json", command="count")
    assert eventually(lambda: 2 == (tmp_path / "out.journal").read_bytes().count(b"\n"))
    with observed("count-killed") as seen:
        begun.process.kill()
        begun.end()
        (tmp_path / "hold").unlink()

        went_on = run("run", "--resume", "out.journal", cwd=tmp_path)
        assert 0 == went_on.code, went_on.err
        assert ["[1/1] small.held count=2"] == measured_anew(went_on)
        assert ["count=1", "count=2"] == [line for line in went_on.out.splitlines() if line.startswith("count=")]
        assert read(tmp_path / "out.json")["settings"]["timed"] is False
        counted = [strategy for point in points(tmp_path / "out.json") for strategy in point["strategies"]]
        assert [(1, None)] * 4 == [(one["counters"]["statements"], one["median_ms"]) for one in counted]
        assert ["out.json"] == names(tmp_path)
        seen.says("--resume counted the other point, and timed none")


def test_two_runs_with_one_journal(tmp_path: Path, observed: Observer) -> None:
    """Who would write over a run that goes on, or go on with it, is told to wait; the run ends as if nobody had."""
    begun = held(tmp_path, "--budget", "1s", "--output", "out.json")
    with observed("one-journal-for-two") as seen:
        in_use = "out.journal is being written by a run that goes on: wait until it has ended"
        second = run("run", "small.reading", *HASTE, *BRIEF, "--output", "out.json", cwd=tmp_path)
        assert f"{in_use}, or name another file with --output" == second.complaint
        assert in_use == run("run", "--resume", "out.journal", cwd=tmp_path).complaint

        (tmp_path / "hold").unlink()
        ran = begun.end()
        assert 0 == ran.code, ran.err
        assert [{"count": 1}, {"count": 2}] == [point["params"] for point in points(tmp_path / "out.json")]
        assert ["out.json"] == names(tmp_path)
        seen.says("the second was refused with exit code 2; the first ended with 0")


def test_two_runs_in_one_folder(tmp_path: Path, observed: Observer) -> None:
    """Of two that begin at once each has its result."""
    with observed("one-folder-for-two") as seen:
        both = [Process("run", "small.reading", *HASTE, *BRIEF, "--seed", seed, cwd=tmp_path) for seed in ("1", "2")]
        assert [0, 0] == [begun.end().code for begun in both]

        assert {1, 2} == {read(path)["environment"]["seed"] for path in results(tmp_path)}
        assert 2 == len(results(tmp_path))
        seen.says("both ended with 0, with two results")


@pytest.fixture(scope="module")
def cut_off(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The journal of a run that was killed and the result of one that was interrupted, at the second of two points."""
    files = {}
    for name, number in (("out.journal", signal.SIGKILL), ("out.json", signal.SIGINT)):
        folder = tmp_path_factory.mktemp("cut-off")
        begun = held(folder, "--budget", "1s", "--output", "out.json")
        begun.process.send_signal(number)
        begun.end()
        files[name] = (folder / name).read_bytes()
    return files


def refusal(name: str, *words: str) -> str:
    """What is said of a file that names code and has no seal of this machine."""
    return (
        f"{name} was not written on this machine, or has been changed, and what it names is code: look at that, and"
        f" name it yourself: {' '.join(words)}"
    )


@pytest.mark.parametrize("name", ["out.journal", "out.json"])
def test_a_file_from_elsewhere(tmp_path: Path, cut_off: dict[str, bytes], observed: Observer, name: str) -> None:
    """Scenarios that a changed file names are not imported, and those of another machine's have to be named."""
    evil = tmp_path / "small.py"
    evil.write_text(f"from pathlib import Path\nPath('ran').touch()\n{SMALL.read_text(encoding='utf-8')}")

    with observed("file-from-elsewhere") as seen:
        (tmp_path / name).write_bytes(cut_off[name].replace(str(SMALL).encode(), str(evil).encode()))
        changed = run("run", "--resume", name, *BRIEF, cwd=tmp_path)
        assert refusal(name, f"--scenarios {shlex.quote(str(evil))}") == changed.complaint
        assert not (tmp_path / "ran").exists()

        (tmp_path / name).write_bytes(cut_off[name])
        cache = {"BENCH_CACHE": str(tmp_path / "cache")}
        strange = run("run", "--resume", name, *BRIEF, cwd=tmp_path, env=cache)
        assert refusal(name, f"--scenarios {shlex.quote(str(SMALL))}") == strange.complaint

        named = run("run", "--resume", name, *BRIEF, "--scenarios", str(SMALL), cwd=tmp_path, env=cache)
        assert 0 == named.code, named.err
        assert ["[1/1] small.held count=2"] == measured_anew(named)
        assert not (tmp_path / "ran").exists()
        seen.says("exit code 2, and nothing of it was run; with --scenarios given it went on")


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (b'"database":"sqlite"', b'"database":"local:/evil/bin"', "--database local:/evil/bin"),
        (b'"database":"sqlite"', b'"database":"docker:evil/image"', "--database docker:evil/image"),
        (b'"server_settings":{}', b'"server_settings":{"jit":"off; x"}', "--setting 'jit=off; x'"),
    ],
)
def test_a_server_from_elsewhere(
    tmp_path: Path, cut_off: dict[str, bytes], observed: Observer, before: bytes, after: bytes, words: str
) -> None:
    """Neither binaries nor an image nor settings are taken from a file that was changed."""
    with observed("server-from-elsewhere") as seen:
        assert before in cut_off["out.journal"]
        (tmp_path / "out.journal").write_bytes(cut_off["out.journal"].replace(before, after))

        ran = run("run", "--resume", "out.journal", "--scenarios", str(SMALL), *BRIEF, cwd=tmp_path)
        assert refusal("out.journal", words) == ran.complaint
        seen.says("exit code 2, and what to name oneself")
