"""The sides of a comparison: results by what tells them apart, those that are parts of one put together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bench.measurement import Environment, Result
from bench.regressions.surroundings import surroundings
from bench.reports.formatting import moment, percent, plural
from bench.reports.merging import distinct, grouped, measured_again, merged
from bench.reports.picture import Pictures
from bench.reports.summary import python

ABSENT = "none"
JOINED = " / "
"""Between two things that a label is made of: a comma stands between labels."""


@dataclass(frozen=True)
class Side:
    """A result, or several that are parts of one.

    `label` says in a few words what tells it from the other sides (`SQLAlchemy 2.1.9`), as plain text; `parts` are the
    results that it was put together from, one at least; `pictures` stand beside the page, by scenario.
    """

    label: str
    result: Result
    parts: Sequence[Result]
    pictures: Pictures = field(default_factory=dict)

    @property
    def precisions(self) -> list[float]:
        """What was asked of the parts, as fractions."""
        return sorted({part.settings.precision for part in self.parts})


@dataclass(frozen=True)
class Sides:
    """What is shown side by side, and what must be said of how it came about: sentences of plain text."""

    sides: Sequence[Side]
    remarks: Sequence[str] = ()


def sides_of(results: Sequence[Result]) -> Sides:
    """Results as the sides of a comparison, in their order, the same result once.

    Args:
        results: What was measured; one at least.
    """
    shown = distinct(results)
    groups = grouped(shown)
    wholes = [merged(group) for group in groups]
    sides = [Side(*one) for one in zip(_labels(wholes), wholes, groups, strict=True)]
    return Sides(sides, [*_repeated(len(results) - len(shown)), *_put_together(sides)])


def told_apart(results: Sequence[Result]) -> Mapping[str, Sequence[str]]:
    """What was not the same for all results: the value for each, in their order, by what it is.

    A setting of the server is told where two have it otherwise: those that only one kind of database knows are many.
    """
    found = [_all_facets(result) for result in results]
    names = dict.fromkeys(name for facets in found for name in facets)
    values = {name: [facets.get(name, ABSENT) for facets in found] for name in names}
    return {name: of_each for name, of_each in values.items() if _differ(name, of_each)}


def _differ(name: str, of_each: Sequence[str]) -> bool:
    known = set(of_each) - ({ABSENT} if name.startswith("setting ") else set())
    return len(known) > 1


def _repeated(number: int) -> list[str]:
    if not number:
        return []
    one = number == 1
    said = f"{number} of the results that were given {'is' if one else 'are'} equal to another, to the last figure"
    return [f"{said}: {'it is' if one else 'they are'} shown once."]


def _put_together(sides: Sequence[Side]) -> list[str]:
    said = []
    for side in sides:
        if len(side.parts) < 2:
            continue
        again = measured_again(side.parts)
        twice = f"; {plural(again, 'point')} of later ones that an earlier one has too left out" if again else ""
        which = f"{side.label} combines" if len(sides) > 1 else "This combines"
        said.append(f"{which} {len(side.parts)} result files, all measured in the same environment{twice}.")
    return said


def _labels(results: Sequence[Result]) -> list[str]:
    """By as few of what differs as tell the results apart; else by when they were measured, else by their number."""
    facets = [_facets(result) for result in results]
    labels: list[tuple[str, ...]] = [()] * len(results)
    for name in dict.fromkeys(name for of_one in facets for name in of_one):
        finer = [(*label, of_one.get(name, f"no {name}")) for label, of_one in zip(labels, facets, strict=True)]
        if len(set(finer)) > len(set(labels)):
            labels = finer
    known = [JOINED.join(part for part in label if part) for label in labels]
    repeated = {label for label in known if known.count(label) > 1}
    numbered = [f"{label or 'result'} ({number})" for number, label in enumerate(known, 1)]
    return [numbered[place] if label in repeated or not label else label for place, label in enumerate(known)]


def _facets(result: Result) -> dict[str, str]:
    """What a reader would call a result by, the first that differs first."""
    environment, settings = result.environment, result.settings
    packages = environment.packages
    return {
        "SQLAlchemy": f"SQLAlchemy {packages.get('sqlalchemy', ABSENT)}",
        "server": _server(environment),
        "Python": python(environment),
        "driver": environment.driver,
        "driver's version": f"{environment.driver} {packages.get(environment.driver, ABSENT)}",
        "event loop": environment.loop,
        "CPU": environment.cpu,
        "cores": plural(environment.cores, "core"),
        "database": environment.database.partition(":")[0],
        "scale": f"scale {environment.scale}",
        "seed": f"seed {environment.seed}",
        "pinned": "a core each" if environment.pinned else "not pinned",
        "processes": f"{settings.processes} processes" if settings.processes > 1 else "one process",
        **{f"setting {name}": f"{name}={value}" for name, value in environment.settings.items()},
        "kernel": environment.kernel,
        "counted": "timed" if settings.timed else "counted, not timed",
        "revision": f"revision {environment.git}" if environment.git else "no revision",
        "precision": f"precision {percent(settings.precision)}",
        "started": f"run of {moment(result.started)}" if result.started else "",
    }


def _server(environment: Environment) -> str:
    if environment.postgres:
        return f"PostgreSQL {environment.postgres}"
    kind = environment.database.partition(":")[0]
    return "SQLite" if kind == "sqlite" else kind


def _all_facets(result: Result) -> dict[str, str]:
    """Everything that bears on counts or times, and which revision and what was asked for."""
    environment, settings = result.environment, result.settings
    known = {what: value for (what, _), value in surroundings(result).items()}
    known["git revision"] = environment.git or ABSENT
    known["precision asked"] = percent(settings.precision) if settings.timed else "counted, not timed"
    return known
