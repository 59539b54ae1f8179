"""How a run measured and where, as a report says it at its end: no more of the method than was at work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bench.measurement import PointResult, Result, StrategyResult
from bench.reports.formatting import duration, either, markdown

PROOF = """\
At each choice of parameters every strategy was called twice and its result compared with the baseline's; one that gave
another result is shown as `differs`{apart}. Statements, rows and objects were counted on a warm call."""

WIRE = """\
So was what crossed the wire: a tap, a relay between client and server that reads the protocol, counted round trips (a
message whose reply the client waits for), executions, bytes and connections."""

WITNESSES = """\
The executions were counted by those of three witnesses that could see them, SQLAlchemy's events, the tap and
pg_stat_statements; where these do not agree, it is said below the table."""

TIMING = """\
Then the strategies were timed in rounds, each sampled once a round in a fresh random order (far slower ones in fewer
rounds), with garbage collected before each sample. A ratio is the median of the rounds' log-ratios, with its exact 95 %
interval; it is not the quotient of the medians. The margin is {margin}, twice the precision asked. A strategy is faster
or slower where the whole interval lies on one side of 1, the ratio is beyond the margin, and a sign test, or one of
ranks where no samples of the two overlap, holds after correction for the number of strategies; it is the same where the
whole interval lies within the margin; else it is inconclusive. Those that were not shown to be behind the fastest are
named together."""

SERVER_TIME = """\
The client's CPU time was taken beside the clock; the server's is its planning and execution by pg_stat_statements, the
median of the calls that were counted."""

ADDED_TIME = """\
Calls without added round-trip time went straight to the server, those with it through the tap, which held back what
crossed it. The time really added is by how much it made pings slower."""

PROCESSES = """\
Each load was driven by {processes} processes together, started at one barrier: its tasks and units were divided among
them, and what they saw was put together. Each has a pool of its own; a load took as long as the last of them."""

_WITNESSES = {"events": "SQLAlchemy's events", "wire": "the tap", "server": "pg_stat_statements"}


def method(result: Result, precisions: Sequence[float] = ()) -> str:
    """How it was measured, as Markdown: a paragraph on proof and counting, and one on timing where it was timed.

    Args:
        result: What was measured.
        precisions: What was asked of the runs that it was put together from, as fractions; else that of its settings.
    """
    strategies = _strategies(result)
    counting = [PROOF.format(apart=" and is not ranked" if result.settings.timed else "")]
    if any(one.counters.bytes_sent is not None for one in strategies):
        counting.append(WIRE)
    if len(_seen(strategies)) > 1:
        counting.append(WITNESSES)
    if not result.settings.timed:
        return "\n".join(counting)
    timing = [TIMING.format(margin=either(2 * asked for asked in precisions or [result.settings.precision]))]
    if any(one.server_ms is not None for one in strategies):
        timing.append(SERVER_TIME)
    if any(point.rtt_ms and point.strategies for point in _points(result)):
        timing.append(ADDED_TIME)
    shared = max((one.load.processes for one in strategies if one.load is not None), default=1)
    if shared > 1:
        timing.append(PROCESSES.format(processes=shared))
    return "\n".join(counting) + "\n\n" + "\n".join(timing)


def environment_table(result: Result, precisions: Sequence[float] = ()) -> str:
    """Where it was measured and what was asked for, as a table in Markdown; what is not known is left out.

    Args:
        result: What was measured.
        precisions: What was asked of the runs that it was put together from, as fractions; else that of its settings.
    """
    from tabulate import tabulate

    cells = [[name, markdown(value)] for name, value in environment_rows(result, precisions).items() if value]
    return tabulate(
        cells, headers=["environment", ""], tablefmt="pipe", disable_numparse=True, colalign=["left", "left"]
    )


def environment_rows(result: Result, precisions: Sequence[float] = ()) -> Mapping[str, str]:
    """The same by what it is called, as plain text; empty where it is not known."""
    environment, settings = result.environment, result.settings
    return {
        "Python": environment.python,
        "packages": _pairs(environment.packages),
        "PostgreSQL": environment.postgres or "",
        "database": environment.database,
        "server settings": _pairs(environment.settings),
        "driver": environment.driver,
        "event loop": environment.loop,
        "garbage collection": environment.gc,
        "CPU": f"{environment.cpu}, {environment.cores} core{'' if environment.cores == 1 else 's'}",
        "worker and server on a core each": "yes" if environment.pinned else "no",
        "kernel": environment.kernel,
        "git revision": environment.git or "",
        "seed and scale of the data": f"{environment.seed} and {environment.scale}",
        "executions counted by": ", ".join(_seen(_strategies(result))),
        "added round-trip times asked for": ", ".join(f"{rtt_ms:g} ms" for rtt_ms in settings.rtts_ms),
        "precision asked": either(precisions or [settings.precision]) if settings.timed else "",
        "time allowed a call": duration(settings.timeout_s),
    }


def _points(result: Result) -> list[PointResult]:
    return [point for scenario in result.scenarios for point in scenario.points]


def _strategies(result: Result) -> list[StrategyResult]:
    return [strategy for point in _points(result) for strategy in point.strategies]


def _seen(strategies: list[StrategyResult]) -> list[str]:
    """The witnesses that saw the executions of any strategy."""
    return [
        title
        for name, title in _WITNESSES.items()
        if any(getattr(strategy.witnesses, name) is not None for strategy in strategies)
    ]


def _pairs(values: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {value}" for name, value in values.items())
