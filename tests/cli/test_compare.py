"""`bench compare`: what it says of two results, and how it ends."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.helpers import ROOT, SMALL, Ran, read, run

Bench = Callable[..., Ran]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Results of `small` on SQLite, of its code as it is or with something replaced: each is made once."""
    folder = tmp_path_factory.mktemp("results")
    known: dict[Any, Path] = {}

    def make(*arguments: str, old: str = "", new: str = "") -> Path:
        key = (arguments, old, new)
        if key not in known:
            text = SMALL.read_text()
            assert old in text
            (folder / "small.py").write_text(text.replace(old, new) if old else text)
            path = folder / f"{len(known)}.json"
            ran = run(*arguments, "--scenarios", "small.py", "--database", "sqlite", "--output", str(path), cwd=folder)
            assert ran.code in (0, 4), ran.out + ran.err
            known[key] = path
        return known[key]

    return make


COUNT = ("count", "small.reading")


def test_the_same_file_twice_has_no_change(bench: Bench, made: Callable[..., Path]) -> None:
    """A result against itself ends with 0."""
    ran = bench("compare", made(*COUNT), made(*COUNT))

    assert (0, "") == (ran.code, ran.err)
    assert "No regression. 2 strategies compared, each at its point; 2 unchanged." in ran.out


def test_two_counts_of_the_same_code_have_no_change(bench: Bench, made: Callable[..., Path]) -> None:
    """Counted twice, in processes of their own, nothing changed."""
    ran = bench("compare", made(*COUNT), made(*COUNT, "--jobs", "1"))

    assert (0, "") == (ran.code, ran.err)
    assert "2 unchanged" in ran.out


def test_two_counts_on_postgresql_have_no_change(tmp_path: Path, cache: Path) -> None:
    """On a server too, where round trips and bytes are compared."""
    cases = ("--scenarios", str(ROOT / "tests" / "cases"), "--database", "embedded")
    for name in ("a.json", "b.json"):
        assert 0 == run("count", "planted.slower", *cases, "--output", name, cwd=tmp_path).code

    ran = run("compare", "a.json", "b.json", cwd=tmp_path)

    assert (0, "") == (ran.code, ran.err)
    assert "No regression. 2 strategies compared, each at its point; 2 unchanged." in ran.out
    assert "Not compared" not in ran.out


def test_a_strategy_that_takes_more_ends_with_1(bench: Bench, made: Callable[..., Path]) -> None:
    """One that sends its statement twice is a regression, with its counters and its statements."""
    twice = made(
        *COUNT,
        old="range(1 + twice):\n        squares = await _at_once",
        new="range(2):\n        squares = await _at_once",
    )

    ran = bench("compare", made(*COUNT), twice)

    assert (1, "") == (ran.code, ran.err)
    lines = ran.out.splitlines()
    assert "1 regression. 2 strategies compared, each at its point; 1 unchanged." in lines
    assert ["at_once", "statements", "1", "2", "+1", "regression"] in [line.split() for line in lines]
    assert "  - 1× SELECT numbers.id, numbers.square FROM numbers WHERE numbers.id <= ?" in lines
    assert "  + 2× SELECT numbers.id, numbers.square FROM numbers WHERE numbers.id <= ?" in lines
    assert 0 == bench("compare", twice, made(*COUNT)).code


def test_a_changed_statement_is_shown(bench: Bench, made: Callable[..., Path]) -> None:
    """A statement whose text changed stands beside what it was, and is no regression by itself."""
    ordered = made(*COUNT, old="Number.id <= count))", new="Number.id <= count).order_by(Number.id))")

    ran = bench("compare", made(*COUNT), ordered)

    assert (0, "") == (ran.code, ran.err)
    assert "  + 1× SELECT numbers.id, numbers.square FROM numbers WHERE numbers.id <= ? ORDER BY numbers.id" in (
        ran.out.splitlines()
    )


