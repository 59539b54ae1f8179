"""One scenario opened at one choice of parameters: its strategies proved, counted, warmed up and timed, as the
controller asks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from time import perf_counter_ns
from typing import Any

from sqlalchemy.orm import configure_mappers

from bench.databases.address import Address
from bench.pipe import Message
from bench.scenario import Scenario, Strategy
from bench.worker.calling import WARM_UP_USES, Call, OpenStrategy, inputs_of, seed_of, time_calls
from bench.worker.channel import Announce
from bench.worker.counted import CountedStrategy
from bench.worker.counting import Tally, counted
from bench.worker.engines import Access, dispose
from bench.worker.faults import Disturbance
from bench.worker.filling import tables_of
from bench.worker.hiding import without_values
from bench.worker.leaving import Before
from bench.worker.proving import Outcome, Proof
from bench.worker.restoring import Restorer

PROOF_CALLS = 2


class OpenPoint:
    """Strategies of one scenario, opened under the names that the controller gives them (a copy has a name of its
    own).
    """

    def __init__(
        self,
        scenario: Scenario,
        name: str,
        params: Mapping[str, Any],
        seed: int,
        announce: Announce,
        *,
        hides_values: bool = False,
        keeps_parameters: bool = False,
    ) -> None:
        self.scenario = scenario
        self._hides_values = hides_values
        self._keeps_parameters = keeps_parameters
        self._params = dict(params)
        self._seed = seed_of(seed, name, params)
        self._announce = announce
        self._opened: dict[str, OpenStrategy] = {}
        self._counted: dict[str, CountedStrategy] = {}
        self._restorers: dict[str, Restorer] = {}
        self._straight: Counter[str] = Counter()
        self._results: dict[str, Any] = {}
        self._proof = Proof(scenario, hides_values=hides_values)
        self._before: Before | None = None

    async def open(self, alias: str, strategy: Strategy, access: Access, straight: Access | None = None) -> None:
        """Give a strategy its engine and enter its setup; of a writing one, keep the rows to put back.

        That goes `straight` to the server where the strategy itself takes another way.
        """
        configure_mappers()
        if access.writes:
            await self._announce(alias, "prepare")
            self._restorers[alias] = Restorer(
                straight or access, tables_of(self.scenario.dataset), self.scenario.writes
            )
            await self._restorers[alias].save()
        opened = OpenStrategy(strategy, access, self._params)
        self._opened[alias] = opened
        await self._announce(alias, "call")
        await opened.open()

    async def close(self) -> tuple[dict[str, Exception], list[str]]:
        """Leave every setup, put the tables back and close every connection; the strategies for which that failed, and
        those that altered the tables themselves, which are not put back.
        """
        failures: dict[str, Exception] = {}
        altered: list[str] = []
        for alias in list(self._opened):
            try:
                await self.close_counted(alias)
                await self._announce(alias, "call")
                await self._opened.pop(alias).close()
                if alias in self._restorers:
                    await self._announce(alias, "prepare")
                    if not await self._restorers.pop(alias).close():
                        altered.append(alias)
            except Exception as error:  # noqa: BLE001 - an author's setup may raise anything; the others are closed too
                failures[alias] = error
        return failures, altered

    async def abandon(self, alias: str) -> None:
        """Let go of a strategy that has failed, without putting its tables back: what it left may keep them locked."""
        opened, restorer = self._opened.pop(alias, None), self._restorers.pop(alias, None)
        if opened is not None:
            await self._announce(alias, "call")
            for one in (self._counted.pop(alias, None), opened):
                with suppress(Exception):
                    if one is not None:
                        await one.close()
        if restorer is not None:
            await restorer.abandon()

    async def settle(self) -> None:
        """Have the server write what it has to, before the rounds begin."""
        for restorer in list(self._restorers.values())[:1]:
            await restorer.checkpoint()

    async def prove(self, alias: str, *, is_reference: bool) -> Message:
        """Call a strategy twice and compare what it returns, and leaves in the tables, with the reference strategy's.

        The reference (the baseline) is proved first. `difference` in the answer is the first one, or None; `wall_ns` is
        roughly how long each call took; `says_nothing` is whether the reference returned None and left nothing, so that
        being equal to it proves nothing.

        Raises:
            NotPlainError: It returns something that cannot be compared, such as an entity.
        """
        taken: list[int] = []
        compared: Message = {}
        for number in range(PROOF_CALLS):
            await self.put_back(alias)
            await self._announce(alias, "call")
            before = perf_counter_ns()
            self._results[alias] = await self._opened[alias].once(self._proof_inputs(number))
            taken.append(perf_counter_ns() - before)
            compared = await self.compare(alias, number, is_reference=is_reference)
            if compared["difference"] is not None:
                break
        return {"wall_ns": taken, **compared}

    async def compare(self, alias: str, number: int, *, is_reference: bool) -> Message:
        """Compare what a proof's call returned, and left in the tables, with what the reference's did.

        Args:
            alias: The strategy that was called.
            number: Which call of its proof it was, from 0.
            is_reference: Whether it is the reference itself, which is what the others will be compared with.

        Raises:
            NotPlainError: It returned something that cannot be compared, such as an entity.
        """
        outcome = Outcome(self._proof.compared(self._results.pop(alias)), await self._left(alias))
        return self._proof.of_reference(number, outcome) if is_reference else self._proof.of(number, outcome)

    async def call(self, alias: str) -> Message:
        """The nanoseconds of a call as those that are timed, with inputs of its own, and the loads that it drove."""
        opened = self._opened[alias]
        self._straight[alias] += 1
        inputs = self._inputs(f"straight:{self._straight[alias]}")
        await self._announce(alias, "call")
        timing = await time_calls(opened.calls(inputs, 1), opened.strategy.is_async)
        return {"wall_ns": timing.wall_ns[0], "loads": [load.told() for load in opened.loads()]}

    async def ready(self, alias: str, what_for: str) -> Call:
        """A call of a strategy for somebody else to make and time: its tables are as they were, and it has inputs of
        its own, the same for the same `what_for`.
        """
        opened = self._opened[alias]
        inputs = self._inputs(what_for)
        await self.put_back(alias)
        opened.loads()
        (call,) = opened.calls(inputs, 1)
        return call

    async def rest(self, alias: str) -> list[str]:
        """End the sessions that the calls of a writing strategy used so far, so that the server's statistics are
        complete; the names of the tables that it writes.
        """
        await dispose(self._opened[alias].handle)
        return self._restorers[alias].names

    async def cold(self, alias: str, application_name: str | None = None) -> Message:
        """As `call`, of the first call of a new engine and pool, which is gone afterwards.

        Its connections may have an `application_name` of their own.
        """
        access = self._opened[alias].access
        opened = self._anew(alias, replace(access, application_name=application_name or access.application_name))
        await self._announce(alias, "call")
        try:
            await opened.open()
            inputs = self._inputs("cold")
            await self._announce(alias, "call")
            timing = await time_calls(opened.calls(inputs, 1), opened.strategy.is_async)
            loads = [load.told() for load in opened.loads()]
        finally:
            await opened.close()
        return {"wall_ns": timing.wall_ns[0], "loads": loads}

    async def disturb(self, alias: str, strategy: Strategy, access: Access, number: int) -> Message:
        """Drive the load of a strategy on an engine of its own, and have it disturbed in its midst: what was seen of
        the load, and what it lost.

        Raises:
            RuntimeError: It drove no load, or more than one.
        """
        configure_mappers()
        opened = OpenStrategy(strategy, access, self._params)
        disturbance = Disturbance(lambda: self._announce(alias, "disturb"))
        await self._announce(alias, "call")
        try:
            await opened.open()
            opened.disturb(disturbance)
            await opened.once(self._inputs(f"disturbed:{number}"))
            loads = opened.loads()
        finally:
            await opened.close()
        if len(loads) != 1:
            raise RuntimeError(f"a strategy that is disturbed drives one load with db.load, and it drove {len(loads)}")
        return {"load": loads[0].told(), "disturbed": disturbance.told(loads[0])}

    async def open_counted(self, alias: str, address: Address) -> None:
        """Give a strategy another engine, on which its calls are counted."""
        await self.close_counted(alias)
        opened = self._anew(alias, replace(self._opened[alias].access, address=address))
        self._counted[alias] = self._count_on(opened)
        await self._announce(alias, "call")
        await opened.open()

    async def prove_counted(self, alias: str, number: int, *, objects: bool) -> Message:
        """Make one call of a strategy's proof, on the engine that was opened to count or else on the one that it was
        opened with, and count it; then `compare`.

        Nothing else is done meanwhile, so that others may watch.
        """
        if alias not in self._counted:
            self._counted[alias] = self._count_on(self._opened[alias])
        await self._announce(alias, "call")
        said = await self._counted[alias].call(self._proof_inputs(number), objects=objects)
        self._results[alias] = self._counted[alias].result
        return said

    async def repeat(self, alias: str, made: int) -> None:
        """Call a strategy on its counted engine, uncounted, each time with inputs that no other call has: until six
        calls were made with the `made` before, or as many as it takes where a call is a load of many.

        At its sixth execution the server may change a statement's plan, and psycopg prepares it.
        """
        counted_one = self._counted[alias]
        for _ in range(min(WARM_UP_USES, counted_one.opened.warm_up_calls) - made):
            await self.put_back(alias)
            await self._announce(alias, "call")
            await counted_one.repeat()

    async def profile(self, alias: str, *, timing: bool) -> Message:
        """The Python calls of a warm call on the counted engine, and with `timing` the functions that cost most."""

        async def prepare() -> None:
            await self.put_back(alias)
            await self._announce(alias, "call")

        return await self._counted[alias].profile(prepare, timing=timing)

    async def explain(self, alias: str) -> Message:
        """The plans of the statements of the call that was counted last."""
        await self.put_back(alias)
        await self._announce(alias, "call")
        counted_one = self._counted[alias]
        explained = await counted_one.explain()
        if self._hides_values:
            explained["plans"] = without_values(explained["plans"])
        return {**explained, "parameters": counted_one.parameters() if self._keeps_parameters else {}}

    async def close_counted(self, alias: str) -> None:
        """Close the counted engine of a strategy, if it has one of its own."""
        counted_one = self._counted.pop(alias, None)
        if counted_one is not None and counted_one.opened is not self._opened.get(alias):
            await self._announce(alias, "call")
            await counted_one.close()

    async def trace(self, alias: str) -> int:
        """The bytes that Python allocates in a warm call on the counted engine, at its peak."""
        await self.put_back(alias)
        await self._announce(alias, "call")
        return await self._counted[alias].trace()

    async def demonstrate(self, alias: str) -> tuple[BaseException | str | None, Tally]:
        """Call a strategy that is meant to raise, or to differ: what it raised, or the first difference of its answer
        from the reference's; and what was counted.

        Raises:
            NotPlainError: It returned something that cannot be compared, such as an entity.
        """
        opened = self._opened[alias]
        (call,) = opened.calls(self._proof_inputs(0), 1)
        await self._announce(alias, "call")
        expected = opened.strategy.raises or ()
        shown: BaseException | str | None = None
        result = None
        with counted(opened.handle, objects=True) as tally:
            try:
                result = await call() if opened.strategy.is_async else call()
            except expected as error:
                shown = error
        if opened.strategy.differs:
            shown = self._proof.difference(0, Outcome(result, await self._left(alias)))
        return shown, tally

    async def warm_up(self, alias: str, made: int) -> list[int]:
        """Nanoseconds of each warm-up call, as many as it takes, less the `made` that were made already."""
        opened = self._opened[alias]
        taken: list[int] = []
        while len(taken) + made < opened.warm_up_calls:
            inputs = self._inputs(f"warm:{len(taken)}")
            await self.put_back(alias)
            await self._announce(alias, "call")
            timing = await time_calls(opened.calls(inputs, 1), opened.strategy.is_async)
            taken += timing.wall_ns
            opened.loads()
        return taken

    async def release(self, alias: str) -> None:
        """Close the connections of a strategy's pool: the server may have too few for the pools of all."""
        await self._announce(alias, "call")
        await self._opened[alias].release()

    async def round(
        self,
        number: int,
        order: Sequence[str],
        in_a_row: Mapping[str, int],
        *,
        primed: Collection[str] = (),
        settles: bool = True,
        releases: bool = False,
    ) -> dict[str, Message]:
        """Sample strategies once each in the order given; each sample is that many calls in a row, each timed, and each
        with inputs of its own, the same for all strategies.

        Those that are `primed` are called once more before, untimed. Where each `releases` its connections after its
        sample, a call that is not timed opens them before it. The server settles first, where nothing else of the round
        has been sampled yet.
        """
        drawn: dict[int, Any] = {}
        if settles:
            await self.settle()
        samples: dict[str, Message] = {}
        for alias in order:
            opened = self._opened[alias]
            await self.put_back(alias)
            await self._announce(alias, "call")
            if releases:
                await opened.once(self._inputs(f"opening:{number}"))
                await self.put_back(alias)
                await self._announce(alias, "call")
            opened.loads()
            calls: list[Call] = []
            # What primes has inputs that no timed call has: a statement that they are written into would be known.
            for place in range(0 if alias in primed else 1, in_a_row.get(alias, 1) + 1):
                if place not in drawn:
                    drawn[place] = self._inputs(f"round:{number}:{place}")
                calls += opened.calls(drawn[place], 1)
            timing = await time_calls(calls, opened.strategy.is_async, untimed=1 if alias in primed else 0)
            loads = [load.told() for load in opened.loads()]
            if releases:
                await opened.release()
            samples[alias] = {"wall_ns": timing.wall_ns, "cpu_ns": timing.cpu_ns, "loads": loads}
        return samples

    def _count_on(self, opened: OpenStrategy) -> CountedStrategy:
        return CountedStrategy(opened, lambda number: self._inputs(f"count:{number}"), self.scenario.file)

    def _proof_inputs(self, number: int) -> Any:
        return self._inputs(f"proof:{number}")

    def _inputs(self, what_for: str) -> Any:
        return inputs_of(self.scenario, self._params, f"{self._seed}:{what_for}")

    def _anew(self, alias: str, access: Access) -> OpenStrategy:
        return OpenStrategy(self._opened[alias].strategy, access, self._params)

    async def put_back(self, alias: str) -> None:
        """Make the tables ready for the next call of a strategy that writes."""
        if alias in self._restorers:
            await self._announce(alias, "prepare")
            await self._restorers[alias].restore()

    async def _left(self, alias: str) -> Any:
        restorer = self._restorers.get(alias)
        if restorer is None:
            return None
        if self._before is None:
            self._before = await restorer.before()
        return await restorer.left(self._before)
