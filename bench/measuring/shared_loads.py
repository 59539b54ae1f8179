"""Rounds whose loads several processes drive together: what each saw, put together as one sample."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from statistics import median
from time import monotonic, perf_counter_ns
from typing import Any

from bench.databases.address import Address
from bench.databases.postgres import PostgresServer
from bench.errors import BenchError
from bench.fleet.client import Lost
from bench.fleet.cluster import ENDS_S, Fleet
from bench.fleet.opening import Opening, code_of, without_secrets
from bench.measuring.activity import activity_during
from bench.measuring.admission import refuse_too_many
from bench.measuring.contest import Contest
from bench.measuring.contestant import Contestant
from bench.measuring.load_results import Told, merged
from bench.measuring.outages import RoundsEndedError
from bench.measuring.session import Session
from bench.measuring.worker_process import StrategyError

Sample = Callable[[int, Sequence[str]], dict[str, int]]
"""Makes a round: its number and the order of its strategies, to the nanoseconds of each."""
STARTS_IN_NS = 30_000_000
"""Nanoseconds until the moment at which all begin: longer than it takes to ask them."""
NONE_LEFT = "none of the processes is left that were to drive its load"


class NoProcessLeftError(RoundsEndedError):
    """All processes that were to drive loads are gone."""


@contextmanager
def sampling(session: Session, contest: Contest) -> Iterator[Sample]:
    """How the rounds of a contest are made: by the worker alone, or by several processes where that is asked for and
    all that is ranked drives loads; else a note says that it is not.
    """
    fleet = session.fleet
    if fleet is None:
        yield contest.sample
    elif (reason := _not_shared(contest)) is not None:
        contest.notes.append(f"one process did all of it, for --processes and --workers bear on loads alone: {reason}")
        yield contest.sample
    else:
        shared = SharedLoads(session, contest, fleet)
        try:
            shared.open()
            yield shared.sample
        finally:
            shared.close()


def _not_shared(contest: Contest) -> str | None:
    """Why the loads of a contest are not divided; None where they are."""
    if contest.scenario.writes:
        return "tables that are written are put back by one process"
    without = [one.alias for one in contest.running if not one.drives_load]
    return f"{', '.join(without)} drives none" if without else None


class SharedLoads:
    """The strategies of a contest, opened in every process of a fleet.

    Args:
        session: The worker and the databases.
        contest: Whose strategies they are; those that fail here are put out of it.
        fleet: The processes.
    """

    def __init__(self, session: Session, contest: Contest, fleet: Fleet) -> None:
        self._session = session
        self._contest = contest
        self._fleet = fleet
        self._releases = contest.releases
        self._when = "before the rounds"
        self._divided: dict[int, int] = {}

    def open(self) -> None:
        """Open the strategies in each process, warm them up, and see what server and machine do during a load."""
        refuse_too_many(self._contest.running, self._session, self._fleet.size)
        running = self._contest.running
        if not running:
            return
        # Its connections are no longer needed, and the server may have none to spare for the pools of all.
        self._contest.leave_worker()
        opening = self._opening(running).as_message()
        if not self._fleet.members:
            for contestant in running:
                self._put_out(contestant.alias, NONE_LEFT)
            return
        self._session.watcher.step(f"opening them in {len(self._fleet.members)} processes")
        for answer in self._told(self._fleet.ask("open", lambda index, of: {"opening": opening})):
            if "error" in answer:
                raise BenchError(f"a process that was to drive loads could not open the point: {answer['error']}")
            for alias, reason in answer["answer"]["failures"].items():
                self._put_out(alias, reason)
        for contestant in running:
            contestant.shared = True
            if contestant.runs:
                self._session.watcher.step(f"warming up {contestant.alias} in {len(self._fleet.members)} processes")
                self._contest.survive(partial(self._warmed_up, contestant), contestant)

    def close(self) -> None:
        """Close the strategies in each process, where what goes wrong is no loss; and keep the rounds that were divided
        among the same number of processes, the larger part of them: others have other pools, and another load each.
        """
        self._keep_alike()
        with suppress(BenchError):
            self._fleet.ask("close", patience=ENDS_S)

    def sample(self, number: int, order: Sequence[str]) -> dict[str, int]:
        """One round: each strategy in the order given makes a call in all processes at once.

        The value of each, kept and returned, is the time from the first beginning to the last end, in nanoseconds;
        elsewhere that of the process that took longest. Where a process was lost, the round has no values, and what the
        others saw is kept; where the machine slept meanwhile, nothing is.
        """
        still = self._session.still
        still_s, loads = still.total_s, {alias: len(one.loads) for alias, one in self._contest.contestants.items()}
        self._when = f"in round {number + 1}"
        members = self._fleet.members
        values: dict[str, tuple[int, int]] = {}
        for alias in order:
            contestant = self._contest.contestants[alias]
            if not contestant.runs:
                continue
            action = partial(self._call, contestant, f"round:{number}")
            seen: Mapping[str, Any] | None = self._contest.survive(action, contestant)
            if seen is None:
                continue
            contestant.loads += seen["loads"]
            if self._fleet.members != members:
                return {}  # those before had other processes, and so other pools
            values[alias] = seen["wall_ns"], seen["cpu_ns"]
        if still.total_s > still_s:
            self._contest.outages.drop_round()
            for alias, one in self._contest.contestants.items():
                del one.loads[loads[alias] :]
            return {}
        self._divided[number] = len(members)
        for alias, (wall_ns, cpu_ns) in values.items():
            self._contest.contestants[alias].samples[number] = wall_ns
            self._contest.contestants[alias].cpu[number] = cpu_ns
        return {alias: wall_ns for alias, (wall_ns, _) in values.items()}

    def _keep_alike(self) -> None:
        numbers = Counter(self._divided.values())
        if not numbers:
            return
        kept = max(numbers, key=lambda number: (numbers[number], number))
        rounds = {number for number, among in self._divided.items() if among == kept}
        for contestant in self._contest.contestants.values():
            contestant.samples = {number: value for number, value in contestant.samples.items() if number in rounds}
            contestant.cpu = {number: value for number, value in contestant.cpu.items() if number in rounds}
            contestant.loads = [one for one in contestant.loads if one["lost_shares"] or one["divided_among"] == kept]
        left_out = sum(numbers.values()) - numbers[kept]
        if not left_out:
            return
        among = f"{kept} process{'es' if kept > 1 else ''}"
        self._contest.notes.append(
            f"rounds of {among} are kept, and {left_out} of another number left out, for the load of each was another"
        )

    def _opening(self, running: Sequence[Contestant]) -> Opening:
        scenario, options = self._contest.scenario, self._session.options
        module = next(one for one in self._session.modules if one.name == scenario.name.partition(".")[0])
        return Opening(
            module=(module.name, str(module.path)),
            scenario=scenario.name,
            code=code_of({one.name: one.code for one in scenario.strategies}),
            params=dict(self._contest.point.params),
            seed=options.seed,
            strategies={one.alias: one.strategy.name for one in running},
            addresses={one.alias: without_secrets(self._address_of(one)).as_message() for one in running},
            driver=options.driver,
            application_name=self._fleet.application_name,
            hides=options.hides,
        )

    def _address_of(self, contestant: Contestant) -> Address:
        """Where its calls go: from another machine by what that finds itself, such as files of certificates."""
        address, server = self._contest.address_of(contestant), self._session.server
        if self._fleet.is_here or not isinstance(server, PostgresServer):
            return address
        return replace(server.asked, database=address.database)

    def _warmed_up(self, contestant: Contestant) -> None:
        try:
            self._warm_up(contestant)
        except NoProcessLeftError:
            raise StrategyError(NONE_LEFT, contestant.alias) from None

    def _warm_up(self, contestant: Contestant) -> None:
        alias, patience = contestant.alias, self._session.options.timeout
        if not self._releases:
            members = self._fleet.members
            answers = self._fleet.ask(
                "warm_up", lambda index, of: {"alias": alias, "index": index, "of": of}, patience=patience * 6
            )
            self._answers(contestant, answers, members)
        call = partial(self._call, contestant, "warm")
        if contestant.activity is None or self._session.server.dialect != "postgresql":
            contestant.call_ns = call()["wall_ns"]
            return
        server = self._session.server
        # Of a machine elsewhere these cores say nothing.
        is_ours = server.kind != "url" and self._fleet.is_here

        def act() -> None:
            contestant.call_ns = call()["wall_ns"]

        address = self._contest.database_of(contestant)
        contestant.activity = activity_during(
            act, address, self._fleet.application_name, server, of_machine=is_ours, again=False
        )

    def _call(self, contestant: Contestant, what_for: str) -> Mapping[str, Any]:
        """One call of a strategy in all processes at once: how long it took, what CPU, its loads, how many were lost.

        Raises:
            StrategyError: It raised, or took too long in all of them, or none of them is left.
        """
        alias = contestant.alias
        given = {"alias": alias, "what_for": what_for, "releases": self._releases}
        began, asked = monotonic(), self._fleet.members
        ready = self._fleet.ask("prepare", lambda index, of: {**given, "index": index, "of": of})
        self._answers(contestant, ready, asked)
        members = self._fleet.members
        if not members:
            return self._none_left()
        if members != asked:
            # Who is lost here has a share that nobody drives: the others are told anew how the load is divided.
            self._say_lost(len(asked) - len(members))
            self._session.lost_s += monotonic() - began
            return self._call(contestant, what_for)
        # On one machine all wait for the same moment; elsewhere clocks differ, and who is asked first begins first.
        at = perf_counter_ns() + STARTS_IN_NS if self._fleet.is_here else None
        answers = self._fleet.ask("go", lambda index, of: {"at": at}, patience=self._session.options.timeout)
        told = self._answers(contestant, answers, members)
        lost = len(answers) - len(told)
        if lost:
            self._say_lost(lost)
            self._session.lost_s += monotonic() - began
        if not told:
            return self._none_left()
        loads = zip(*(one["loads"] for one in told), strict=False)
        return {
            "wall_ns": _whole_ns(told, is_here=self._fleet.is_here),
            "cpu_ns": sum(one["cpu_ns"] for one in told),
            "loads": [
                {**together(shares, lost, is_here=self._fleet.is_here), "divided_among": len(members)}
                for shares in loads
            ],
            "lost": lost,
        }

    def _answers(
        self, contestant: Contestant, answers: Sequence[Any], members: Sequence[str]
    ) -> list[Mapping[str, Any]]:
        """What those answered that are not lost; who was late while others were not is lost too.

        Raises:
            StrategyError: The strategy raised in one, or was late in all of them.
        """
        told = self._told(answers)
        for answer in told:
            if "error" in answer:
                raise StrategyError(answer["error"], contestant.alias)
        in_time = [answer["answer"] for answer in told if "late" not in answer]
        if told and not in_time:
            timeout = self._session.options.timeout
            raise StrategyError(f"took longer than {timeout:g} s and was ended (--timeout)", contestant.alias)
        late = [
            member
            for member, answer in zip(members, answers, strict=True)
            if not isinstance(answer, Lost) and "late" in answer
        ]
        self._fleet.dismiss(late)
        return in_time

    def _told(self, answers: Sequence[Any]) -> list[Mapping[str, Any]]:
        return [answer for answer in answers if not isinstance(answer, Lost)]

    def _say_lost(self, lost: int) -> None:
        left, size = len(self._fleet.members), self._fleet.size
        self._contest.notes.append(
            f"{lost} of {size} processes that drive the loads {'was' if lost == 1 else 'were'} lost {self._when}, and"
            f" their part of that load with them: later ones were divided among {left}"
        )

    def _put_out(self, alias: str, reason: str) -> None:
        def fail() -> None:
            raise StrategyError(reason, alias)

        self._contest.survive(fail, self._contest.contestants[alias])

    def _none_left(self) -> Mapping[str, Any]:
        raise NoProcessLeftError(f"{NONE_LEFT}: no more rounds could be made {self._when}")


def _whole_ns(parts: Sequence[Told], *, is_here: bool) -> int:
    """Nanoseconds from the first beginning to the last end, where one clock tells both; else those of the longest."""
    if not is_here:
        return int(max(part["wall_ns"] for part in parts))
    began = min(part["began_ns"] for part in parts)
    return int(max(part["began_ns"] + part["wall_ns"] for part in parts) - began)


def together(shares: Sequence[Told], lost: int = 0, *, is_here: bool = True) -> Told:
    """The shares of one load as the load that they are: sums of what happened, the longest of what took time.

    `cpu_ns` is that of the process which was busiest, over the time of the whole; `shares_cpu_ns` that of all of them.

    Args:
        shares: What each process told of its own.
        lost: How many shares are missing.
        is_here: Whether one clock told all of them.
    """
    driving = [share for share in shares if share["tasks"]] or [shares[0]]
    first, wall_ns = shares[0], _whole_ns(driving, is_here=is_here)
    errors: Counter[str] = Counter()
    for share in shares:
        errors.update(share["errors"])
    summed = ("tasks", "units", "worked_ns", "waited_ns", "opened", "closed", "most_in_use", "timeouts")
    return {
        "rate": first["rate"],
        "began_ns": min(share["began_ns"] for share in shares),
        "wall_ns": wall_ns,
        "cpu_ns": round(max(share["cpu_ns"] / max(1, share["wall_ns"]) for share in driving) * wall_ns),
        "shares_cpu_ns": sum(share["cpu_ns"] for share in shares),
        "last_start_ns": max(share["last_start_ns"] for share in shares),
        **{name: sum(share[name] for share in shares) for name in summed},
        "slowed_ns": round(median(share["slowed_ns"] for share in driving)),
        "errors": dict(errors),
        "latencies": _histogram(share["latencies"] for share in driving),
        "waits": _histogram(share["waits"] for share in driving),
        "lags": _histogram(share["lags"] for share in driving),
        "processes": len(driving),
        "lost_shares": lost,
    }


def _histogram(encoded: Iterator[str | None]) -> str | None:
    latency = merged(encoded)
    return latency.histogram if latency is not None else None
