"""What the page shows, and nothing else: figures as they are read, and what its script needs to go between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.reports.html.words import Words

Value = float | str | None


@dataclass(frozen=True)
class Column:
    """A column of a table. `fixed` says that its cells hold at every distance, for what they show was counted, or is
    client's and server's own work.
    """

    title: str
    left: bool = False
    fixed: bool = False


@dataclass(frozen=True)
class Row:
    """A strategy at a measured point: a cell for each column, and what each column is sorted by.

    `part` is the part of the table that it stands in, empty where it takes part in the contest. `ms` is its median.
    `trips` are the round trips that it waits for one after the other, None where its time at another distance cannot
    be told from them; `least` is the lowest share of the fastest one's time that it may take, by the interval of
    `behind`, and `behind` says that it was shown to be slower than the fastest.
    """

    strategy: str
    cells: Sequence[str]
    values: Sequence[Value]
    description: Words = ()
    part: str = ""
    baseline: bool = False
    winner: bool = False
    ms: float | None = None
    trips: int | None = None
    least: float | None = None
    behind: bool = False


@dataclass(frozen=True)
class At:
    """A place at a measured distance, `rtt` in milliseconds of round-trip time that were asked to be added.

    `leaders` are the winners that the rounds tell of, the fastest first, `share` what the first of them takes of the
    baseline's time, `bounds` its interval; `said` stands in their place where there are none. `tells` says that the
    rounds were enough to call the others losers, `busy` that the machine was busy with something else.
    """

    rtt: float
    about: str
    columns: Sequence[Column]
    rows: Sequence[Row]
    leaders: Sequence[str] = ()
    unsettled: int = 0
    tells: bool = False
    share: str = ""
    bounds: str = ""
    said: str = ""
    busy: bool = False
    notes: Sequence[Words] = ()


@dataclass(frozen=True)
class Place:
    """One choice of a scenario's parameters, with the distances at which it was measured, the nearest first."""

    params: str
    at: Sequence[At]
    typical: bool = False


@dataclass(frozen=True)
class ClaimShown:
    """A claim with what became of it in a run. `busy` says that the machine was, where its verdict rests on."""

    text: str
    source: str
    verdict: str
    sentence: Words
    busy: bool = False


@dataclass(frozen=True)
class ChartShown:
    """A chart of a scenario: its finding, its text alternative, and a Vega-Lite specification with columns for rows."""

    title: str
    text: str
    spec: Mapping[str, Any]


@dataclass(frozen=True)
class ScenarioRun:
    """What one run found of a scenario. `moves` says that its times can be told between measured distances."""

    answer: Sequence[Words]
    about: Words
    legend: Sequence[Words]
    places: Sequence[Place]
    claims: Sequence[ClaimShown] = ()
    moves: bool = False


@dataclass(frozen=True)
class ScenarioShown:
    """A scenario with what each run found of it, None where a run does not have it."""

    name: str
    module: str
    question: str
    runs: Sequence[ScenarioRun | None]


@dataclass(frozen=True)
class Run:
    """A run: what it is called, what it was, and how it was made."""

    label: str
    summary: str
    interrupted: str
    method: Sequence[Words]
    environment: Sequence[tuple[str, str]]
    margin: float


@dataclass(frozen=True)
class Page:
    """All that the page shows but for what is read on demand. `distances` are all that were measured, in ms;
    `how_to_get_charts` is said where there are none, `claims_note` above claims, `busy_note` above findings.
    """

    title: str
    runs: Sequence[Run]
    scenarios: Sequence[ScenarioShown]
    distances: Sequence[float]
    timed: bool = True
    how_to_get_charts: str = ""
    claims_note: str = ""
    busy_note: str = ""


@dataclass(frozen=True)
class SentStatement:
    """A statement that was sent so often; its text and its plan are places in the table of texts. `about_plan` stands
    over the plan, or in its place.
    """

    calls: int
    sql: int
    plan: int | None = None
    about_plan: str = ""


@dataclass(frozen=True)
class StrategyDetails:
    """What is shown of a strategy on demand. `code` is a place in the table of texts."""

    code: int | None = None
    remarks: Sequence[str] = ()
    times: Sequence[tuple[str, str]] = ()
    counters: Sequence[tuple[str, str]] = ()
    statements: Sequence[SentStatement] = ()
    left_out: int = 0
    functions: Sequence[tuple[str, str, str, str]] = ()


@dataclass(frozen=True)
class Details:
    """What is read on demand: by scenario, run, parameters in words and strategy its details, and the texts that they
    have in common.
    """

    texts: Sequence[str]
    scenarios: Mapping[str, Sequence[Mapping[str, Mapping[str, StrategyDetails]]]]
