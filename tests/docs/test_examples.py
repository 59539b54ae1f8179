"""Everything that the documentation shows runs as it stands there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import click
import pytest

from bench.cli import main
from tests.cli.helpers import Ran, results, run
from tests.docs.examples import PAGES, Example, blocks, commands, scenario_files, suite_files

MEASURING = {"run": ["--database", "sqlite", "--budget", "1s"], "noise": ["--database", "sqlite", "--budget", "1s"]}
"""What is added to a command that measures, where it does not say otherwise itself."""
OPENING = {"count": ["--database", "sqlite"], "show": ["--database", "sqlite"], "database": ["--database", "sqlite"]}

NOT_RUN = {
    "make": "tests/packaging/test_makefile.py looks at its targets, and .ci/run runs them",
    "git": "needs the network",
    "pip": "tests/packaging/test_wheel.py installs what is built here",
    "uv": "tests/packaging/test_wheel.py installs what is built here",
    "pipx": "tests/packaging/test_wheel.py installs what is built here",
    "uvx": "tests/packaging/test_wheel.py installs what is built here",
    "python": "tests/packaging/test_wheel.py makes an environment of its own",
    "pytest": "tests/docs/test_pytest_page.py runs it",
    ".": "tests run in the environment that it activates",
    "cd": "what follows it runs in a directory of the test",
}
"""Programs other than `bench` that the pages may show, each with the reason why it is not run here."""

OWN_TESTS = {
    "ci.md": "tests/docs/test_ci_page.py runs its commands one after the other, in a repository",
    "own-models.md": "tests/docs/test_own_models_page.py runs its commands in an application",
}
"""Pages whose commands are run elsewhere."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the scenario files of all pages, and a result where a page shows what to do with one."""
    folder = tmp_path_factory.mktemp("docs")
    for path, example in scenario_files().items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(example.text)
    if any(command.text.startswith(("bench report", "bench compare")) for command in commands()):
        name = next(iter(scenario_files())).stem
        ran = run("run", name, "--scenarios", "scenarios", *MEASURING["run"], cwd=folder)
        assert 0 == ran.code, ran.err
        (result,) = results(folder)
        for name in [
            word
            for command in commands()
            if command.text.startswith(("bench compare", "bench report")) and command.page.name not in OWN_TESTS
            for word in command.words
        ]:
            if name.endswith(".json"):
                shutil.copy(result, folder / name)
    return folder


def completed(words: Sequence[str]) -> list[str]:
    """The words after `bench`, with a small budget and the database that starts at once where none is named; one with a
    wire where time is to be added to it.
    """
    if "--rtt" in words and "--database" not in words:
        words = [*words, "--database", "embedded"]
    added = {**MEASURING, **OPENING}.get(words[1], [])
    pairs = zip(added[::2], added[1::2], strict=True)
    more = [word for flag, value in pairs if flag not in words for word in (flag, value)]
    return [*words[1:], *more, *(["--yes"] if words[1:3] == ["database", "clean"] else [])]


def test_there_are_pages_with_examples() -> None:
    """The README and the page for authors are there, and have commands and a scenario."""
    assert {"README.md", "writing-a-scenario.md"} <= {page.name for page in PAGES}
    assert [] == [
        name for name in ("README.md", "writing-a-scenario.md") if name not in {c.page.name for c in commands()}
    ]
    assert Path("scenarios/authors.py") in scenario_files()


@pytest.mark.parametrize("example", [one for one in commands() if one.page.name not in OWN_TESTS], ids=str)
def test_a_command_runs(folder: Path, example: Example) -> None:
    """A command of `bench` succeeds, or, where it needs a server that is not here, is understood; of other programs
    only those are shown that are known not to run here, and why.
    """
    words = example.words
    if words[0] != "bench":
        assert words[0] in NOT_RUN, f"{example}: {example.text}"
        return
    if elsewhere(words):
        understand(words)
        return
    ran = run(*completed(words), cwd=folder)

    assert 0 == ran.code, f"{example}: {example.text}\n{ran.out}{ran.err}"


def elsewhere(words: Sequence[str]) -> bool:
    """Whether a command names a database that a machine need not have: a URL, a container, installed binaries."""
    return any("://" in word or re.match(r"(docker|local)(:|$)", word) for word in words)


def understand(words: Sequence[str]) -> None:
    """Take a command's flags and values as `bench` does, without doing it."""
    command = main.cli.get_command(click.Context(main.cli), words[1])
    assert command is not None
    command.make_context(words[1], list(words[2:]))


ALONE = [
    block for block in blocks("python") if block not in suite_files().values() and block.page.name not in OWN_TESTS
]
"""The blocks of Python that run by themselves; tests/docs/test_pytest_page.py and `OWN_TESTS` run the others."""


