"""What is typed or written wrongly: one line that says what, where and what to do, and exit code 2."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.helpers import HASTE, SMALL, Ran

Bench = Callable[..., Ran]

HEAD = """from sqlalchemy import MetaData
from bench import Claim, Dataset, Scenario
empty = Dataset("empty", MetaData(), lambda scale, random: ())
"""
ONE = """@which.strategy(baseline=True)
async def one(db): ...
"""
TWO = """@which.strategy()
async def two(db): ...
"""


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["smal"], "no scenario 'smal'; close to it: small"),
        (["small.reading:at_one"], "no strategy 'small.reading:at_one'; close to it: small.reading:at_once"),
        (["small.reading", "--set", "cout=3"], "--set cout: no selected scenario has that parameter; close to it: c"),
        (["small.reading", "--set", "count=x"], "--set count=x: 'x' is no int, as count wants (for example count=1)"),
        (["small.reading", "--set", "count"], "--set count: write NAME=VALUE,VALUE, for example --set authors=10,100"),
        (["small.reading", "--set", "count="], "--set count=: write NAME=VALUE,VALUE, for example"),
        (["small", "--budget", "soon"], "Invalid value for '--budget': 'soon' is no duration: write for example 30s"),
        (["small", "--budget", "0"], "Invalid value for '--budget': '0' is no duration"),
        (["small", "--budget=-3s"], "Invalid value for '--budget': '-3s' is no duration"),
        (["small", "--timeout", "1 year"], "Invalid value for '--timeout': '1 year' is no duration"),
        (
            ["small", "--precision", "0"],
            "Invalid value for '--precision': '0' is not from 0.1% to 50%: write",
        ),
        (
            ["small", "--rtt", "soon"],
            "Invalid value for '--rtt': 'soon' is no number of milliseconds: write for example 0",
        ),
        (["small", "--rtt", "0,,1"], "Invalid value for '--rtt': '' is no number of milliseconds: write for example 0"),
        (["small", "--rtt=-1"], "Invalid value for '--rtt': -1 ms is no round-trip time: from 0 to 1000 ms"),
        (["small", "--rtt", "0,60000"], "Invalid value for '--rtt': 60000 ms is no round-trip time: from 0 to 1000 ms"),
        (["small", "--rtt", "nan"], "Invalid value for '--rtt': nan ms is no round-trip time: from 0 to 1000 ms"),
        (["small", "--rtt", "0,1"], "--rtt: SQLite runs inside the worker, so there are no round trips to lengthen:"),
        (["small", "--precision", "60%"], "Invalid value for '--precision': '60%' is not from 0.1% to 50%"),
        (["small", "--scale", "0"], "Invalid value for '--scale': 0 is not in the range x>=1."),
        (["small", "--driver", "pg"], "Invalid value for '--driver': 'pg' is not one of 'asyncpg', 'psycopg'."),
        (["small", "--setting", "jit"], "Invalid value for '--setting': 'jit' should be NAME=VALUE"),
        (["small", "--grid=some"], "Invalid value for '--grid': 'some' is not one of"),
        (["small", "--bugdet", "3"], "No such option"),
        (["small", "--scenarios", "nowhere"], "no scenarios at 'nowhere': give a folder, a file or the dotted name"),
        (["small", "--database", "mysql"], "--database: `mysql` is no database: say auto, docker[:IMAGE], embedded,"),
        (["small", "--database", "mysql://u:secret@h/d"], "--database: `mysql://` is not a PostgreSQL URL: write it"),
        (["small", "--setting", "jit=off"], "--setting jit: SQLite takes no settings: they are PostgreSQL's"),
        (["--resume", "missing.json"], "cannot read missing.json: No such file or directory"),
        (["--resume", "missing.journal"], "cannot read missing.journal: No such file or directory"),
    ],
)
def test_a_wrong_argument_is_one_line(bench: Bench, tmp_path: Path, arguments: list[str], complaint: str) -> None:
    """Each says what was wrong and what there is or how to write it; nothing is measured or written."""
    ran = bench("run", *HASTE, *arguments)

    assert ran.complaint.startswith(complaint)
    assert "secret" not in ran.err
    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("import bench\nx = (\n", "asked.py:2: SyntaxError: '(' was never closed"),
        (
            "import bench\n\nimport no_such_module\n",
            "asked.py:3: ModuleNotFoundError: No module named 'no_such_module'",
        ),
        ("import bench\nimport sys; sys.exit('enough')\n", "asked.py:2: SystemExit: enough"),
        (
            HEAD + "which = Scenario(dataset=empty)\n" + ONE,
            "asked.py:4: a scenario needs two strategies or more, this one has 1",
        ),
        (
            HEAD + "which = Scenario(dataset=empty)\n" + TWO + TWO.replace("two", "three"),
            "asked.py:4: no strategy is the baseline: mark one with @….strategy(baseline=True)",
        ),
        (
            HEAD + "which = Scenario(dataset=empty)\n" + ONE + TWO + TWO,
            "asked.py:9: two strategies are named 'two': rename one",
        ),
        (
            HEAD + "which = Scenario(dataset=empty)\n" + ONE + ONE.replace("one", "other"),
            "asked.py:7: 'other' is a second baseline beside 'one': keep one",
        ),
        (
            HEAD + "which = Scenario(dataset=empty, params={'size': (1,)}, typical={'size': 1})\n" + ONE + TWO,
            "asked.py:4: no strategy takes the parameter 'size': remove it, or add it as an argument",
        ),
        (
            HEAD + "which = Scenario(dataset=empty)\n" + ONE + TWO.replace("db", "db, size"),
            "asked.py:7: strategy 'two' takes 'size', which is no parameter of its scenario (it has db)",
        ),
    ],
)
def test_a_wrong_scenario_file_is_one_line_with_its_place(
    bench: Bench, tmp_path: Path, text: str, complaint: str
) -> None:
    """A file that does not import, or a scenario that contradicts itself, is refused with file and line."""
    (tmp_path / "asked.py").write_text(text)

    assert complaint == bench("list", "--scenarios", "asked.py").complaint


def test_a_mistake_in_another_module_is_not_in_the_way(bench: Bench, tmp_path: Path) -> None:
    """Modules that the selectors do not mean are not imported."""
    (tmp_path / "small.py").write_text(SMALL.read_text())
    (tmp_path / "broken.py").write_text("import bench\nx = (\n")

    ran = bench("list", "small.held", "--scenarios", ".")

    assert (0, "") == (ran.code, ran.err)
    assert ran.out.startswith("small.held  ")


def test_control_characters_of_an_error_reach_no_terminal(bench: Bench, tmp_path: Path) -> None:
    """What an author's module says in its error stands there as escapes."""
    (tmp_path / "asked.py").write_text("import bench\nraise RuntimeError('\\x1b[2J\\x07gone')\n")

    assert "asked.py:2: RuntimeError: \\x1b[2J\\x07gone" == bench("list", "--scenarios", "asked.py").complaint
