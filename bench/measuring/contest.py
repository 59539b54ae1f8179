"""The strategies of one point, in the worker: opened, proved equal and counted; one that fails or hangs is out, the
others go on.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from functools import partial
from statistics import median
from typing import Any, Literal, TypeVar

from bench.databases.address import Address
from bench.description import ScenarioDescription
from bench.errors import BenchError
from bench.measurement import Counters, Statement
from bench.measuring.contestant import Contestant
from bench.measuring.counting import Counted, Watch, count_calls, count_demonstration, prove_and_count, time_cold
from bench.measuring.requirements import unmet
from bench.measuring.session import Session
from bench.measuring.tap_process import TapLostError
from bench.measuring.worker_process import StrategyError, WorkerLostError
from bench.points import Point

T = TypeVar("T")
WayOfCalls = Literal["straight", "delayed", "counted"]

WRITES_UNDECLARED = re.compile(r"read-only transaction|readonly database", re.IGNORECASE)
BESIDE = "beside"
"""The owner of the clone in which readers are called while others are counted."""
PROOF_CALLS = 2
WARM_UP_CALLS = 6
WARM_UP_SHARE = 0.2
"""The share of a point's time that warming up may take, shared out among the strategies."""


class Contest:
    """One point's strategies in the worker. Everything that is asked of one goes through `ask`, which survives its
    failure.

    Args:
        session: The worker and the databases.
        scenario: Whose point it is.
        point: The choice of parameters.
        entrants: The strategy of each contestant by the name it goes by; a copy of a strategy has a name of its own.
        baseline: The name of the one that the others are compared with.
        share: Seconds that the point may take.
        way: Whether calls go straight to the server, through the tap with the point's round-trip time added, or through
            the tap that counts them, by which they are not timed.
    """

    def __init__(
        self,
        session: Session,
        scenario: ScenarioDescription,
        point: Point,
        entrants: Mapping[str, str],
        baseline: str,
        share: float,
        *,
        way: WayOfCalls = "straight",
    ) -> None:
        self.scenario = scenario
        self.point = point
        self.share = share
        self.contestants = {
            alias: Contestant(alias, scenario.strategy(name), is_baseline=alias == baseline)
            for alias, name in entrants.items()
        }
        self.notes: list[str] = []
        self.rounds = 0
        self.cut_short = True
        self.added_ms: float | None = None
        self.way = way
        self._session = session
        self._reference: str | None = None
        self._proved = False
        self._warm = False
        self._frozen = False
        self._abandoned: set[str] = set()
        self._opening = 0

    def without_added_time(self) -> Contest:
        """Another of the same strategies at the same choice of parameters, whose calls go straight to the server."""
        entrants = {alias: one.strategy.name for alias, one in self.contestants.items()}
        baseline = next((one.alias for one in self.contestants.values() if one.is_baseline), "")
        point = Point(self.point.params)
        return Contest(self._session, self.scenario, point, entrants, baseline, self.share)

    @property
    def running(self) -> list[Contestant]:
        """Those that are still to be timed, in the order of their declaration."""
        return [contestant for contestant in self.contestants.values() if contestant.runs]

    def open(self) -> None:
        """Skip those that do not apply, then open the others in the worker."""
        for contestant in self.contestants.values():
            contestant.reason = unmet(
                contestant.strategy.requires, self._session.server, self._session.surroundings["packages"]
            )
            if contestant.reason is not None:
                contestant.verdict = "skipped"
        asked = self._session.worker.ask("declined", scenario=self.scenario.name, params=dict(self.point.params))
        for contestant in self.running:
            name = contestant.strategy.name
            if name in asked["declined"]:
                contestant.verdict, contestant.reason = "skipped", asked["declined"][name]
            elif name in asked["failed"]:
                contestant.verdict, contestant.reason = "failed", f"its where= raised {asked['failed'][name]}"
        self._open_all()

    def adopt(self, known: Mapping[str, Contestant]) -> None:
        """Open those that were proved and counted at this choice of parameters before; the others stay out of it."""
        for alias, before in known.items():
            trips = before.counted.counters.round_trips or 0
            call_ns = before.call_ns + trips * self.point.rtt_ms * 1e6
            self.contestants[alias] = replace(before, call_ns=call_ns, proved_in=0, samples={}, cpu={})
            if self.way == "delayed" and before.counted.bypasses and before.runs:
                self.contestants[alias].verdict = "skipped"
                self.contestants[alias].reason = "its calls do not go through the tap, so no time can be added to them"
        self._open_all()

    def known(self) -> dict[str, Contestant]:
        """What is known of each contestant so far, for `adopt`."""
        return {alias: replace(one) for alias, one in self.contestants.items()}

    def prove(self) -> None:
        """Call each strategy twice and compare it with the baseline, or with the first that works where the baseline
        does not.
        """
        for contestant in sorted(self.running, key=lambda one: not one.is_baseline):
            if not contestant.runs:
                continue  # it could not be opened again in a new worker
            self._session.watcher.step(f"proving {contestant.alias}")
            if contestant.strategy.demonstrates:
                self._demonstrate(contestant)
                continue
            is_reference = self._reference is None
            answer = self.survive(partial(self._prove, contestant, is_reference), contestant)
            if answer is None:
                continue
            if answer["difference"] is not None:
                contestant.verdict, contestant.reason = "differs", answer["difference"]
                if is_reference:
                    contestant.reason = f"two calls of it gave different results: {answer['difference']}"
                self._abandon(contestant)
                continue
            contestant.call_ns = float(answer["wall_ns"][-1])
            contestant.proved_in = self._opening
            if is_reference:
                self._reference = contestant.alias
                if answer["says_nothing"]:
                    self.notes.append(
                        f"{contestant.alias} returns nothing, so that nothing shows whether the strategies do the same"
                    )
                if not contestant.is_baseline:
                    self.notes.append(
                        f"the baseline gave no result, so the others were compared with {contestant.alias}"
                    )
        self._proved = True

    def count(self) -> None:
        """Count the calls of each, and time a cold one."""
        for contestant in self.running:
            if contestant.runs:
                self._session.watcher.step(f"counting {contestant.alias}")
                self.survive(partial(self._count, contestant), contestant)

    def warm_up(self) -> None:
        """Call each six times a connection, the two of its proof included, but once one that is slow for the point's
        share.
        """
        opening = 0
        while opening != self._opening:  # in a new worker, those that were warm before are cold
            opening = self._opening
            for contestant in self.running:
                # Six calls of each must leave most of the time for the rounds: what is slow is warm by its proof.
                slow = contestant.call_ns / 1e9 > self.share * WARM_UP_SHARE / (WARM_UP_CALLS * len(self.contestants))
                if contestant.runs and opening == self._opening:
                    self._warm_up(contestant, slow=slow)
        self._warm = True

    def ask(self, contestant: Contestant, op: str, **arguments: Any) -> Mapping[str, Any] | None:
        """The answer to an operation on one contestant; None when that put it out."""
        return self.survive(lambda: self._session.worker.ask(op, alias=contestant.alias, **arguments), contestant)

    def survive(self, action: Callable[[], T], suspect: Contestant | None) -> T | None:
        """Do something in the worker; where a strategy fails in it, or takes the worker with it, put that one out.

        Where the tap died meanwhile, that is the reason.

        Args:
            action: Asks the worker.
            suspect: Whose failure it is where the worker does not say.

        Raises:
            BenchError: The worker failed, and no strategy is to blame.
        """
        began = time.monotonic()
        try:
            return action()
        except (StrategyError, WorkerLostError, TapLostError) as error:
            blamed = self.contestants.get(getattr(error, "strategy", None) or "", suspect)
            if blamed is None:
                raise BenchError(f"the worker failed at {self.scenario.name}: {error}") from error
            tap_lost = self._session.tap_lost
            self._put_out(blamed, "; ".join([tap_lost or str(error), *self._session.complaints_of_the_tap()]))
            lost = self._session.lost_s
            if isinstance(error, WorkerLostError):
                self._drop_clones()
                self._session.replace_worker()
                self._begin_again()
            elif tap_lost and self.way != "straight":
                self._begin_again()  # whatever was connected through it is not any more
            else:
                self._abandon(blamed)
            self._session.lost_s = lost + time.monotonic() - began
        return None

    def close(self) -> None:
        """Close the point in the worker. What was measured stands, whatever goes wrong in it; a note says what did."""
        try:
            failures: Mapping[str, str] = self._session.worker.ask("close")["failures"]
        except WorkerLostError as error:
            failures = {error.strategy or "the worker": str(error)}
            self._drop_clones()
            self._session.replace_worker()
        for alias, reason in failures.items():
            self.notes.append(f"{alias} could not be closed: {reason}")
            if self.scenario.writes:
                self._session.drop(self.scenario, alias)

    def freeze(self) -> None:
        """Warmed up: from here on only what a sample makes is garbage."""
        self._frozen = True
        self._session.worker.ask("freeze")

    def sample(self, number: int, order: Sequence[str]) -> dict[str, int]:
        """One round: sample these contestants in this order.

        The value of each, kept and returned, is the median of its calls in a row, in nanoseconds. Where one took the
        worker with it, the round has no values.
        """
        in_a_row = {alias: self.contestants[alias].in_a_row for alias in order}
        answer = self.survive(
            lambda: self._session.worker.ask("round", number=number, order=list(order), in_a_row=in_a_row), None
        )
        values = {}
        for alias, sample in (answer["samples"] if answer is not None else {}).items():
            values[alias] = self.contestants[alias].samples[number] = round(median(sample["wall_ns"]))
            self.contestants[alias].cpu[number] = round(median(sample["cpu_ns"]))
        return values

    def _open_all(self) -> None:
        self._opening += 1
        opening = self._opening
        self._session.worker.ask(
            "open_point",
            scenario=self.scenario.name,
            params=dict(self.point.params),
            seed_number=self._session.options.seed,
        )
        if self.way == "delayed" and self._session.tapping is not None:
            self.added_ms = self._session.tapping.add(self.point.rtt_ms)
        for contestant in self.running:
            straight = self._database(contestant)
            self.ask(
                contestant,
                "open_strategy",
                strategy=contestant.strategy.name,
                address=self._way_to(straight, contestant).as_message(),
                straight=straight.as_message(),
                driver=self._session.options.driver,
                application_name=self._session.worker.application_name,
            )
            if opening != self._opening:
                return  # it took the worker with it, and the others were opened in a new one already

    def _database(self, contestant: Contestant) -> Address:
        """Where its rows are: readers share a clone, a writer has its own."""
        return self._session.clone(self.scenario, contestant.alias if self.scenario.writes else "")

    def _way_to(self, database: Address, contestant: Contestant) -> Address:
        """Where its calls go: straight to the server, or through the tap; what is never timed is counted there."""
        tapping = self._session.tapping
        if tapping is None:
            return database
        if contestant.strategy.demonstrates or self.way == "counted":
            return tapping.for_counting(database)
        return tapping.for_timing(database) if self.way == "delayed" else database

    def _prove(self, contestant: Contestant, is_reference: bool) -> Mapping[str, Any]:
        ask = self._asking(contestant)
        if self.way != "counted":
            return ask("prove", is_reference=is_reference)
        writes = bool(self.scenario.writes)
        # Nothing is timed, so that the memory of one that only reads is measured meanwhile.
        with nullcontext() if writes else self._memory_beside(contestant):
            proof, contestant.counted = prove_and_count(
                ask, self._watching(contestant), is_reference=is_reference, traced=writes
            )
        if writes and proof["difference"] is None:
            self._count_dead_rows(contestant)
            self._measure_memory(contestant)
        return proof

    def _count(self, contestant: Contestant) -> None:
        contestant.cold_ms = self._count_dead_rows(contestant)
        dead = contestant.counted.counters.dead_tuples
        watch, writes = self._watching(contestant), bool(self.scenario.writes)
        counted = count_calls(self._asking(contestant), watch, contestant.call_ns, traced=writes)
        contestant.counted = replace(counted, counters=replace(counted.counters, dead_tuples=dead))
        self._measure_memory(contestant)

    def _measure_memory(self, contestant: Contestant) -> None:
        if self.scenario.writes:
            self._asking(contestant)("put_back")
        self._begin_memory(contestant, self._database(contestant))
        contestant.memory = self._session.memory.result()

    @contextmanager
    def _memory_beside(self, contestant: Contestant) -> Iterator[None]:
        # In a clone of its own: the server counts by database what is asked of it.
        self._begin_memory(contestant, self._session.clone(self.scenario, BESIDE))
        try:
            yield
        except BenchError:
            self._session.memory.result()  # what it answers next is on another
            raise
        contestant.memory = self._session.memory.result()

    def _begin_memory(self, contestant: Contestant, database: Address) -> None:
        self._session.memory.begin(
            contestant.alias,
            database,
            twice=not self.scenario.writes,
            scenario=self.scenario.name,
            params=dict(self.point.params),
            seed_number=self._session.options.seed,
            strategy=contestant.strategy.name,
            driver=self._session.options.driver,
        )

    def _count_dead_rows(self, contestant: Contestant) -> float:
        """Make a cold call, and count the dead rows that it leaves, where it writes; the call's milliseconds."""
        name, writes = self._session.worker.application_name, bool(self.scenario.writes)
        cold_ms, dead = time_cold(self._asking(contestant), self._watching(contestant), name, writes)
        counted = contestant.counted
        contestant.counted = replace(counted, counters=replace(counted.counters, dead_tuples=dead))
        return cold_ms

    def _asking(self, contestant: Contestant) -> Callable[..., Mapping[str, Any]]:
        return partial(self._session.worker.ask, alias=contestant.alias)

    def _watching(self, contestant: Contestant) -> Watch:
        database = self._database(contestant)
        return Watch(database, self._session.tapping, self._session.statistics(database))

    def _begin_again(self) -> None:
        """Bring those still running to where they were, in a new worker or through a new tap."""
        self._open_all()
        if self._reference is not None and not self._proved:
            self._refer_again(self._reference)
        if self._warm:
            self.warm_up()
        if self._frozen:
            self.freeze()

    def _refer_again(self, before: str) -> None:
        """Have the new worker call what the others are compared with: the reference from before, else another that was
        proved equal to it. One that was not proved would make its own result the measure of all that follow.
        """
        opening = self._opening
        self._reference = None
        for one in sorted(self.contestants.values(), key=lambda one: one.alias != before):
            if not (one.proved_in and one.runs):
                continue
            answer = self.ask(one, "prove", is_reference=True)
            if opening != self._opening:
                return  # it took the worker with it, and the next one has its reference already
            if answer is not None and answer["difference"] is None:
                self._reference = one.alias
                return
            if answer is not None:
                one.verdict = "differs"
                one.reason = f"two calls of it gave different results: {answer['difference']}"
                self._abandon(one)

    def _drop_clones(self) -> None:
        if self.scenario.writes:
            for alias in self.contestants:
                self._session.drop(self.scenario, alias)

    def _abandon(self, contestant: Contestant) -> None:
        """Let go of one that is out, and of the clone that it wrote in: what it left there nobody puts back."""
        if self.scenario.writes and contestant.alias not in self._abandoned:
            self._abandoned.add(contestant.alias)
            self.survive(lambda: self._session.worker.ask("abandon", alias=contestant.alias), contestant)
            self._session.drop(self.scenario, contestant.alias)

    def _warm_up(self, contestant: Contestant, *, slow: bool) -> None:
        """Call one until it is warm; a slow one once, where no call of its proof has warmed it."""
        # Those that a writer was proved on were closed to count its dead rows.
        connected = contestant.proved_in == self._opening and not self.scenario.writes
        if slow and connected:
            return
        made = PROOF_CALLS if connected else WARM_UP_CALLS - 1 if slow else 0
        self._session.watcher.step(f"warming up {contestant.alias}")
        began = time.monotonic_ns()
        answer = self.ask(contestant, "warm_up", made=made)
        if answer is not None and answer["wall_ns"]:
            taken = answer["wall_ns"]
            contestant.call_ns = median(taken[-3:])
            contestant.untimed_ns = (time.monotonic_ns() - began - sum(taken)) / len(taken)

    def _demonstrate(self, contestant: Contestant) -> None:
        contestant.demonstration = True
        watched = self.survive(partial(self._watch, contestant), contestant)
        if watched is None:
            return
        answer, counters = watched
        statements = [Statement(one["sql"], one["calls"]) for one in answer["statements"]]
        contestant.counted = Counted(counters=counters, statements=statements)
        contestant.error = answer["shown"]
        if answer["shown"] is None:
            raises = contestant.strategy.raises
            expected = f"raise {raises}" if raises is not None else "give another answer than the baseline"
            contestant.verdict, contestant.reason = "failed", f"was expected to {expected}, and did not"

    def _watch(self, contestant: Contestant) -> tuple[Mapping[str, Any], Counters]:
        ask = self._asking(contestant)
        ask("put_back")
        return count_demonstration(partial(ask, "demonstrate"), self._session.tapping)

    def _put_out(self, contestant: Contestant, reason: str) -> None:
        if contestant.verdict is not None:
            return  # what put it out first is what matters
        contestant.verdict = "failed"
        contestant.reason = reason
        if WRITES_UNDECLARED.search(reason) and not self.scenario.writes:
            contestant.reason = f"it writes, and its scenario does not say so: declare writes=[…] ({reason})"
        contestant.error = contestant.reason
