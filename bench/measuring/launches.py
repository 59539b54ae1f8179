"""Launches: base, base again and head, each in a fresh process, sampled in turn. What two processes that run the same
code differ by is part of the noise, so a comparison of revisions is made of many launches.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from random import Random
from statistics import median
from typing import Any, Literal, TypeVar

from bench.databases.address import Address
from bench.description import ScenarioDescription
from bench.errors import BenchError
from bench.measuring.session import Session
from bench.measuring.worker_process import StrategyError, WorkerLostError, WorkerProcess
from bench.points import Point
from bench.regressions.timings import Launch
from bench.sampling import Sampling, sampling_of
from bench.statistics import median_error

Arm = Literal["base", "again", "head"]
ARMS: tuple[Arm, ...] = ("base", "again", "head")
"""The base twice: what the second differs from the first by is no change of code, and is the null arm."""

MOST_ROUNDS = 150
"""Rounds of one launch: what they leave uncertain is then about what launches differ by."""
LEAST_ROUNDS = 6
"""Rounds of one launch in any case: the median of fewer says nothing."""
TOLD_ROUNDS = 20
"""Rounds from which on their own spread tells whether they are enough: that of fewer may be small by chance."""
SAMPLING_S = 1.5
"""Seconds of samples of one arm in a launch: 150 of a call of 10 ms."""

T = TypeVar("T")


@dataclass(frozen=True)
class Place:
    """Where the calls of a strategy go in one revision: straight to the server, by its database, or through a proxy."""

    way: Address
    straight: Address


@dataclass(frozen=True)
class Subject:
    """A strategy that both revisions have, at one point, to be timed in both.

    Attributes:
        base, head: Its scenario as each revision declares it.
        places: Where its calls go, for the base's arms and for the head's.
    """

    base: ScenarioDescription
    head: ScenarioDescription
    strategy: str
    point: Point
    places: Mapping[Arm, Place]

    @property
    def name(self) -> str:
        """As it is selected: `loading.one_to_many:selectin`."""
        return f"{self.head.name}:{self.strategy}"

    def scenario(self, arm: Arm) -> ScenarioDescription:
        """Its scenario in the revision of an arm."""
        return self.head if arm == "head" else self.base


class ArmFailedError(BenchError):
    """A strategy failed in a launch; `arm` says in which revision, `lost` that its process is gone."""

    exit_code = 4

    def __init__(self, message: str, arm: Arm, *, lost: bool) -> None:
        super().__init__(message)
        self.arm = arm
        self.lost = lost


@dataclass(frozen=True)
class Trio:
    """The three processes of a launch."""

    workers: Mapping[Arm, WorkerProcess]

    def each(self, op: str, arguments: Callable[[Arm], Mapping[str, Any]]) -> dict[Arm, Mapping[str, Any]]:
        """Have all three do an operation at the same time."""
        for arm, worker in self.workers.items():
            worker.begin(op, **arguments(arm))
        answers: dict[Arm, Mapping[str, Any]] = {}
        failures: list[ArmFailedError] = []
        for arm, worker in self.workers.items():
            try:
                answers[arm] = guarded(arm, worker.finish)
            except ArmFailedError as error:
                failures.append(error)
        if failures:
            # What has failed in the base too is no fault of the head; a process that is gone is so in any case.
            first = min(failures, key=lambda error: error.arm == "head")
            raise ArmFailedError(str(first), first.arm, lost=any(one.lost for one in failures)) from first.__cause__
        return answers

    def one(self, arm: Arm, op: str, **arguments: Any) -> Mapping[str, Any]:
        """Have one do an operation while the others wait."""
        return guarded(arm, partial(self.workers[arm].ask, op, **arguments))


def guarded(arm: Arm, action: Callable[[], T]) -> T:
    """Do something in the worker of an arm; where a strategy fails, say in which.

    Raises:
        ArmFailedError: It raised, or took its process with it.
    """
    try:
        return action()
    except StrategyError as error:
        raise ArmFailedError(str(error), arm, lost=False) from error
    except WorkerLostError as error:
        raise ArmFailedError(str(error), arm, lost=True) from error


class Launcher:
    """Makes launches of strategies of one scenario.

    Args:
        base: The session of the base, whose code two arms run.
        head: The session of the head.
        look: Is given what each arm has imported from the two checkouts, and refuses what it should not have.
    """

    def __init__(self, base: Session, head: Session, look: Callable[[Arm, Mapping[str, Any]], None]) -> None:
        self._base = base
        self._head = head
        self._look = look

    def launch(
        self, number: int, subjects: Sequence[Subject], until: float, precision: float = 0.0
    ) -> Iterator[tuple[Subject, Launch | ArmFailedError]]:
        """Start three processes with a hash seed of their own and time each strategy in them, one after the other. What
        the end of the server, or of a worker between two calls, has cut off is timed anew, once.

        Args:
            number: Which launch it is: hash seed and orders come of it.
            subjects: Strategies of one scenario at one point.
            until: When it should be over, by the monotonic clock; each has an even share of what is left.
            precision: The standard error of a median log-ratio that is enough; 0 for as many rounds as there may be.
        """
        random = Random(f"{self._head.options.seed}:{number}")
        hash_seed = random.randrange(2**32)
        waiting = list(subjects)
        met: set[str] = set()
        while waiting:
            with ExitStack() as ending:
                trio = self._start(hash_seed, random, waiting[0], ending)
                while waiting:
                    share = max(0.0, until - time.monotonic()) / len(waiting)
                    subject = waiting.pop(0)
                    try:
                        yield subject, self._time(trio, subject, time.monotonic() + share, precision, random)
                    except ArmFailedError as error:
                        outage = self._outage(error)
                        if outage is None:
                            yield subject, error
                        elif subject.name in met or subject.head.writes:  # what it wrote nobody has put back
                            yield subject, ArmFailedError(outage, "base", lost=True)
                        else:
                            met.add(subject.name)
                            waiting.insert(0, subject)
                        if error.lost or outage is not None:
                            break
                else:
                    self._look_at(trio)

    def _start(self, hash_seed: int, random: Random, subject: Subject, ending: ExitStack) -> Trio:
        workers: dict[Arm, WorkerProcess] = {}
        for arm in random.sample(ARMS, len(ARMS)):
            session = self._session(arm)
            workers[arm] = session.start_worker(hash_seed)
            ending.callback(session.server.terminate, workers[arm].application_name)
            ending.enter_context(workers[arm])
        trio = Trio(workers)
        modules = {arm: [[one.name, str(one.path)] for one in self._modules(arm, subject)] for arm in ARMS}
        trio.each("describe", lambda arm: {"modules": modules[arm]})
        self._look_at(trio)
        return trio

    def _modules(self, arm: Arm, subject: Subject) -> Sequence[Any]:
        name = subject.scenario(arm).name.partition(".")[0]
        return [module for module in self._session(arm).modules if module.name == name]

    def _look_at(self, trio: Trio) -> None:
        checkouts = self._base.code.checkouts
        if checkouts:
            for arm, found in trio.each("imported", lambda arm: {"folders": checkouts}).items():
                self._look(arm, found)

    def _session(self, arm: Arm) -> Session:
        return self._head if arm == "head" else self._base

    def _time(self, trio: Trio, subject: Subject, until: float, precision: float, random: Random) -> Launch:
        """Open a strategy in all three, warm it up, and sample it in turn."""
        alias, options = subject.name, self._head.options
        point = {"params": dict(subject.point.params), "seed_number": options.seed}
        trio.each("open_point", lambda arm: {"scenario": subject.scenario(arm).name, **point})
        trio.each(
            "open_strategy",
            lambda arm: {
                "alias": alias,
                "strategy": subject.strategy,
                "address": subject.places[arm].way.as_message(),
                "straight": subject.places[arm].straight.as_message(),
                "driver": options.driver,
                "application_name": trio.workers[arm].application_name,
            },
        )
        call_ns = max(_settled(trio.one(arm, "warm_up", alias=alias, made=0)["wall_ns"]) for arm in ARMS)
        trio.each("freeze", lambda arm: {})
        sampling = sampling_of([call_ns], bool(subject.head.writes))(call_ns)
        most = max(LEAST_ROUNDS, min(MOST_ROUNDS, round(SAMPLING_S * 1e9 / sampling.sample_ns(call_ns))))
        launch = _sample(trio, alias, sampling, most, until, precision, random, self._stood_still_s)
        trio.each("close", lambda arm: {})
        return launch

    def _outage(self, error: ArmFailedError) -> str | None:
        """What failed beside the strategies, that an error comes of; None where it comes of none.

        Raises:
            ServerLostError: The server does not come back.
        """
        if (came_back := self._head.outlive()) is not None:
            return f"the server ended and {came_back}"
        cause = error.__cause__
        is_idle = isinstance(cause, WorkerLostError) and cause.strategy is None
        return f"a worker was lost between two calls: {error}" if is_idle else None

    def _stood_still_s(self) -> float:
        return self._base.still.total_s + self._head.still.total_s


def _settled(warm_up_ns: Sequence[float]) -> float:
    return median(warm_up_ns[-3:])


def _sample(
    trio: Trio,
    alias: str,
    sampling: Sampling,
    most: int,
    until: float,
    precision: float,
    random: Random,
    stood_still_s: Callable[[], float],
) -> Launch:
    """Sample all three in each round, in a random order, as long as there is time and a round has something to add.

    Each round's values are the medians of its calls in a row; one in which all stood still is dropped. Whether they are
    enough is for the null arm to say, which knows nothing of the head.
    """
    rounds: list[dict[Arm, float]] = []
    while len(rounds) < most:
        if len(rounds) >= LEAST_ROUNDS and time.monotonic() >= until:
            break
        if len(rounds) >= TOLD_ROUNDS and _null_error(rounds) <= precision:
            break
        before_s = stood_still_s()
        values: dict[Arm, float] = {}
        for arm in random.sample(ARMS, len(ARMS)):
            answer = trio.one(
                arm,
                "round",
                number=len(rounds),
                order=[alias],
                in_a_row={alias: sampling.in_a_row},
                primed=[alias] if sampling.primed else [],
            )
            values[arm] = median(answer["samples"][alias]["wall_ns"])
        if stood_still_s() == before_s:
            rounds.append(values)
    return Launch(
        head=tuple(math.log(one["head"] / one["base"]) for one in rounds),
        again=tuple(math.log(one["again"] / one["base"]) for one in rounds),
        base_ms=median(one["base"] for one in rounds) / 1e6,
        head_ms=median(one["head"] for one in rounds) / 1e6,
    )


def _null_error(rounds: Sequence[Mapping[Arm, float]]) -> float:
    return median_error([math.log(one["again"] / one["base"]) for one in rounds])
