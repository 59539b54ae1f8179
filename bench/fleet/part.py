"""What one process of a fleet does: it opens the strategies of a point, and drives its share of their loads."""

from __future__ import annotations

import gc
import os
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from pathlib import Path
from time import perf_counter_ns
from typing import Any

from sqlalchemy.orm import configure_mappers

from bench.databases.address import Address
from bench.databases.variables import forget
from bench.discovery import Module, find_modules, load_module
from bench.errors import BenchError
from bench.fleet.opening import Opening, code_of_scenario
from bench.pipe import Message
from bench.scenario import Scenario
from bench.worker.calling import Call, OpenStrategy, inputs_of, seed_of, time_made_calls
from bench.worker.engines import Access, require_read_only
from bench.worker.hiding import are_hidden
from bench.worker.load_driver import Load, until
from bench.worker.places import Places
from bench.worker.share import Share
from bench.worker.surroundings import surroundings


class Part:
    """One run's part in a process. The public methods named `do_…` are what a fleet asks of it; each answers with plain
    values, and what a strategy raises is an answer too.
    """

    def __init__(self) -> None:
        self._places = Places()
        self._places.keep_private(os.environ.get("PGPASSWORD"))
        self._opened: dict[str, OpenStrategy] = {}
        self._seed = ""
        self._scenario: Scenario | None = None
        self._params: Mapping[str, Any] = {}
        self._ready: tuple[str, Call, bool] | None = None

    async def answer(self, op: str, arguments: Mapping[str, Any]) -> Message:
        """What an operation gave, as `answer`; or its `error` in one line, with what `kind` of error it is."""
        operation: Callable[..., Awaitable[Message]] = getattr(self, f"do_{op}")
        try:
            return {"answer": await operation(**arguments)}
        except BenchError as error:
            return {"error": str(error), "kind": "bench"}
        except (Exception, SystemExit) as error:  # noqa: BLE001 - an author's function may raise anything
            return {"error": self._places.said(error), "kind": "strategy"}

    async def do_surroundings(self) -> Message:
        """What this process runs on."""
        return surroundings()

    async def do_log_in(self, address: Message) -> Message:
        """Log in to a database as strategies do, with the password that this process's environment has for it."""
        from bench.databases.connecting import connect

        there = self._known(address)
        if there.dialect == "postgresql":
            connect(there, application_name="bench fleet").close()
        return {}

    async def do_open(self, opening: Message) -> Message:
        """Open the strategies of a point, those of the point before being closed; `failures` are the reasons of those
        that could not be, by name.

        Raises:
            BenchError: There is no such scenario here, or its code is another.
        """
        await self.do_close()
        told = Opening.from_message(opening)
        self._scenario = _found(told)
        self._places.hides_values = are_hidden(told.hides, self._scenario.dataset)
        self._params, self._seed = told.params, seed_of(told.seed, told.scenario, told.params)
        configure_mappers()
        failures: dict[str, str] = {}
        for alias, name in told.strategies.items():
            strategy = self._scenario.strategies[name]
            address = self._known(told.addresses[alias])
            access = Access(address, strategy.driver or told.driver, told.application_name, writes=False)
            opened = self._opened[alias] = OpenStrategy(strategy, access, told.params)
            await require_read_only(access, is_async=strategy.is_async)
            try:
                await opened.open()
            except Exception as error:  # noqa: BLE001 - an author's setup may raise anything
                failures[alias] = self._places.said(error)
        return {"failures": failures}

    async def do_warm_up(self, alias: str, index: int, of: int) -> Message:
        """Call a strategy as many times as it takes until it is warm, the loads of the calls divided already."""
        opened = self._shared(alias, index, of)
        made = 0
        while made < opened.warm_up_calls:
            await opened.once(self._inputs(f"warm:{made}"))
            opened.loads()
            made += 1
        return {}

    async def do_prepare(self, alias: str, what_for: str, index: int, of: int, releases: bool) -> Message:
        """Have a call ready: its inputs made, which are the same in each process, and garbage collected.

        Where it `releases` its connections after the call, another call opens them before it.
        """
        opened = self._shared(alias, index, of)
        if releases:
            await opened.once(self._inputs(f"opening:{what_for}"))
        (call,) = opened.calls(self._inputs(what_for), 1)
        opened.loads()
        gc.collect()
        gc.freeze()
        self._ready = alias, call, releases
        return {}

    async def do_go(self, at: int | None) -> Message:
        """Make the call that was prepared, `at` a moment of `perf_counter_ns` where all run on one machine, and tell
        what was seen of its loads.
        """
        if self._ready is None:
            raise BenchError("no call is ready in this process: it was started anew")
        (alias, call, releases), self._ready = self._ready, None
        if at is not None:
            await until(at)
        began = perf_counter_ns()
        timing = await time_made_calls([call], is_async=True)
        loads: list[Load] = self._opened[alias].loads()
        if releases:
            await self._opened[alias].release()
        told = {"wall_ns": timing.wall_ns[0], "cpu_ns": timing.cpu_ns[0], "loads": [load.told() for load in loads]}
        return {"began_ns": began, **told}

    async def do_close(self) -> Message:
        """Close the strategies that are open."""
        self._ready = None
        for alias in list(self._opened):
            with suppress(Exception):  # what was measured stands, and the engine's connections end with the process
                await self._opened.pop(alias).close()
        gc.unfreeze()
        return {}

    def _known(self, address: Mapping[str, Any]) -> Address:
        """An address that was told, of which no message repeats what is private."""
        known = self._places.known(Address.from_message(address))
        forget(known)
        return known

    def _shared(self, alias: str, index: int, of: int) -> OpenStrategy:
        if alias not in self._opened:
            raise BenchError("the strategy is not open in this process: it was started anew")
        opened = self._opened[alias]
        opened.divide(Share(index, of))
        return opened

    def _inputs(self, what_for: str) -> Any:
        if self._scenario is None:
            raise BenchError("no point is open in this process: it was started anew")
        return inputs_of(self._scenario, self._params, f"{self._seed}:{what_for}")


def _found(told: Opening) -> Scenario:
    """The scenario in this process, imported from the same file, or from that which the package has here."""
    name, path = told.module
    module = Module(name, Path(path)) if Path(path).is_file() else find_modules().get(name)
    scenario = load_module(module).get(told.scenario) if module is not None else None
    if scenario is None:
        raise BenchError(f"it has no scenario {told.scenario}: have the same files at the same place on each machine")
    if code_of_scenario(scenario) != told.code:
        raise BenchError(f"its {told.scenario} has other code: have the same files on each machine")
    return scenario
