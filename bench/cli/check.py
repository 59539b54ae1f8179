"""`bench check`: whether a change made anything worse, by exact counters and by launches in lock-step."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from bench.cli.codes import DONE, FAILED, INCONCLUSIVE, INTERRUPTED, MISSING, REGRESSION, worst
from bench.cli.interruption import PutAway, let_nothing_interrupt
from bench.cli.options import Percent, shared_with
from bench.cli.progress import watcher
from bench.cli.recorded import File
from bench.configuration import configured, configured_budgets
from bench.errors import UsageError
from bench.measuring.checking import Checking, Compared
from bench.measuring.options import Options
from bench.measuring.stored import measure_like, selected_of
from bench.measuring.watching import Watcher
from bench.regressions.checked import Check
from bench.regressions.comparing import compare
from bench.regressions.stored import as_check
from bench.reports.check import markdown_check, terminal_check
from bench.results.encoding import encode
from bench.results.file import write_whole
from bench.results.plausible import read_plausible
from bench.revisions.bases import Bases, against_requirements, against_revision, is_requirement
from bench.revisions.git import RevisionError

SUMMARY = "GITHUB_STEP_SUMMARY"
"""The variable that names the file which GitHub shows with a job."""


@click.command(name="check", epilog="Example: bench check --against origin/main --threshold 3% --budget 5m")
@shared_with("Time for the timings.  [default: 60s a strategy, and 120s more for a suspected one]")
@click.option(
    "--against",
    metavar="REVISION|REQUIREMENT|FILE",
    help="What to compare with: a commit or branch, other packages ('sqlalchemy==2.0.58'), or a result file."
    "  [default: where the main branch was left]",
)
@click.option("--threshold", type=Percent(), default="5%", show_default=True, help="From which slowdown on it fails.")
@click.option("--no-timings", is_flag=True, help="Compare counters alone: seconds, exact, and on any machine.")
@click.option("--strict", is_flag=True, help="End with 3 where a time is inconclusive.")
@click.option(
    "--allow-missing",
    is_flag=True,
    help="Bear that what the base has is gone, or that there is no base for something, as where data are others.",
)
@click.option(
    "--trust-stored-timings", is_flag=True, help="With a result file: judge times by it too, run on run as they are."
)
@click.option("--output", type=File, help="Write what was found as JSON.")
def command(
    against: str | None,
    threshold: float,
    no_timings: bool,
    strict: bool,
    allow_missing: bool,
    trust_stored_timings: bool,
    output: Path | None,
    **flags: Any,
) -> int:
    """Say whether a change made anything worse: counters exactly, times by launches in lock-step.

    The working tree is compared with its base, by default where the main branch was left. Counters come first, exactly:
    a statement more fails at once, with the statements that differ. Then time: base, base again and head in fresh
    processes, alternating sample by sample; what is suspected is confirmed by fresh ones. The budget is for that;
    without it a strategy takes up to 60 s, and a suspected one up to 120 s more.

    Exit code: 0 nothing is worse; 1 a query costs more or is slower; 2 wrong usage; 3 inconclusive, under --strict; 4 a
    strategy fails or differs; 5 there is no base, or what it has is gone; 130 interrupted. Where several hold: 130, 2,
    4, 5, 1, 3.

    A SELECTOR is loading, loading.one_to_many or loading.one_to_many:selectin; none means all scenarios of this
    repository.
    """
    names = ("selectors", "scenarios", "database", "driver", "loop", "scale", "seed", "budget", "timeout")
    options = Options(**{name: flags[name] for name in names}, settings=dict(flags["setting"]))
    options = replace(options, budgets=configured_budgets(), measures_memory=False)
    with closing(watcher()) as watching:
        if against is not None and _is_file(against):
            check = _check_against_file(options, watching, Path(against), threshold, trusts_times=trust_stored_timings)
        else:
            check = _check(options, watching, against, threshold, times=not no_timings)
    check = replace(check, allows_missing=allow_missing)
    code = _exit_code(check, strict=strict)
    _show(check)
    if output is not None:
        write_whole(output, encode(_document(check, code)) + b"\n")
        click.echo(f"\nJSON: {output}")
    return code


def _check(options: Options, watching: Watcher, against: str | None, threshold: float, *, times: bool) -> Check:
    with PutAway(_bases(options, watching, against)) as bases:
        checking = Checking(
            options, watching, Compared(bases.base, bases.head, bases.base_name, bases.head_name, threshold)
        )
        try:
            checking.run(times=times)
            let_nothing_interrupt()
        except KeyboardInterrupt:
            return checking.result(interrupted=True)
        return checking.result()


def _is_file(against: str) -> bool:
    return Path(against).is_file() or against.endswith(".json")


def _check_against_file(
    options: Options, watching: Watcher, path: Path, threshold: float, *, trusts_times: bool
) -> Check:
    began = time.monotonic()
    stored = read_plausible(path)
    if (stored.environment.git or "").endswith("+"):
        raise RevisionError(
            f"{path} was measured on a checkout with changes that were not committed ({stored.environment.git}), so"
            " nobody can tell what it is the base of: measure it again on a clean one"
        )
    if stored.interrupted:
        raise RevisionError(f"{path} was interrupted, and is no base for what it lacks: go on with it by --resume")
    base = selected_of(stored, options.selectors)
    head = measure_like(base, options, watching, timed=trusts_times)
    comparison = compare(base, head, str(path), "the working tree")
    check = as_check(comparison, str(path), threshold, trusts_times=trusts_times)
    return replace(check, seconds=time.monotonic() - began)


@contextmanager
def _bases(options: Options, watching: Watcher, against: str | None) -> Iterator[Bases]:
    places = [Path(place) if Path(place).exists() else place for place in options.scenarios]
    if against is not None and is_requirement(against):
        with against_requirements(against, places, watching.say, selects=bool(options.selectors)) as bases:
            yield bases
    else:
        selects = bool(options.selectors)
        with against_revision(against, places, _configured_places, watching.say, selects=selects) as bases:
            yield bases


def _configured_places(folder: Path) -> list[Path]:
    """Where a checkout's own configuration has its scenarios; dotted names, which any may import, left out."""
    try:
        places = configured(folder).get("scenarios", []) if folder.is_dir() else []
    except UsageError:  # this version refuses what the base sets; where the head looks is looked in any case
        return []
    return [path for path in map(Path, places if isinstance(places, list) else []) if path.exists()]