def test_a_strategy_that_fails_ends_with_4(bench: Bench, made: Callable[..., Path]) -> None:
    """One that was measured and raises now is a failure, before anything that is missing."""
    raises = made(*COUNT, old="        squares = await _at_once(db, count)", new="        raise LookupError('gone')")

    ran = bench("compare", made(*COUNT), raises)

    assert (4, "") == (ran.code, ran.err)
    assert "1 failure. 2 strategies compared" in ran.out
    assert "  small.reading:at_once at count=5, twice=False: failed: LookupError: gone (small.py:72)" in (
        ran.out.splitlines()
    )
    assert 0 == bench("compare", raises, made(*COUNT)).code


def test_a_renamed_strategy_ends_with_5(bench: Bench, made: Callable[..., Path]) -> None:
    """The old name is missing, the new one is asked about; --allow-missing makes it no error."""
    renamed = made(*COUNT, old="at_once", new="in_one")
    text = made(*COUNT)

    ran = bench("compare", text, renamed)

    assert (5, "") == (ran.code, ran.err)
    assert "  small.reading:at_once at count=5, twice=False: is in_one its new name?" in ran.out.splitlines()
    assert "  small.reading:in_one at count=5, twice=False" in ran.out.splitlines()
    assert 0 == bench("compare", text, renamed, "--allow-missing").code


def test_a_scenario_that_vanished_ends_with_5(bench: Bench, made: Callable[..., Path]) -> None:
    """A scenario or a point that is not there any more is missing; one that appeared is no error."""
    both, grid = made("count", "small.reading", "small.held"), made(*COUNT, "--set", "count=5,20")

    gone, fewer = bench("compare", both, made(*COUNT)), bench("compare", grid, made(*COUNT))

    assert (5, 5) == (gone.code, fewer.code)
    assert "Missing:\n  small.held\n" in gone.out + "\n"
    assert "Missing:\n  small.reading at count=20, twice=False\n" in fewer.out + "\n"
    for more in (both, grid):
        appeared = bench("compare", made(*COUNT), more)
        assert 0 == appeared.code
        assert "New:\n" in appeared.out


def test_other_data_end_with_5(bench: Bench, made: Callable[..., Path]) -> None:
    """With another scale there is no baseline, and nothing is gated."""
    ran = bench("compare", made(*COUNT), made(*COUNT, "--scale", "2"))

    assert (5, "") == (ran.code, ran.err)
    assert "The data are others: scale of the data 1 against 2." in ran.out


def test_a_budget_in_the_new_result_ends_with_1(bench: Bench, made: Callable[..., Path]) -> None:
    """What is over its budget is a regression although it always was."""
    base = made(*COUNT)
    over = base.with_name("over.json")
    result = read(base)
    result["scenarios"][0]["points"][0]["strategies"][0]["limits"] = {"statements": 4}
    over.write_text(json.dumps(result))

    ran = bench("compare", over, over)

    assert (1, "") == (ran.code, ran.err)
    assert "Over budget:\n  small.reading:apart at count=5, twice=False: 5 statements (at most 4)\n" in ran.out
    assert 0 == bench("compare", over, base).code


def test_times_are_shown_and_change_no_exit_code(bench: Bench, made: Callable[..., Path]) -> None:
    """Two runs have a table of their times, and what that is worth; a run against a count has none."""
    timed = made("run", "small.reading", "--budget", "2s")

    ran, against_a_count = bench("compare", timed, timed), bench("compare", timed, made(*COUNT))

    assert (0, 0) == (ran.code, against_a_count.code)
    rows = [line.split() for line in ran.out.splitlines() if line.startswith(("apart ", "at_once "))]
    assert [("apart", True), ("at_once", True)] == [(row[0], row[3].startswith("1.0")) for row in rows]
    assert "two runs of the same code" in ran.out
    assert "There are no times: NEW was counted and not timed." in against_a_count.out


def test_times_that_were_not_measured_alike_have_no_verdict(bench: Bench, made: Callable[..., Path]) -> None:
    """Another version of SQLAlchemy is named, and no strategy is called slower."""
    timed = made("run", "small.reading", "--budget", "2s")
    other = timed.with_name("other.json")
    result = read(timed)
    version, result["environment"]["packages"]["sqlalchemy"] = result["environment"]["packages"]["sqlalchemy"], "2.0.40"
    other.write_text(json.dumps(result))

    ran = bench("compare", other, timed)

    assert 0 == ran.code
    assert f"No verdict on timings: SQLAlchemy 2.0.40 against {version}." in ran.out
    assert "inconclusive" not in ran.out


