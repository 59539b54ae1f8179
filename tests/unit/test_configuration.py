"""`[tool.bench]` in pyproject.toml: what it sets, for which commands, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import pytest

from bench.cli import main
from bench.cli.defaults import defaults_of
from bench.configuration import KEYS, configured, configured_budgets
from bench.errors import UsageError

BUDGETS = {
    *("max_statements", "max_executions", "max_transaction_commands", "max_round_trips", "max_rows", "max_connections"),
    *("max_orm_objects", "max_python_calls", "max_bytes_sent", "max_bytes_received"),
}
NOT_SETTINGS = {"help", "version", "yes", "json", "claims", "resume", "format", "write"}
"""Flags of one use: what to show, whether to ask, which run to go on with."""


def command(name: str) -> click.Command:
    """A command of `bench`."""
    found = main.cli.get_command(click.Context(main.cli), name)
    assert found is not None
    return found


def write(folder: Path, table: str) -> Path:
    """A folder with a pyproject.toml of that table."""
    (folder / "pyproject.toml").write_text(f"[tool.bench]\n{table}\n", encoding="utf-8")
    return folder


def flags(found: click.Command) -> set[str]:
    """The long flags of a command, or of all in a group."""
    if isinstance(found, click.Group):
        return set().union(*(flags(each) for each in found.commands.values()))
    return {
        option.removeprefix("--")
        for parameter in found.params
        if isinstance(parameter, click.Option)
        for option in parameter.opts
        if option.startswith("--")
    }


def test_everything_that_a_flag_sets_can_be_configured() -> None:
    """The keys are the flags of all commands, those of one use apart."""
    found = set().union(*(flags(command(name)) for name in main.COMMANDS))

    assert found - NOT_SETTINGS == set(KEYS)


def test_without_a_file_nothing_is_set(tmp_path: Path) -> None:
    """An empty folder, with no pyproject.toml above that has a table, sets nothing."""
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "something"\n')

    assert {} == configured(tmp_path)


def test_the_nearest_file_above_counts(tmp_path: Path) -> None:
    """From a folder below, the first pyproject.toml on the way up is read and no other."""
    write(tmp_path, 'database = "sqlite"\nscale = 3')
    inner = tmp_path / "inner"
    (inner / "below").mkdir(parents=True)
    write(inner, 'database = "embedded"')

    assert {"database": "embedded"} == configured(inner / "below")


def test_values_are_as_they_would_be_typed(tmp_path: Path) -> None:
    """Numbers become text, a single text where several may stand becomes a list, and `grid = true` is `--grid`."""
    write(
        tmp_path,
        'scale = 3\nprecision = 0.01\nbudget = "2m"\nsetting = "jit=off"\n'
        'set = ["a=1,2", "b=3"]\ngrid = true\npin = true',
    )

    assert {
        "scale": "3",
        "precision": "0.01",
        "budget": "2m",
        "setting": ["jit=off"],
        "set": ["a=1,2", "b=3"],
        "grid": "each",
        "pin": True,
    } == configured(tmp_path)


@pytest.mark.parametrize(("written", "read"), [("false", "typical"), ('"full"', "full"), ('"each"', "each")])
def test_grid_takes_what_the_flag_takes(tmp_path: Path, written: str, read: str) -> None:
    """`grid` is true, false, or the text that stands after the flag."""
    assert {"grid": read} == configured(write(tmp_path, f"grid = {written}"))


def test_paths_are_meant_from_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Folders of scenarios, the result and the report are found from the file's folder, dotted names left alone."""
    write(
        tmp_path,
        'scenarios = ["questions", "package.questions"]\noutput = "out/result.json"\nreport = "report.md"',
    )
    (tmp_path / "questions").mkdir()
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")

    assert {
        "scenarios": ["../questions", "package.questions"],
        "output": "../out/result.json",
        "report": "../report.md",
    } == configured()


@pytest.mark.parametrize(
    ("table", "complaint"),
    [
        (
            'databse = "sqlite"',
            "[tool.bench] in pyproject.toml sets 'databse', which no flag is; close to it: database, dataset",
        ),
        ("budget = []", "[tool.bench] in pyproject.toml: budget should be text or a number, not []"),
        ("scale = true", "[tool.bench] in pyproject.toml: scale should be text or a number, not True"),
        ("scenarios = 3", "[tool.bench] in pyproject.toml: scenarios should be text, or a list of texts, not 3"),
        (
            "setting = [1]",
            "[tool.bench] in pyproject.toml: setting should be text, or a list of texts, not [1]",
        ),
        ('pin = "yes"', "[tool.bench] in pyproject.toml: pin should be true or false, not 'yes'"),
        ("output = 3", "[tool.bench] in pyproject.toml: output should be a path, not 3"),
        ("grid = 3", '[tool.bench] in pyproject.toml: grid should be true or "full", not 3'),
    ],
)
def test_what_makes_no_sense_is_refused(tmp_path: Path, table: str, complaint: str) -> None:
    """An unknown key names what is close, a value of another kind says what it should be."""
    with pytest.raises(UsageError) as refused:
        configured(write(tmp_path, table))

    assert complaint == str(refused.value)