def _document(check: Check, code: int) -> dict[str, Any]:
    """The check as JSON has it: its fields, with the code that it ends with and the verdict on each strategy."""
    strategies = [{**vars(one), "verdict": one.verdict} for one in check.strategies]
    return {**vars(check), "strategies": strategies, "exit_code": code}


def _show(check: Check) -> None:
    terminal = sys.stdout.isatty()
    width = shutil.get_terminal_size().columns if terminal else None
    click.echo(terminal_check(check, width, colour=terminal))
    summary = os.environ.get(SUMMARY)
    if summary:
        try:
            with Path(summary).open("a", encoding="utf-8") as file:
                file.write(markdown_check(check))
        except OSError as error:
            click.echo(f"the summary could not be written: {error.strerror or error} (${SUMMARY})", err=True)


def _exit_code(check: Check, *, strict: bool) -> int:
    verdicts = {one.verdict for one in check.strategies}
    return worst(
        [
            INTERRUPTED if check.interrupted else DONE,
            FAILED if "failed" in verdicts else DONE,
            MISSING if (check.vanished or check.missing) and not check.allows_missing else DONE,
            REGRESSION if check.regressions else DONE,
            INCONCLUSIVE if strict and ("inconclusive" in verdicts or _is_open(check)) else DONE,
        ]
    )


def _is_open(check: Check) -> bool:
    """Whether a gated counter could be counted in one of the two alone, or one with a budget not at all."""
    return any(one.uncompared or one.unchecked for one in check.strategies)
