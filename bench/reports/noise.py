"""What comparisons of strategies with their copies say of a machine, and what disturbs it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from tabulate import tabulate

from bench.measuring.disturbances.findings import Findings
from bench.measuring.launch_noise import LaunchNoise
from bench.measuring.launch_series import CONFIRM_LAUNCHES, SCREEN_LAUNCHES
from bench.measuring.noise import Comparison, Summary, summarize
from bench.regressions.timings import LOOKS
from bench.reports.formatting import duration, plain

HEADINGS = (
    "strategy",
    "comparisons",
    "wrong",
    "holds 1",
    "same",
    "inconclusive",
    "spread",
    "can see",
    "rounds",
    "each took",
)


LAUNCH_HEADINGS = (
    *("strategy", "launches", "rounds each", "of a round", "of a launch"),
    *(f"{SCREEN_LAUNCHES} can see", f"{CONFIRM_LAUNCHES} can see", "each took"),
)


def noise_table(made: Sequence[Comparison]) -> str:
    """A table of the comparisons by strategy, at least one, and what its columns mean; for a terminal."""
    ordered = sorted(made, key=lambda one: one.strategy)
    summaries = [summarize(name, list(group)) for name, group in groupby(ordered, key=lambda one: one.strategy)]
    together = summarize("all", made)
    rows = [_row(one) for one in [*summaries, *([together] if len(summaries) > 1 else [])]]
    table = tabulate(rows, headers=HEADINGS, tablefmt="simple", disable_numparse=True)
    return (
        f"{table}\n"
        f"\nwrong: the copy was called faster or slower ({together.wrong} of {together.comparisons})."
        f" holds 1: the 95 % interval has the true ratio in it ({together.holding_one} of {together.intervals})."
        "\nspread: standard deviation of the measured ratio. can see: the smallest difference that one comparison sees."
    )


def launches_table(made: Sequence[LaunchNoise]) -> str:
    """A table of what launches of the same code differ by, and what its columns mean; for a terminal."""
    rows = [
        [
            plain(one.strategy),
            str(one.launches),
            f"{one.rounds:.0f}",
            f"{one.within:.1%}",
            f"{one.spread:.1%}",
            f"{one.can_see(SCREEN_LAUNCHES):.1%}",
            f"{one.can_see(CONFIRM_LAUNCHES, len(LOOKS)):.1%}",
            duration(one.seconds),
        ]
        for one in made
    ]
    return (
        f"{tabulate(rows, headers=LAUNCH_HEADINGS, tablefmt='simple', disable_numparse=True)}\n"
        "\nOver launches, fresh processes that run the same code in lock-step, as in `bench check`: standard deviations"
        "\nof a round's and of a launch's ratio, and the smallest slowdown that so many tell from none at 99 %."
    )


def disturbances_text(findings: Findings) -> str:
    """What disturbs the machine, in two lines each: what was seen, and what to do; and what could not be looked at."""
    disturbances = findings.disturbances
    lines = ["What disturbs this machine:"] if disturbances else []
    for one in disturbances:
        lines += [f"  {one.what}: {one.seen}", f"    {one.remedy}"]
    if findings.quiet:
        nothing = "Nothing was seen of" if disturbances else "Nothing that disturbs was seen; looked at"
        lines.append(f"{nothing}: {', '.join(findings.quiet)}")
    if findings.untold:
        lines.append(f"This system does not tell of: {', '.join(findings.untold)}")
    return "\n".join(lines)


def _row(summary: Summary) -> list[str]:
    return [
        summary.strategy,
        str(summary.comparisons),
        str(summary.wrong),
        f"{summary.holding_one}/{summary.intervals}",
        str(summary.same),
        str(summary.inconclusive),
        _percent(summary.spread),
        _percent(summary.smallest_detectable),
        f"{summary.rounds:.0f}",
        duration(summary.seconds),
    ]


def _percent(fraction: float | None) -> str:
    return f"{fraction:.1%}" if fraction is not None else ""
