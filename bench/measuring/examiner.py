"""What one strategy of a point is asked for in the worker: to be proved, counted, measured in memory, or to show what
it is meant to. What it raises, whoever asked survives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from statistics import median
from typing import Any, Literal

from bench.counters.server_statistics import EVICTED, ServerStatistics
from bench.databases.address import Address
from bench.description import ScenarioDescription
from bench.errors import BenchError, DatabaseError
from bench.measurement import Statement
from bench.measuring.activity import activity_during
from bench.measuring.contestant import Contestant
from bench.measuring.counting import (
    NO_PLANNING,
    SHARED,
    Counted,
    Watch,
    count_dead_rows,
    count_demonstration,
    prove_and_count,
    time_on_server,
)
from bench.measuring.session import Session
from bench.points import Point

WayOfCalls = Literal["straight", "delayed", "counted"]


class Examiner:
    """Asks the worker for one strategy after the other of a point.

    Args:
        session: The worker and the databases.
        scenario: Whose point it is.
        point: The choice of parameters.
        way: Whether calls go straight to the server, through the tap with the point's round-trip time added, or through
            the tap that counts them, by which they are not timed.
    """

    def __init__(self, session: Session, scenario: ScenarioDescription, point: Point, way: WayOfCalls) -> None:
        self._session = session
        self._scenario = scenario
        self._point = point
        self._way = way

    def database(self, contestant: Contestant) -> Address:
        """Where its rows are: readers share a clone, a writer has its own."""
        return self._session.clones.of(self._scenario, contestant.alias if self._scenario.writes else "")

    def way_to(self, database: Address, contestant: Contestant) -> Address:
        """Where its calls go: straight to the server, or through the tap; what is never timed is counted there."""
        tapping = self._session.tapping
        if tapping is None:
            return database
        bouncer = self._session.proxy_of(contestant.strategy)
        if contestant.strategy.demonstrates or self._way == "counted":
            return tapping.for_counting(database, bouncer)
        if self._way == "delayed":
            return tapping.for_timing(database, bouncer)
        return self._straight(database, contestant)

    def refused_on_its_way(self, contestant: Contestant) -> str | None:
        """Why what its calls go through to the server cannot be had; None where it is there, or none is needed."""
        try:
            bouncer = self._session.proxy_of(contestant.strategy)
        except DatabaseError as error:
            return str(error)
        contestant.through = f"it goes {bouncer.description}" if bouncer is not None else None
        return None

    def prove(self, contestant: Contestant, is_reference: bool, *, thorough: bool) -> Mapping[str, Any]:
        """Call it until it is warm, compare what its first and last call give with the reference's, which it may be
        itself, and count those two; where it is `thorough`, find the functions that cost most. The answer has the first
        `difference`.
        """
        ask, watch, writes = self._asking(contestant), self._watching(contestant), bool(self._scenario.writes)
        apart = self._way != "counted"
        if apart:
            ask("open_counted", address=self._counted_way(contestant, watch).as_message())
        with self._memory_beside(contestant):  # while nothing is timed
            proof, contestant.counted = prove_and_count(
                ask, watch, is_reference=is_reference, traced=writes, functions=thorough
            )
            if writes and not apart and proof["difference"] is None:
                self._count_dead_rows(contestant)
        if apart:
            ask("close_counted")
        return proof

    def time_alone(self, contestant: Contestant, *, several: bool) -> None:
        """Time a cold call, warm it up, and have the server tell its time of a call, or of `several`."""
        self._time_cold(contestant)
        watch = self._watching(contestant)
        if watch.statistics is not None and contestant.counted.server_unseen is None:
            self._time_on_server(contestant, self._asking(contestant), watch, watch.statistics, several=several)
        if contestant.drives_load and watch.statistics is not None:
            self._watch_activity(contestant, watch, again=several)

    def _time_on_server(
        self,
        contestant: Contestant,
        ask: Callable[..., Mapping[str, Any]],
        watch: Watch,
        statistics: ServerStatistics,
        *,
        several: bool,
    ) -> None:
        straight = time_on_server(ask, watch, contestant.made, contestant.call_ns, several=several)
        said = [
            *(() if statistics.plans else (NO_PLANNING,)),
            *((SHARED,) if self._session.options.existing else ()),
        ]
        contestant.made += straight.made
        contestant.call_ns, contestant.untimed_ns = median(straight.wall_ns), median(straight.untimed_ns)
        contestant.counted = replace(
            contestant.counted,
            server_ms=straight.server_ms,
            server_unseen=None if straight.server_ms is not None else EVICTED,
            notes=tuple(dict.fromkeys([*contestant.counted.notes, *said])),
        )

    def _watch_activity(self, contestant: Contestant, watch: Watch, *, again: bool) -> None:
        """Make one more call, or several, and see what goes on meanwhile."""
        ask = self._asking(contestant)
        ask("put_back")
        name = self._session.worker.application_name
        server, options = self._session.server, self._session.options
        # Of a machine elsewhere, or of the one core that the server is confined to, these cores say nothing.
        is_ours = server.kind != "url" and not options.pin

        def call() -> None:
            ask("call")
            contestant.made += 1

        # What one call of a writer leaves is not put back before another.
        again = again and not self._scenario.writes
        contestant.activity = activity_during(call, watch.database, name, server, of_machine=is_ours, again=again)

    @contextmanager
    def _memory_beside(self, contestant: Contestant) -> Iterator[None]:
        """Have its memory measured meanwhile, in a clone apart: the server counts what is asked of it by database."""
        if not self._session.options.measures_memory:
            yield
            return
        self._session.memory.begin(
            contestant.alias,
            self._straight(self._session.clones.beside(self._scenario), contestant),
            scenario=self._scenario.name,
            params=dict(self._point.params),
            seed_number=self._session.options.seed,
            strategy=contestant.strategy.name,
            driver=self._session.options.driver,
        )
        try:
            yield
        except BenchError:
            self._session.memory.result()  # what it answers next is on another
            raise
        contestant.memory = self._session.memory.result()

    def _time_cold(self, contestant: Contestant) -> None:
        """Time the first call of an engine, straight to the server; what it leaves dead is counted where it writes."""
        if self._scenario.writes:
            told = self._count_dead_rows(contestant)  # for which the connections of the other engine are closed
            contestant.made = 0
        elif contestant.made:
            told = self._asking(contestant)("cold")
        else:
            told = self._asking(contestant)("call")
            contestant.made = 1
        contestant.cold_ms = told["wall_ns"] / 1e6

    def _count_dead_rows(self, contestant: Contestant) -> Mapping[str, Any]:
        """Count the dead rows that the first call of a new engine leaves; what is told of the call."""
        told, dead = count_dead_rows(
            self._asking(contestant), self._watching(contestant), self._session.worker.application_name
        )
        counted = contestant.counted
        contestant.counted = replace(counted, counters=replace(counted.counters, dead_tuples=dead))
        return told

    def demonstrate(self, contestant: Contestant) -> None:
        """Call one that is meant to raise or to differ, and keep what it showed; where it did not, it has failed."""
        ask = self._asking(contestant)
        if contestant.strategy.differs:  # its counters stand beside those of warm calls
            ask("put_back")
            ask("call")
        ask("put_back")
        answer, counters = count_demonstration(partial(ask, "demonstrate"), self._session.tapping)
        statements = [Statement(one["sql"], one["calls"]) for one in answer["statements"]]
        contestant.counted = Counted(counters=counters, statements=statements)
        contestant.error = answer["shown"]
        if answer["shown"] is None:
            raises = contestant.strategy.raises
            expected = f"raise {raises}" if raises is not None else "give another answer than the baseline"
            contestant.verdict, contestant.reason = "failed", f"was expected to {expected}, and did not"

    def _straight(self, database: Address, contestant: Contestant) -> Address:
        """Where its calls go without the tap."""
        bouncer = self._session.proxy_of(contestant.strategy)
        return database if bouncer is None else bouncer.to(database)

    def _counted_way(self, contestant: Contestant, watch: Watch) -> Address:
        if watch.tapping is None:
            return watch.database
        return watch.tapping.for_counting(watch.database, self._session.proxy_of(contestant.strategy))

    def _asking(self, contestant: Contestant) -> Callable[..., Mapping[str, Any]]:
        return partial(self._session.worker.ask, alias=contestant.alias)

    def _watching(self, contestant: Contestant) -> Watch:
        database = self.database(contestant)
        statistics = self._session.clones.statistics(database)
        return Watch(database, self._session.tapping, statistics, is_pooled=contestant.strategy.through is not None)
