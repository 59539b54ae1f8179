"""What a report says of a run before anything else: how much was measured, where, and whether it was interrupted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from bench.measurement import ClaimResult, Environment, PointResult, Result, ScenarioResult
from bench.reports.claims import judged
from bench.reports.formatting import count, duration, listed, markdown, moment, plural

_Measured = tuple[ScenarioResult, Sequence[PointResult]]
"""A scenario, and those of its points that were measured."""


def done(result: Result) -> str:
    """What was done in a run: `measured`, or `counted` where there was no clock."""
    return "measured" if result.settings.timed else "counted"


def modules(result: Result) -> list[str]:
    """The modules of a result's scenarios."""
    return list(dict.fromkeys(scenario.name.partition(".")[0] for scenario in result.scenarios))


def title_of(result: Result) -> str:
    """A report's heading, as plain text."""
    return f"What was {done(result)}: {', '.join(modules(result)) or 'nothing'}"


def summary(result: Result) -> str:
    """How much was measured, when and where, in a line of Markdown."""
    measured = [*amounts(result), *([_verdicts(claims)] if (claims := judged_claims(result)) else [])]
    seconds = f" in {duration(result.seconds)}" if result.seconds else ""
    started = f" on {moment(result.started)}" if result.started else ""
    sentence = f"{', '.join(measured)}, {done(result)}{seconds}{started}"
    return f"{markdown(sentence)}. {markdown(where(result.environment))}."


def amounts(result: Result) -> list[str]:
    """How many scenarios and points there are that were measured."""
    points = sum(1 for scenario in result.scenarios for point in scenario.points if point.strategies)
    return [plural(len(result.scenarios), "scenario"), plural(points, "point")]


def sizes(results: Sequence[Result], labels: Sequence[str] = ()) -> str:
    """At which sizes and distances the scenarios were measured, in a sentence; empty where nothing was.

    Args:
        results: What was measured.
        labels: What each of them is called, if it is to be told which were measured at other sizes.
    """
    measured = [
        (scenario, points)
        for result in results
        for scenario in result.scenarios
        if (points := [point for point in scenario.points if point.strategies])
    ]
    if not measured:
        return ""
    if not any(point.params for _, points in measured for point in points):
        return ""
    how = done(results[0])
    each = "Each scenario" if len({scenario.name for scenario, _ in measured}) > 1 else "The scenario"
    typical, others = (_of_size(measured, typical=wanted) for wanted in (True, False))
    apart = [pair for pair, (_, points) in zip(measured, others, strict=True) if points]
    names, of = ({scenario.name for scenario, _ in pairs} for pairs in (apart, measured))
    further = all(any(_is_typical(point, scenario) for point in points) for scenario, points in apart)
    sizes_there = f"at {'further' if further else 'other'} sizes than"
    if not names:
        said = f"{each} was {how} at its typical size alone"
    elif len(names) == len(of):
        said = f"{each} was {how} {sizes_there} its typical one"
    else:
        said = f"{count(len(names))} of {plural(len(of), 'scenario')} were {how} {sizes_there} their typical one"
    which = [label for label, result in zip(labels, results, strict=False) if _has_others(result)]
    if 0 < len(which) < len(labels):
        said += f", on the side of {listed(which)} alone"
    if further and names and _all_distances(typical) != _all_distances(others):
        theirs = "the typical one" if len(of) == 1 else "the typical ones"
        return f"{said}{_distances(others)}; {theirs}{_distances(typical).removeprefix(',') or ' with none'}."
    return f"{said}{_distances(measured)}."


def _has_others(result: Result) -> bool:
    """Whether any scenario was measured at another size than its typical one."""
    return any(
        point.strategies and not _is_typical(point, scenario)
        for scenario in result.scenarios
        for point in scenario.points
    )


def _of_size(measured: Sequence[_Measured], *, typical: bool) -> list[_Measured]:
    """Each scenario with those points alone that are of its typical size, or of another."""
    return [
        (scenario, [point for point in points if _is_typical(point, scenario) is typical])
        for scenario, points in measured
    ]


def _is_typical(point: PointResult, scenario: ScenarioResult) -> bool:
    return dict(point.params) == dict(scenario.typical)


def _all_distances(measured: Sequence[_Measured]) -> set[float]:
    return {point.rtt_ms for _, points in measured for point in points}


def _distances(measured: Sequence[_Measured]) -> str:
    """The round-trip times that were added, where any was, and how many scenarios were not measured at each of them."""
    of_each = [(scenario.name, {point.rtt_ms for point in points}) for scenario, points in measured if points]
    every = _all_distances(measured)
    if every == {0.0}:
        return ""
    fewer = len({name for name, of in of_each if of != every})
    apart = f" ({plural(fewer, 'scenario')} not at each of these)" if fewer else ""
    return f", with {listed(f'{rtt_ms:g}' for rtt_ms in sorted(every))} ms of added round-trip time{apart}"


def judged_claims(result: Result) -> list[ClaimResult]:
    """The claims of all scenarios that the run could judge."""
    return [claim for scenario in result.scenarios for claim in judged(scenario, result.settings.timed)]


def where(environment: Environment) -> str:
    """The environment in a line: what a reader must know before comparing with figures from elsewhere."""
    packages, used = environment.packages, {"sqlalchemy": "SQLAlchemy", environment.driver: environment.driver}
    parts = [
        f"PostgreSQL {environment.postgres}" if environment.postgres else environment.database,
        *(f"{title} {packages[name]}" for name, title in used.items() if name in packages),
        f"{python(environment)} on {environment.loop}",
        f"{environment.cpu}, {plural(environment.cores, 'core')}",
    ]
    return ", ".join(parts)


def python(environment: Environment) -> str:
    """The interpreter and its version (`CPython 3.13.1`)."""
    return f"Python {environment.python}" if environment.python[:1].isdigit() else environment.python


def rounds_of(point: PointResult) -> list[str]:
    """What the timing of a point consisted of: the time that was really added to a round trip, and how many rounds."""
    added = point.rtt_added_ms if point.rtt_ms else None
    return [
        *([f"{added:.2f} ms really added"] if added is not None else []),
        *([f"{plural(point.rounds, 'round')} in {duration(point.seconds)}"] if point.rounds else []),
    ]


def interrupted(result: Result) -> str:
    """How much an interrupted run lacks, as a quotation in Markdown; empty for one that was not interrupted."""
    if not result.interrupted:
        return ""
    missing = sum(1 for scenario in result.scenarios for point in scenario.points if not point.finished)
    counted = (
        f": {plural(missing, 'point')} of it {'is' if missing == 1 else 'are'} missing or unfinished" if missing else ""
    )
    return f"> **This run was interrupted**{counted}. What follows is what was {done(result)} until then."


def _verdicts(claims: Sequence[ClaimResult]) -> str:
    verdicts = Counter(claim.verdict for claim in claims)
    shown = ", ".join(f"{verdicts[verdict]} {verdict}" for verdict in sorted(verdicts))
    return f"{plural(len(claims), 'claim')} ({shown})"