def test_a_comparison_is_had_as_json(bench: Bench, made: Callable[..., Path]) -> None:
    """`--format json` is one line with the exit code and all that was found, and nothing else."""
    base, new = made(*COUNT), made(*COUNT, old="at_once", new="in_one")

    ran = bench("compare", base, new, "--format", "json")

    assert (5, "", 1) == (ran.code, ran.err, ran.out.count("\n"))
    found = json.loads(ran.out)
    assert ["schema", "exit_code", "base", "new", "differences", "scenarios", "vanished", "appeared"] == list(found)
    assert (1, 5, str(base), False) == (
        found["schema"],
        found["exit_code"],
        found["base"]["file"],
        found["new"]["timed"],
    )
    (vanished,), (appeared,) = found["vanished"], found["appeared"]
    assert ("at_once", "in_one", "in_one") == (vanished["strategy"], vanished["renamed"], appeared["strategy"])
    (strategy,) = found["scenarios"][0]["points"][0]["strategies"]
    assert ("apart", "measured", "measured", [], None) == (
        *(strategy[name] for name in ("name", "before", "after", "more", "time")),
    )


def test_a_comparison_is_had_as_markdown(bench: Bench, made: Callable[..., Path]) -> None:
    """`--format markdown` is a page."""
    ran = bench("compare", made(*COUNT), made(*COUNT), "--format", "markdown")

    assert 0 == ran.code
    assert ran.out.startswith("# What changed between two results\n")


@pytest.mark.parametrize("which", ["BASE", "NEW"])
@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (lambda text: text[:-100], "is cut short: it ends in the midst of the JSON"),
        (lambda text: text.replace('{"schema":1', '{"schema":99'), "has schema 99 and this version of querybench"),
        (lambda text: "{}", "is not a result of `bench`: it has no `schema`"),
    ],
)
def test_a_file_that_is_no_result_ends_with_2(
    bench: Bench, made: Callable[..., Path], which: str, spoil: Callable[[str], str], complaint: str
) -> None:
    """One that was cut short, is of another schema or none at all is refused, and which of the two it is."""
    good = made(*COUNT)
    bad = good.with_name("bad.json")
    bad.write_text(spoil(good.read_text()))

    said = bench("compare", *((bad, good) if which == "BASE" else (good, bad))).complaint

    assert said.startswith(f"{which}: {bad} {complaint}")


def test_what_is_not_named_is_the_newest(bench: Bench, made: Callable[..., Path], tmp_path: Path) -> None:
    """Without NEW it is the newest other result, without both the two newest, the older as BASE."""
    folder = tmp_path / ".bench" / "results"
    folder.mkdir(parents=True)
    for name, when in (("first.json", 100), ("second.json", 200), ("third.json", 300)):
        shutil.copy(made(*COUNT), folder / name)
        os.utime(folder / name, (when, when))

    def compared(*arguments: str) -> list[str]:
        found = json.loads(bench("compare", *arguments, "--format", "json").out)
        return [Path(found[side]["file"]).name for side in ("base", "new")]

    assert ["second.json", "third.json"] == compared()
    assert ["first.json", "third.json"] == compared(".bench/results/first.json")
    assert ["third.json", "second.json"] == compared(".bench/results/third.json")
    assert ["third.json", "first.json"] == compared(".bench/results/third.json", ".bench/results/first.json")


def test_too_few_results_are_said(bench: Bench, made: Callable[..., Path], tmp_path: Path) -> None:
    """Without results, or with one alone, it says what to do."""
    nothing = bench("compare").complaint
    folder = tmp_path / ".bench" / "results"
    folder.mkdir(parents=True)
    shutil.copy(made(*COUNT), folder / "only.json")

    assert "no result in .bench/results: measure one with `bench run`, or name a file" == nothing
    assert (
        "one result alone, .bench/results/only.json: measure again, or name a file to compare it with"
        == bench("compare").complaint
    )
    assert (
        "no other result than .bench/results/only.json in .bench/results: measure again, or name another file"
        == bench("compare", ".bench/results/only.json").complaint
    )