@pytest.mark.parametrize("example", ALONE, ids=str)
def test_a_block_of_python_runs(tmp_path: Path, example: Example) -> None:
    """A scenario is measured, all its strategies proved equal; any other block runs to its end."""
    path = tmp_path / "scenarios" / "example.py"
    path.parent.mkdir()
    path.write_text(example.text)
    if example in scenario_files().values():
        ran = run("run", "example", "--scenarios", "scenarios", *MEASURING["run"], cwd=tmp_path)
    else:
        done = subprocess.run([sys.executable, path], cwd=tmp_path, capture_output=True, text=True, check=False)
        ran = Ran(done.returncode, done.stdout, done.stderr)

    assert 0 == ran.code, f"{example}: {ran.out}{ran.err}"


def test_configuration_is_understood(folder: Path) -> None:
    """What the pages put into bench's tables, in blocks or in a sentence, is taken by `bench`; where it names no folder
    of scenarios the command does.
    """
    inline = re.findall(r"`(\w+ = [^`]+)` under `\[tool\.bench\]`", "\n".join(page.read_text() for page in PAGES))
    tables = [block.text for block in blocks("toml") if "[tool.bench" in block.text]
    tables += [f"[tool.bench]\n{line}\n" for line in inline]
    assert tables
    for table in tables:
        named = [] if "scenarios =" in table else ["--scenarios", "scenarios"]
        (folder / "pyproject.toml").write_text(table)
        assert 0 == run("list", "authors", *named, cwd=folder).code, table
    (folder / "pyproject.toml").unlink()


def test_an_authors_example_is_typed(folder: Path) -> None:
    """The example type-checks strictly against the package's own types, as an editor of its author sees it."""
    assert "Success: no issues found in 1 source file" in mypy(folder, folder / "scenarios" / "authors.py")


@pytest.mark.parametrize(
    ("right", "wrong", "error"),
    [
        ("typical={", "typcal={", '"typcal" for "Scenario"; did you mean "typical"?'),
        ('faster="selectin"', "faster=3", 'Argument "faster" to "Claim" has incompatible type "int"'),
        ("strategy(baseline=True)", "strategy(base=True)", 'Unexpected keyword argument "base" for "strategy"'),
        ("db.session()", "db.sesion()", '"Database" has no attribute "sesion"'),
        ('"authors": (10, 100, 1000)', '"authors": 10', 'Dict entry 0 has incompatible type "str": "int"'),
    ],
)
def test_a_wrong_use_is_refused_by_types(folder: Path, right: str, wrong: str, error: str) -> None:
    """A misspelt keyword, a value of another type or an unknown method is found in the editor."""
    text = scenario_files()[Path("scenarios/authors.py")].text
    assert right in text
    path = folder / "wrong.py"
    path.write_text(text.replace(right, wrong, 1))

    assert error in mypy(folder, path)


def mypy(folder: Path, path: Path) -> str:
    """What mypy says of a file in a project of its own, which has `bench` installed."""
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", os.fspath(folder / ".mypy_cache"), path],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


def test_every_command_is_mentioned() -> None:
    """Each command of `bench` stands in the README or on a page."""
    text = "\n".join(page.read_text() for page in PAGES)

    assert [] == [name for name in main.COMMANDS if f"bench {name}" not in text]


def test_every_link_to_a_file_leads_there() -> None:
    """A page links to no file of the repository that is not there."""
    broken = [
        f"{page.name}: {target}"
        for page in PAGES
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text())
        if "://" not in target and not target.startswith("mailto:") and not (page.parent / target).exists()
    ]

    assert [] == broken


OTHERS = {"--adapter": "bencher", "--file": "bencher", "--columns": "pytest-benchmark"}
"""Flags of other programs, which a page shows how to hand a result to."""


def test_flags_that_pages_name_are_there() -> None:
    """Every `--flag` in the README and the pages is one of a command, or of pytest with this plugin and its own."""
    told = subprocess.run([sys.executable, "-m", "pytest", "--help"], capture_output=True, text=True, check=True).stdout
    flag = re.compile(r"(?<![\w-])--[a-z][a-z-]+")
    done = {word for name in main.COMMANDS for word in _flags(name)} | {*flag.findall(told), *OTHERS}
    named = {found for page in PAGES for found in flag.findall(page.read_text())}

    assert [] == sorted(named - done - {"--help", "--version"})
    assert [] == sorted(OTHERS.keys() - named)


def _flags(name: str) -> list[str]:
    command = main.cli.get_command(click.Context(main.cli), name)
    assert command is not None
    below = list(command.commands.values()) if isinstance(command, click.Group) else [command]
    return [flag for each in below for parameter in each.params for flag in parameter.opts]
