"""Help: every command and every option has some, and every example is one that is understood."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator

import click
import pytest

from bench import __version__
from bench.cli.main import COMMANDS, cli
from tests.cli.helpers import Ran

Bench = Callable[..., Ran]


def commands(group: click.Group = cli, *above: str) -> Iterator[tuple[str, click.Command]]:
    """Every command with its words, those of groups too."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield " ".join([*above, name]), command
        if isinstance(command, click.Group):
            yield from commands(command, *above, name)


ALL = dict(commands())
every_command = pytest.mark.parametrize("name", list(ALL))


def test_help_lists_each_command_with_a_line(bench: Bench) -> None:
    """`bench --help` has the purpose, examples and each command with what it does, and needs nothing else."""
    ran = bench("--help")

    assert 0 == ran.code
    assert "" == ran.err
    text = " ".join(ran.out.split())
    assert [] == [name for name, line in COMMANDS.items() if f"{name} {line}" not in text]
    assert "bench run loading" in ran.out


def test_bench_alone_shows_the_help(bench: Bench) -> None:
    """Without a command the help is shown, and the exit code says that nothing was done."""
    ran = bench()

    assert 2 == ran.code
    assert "Commands:" in ran.out + ran.err


def test_version_is_that_of_the_package(bench: Bench) -> None:
    """`bench --version` names the distribution and its version."""
    assert f"querybench, version {__version__}\n" == bench("--version").out


@pytest.mark.parametrize(("name", "line"), list(COMMANDS.items()))
def test_the_line_of_a_command_is_the_beginning_of_its_own_help(name: str, line: str) -> None:
    """What `bench --help` says of a command is what the command's own help begins with."""
    own = " ".join((ALL[name].help or "").split())

    assert own.startswith(line.removesuffix("."))


@every_command
def test_a_command_has_help_of_its_own(name: str, bench: Bench) -> None:
    """`--help` of each command says what it does, in lines that fit."""
    ran = bench(*name.split(), "--help")

    assert 0 == ran.code
    assert " ".join((ALL[name].help or "nothing").split())[:60] in " ".join(ran.out.split())
    assert [] == [line for line in ran.out.splitlines() if len(line) > 100]


@every_command
def test_each_option_has_help(name: str) -> None:
    """No option is left unexplained."""
    options = [parameter for parameter in ALL[name].params if isinstance(parameter, click.Option)]

    assert [] == [option.opts for option in options if not (option.help or "").strip()]


@every_command
def test_the_example_of_a_command_is_understood(name: str) -> None:
    """Each command's help ends in an example of itself, whose options and arguments are accepted."""
    command, words = ALL[name], name.split()
    lead, _, example = (command.epilog or "").partition(": ")

    assert "Example" == lead
    typed = shlex.split(example)
    assert ["bench", *words] == typed[: 1 + len(words)]
    assert isinstance(command.make_context(name, typed[1 + len(words) :]), click.Context)


@pytest.mark.parametrize(
    ("word", "complaint"),
    [
        ("rnu", "no command 'rnu'; close to it: run"),
        (
            "zzz",
            "no command 'zzz'; there is check, compare, count, database, list, models, new, noise, report, run, show",
        ),
        ("--zzz", "No such option"),
    ],
)
def test_an_unknown_command_names_what_is_close(bench: Bench, word: str, complaint: str) -> None:
    """A word that is no command is said in one line with what there is."""
    assert bench(word).complaint.startswith(complaint)
