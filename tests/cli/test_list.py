"""`bench list`: what there is to run."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.cli.helpers import BENCH, SMALL, Ran, run

Bench = Callable[..., Ran]


def test_a_scenario_is_listed_with_its_strategies_and_points(bench: Bench) -> None:
    """Name, question, strategies with the baseline marked, and each parameter with its typical value in brackets."""
    ran = bench("list", "small.reading", "--scenarios", SMALL)

    assert 0 == ran.code
    assert [
        "small.reading  How should a few numbers be read?",
        "  apart    One SELECT a number.  (baseline)",
        "  at_once  One SELECT for all.",
        "  count: 1, [5], 20  (size)",
        "  twice: [False], True",
        "",
    ] == ran.out.splitlines()


def test_claims_are_listed_with_source_and_prediction(bench: Bench) -> None:
    """`--claims` shows each sentence, who said it and what it predicts, and which scenarios have none."""
    ran = bench("list", "small.reading", "small.held", "--scenarios", SMALL, "--claims")

    assert [
        "small.reading",
        "  “one statement beats many”",
        "    common sense",
        "    predicts: at_once is faster than apart",
        "",
        "small.held",
        "  no claims",
        "",
    ] == ran.out.splitlines()


def test_everything_can_be_had_as_json(bench: Bench) -> None:
    """`--json` is one JSON array with names, parameters, claims and the code of each strategy."""
    ran = bench("list", "small", "--scenarios", SMALL, "--json")

    reading, *others = json.loads(ran.out)
    assert ["small.held", "small.failing"] == [scenario["name"] for scenario in others]
    assert {"count": [1, 5, 20], "twice": [False, True]} == reading["params"]
    assert {"count": 5, "twice": False} == reading["typical"]
    assert [("apart", True), ("at_once", False)] == [(one["name"], one["baseline"]) for one in reading["strategies"]]
    assert "async def at_once" in reading["strategies"][1]["code"]
    assert "one statement beats many" == reading["claims"][0]["text"]


def test_the_built_in_scenarios_are_listed_by_the_module_too(tmp_path: Path) -> None:
    """`python -m bench list` needs no database and no `--scenarios`, and writes nothing into the directory."""
    done = subprocess.run(
        [BENCH.with_name("python"), "-m", "bench", "list", "loading"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (0, "") == (done.returncode, done.stderr)
    assert "\nloading.many_to_many  " in done.stdout
    assert [] == list(tmp_path.iterdir())


def test_a_package_of_the_current_directory_is_a_place_by_its_dotted_name(tmp_path: Path) -> None:
    """The directory in which `bench` is typed can be imported from, and the package's own imports work."""
    (tmp_path / "package" / "questions").mkdir(parents=True)
    (tmp_path / "package" / "__init__.py").write_text("")
    (tmp_path / "package" / "questions" / "__init__.py").write_text("")
    (tmp_path / "package" / "numbers.py").write_text(SMALL.read_text())
    (tmp_path / "package" / "questions" / "asked.py").write_text(
        "from bench import Scenario\nfrom package.numbers import numbers\n"
        "which = Scenario(dataset=numbers, question='Which?')\n"
        "@which.strategy(baseline=True)\ndef one(db):\n    '''One.'''\n"
        "@which.strategy()\ndef two(db):\n    '''Two.'''\n"
    )

    ran = run("list", "asked", "--scenarios", "package.questions", cwd=tmp_path)

    assert "asked.which  Which?\n  one  One.  (baseline)\n  two  Two.\n\n" == ran.out, ran.err


def test_a_reader_who_leaves_early_is_no_mistake(tmp_path: Path) -> None:
    """Where the output's reader has gone, as after `| head`, it ends quietly and not with the code of a regression."""
    process = subprocess.Popen(
        [BENCH, "list", "--json"], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()

    assert "" == process.stderr.read()
    process.stderr.close()
    assert 0 == process.wait(60)