def test_budgets_are_read_by_their_selectors(tmp_path: Path) -> None:
    """Each counter with its most, by selector; one without quotes, which are tables in tables, is the same."""
    write(
        tmp_path,
        'database = "sqlite"\n[tool.bench.budgets]\nloading = { max_bytes_sent = 0 }\n'
        '"loading.one_to_many:selectin" = { max_statements = 2, max_round_trips = 4 }\n'
        "batching.any_order = { max_python_calls = 100000 }\n",
    )

    assert {
        "loading": {"bytes_sent": 0},
        "loading.one_to_many:selectin": {"statements": 2, "round_trips": 4},
        "batching.any_order": {"python_calls": 100_000},
    } == configured_budgets(tmp_path)
    assert {"database": "sqlite"} == configured(tmp_path)


def test_without_budgets_there_are_none(tmp_path: Path) -> None:
    """A file without the table has no budgets, and neither has a folder without a file."""
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "something"\n')

    assert {} == configured_budgets(tmp_path)


@pytest.mark.parametrize(
    ("table", "complaint"),
    [
        (
            "[tool.bench.budgets]\nmax_statements = 2",
            "max_statements should be a table such as { max_statements = 2 }, not 2",
        ),
        (
            "[tool.bench.budgets]\nloading = { max_rouws = 2 }",
            "loading has 'max_rouws', which is no budget; close to it: max_rows, max_round_trips, max_executions",
        ),
        (
            "[tool.bench.budgets]\nloading = { max_peak_memory = 2 }",
            f"loading has 'max_peak_memory', which is no budget; there is {', '.join(sorted(BUDGETS))}",
        ),
        *(
            (
                f"[tool.bench.budgets]\nloading = {{ max_statements = {written} }}",
                f"max_statements of loading should be a whole number, 0 or more, not {shown}",
            )
            for written, shown in [("-1", "-1"), ("2.5", "2.5"), ('"2"', "'2'"), ("true", "True"), ("[2]", "[2]")]
        ),
    ],
)
def test_a_budget_that_makes_no_sense_is_refused(tmp_path: Path, table: str, complaint: str) -> None:
    """By every command, for all read the file: an unknown counter names what is close, and a limit is whole."""
    write(tmp_path, table)

    for read in (configured, configured_budgets):
        with pytest.raises(UsageError) as refused:
            read(tmp_path)
        assert f"[tool.bench.budgets] in pyproject.toml: {complaint}" == str(refused.value)


def test_budgets_that_are_no_table_are_refused(tmp_path: Path) -> None:
    """`budgets` is a table of selectors, and nothing else."""
    with pytest.raises(UsageError, match=r"^\[tool\.bench\.budgets\] in pyproject\.toml must be a table$"):
        configured(write(tmp_path, "budgets = 3"))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[tool.bench\n", "pyproject.toml cannot be read: Expected ']' at the end of a table declaration"),
        ("[tool]\nbench = 3\n", "[tool.bench] in pyproject.toml must be a table"),
    ],
)
def test_a_file_that_is_no_table_is_refused(tmp_path: Path, text: str, complaint: str) -> None:
    """A file that is no TOML, and one whose `tool.bench` is no table, are each said with one line."""
    (tmp_path / "pyproject.toml").write_text(text)

    with pytest.raises(UsageError) as refused:
        configured(tmp_path)

    assert str(refused.value).startswith(complaint)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("run", {"chosen": ["a=1"], "output": "x.json", "database": "sqlite"}),
        ("show", {"chosen": ["a=1"], "database": "sqlite"}),
        ("list", {}),
        ("report", {}),
        ("noise", {"database": "sqlite"}),
        ("database", {"list": {"databases": ["sqlite"]}, "clean": {"databases": ["sqlite"]}}),
    ],
)
def test_a_command_is_given_what_it_has_a_flag_for(name: str, expected: dict[str, Any]) -> None:
    """Each command gets the values of its own flags; `report` gets none, for its --output is another file."""
    values = {"set": ["a=1"], "output": "x.json", "database": "sqlite"}

    assert expected == defaults_of(command(name), values)
