"""The command `bench`: finds the subcommand, and turns what goes wrong into one line and an exit code."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any, NoReturn

import click

from bench import __version__
from bench.cli.codes import DONE, FAULT, INTERRUPTED, USAGE, worst
from bench.errors import BenchError
from bench.platforms import require_posix

COMMANDS = {
    "run": "Measure strategies against each other and say which wins.",
    "count": "Prove strategies equal and count what each costs, without a clock.",
    "list": "List scenarios, their strategies, points and claims.",
    "show": "Show a strategy's code, its SQL, its plan and its counters.",
    "compare": "Compare two results: counters exactly, times as advice.",
    "check": "Say whether a change made anything worse: counters exactly, times by launches in lock-step.",
    "report": "Make a report of results.",
    "noise": "Measure strategies against themselves: what this machine can and cannot see.",
    "new": "Write a scenario module to start from.",
    "models": "Say how each relationship of your own models should be loaded.",
    "database": "List or remove what the harness has left on this machine.",
}
ANYWHERE = ("compare", "report", "new")
"""The commands that read and write files alone, and so run on Windows too."""


class OwnPipeError(Exception):
    """A pipe of our own broke, or ended too soon; its cause says which."""


class LazyGroup(click.Group):
    """A group whose commands are imported when they are used, so that `bench --help` stays quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands, in the order in which a newcomer meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, imported."""
        if cmd_name not in COMMANDS:
            return None
        if cmd_name not in ANYWHERE:
            require_posix(f"`bench {cmd_name}`")
        command: click.Command = import_module(f"bench.cli.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the first word names; where there is none, what is close."""
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            from bench.discovery import close_to

            raise click.UsageError(f"no command {args[0]!r}{close_to(args[0], COMMANDS)}", ctx)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """What the command returns. An error of a pipe is not left to click, which takes it for a reader of standard
        output who has gone, or for the end of what is typed.
        """
        try:
            return super().invoke(ctx)
        except (BrokenPipeError, EOFError) as error:
            raise OwnPipeError from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """One line a command, without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="querybench")
@click.pass_context
def cli(context: click.Context) -> None:
    """Settle how to query a database from Python, with proof.

    Strategies run against each other on a real PostgreSQL: proved equal, counted exactly, timed fairly.

    \b
    Examples:
      bench run loading                      which loading strategy wins, in a minute
      bench run loading.one_to_many --grid   and where the answer changes
      bench list                             what there is to run
    """
    if context.invoked_subcommand is not None:
        from bench.cli.defaults import defaults_of
        from bench.configuration import configured

        command = cli.get_command(context, context.invoked_subcommand)
        context.default_map = {context.invoked_subcommand: defaults_of(command, configured())}


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the command line and end the process with its exit code."""
    from bench.cli.interruption import Interruption, own_exit_code
    from bench.cli.output import lost_output, outlive_readers

    interruption = Interruption()
    try:
        interruption.install()
        outlive_readers()
        code = _run(arguments)
        interruption.hold()
    except KeyboardInterrupt:  # before it began, or while it was saying what else was wrong
        code = INTERRUPTED
    if (why := lost_output()) is not None:
        _say(f"standard output could not be written: {why}", ())
        code = worst([code, USAGE])
    own_exit_code()
    sys.exit(worst([code, INTERRUPTED if interruption.waits else DONE]))


def _run(arguments: list[str] | None) -> int:
    words = sys.argv[1:] if arguments is None else arguments
    try:
        code: Any = cli.main(arguments, prog_name="bench", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return USAGE
    except click.ClickException as error:
        _say(error.format_message() + _origin(error), words)
        return USAGE
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except BenchError as error:
        _say(str(error), words)
        return error.exit_code
    except OwnPipeError as error:
        return _fault(error.__cause__ or error, words)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever it is, nobody is to meet a traceback
        return _fault(error, words)
    return code if isinstance(code, int) else DONE


def _fault(error: BaseException, words: Sequence[str]) -> int:
    from bench.cli.fault import confess, lack

    if isinstance(error, OSError) and (lacking := lack(error)) is not None:
        _say(lacking, words)
        return USAGE
    _say(confess(error, words), words)
    return FAULT


def _say(complaint: str, words: Sequence[str]) -> None:
    """A complaint on a line of its own, whatever it quotes, without the secrets among the words that were typed."""
    from bench.cli.typed import without_secrets
    from bench.reports.formatting import plain

    click.echo(f"bench: {plain(without_secrets(complaint, words))}", err=True)


def _origin(error: click.ClickException) -> str:
    """Where a refused value stands, if not on the command line."""
    if isinstance(error, click.BadParameter) and error.ctx and error.param and error.param.name:
        source = error.ctx.get_parameter_source(error.param.name)
        if source is click.core.ParameterSource.DEFAULT_MAP:
            return " ([tool.bench] in pyproject.toml)"
    return ""
