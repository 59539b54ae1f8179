"""`bench run`: what it measures, what it says, what it writes and how it ends."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.helpers import HASTE, ROOT, SMALL, Ran, only_result, processes, read, results, run

Bench = Callable[..., Ran]

ENVIRONMENT = {
    *("python", "packages", "postgres", "settings", "cpu", "kernel", "git", "database", "gc", "loop", "seed"),
}
STRATEGY = {
    *("name", "verdict", "median_ms", "median_low_ms", "median_high_ms", "p95_ms", "cold_ms"),
    *("ratio", "ratio_low", "ratio_high"),
    *("behind", "behind_low", "behind_high", "samples_ns", "cpu_ms", "server_ms", "counters", "statements", "error"),
    *(
        "waiting_ms",
        "overlap_ms",
        "at_1ms_ms",
        "tapped_ms",
        "cold_counters",
        "witnesses",
        "repeated_loads",
        "costliest",
        "load",
        "limits",
        "drives_load",
    ),
}
COUNTERS = {
    *("statements", "executions", "transaction_commands", "round_trips", "rows", "bytes_sent", "bytes_received"),
    *("connections", "orm_objects", "python_calls", "buffers", "wal_bytes", "peak_memory"),
    "traced_memory",
    *("fetches", "pings", "prepares", "copy_bytes", "errors"),
    *("buffers_hit", "buffers_read", "temp_blocks", "dead_tuples"),
}


def points(result: dict[str, Any]) -> list[dict[str, Any]]:
    """The parameters of each point that a result has, in order."""
    return [point["params"] for scenario in result["scenarios"] for point in scenario["points"]]


def test_a_run_on_postgresql_says_which_strategy_wins(tmp_path: Path, cache: Path) -> None:
    """From the typical point of a scenario to a verdict, a result file and a report; and no process is left."""
    ran = run(
        *("run", "small.reading", "--scenarios", str(SMALL), "--database", "embedded", "--set", "count=20"),
        *("--budget", "5s", "--rounds", "30", "--precision", "5%", "--report", "pages/reading.md"),
        cwd=tmp_path,
    )

    assert 0 == ran.code, ran.err
    lines = ran.out.splitlines()
    assert re.match(
        r"embedded: named by --database; PostgreSQL \d+\.\d+; sqlalchemy [\d.]+, asyncpg [\d.]+; CPython ", lines[0]
    )
    assert "small.reading: How should a few numbers be read?" in lines
    table = {line.split()[0]: line.split() for line in lines if line.startswith(("apart", "at_once"))}
    assert [["baseline", "20", "22"], ["faster", "1", "3"]] == [
        cells[cells.index(verdict) :][:3]
        for cells, verdict in ((table["apart"], "baseline"), (table["at_once"], "faster"))
    ]
    assert any(line.startswith("At count=20, twice=False, at_once wins: ") for line in lines)
    assert "  Supported: at_once is faster than apart at every point that decided." in lines
    (path,) = results(tmp_path)
    assert ["", f"Result: {path.relative_to(tmp_path)}", "Report: pages/reading.md"] == lines[-3:]
    assert (tmp_path / "pages" / "reading.md").read_text().startswith("# What was measured: small\n")
    assert [] == processes(tmp_path, cache)


def test_a_result_has_the_names_that_others_read(bench: Bench, tmp_path: Path) -> None:
    """Environment, scenarios, points, strategies and counters have their names; what was not measured is null."""
    ran = bench("run", "small.reading", *HASTE, "--budget", "1s", "--seed", "7")

    assert 0 == ran.code, ran.err
    result = only_result(tmp_path)
    assert 1 == result["schema"]
    assert set(result["environment"]) >= ENVIRONMENT
    assert (None, 7) == (result["environment"]["postgres"], result["environment"]["seed"])
    (scenario,) = result["scenarios"]
    (point,) = scenario["points"]
    assert ("small.reading", {"count": 5, "twice": False}, 0.0) == (
        scenario["name"],
        point["params"],
        point["rtt_ms"],
    )
    apart, at_once = point["strategies"]
    assert set(at_once) >= STRATEGY
    assert set(at_once["counters"]) == COUNTERS
    assert (None, 5, 5) == (apart["verdict"], apart["counters"]["statements"], apart["counters"]["rows"])
    assert ("faster", 1, 5) == (at_once["verdict"], at_once["counters"]["statements"], at_once["counters"]["rows"])
    assert at_once["ratio_low"] < at_once["ratio"] < at_once["ratio_high"] < 1
    assert at_once["rounds"]
    assert len(at_once["rounds"]) == len(at_once["samples_ns"])
    assert None is at_once["counters"]["round_trips"] is at_once["server_ms"]
    (statement,) = at_once["statements"]
    assert {"sql", "calls", "plan", "plan_shape", "generic_plans", "custom_plans", "parameters"} == set(statement)
    assert 1 == statement["calls"]


def test_output_that_is_no_terminal_is_plain_and_narrow(tmp_path: Path) -> None:
    """Piped, there are no control codes, progress is plain lines on standard error, and tables fit 100 columns; a
    strategy that fails costs the others nothing, and the run ends with 4.
    """
    ran = run("run", "small", *HASTE, "--budget", "3s", cwd=tmp_path, env={"FORCE_COLOR": "", "COLUMNS": "200"})

    assert 4 == ran.code, ran.err
    assert [] == re.findall(r"[\x00-\x09\x0b-\x1f\x7f]", ran.out + ran.err)
    table = [line for line in ran.out.splitlines() if line.startswith(("strategy", "---", "at_once", "plain", "sound"))]
    assert len(table) >= 8
    answers = (" wins", " is ahead", "are not told")
    assert [] == [line for line in table if len(line) > 110 and not any(said in line for said in answers)]
    assert [
        "[1/3] small.reading count=5 twice=False",
        "[2/3] small.held count=1",
        "[3/3] small.failing",
    ] == [line for line in ran.err.splitlines() if line.startswith("[")]
    assert "unsound failed: LookupError: nothing to be found (small.py:" in ran.out
    sound, unsound = only_result(tmp_path)["scenarios"][2]["points"][0]["strategies"]
    assert (None, True) == (sound["verdict"], sound["median_ms"] > 0)
    assert ("failed", None) == (unsound["verdict"], unsound["median_ms"])
    assert unsound["error"].startswith("LookupError: nothing to be found")


def test_one_strategy_is_measured_beside_the_baseline(bench: Bench, tmp_path: Path) -> None:
    """`scenario:strategy` measures that one and the baseline, and leaves the others out."""
    ran = bench(
        *("run", "planted.failures:last", "--scenarios", ROOT / "tests" / "cases"),
        *("--database", "sqlite", "--budget", "1s"),
    )

    assert 0 == ran.code, ran.out
    (point,) = only_result(tmp_path)["scenarios"][0]["points"]
    assert ["sound", "last"] == [strategy["name"] for strategy in point["strategies"]]


def test_grid_before_a_selector_varies_each_parameter_alone(bench: Bench, tmp_path: Path) -> None:
    """`--grid` needs no value: the word after it is a selector, and each parameter is varied through the typical."""
    ran = bench("run", "--grid", "small.reading", *HASTE, "--budget", "1s")

    assert 0 == ran.code, ran.err
    assert [
        {"count": 5, "twice": False},
        {"count": 1, "twice": False},
        {"count": 20, "twice": False},
        {"count": 5, "twice": True},
    ] == points(only_result(tmp_path))


def test_grid_full_takes_the_product(bench: Bench, tmp_path: Path) -> None:
    """`--grid full` measures every choice of the parameters' values; those of `--set`, as many as there are and each
    as its parameter's own type, in place of their own.
    """
    ran = bench("run", "small.reading", "--grid", "full", *HASTE, "--budget", "1s", "--set", "count=2, 3")

    assert 0 == ran.code, ran.err
    assert [
        {"count": 2, "twice": False},
        {"count": 2, "twice": True},
        {"count": 3, "twice": False},
        {"count": 3, "twice": True},
    ] == points(only_result(tmp_path))


def test_output_and_report_go_where_they_are_told(bench: Bench, tmp_path: Path) -> None:
    """`--output` and `--report`, charts beside it, make the folders they need, and nothing is written elsewhere."""
    ran = bench(
        *("run", "small.reading", *HASTE, "--budget", "1s", "--output", "out/mine.json", "--report", "out/mine.md")
    )

    assert (0, ["", "Result: out/mine.json", "Report: out/mine.md"]) == (ran.code, ran.out.splitlines()[-3:])
    written = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert {"out/mine.json", "out/mine.md", "out/mine-charts/small.reading-time.svg"} == written
    assert "small.reading" == read(tmp_path / "out" / "mine.json")["scenarios"][0]["name"]
    page = (tmp_path / "out" / "mine.md").read_text()
    assert "| `at_once`" in page
    assert "](mine-charts/small.reading-time.svg)\n" in page


def test_what_a_run_leaves_is_hidden_from_git(bench: Bench, tmp_path: Path) -> None:
    """In a repository that knows nothing of bench, a result in its usual place is nothing to commit."""
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)

    assert 0 == bench("count", "small.reading", *HASTE).code
    status = subprocess.run(
        ["git", "status", "--porcelain", "--", ".bench"], cwd=tmp_path, check=True, capture_output=True, text=True
    )

    assert results(tmp_path)
    assert "" == status.stdout


def test_a_point_has_the_rounds_that_are_asked_for(bench: Bench, tmp_path: Path) -> None:
    """With --rounds a budget that is spent at once ends no point before it has them."""
    for rounds in (0, 8):
        ran = bench("run", "small.reading", *HASTE, "--budget", "0.01s", "--rounds", str(rounds), "--output", "a.json")
        assert 0 == ran.code, ran.err
        result = read(tmp_path / "a.json")
        assert rounds == result["settings"]["rounds"]
        assert (rounds > 0) == all(point["rounds"] >= 8 for point in result["scenarios"][0]["points"])
        (tmp_path / "a.json").unlink()


def test_flags_can_stand_in_the_configuration(bench: Bench, tmp_path: Path) -> None:
    """[tool.bench] above the directory sets database, scenarios, points and result; a flag that is typed wins."""
    (tmp_path / "questions").mkdir()
    (tmp_path / "questions" / "asked.py").write_text(SMALL.read_text())
    (tmp_path / "pyproject.toml").write_text(
        '[tool.bench]\nscenarios = ["questions"]\ndatabase = "sqlite"\nbudget = "1s"\nset = ["count=2", "twice=true"]\n'
        'output = "kept/asked.json"\nprecision = 0.3\n'
    )

    ran = bench("run", "asked.reading", "--precision", "20%")

    assert 0 == ran.code, ran.err
    result = read(tmp_path / "kept" / "asked.json")
    assert [{"count": 2, "twice": True}] == points(result)
    assert 0.2 == result["settings"]["precision"]


@pytest.mark.parametrize(
    ("table", "complaint"),
    [
        ("bugdet = 3", "[tool.bench] in pyproject.toml sets 'bugdet', which no flag is; close to it: budget, depth"),
        (
            'budget = "soon"',
            (
                "Invalid value for '--budget': 'soon' is no duration: write for example 30s, 5m or 500ms"
                " ([tool.bench] in pyproject.toml)"
            ),
        ),
        (
            "scale = 0",
            "Invalid value for '--scale': 0 is not in the range x>=1. ([tool.bench] in pyproject.toml)",
        ),
        ("database = []", "[tool.bench] in pyproject.toml: database should be text or a number, not []"),
    ],
)
def test_a_wrong_configuration_is_said_with_its_place(bench: Bench, tmp_path: Path, table: str, complaint: str) -> None:
    """An unknown key or a value that its flag refuses is one line that names the file."""
    (tmp_path / "pyproject.toml").write_text(f"[tool.bench]\n{table}\n")

    assert complaint == bench("run", "small").complaint


def test_noise_measures_a_strategy_against_itself(bench: Bench, tmp_path: Path) -> None:
    """`bench noise` makes the comparisons asked for and says how often they were wrong; it writes no result."""
    ran = bench("noise", "small.reading:at_once", *HASTE, "--comparisons", "2", "--budget", "2s", "--precision", "20%")

    assert 0 == ran.code, ran.err
    row = next(line.split() for line in ran.out.splitlines() if line.startswith("small.reading:at_once"))
    assert "2" == row[1]
    assert "wrong: the copy was called faster or slower (" in ran.out
    assert any(line.startswith(("What disturbs", "Nothing that disturbs")) for line in ran.out.splitlines())
    assert [] == list(tmp_path.iterdir())


def test_what_the_harness_keeps_is_listed_and_removed(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`bench database list` names the template that a run has made, and `clean` removes it and nothing else."""
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path / "cache"))
    bench("run", "small.reading", *HASTE, "--budget", "1s", "--output", "result.json")

    listed = bench("database", "list", "--database", "sqlite")
    cleaned = bench("database", "clean", "--database", "sqlite", "--yes")
    after = bench("database", "list", "--database", "sqlite")

    assert (0, True) == (listed.code, "template" in listed.out)
    assert (0, True) == (cleaned.code, cleaned.out.endswith("removed 1\n"))
    assert "nothing of the harness's own is there" in after.out
