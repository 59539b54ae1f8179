"""The strategies of one point, in the worker: opened, proved equal and counted; one that fails or hangs is out, the
others go on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from statistics import median
from typing import Any, TypeVar

from bench.databases.address import Address
from bench.description import ScenarioDescription
from bench.measuring.admission import admit
from bench.measuring.connection_limits import has_room_for_all
from bench.measuring.contestant import Contestant
from bench.measuring.examiner import Examiner, WayOfCalls
from bench.measuring.outages import Outages
from bench.measuring.session import Session
from bench.measuring.survival import Survival
from bench.measuring.warming import Warming
from bench.measuring.worker_process import WorkerLostError
from bench.points import Point
from bench.sampling import rehearsal_of

T = TypeVar("T")

PROOF_CALLS = 2
REHEARSAL = -1
"""The number of the round before the first."""
THOROUGH_S = 1.0
"""Seconds of a point's share for each strategy from which on all is looked at that may be: the functions that cost
most, and more than one call for the server's time.
"""


class Contest:
    """One point's strategies in the worker. Everything that is asked of one goes through `ask`, which survives its
    failure, and an outage of what it needs.

    Args:
        session: The worker and the databases.
        scenario: Whose point it is.
        point: The choice of parameters.
        entrants: The strategy of each contestant by the name it goes by; a copy of a strategy has a name of its own.
        baseline: The name of the one that the others are compared with.
        share: Seconds that the point may take.
        way: Whether calls go straight to the server, through the tap with the point's round-trip time added, or through
            the tap that counts them, by which they are not timed.
        opens_strategies: Whether each is opened in the worker; without it, whoever asks for calls opens them.
        outages: Those of the contest that this one belongs to.
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
        opens_strategies: bool = True,
        outages: Outages | None = None,
    ) -> None:
        self.scenario = scenario
        self.opens_strategies = opens_strategies
        self.point = point
        self.share = share
        self.contestants = {
            alias: Contestant(alias, scenario.strategy(name), is_baseline=alias == baseline)
            for alias, name in entrants.items()
        }
        self.notes: list[str] = []
        self.outages = outages or Outages(session)
        self.rounds = 0
        self.cut_short = True
        self.added_ms: float | None = None
        self.way = way
        self._session = session
        self._examiner = Examiner(session, scenario, point, way)
        self._reference: str | None = None
        self._proved = False
        self._warm = False
        self._frozen = False
        self._opening = 0
        self._survival = Survival(session, scenario, self.contestants, self.outages, share, self._begin_again)
        added_ms = point.rtt_ms if way == "delayed" else 0.0
        self._warming = Warming(session, share / max(1, len(entrants)), added_ms, self.survive)

    def without_added_time(self) -> Contest:
        """Another of the same strategies at the same choice of parameters, whose calls go straight to the server."""
        entrants = {alias: one.strategy.name for alias, one in self.contestants.items()}
        baseline = next((one.alias for one in self.contestants.values() if one.is_baseline), "")
        point = Point(self.point.params)
        return Contest(self._session, self.scenario, point, entrants, baseline, self.share, outages=self.outages)

    def address_of(self, contestant: Contestant) -> Address:
        """Where its calls go."""
        return self._examiner.way_to(self._examiner.database(contestant), contestant)

    def database_of(self, contestant: Contestant) -> Address:
        """Where its rows are, straight."""
        return self._examiner.database(contestant)

    @cached_property
    def releases(self) -> bool:
        """Whether each closes its connections after a sample: the server would not have enough for the pools of all."""
        strategies = [one.strategy for one in self.running if one.drives_load]
        return not has_room_for_all(strategies, self._session.max_connections, self._processes)

    @property
    def _processes(self) -> int:
        """How many processes have a pool of each strategy."""
        return self._session.fleet.size if self._session.fleet is not None and not self.scenario.writes else 1

    @property
    def said(self) -> list[str]:
        """What a reader should know of the point."""
        return [*self.notes, *self.outages.notes()]

    @property
    def running(self) -> list[Contestant]:
        """Those that are still to be timed, in the order of their declaration."""
        return [contestant for contestant in self.contestants.values() if contestant.runs]

    def open(self) -> None:
        """Skip those that do not apply, then open the others in the worker."""
        admit(list(self.contestants.values()), self._session, self._examiner, self.scenario.name, self.point.params)
        self._open_all()

    def adopt(self, known: Mapping[str, Contestant]) -> None:
        """Open those that were proved and counted at this choice of parameters before; the others stay out of it."""
        for alias, before in known.items():
            call_ns = before.call_ns + self._warming.added_ns(before)
            self.contestants[alias] = replace(before, call_ns=call_ns, samples={}, cpu={}, loads=[], activity=None)
            if self.way == "delayed" and before.counted.bypasses and before.runs:
                self.contestants[alias].verdict = "skipped"
                self.contestants[alias].reason = "its calls do not go through the tap, so no time can be added to them"
        self._open_all()

    def known(self) -> dict[str, Contestant]:
        """What is known of each contestant so far, for `adopt`."""
        return {alias: replace(one) for alias, one in self.contestants.items()}

    def prove(self) -> None:
        """Call and count each strategy, and compare it with the baseline, or with the first that works where the
        baseline does not; thoroughly where the share leaves each a second or more.
        """
        for contestant in sorted(self.running, key=lambda one: not one.is_baseline):
            if not contestant.runs:
                continue  # it could not be opened again in a new worker
            self._session.watcher.step(f"proving and counting {contestant.alias}")
            if contestant.strategy.demonstrates:
                self.survive(partial(self._examiner.demonstrate, contestant), contestant)
                contestant.demonstration = True
                continue
            answer = self.survive(partial(self._prove, contestant), contestant)
            if answer is None:
                continue
            is_reference = self._reference is None
            if answer["difference"] is not None:
                contestant.verdict, contestant.reason = "differs", answer["difference"]
                if is_reference:
                    contestant.reason = f"two calls of it gave different results: {answer['difference']}"
                self._survival.abandon(contestant)
                continue
            contestant.call_ns = float(answer["wall_ns"][-1])
            contestant.drives_load = answer["drives_load"]
            contestant.proved = True
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

    def time_alone(self) -> None:
        """Time a cold call of each, and have the server tell its time of a warm one."""
        for contestant in self.running:
            if contestant.runs:
                self._session.watcher.step(f"timing {contestant.alias} alone")
                time_alone = partial(self._examiner.time_alone, contestant, several=self._is_thorough)
                self.survive(time_alone, contestant)
                if self.releases and contestant.runs:
                    self.ask(contestant, "release")

    @property
    def _is_thorough(self) -> bool:
        return self.way != "counted" and self.share >= THOROUGH_S * len(self.contestants)

    def warm_up(self) -> None:
        """Call each six times a connection, those made alone included, but once one that is slow for the point's
        share.
        """
        if self.releases:
            for contestant in self.running:
                contestant.untimed_ns += contestant.call_ns  # of the call that opens its connections again
            self._warm = True
            return
        opening = 0
        while opening != self._opening:  # in a new worker, those that were warm before are cold
            opening = self._opening
            loads = any(one.drives_load for one in self.running)
            for contestant in self.running:
                if contestant.runs and opening == self._opening:
                    self._warming.warm_up(contestant, among_loads=loads)
        self._warm = True

    def ask(self, contestant: Contestant, op: str, **arguments: Any) -> Mapping[str, Any] | None:
        """The answer to an operation on one contestant; None when that put it out."""
        return self.survive(lambda: self._session.worker.ask(op, alias=contestant.alias, **arguments), contestant)

    def survive(self, action: Callable[[], T], suspect: Contestant | None) -> T | None:
        """As `Survival.survive`."""
        return self._survival.survive(action, suspect)

    def close(self) -> None:
        """Close the point in the worker. What was measured stands, whatever goes wrong in it; a note says what did."""
        self.leave_worker()
        self._session.clones.release(self.scenario)

    def leave_worker(self) -> None:
        """Close the point in the worker alone, where others go on with it."""
        altered: Sequence[str] = ()
        try:
            closed = self._session.worker.ask("close")
            failures, altered = closed["failures"], closed["altered"]
        except WorkerLostError as error:
            failures = {error.strategy or "the worker": str(error)}
            self._survival.drop_clones()
            self._session.replace_worker()
        for alias, reason in failures.items():
            self.notes.append(f"{alias} could not be closed: {reason}")
        if self.scenario.writes:
            for alias in {*failures, *altered}:
                self._session.clones.drop(self.scenario, alias)

    def freeze(self) -> None:
        """Warmed up: from here on only what a sample makes is garbage."""
        self._frozen = True
        self.survive(lambda: self._session.worker.ask("freeze"), None)

    def rehearse(self, aliases: Sequence[str]) -> None:
        """A round that is not kept. By it a call is known to take less than it seemed to while it was warmed up: what
        disturbs the machine for a moment makes all calls of that moment look slow.
        """
        for one in map(self.contestants.__getitem__, aliases):
            one.sampling = rehearsal_of(one.call_ns, bool(self.scenario.writes))
        for alias, sample in self._samples_of(REHEARSAL, aliases).items():
            one = self.contestants[alias]
            one.call_ns = min(one.call_ns, median(sample["wall_ns"]))

    def sample(self, number: int, order: Sequence[str]) -> dict[str, int]:
        """One round: sample these contestants in this order.

        The value of each, kept and returned, is the median of its calls in a row, in nanoseconds. Where one took the
        worker with it, or all stood still meanwhile, the round has no values.
        """
        still, losses = self._session.still, self._survival.losses
        before_s, stopped_s = still.total_s, still.stopped_s
        samples = self._samples_of(number, order)
        if still.total_s > before_s:
            self.outages.drop_round()
            if self._survival.losses == losses:  # else what was stopped is a part of what that took
                self._session.lost_s += still.stopped_s - stopped_s
            return {}
        values = {}
        for alias, sample in samples.items():
            values[alias] = self.contestants[alias].samples[number] = round(median(sample["wall_ns"]))
            self.contestants[alias].cpu[number] = round(median(sample["cpu_ns"]))
            self.contestants[alias].loads += sample["loads"]
        return values

    def _samples_of(self, number: int, order: Sequence[str]) -> Mapping[str, Any]:
        """The samples of a round, by contestant: all by one request, or one by one where the server has ended before,
        and is looked at behind each.
        """
        if not self.outages.watches:
            answer = self.survive(partial(self._unwatched_round, number, order), None)
            if not self.outages.watches:
                return answer["samples"] if answer is not None else {}
        while True:
            samples: dict[str, Any] = {}
            losses = self._survival.losses
            for place, alias in enumerate(order):
                contestant = self.contestants[alias]
                ask = partial(self._round, number, [alias], settles=place == 0)
                answer = self._survival.survive(ask, None, called=contestant) if contestant.runs else None
                samples |= answer["samples"] if answer is not None else {}
            if self._survival.losses == losses:
                return samples
            # Those from before were sampled in another worker, or on a server that had not just been started.

    def _unwatched_round(self, number: int, order: Sequence[str]) -> Mapping[str, Any]:
        # The round in which the server ended is made anew one by one.
        return {"samples": {}} if self.outages.watches else self._round(number, order)

    def _open_all(self) -> None:
        self._opening += 1
        opening = self._opening
        self.survive(partial(self._open_point, opening), None)
        if opening == self._opening and self.way == "delayed" and self._session.tapping is not None:
            self.added_ms = self._session.tapping.add(self.point.rtt_ms)
        for contestant in self.running if self.opens_strategies else []:
            if opening != self._opening:
                return  # something took the worker with it, and all were opened in a new one already
            self.survive(partial(self._open, contestant, opening), contestant)

    def _open_point(self, opening: int) -> None:
        if opening == self._opening:
            self._session.worker.ask(
                "open_point",
                scenario=self.scenario.name,
                params=dict(self.point.params),
                seed_number=self._session.options.seed,
            )

    def _open(self, contestant: Contestant, opening: int) -> None:
        if opening != self._opening:
            return  # all were opened in a new worker, for which this is not to be done anew
        contestant.made = 0
        straight = self._examiner.database(contestant)
        self._session.worker.ask(
            "open_strategy",
            alias=contestant.alias,
            strategy=contestant.strategy.name,
            address=self._examiner.way_to(straight, contestant).as_message(),
            straight=straight.as_message(),
            driver=self._session.options.driver,
            application_name=self._session.worker.application_name,
        )

    def _prove(self, contestant: Contestant) -> Mapping[str, Any]:
        return self._examiner.prove(contestant, self._reference is None, thorough=self._is_thorough)

    def _round(self, number: int, order: Sequence[str], *, settles: bool = True) -> Mapping[str, Any]:
        there = {alias: self.contestants[alias].sampling for alias in order if self.contestants[alias].runs}
        return self._session.worker.ask(
            "round",
            number=number,
            order=list(there),
            in_a_row={alias: sampling.in_a_row for alias, sampling in there.items()},
            primed=[alias for alias, sampling in there.items() if sampling.primed],
            settles=settles,
            releases=self.releases,
        )

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
        self._reference = None
        for one in sorted(self.contestants.values(), key=lambda one: one.alias != before):
            if not (one.proved and one.runs):
                continue
            answer = self.ask(one, "prove", is_reference=True)
            one.made = PROOF_CALLS
            if answer is not None and answer["difference"] is None:
                self._reference = one.alias
                return
            if answer is not None:
                one.verdict = "differs"
                one.reason = f"two calls of it gave different results: {answer['difference']}"
                self._survival.abandon(one)
