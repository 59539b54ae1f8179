"""The worker's loop: reads what the controller asks over the private pipe, does it, answers. It knows no statistics."""

from __future__ import annotations

import asyncio
import gc
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

from bench.databases.address import Address
from bench.databases.variables import forget
from bench.discovery import Module, load_module
from bench.errors import BenchError
from bench.own_code import where
from bench.pipe import Message, decode, encode
from bench.privacy import Hides
from bench.scenario import Scenario
from bench.worker.aside import Aside
from bench.worker.calling import declines
from bench.worker.channel import LINE_LIMIT
from bench.worker.counted import told
from bench.worker.describing import describe
from bench.worker.engines import Access, require_read_only
from bench.worker.fencing import fence_process
from bench.worker.filling import tables_of
from bench.worker.hiding import are_hidden
from bench.worker.places import Places
from bench.worker.point import OpenPoint
from bench.worker.seeding import definition, seed
from bench.worker.surroundings import surroundings, version_of
from bench.worker.tree import imported_below, installed_copies


class Worker:
    """Answers the operations that a controller asks for; the public methods named `do_…` are the operations."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._scenarios: dict[str, Scenario] = {}
        self._point: OpenPoint | None = None
        self._rounds_prepared = False
        self._hides: Hides = "somebodys"
        self._places = Places()
        self._aside = Aside(self._announce, self._described)

    async def serve(self) -> None:
        """Answer until the controller closes the pipe."""
        while line := await self._reader.readline():
            message = decode(line)
            answer = await self._answer(message)
            await self._send({"id": message["id"], **answer})
        if self._point is not None:
            await self._point.close()

    async def do_surroundings(self) -> Message:
        """What this process runs on."""
        return surroundings()

    async def do_describe(self, modules: list[list[str]], hides: Hides = "somebodys") -> Message:
        """Import modules, given as name and path, and describe their scenarios; `hides` says of whose rows no value is
        repeated in what is said.
        """
        self._hides = hides
        if hides == "all":
            self._keep_log_private()
        for name, path in modules:
            self._scenarios.update(load_module(Module(name, Path(path))))
        return {"scenarios": [describe(name, scenario) for name, scenario in self._scenarios.items()]}

    async def do_draft(self, **wanted: Any) -> Message:
        """Write a scenario module about mapped classes, as `bench.modelling.drafting.Wanted` says."""
        from bench.modelling.drafting import Wanted, drafted

        found = drafted(Wanted(**wanted))
        left_out = [list(one) for one in found.left_out]
        told = {"titles": dict(found.titles), "now": dict(found.now), "rows": dict(found.rows)}
        return {"text": found.text, "left_out": left_out, **told}

    async def do_versions(self, packages: list[str]) -> Message:
        """The versions of packages by name, None of one that is not installed, as this process finds them."""
        return {package: version_of(package) for package in packages}

    async def do_imported(self, folders: list[str]) -> Message:
        """The files that were imported so far from each of these checkouts, and what of them was imported from where it
        is installed.
        """
        places = [Path(folder) for folder in folders]
        return {"files": imported_below(places), "copies": installed_copies(places)}

    async def do_digest(self, scenario: str, ingredients: list[Any]) -> Message:
        """The key of the template that a scenario's dataset has with these ingredients."""
        dataset = self._scenarios[scenario].dataset
        return {"digest": dataset.digest(*ingredients, definition(tables_of(dataset)))}

    async def do_seed(self, scenario: str, address: Message, scale: int, seed_number: int) -> Message:
        """Create and fill the tables of a scenario's dataset in an empty database."""
        access = Access(self._known(address), "asyncpg", "bench seeding", writes=True)
        lines: list[str] = []

        def report(line: str) -> None:
            lines.append(line)
            self._writer.write(encode({"event": "progress", "text": line}))

        await seed(self._asked(scenario).dataset, access, scale, seed_number, report)
        return {"steps": lines}

    async def do_declined(self, scenario: str, params: Message) -> Message:
        """The strategies that decline a point by their `where`, with the reason; and those whose `where` raised."""
        declined: dict[str, str] = {}
        failed: dict[str, str] = {}
        for strategy in self._scenarios[scenario].strategies.values():
            try:
                reason = declines(strategy, params)
            except Exception as error:  # noqa: BLE001 - an author's function may raise anything
                failed[strategy.name] = self._described(error)
            else:
                if reason is not None:
                    declined[strategy.name] = reason
        return {"declined": declined, "failed": failed}

    async def do_open_point(self, scenario: str, params: Message, seed_number: int) -> Message:
        """Begin a point; the one before is closed."""
        await self.do_close()
        asked = self._asked(scenario)
        hides = self._places.hides_values
        self._point = OpenPoint(
            asked,
            scenario,
            params,
            seed_number,
            self._announce,
            hides_values=hides,
            keeps_parameters=self._hides == "none",
        )
        # What lives already is not looked through at each collection of what a call leaves.
        gc.collect()
        gc.freeze()
        return {}

    async def do_open_strategy(
        self,
        alias: str,
        strategy: str,
        address: Message,
        driver: str,
        application_name: str,
        straight: Message | None = None,
    ) -> Message:
        """Open a strategy of the point under a name of its own; its tables are put back on the `straight` way."""
        point = self._opened()
        chosen = point.scenario.strategies[strategy]
        access = self._access(address, chosen.driver or driver, application_name)
        own = self._access(straight or address, driver, f"{application_name} keeper")
        await require_read_only(access, is_async=chosen.is_async)
        await point.open(alias, chosen, access, own)
        return {}

    async def do_prove(self, alias: str, is_reference: bool) -> Message:
        """Call a strategy twice and compare its results with the reference's."""
        return await self._opened().prove(alias, is_reference=is_reference)

    async def do_prove_counted(self, alias: str, number: int, objects: bool) -> Message:
        """Make one call of a proof, and count it."""
        return await self._opened().prove_counted(alias, number, objects=objects)

    async def do_compare(self, alias: str, number: int, is_reference: bool) -> Message:
        """Compare what that call returned and left with what the reference's did."""
        return await self._opened().compare(alias, number, is_reference=is_reference)

    async def do_call(self, alias: str) -> Message:
        """Call a strategy as it is timed."""
        return await self._opened().call(alias)

    async def do_rest(self, alias: str) -> Message:
        """End the sessions that the calls of a writing strategy used."""
        return {"tables": await self._opened().rest(alias)}

    async def do_cold(self, alias: str, application_name: str | None = None) -> Message:
        """Time the first call of a new engine."""
        return await self._opened().cold(alias, application_name)

    async def do_open_counted(self, alias: str, address: Message) -> Message:
        """Give a strategy another engine, on which its calls are counted."""
        await self._opened().open_counted(alias, self._known(address))
        return {}

    async def do_put_back(self, alias: str) -> Message:
        """Make the tables ready for the next call of a strategy that writes."""
        await self._opened().put_back(alias)
        return {}

    async def do_repeat(self, alias: str, made: int) -> Message:
        """Call a strategy on its counted engine, uncounted, until it is warm."""
        await self._opened().repeat(alias, made)
        return {}

    async def do_profile(self, alias: str, timing: bool) -> Message:
        """The Python calls of a warm call, and with `timing` the functions that cost most."""
        return await self._opened().profile(alias, timing=timing)

    async def do_close_counted(self, alias: str) -> Message:
        """Close the counted engine of a strategy."""
        await self._opened().close_counted(alias)
        return {}

    async def do_trace(self, alias: str) -> Message:
        """Trace the memory that Python allocates in a warm call."""
        return {"traced_memory": await self._opened().trace(alias)}

    async def do_demonstrate(self, alias: str) -> Message:
        """Call a strategy that is meant to raise or to differ; `shown` is what it did, None where it did not."""
        shown, tally = await self._opened().demonstrate(alias)
        return {
            "shown": self._places.said(shown) if isinstance(shown, BaseException) else shown,
            **told(tally),
        }

    async def do_grow(
        self,
        alias: str,
        scenario: str,
        params: Message,
        seed_number: int,
        strategy: str,
        address: Message,
        driver: str,
        application_name: str,
    ) -> Message:
        """Measure the memory of a strategy's call in a process of its own, a fork of this one, which has called
        nothing; where that failed, `error` says why.
        """
        asked = self._asked(scenario)
        chosen = asked.strategies[strategy]
        there = self._known(address)
        access = Access(there, chosen.driver or driver, application_name, bool(asked.writes))
        return await self._aside.grow(alias, scenario, asked, chosen, access, params, seed_number)

    async def do_disturb(
        self, alias: str, strategy: str, address: Message, driver: str, application_name: str, number: int
    ) -> Message:
        """Drive a strategy's load, which the controller disturbs when it is asked to."""
        point = self._opened()
        chosen = point.scenario.strategies[strategy]
        access = self._access(address, chosen.driver or driver, application_name)
        return await point.disturb(alias, chosen, access, number)

    async def do_explain(self, alias: str) -> Message:
        """The plans of a strategy's statements."""
        return await self._opened().explain(alias)

    async def do_warm_up(self, alias: str, made: int) -> Message:
        """Warm a strategy up, after `made` calls of it."""
        return {"wall_ns": await self._opened().warm_up(alias, made)}

    async def do_abandon(self, alias: str) -> Message:
        """Let go of a strategy whose database is dropped next."""
        await self._opened().abandon(alias)
        return {}

    async def do_freeze(self) -> Message:
        """Have the server settle, and move everything that lives now out of the garbage collector's sight."""
        await self._opened().settle()
        gc.collect()
        gc.freeze()
        self._rounds_prepared = True
        return {}

    async def do_release(self, alias: str) -> Message:
        """Close the connections of a strategy's pool."""
        await self._opened().release(alias)
        return {}

    async def do_round(
        self, number: int, order: list[str], in_a_row: dict[str, int], primed: list[str], **how: bool
    ) -> Message:
        """Sample the strategies of a round; `how` it begins and ends is as in `OpenPoint.round`."""
        return {"samples": await self._opened().round(number, order, in_a_row, primed=primed, **how)}

    async def do_close(self) -> Message:
        """Close the point, if one is open; with what went wrong, by strategy, and those that altered their tables."""
        failures: dict[str, Exception] = {}
        altered: list[str] = []
        if self._point is not None:
            point, self._point = self._point, None
            failures, altered = await point.close()
            # Only what rounds have hidden, a point's own things among it: to look through all again takes long.
            if self._rounds_prepared:
                self._rounds_prepared = False
                gc.unfreeze()
        return {"failures": {alias: self._described(error) for alias, error in failures.items()}, "altered": altered}

    def _known(self, address: Message) -> Address:
        """An address that the controller names: what is private of it is not said, and what is only read is fenced
        before anything connects to it.
        """
        known = self._places.known(Address.from_message(address))
        forget(known)
        if known.is_read_only:
            fence_process()
        return known

    def _access(self, address: Message, driver: str, application_name: str) -> Access:
        writes = bool(self._opened().scenario.writes)
        return Access(self._known(address), driver, application_name, writes)

    def _asked(self, name: str) -> Scenario:
        """A scenario that something is asked of; from here on no value of its rows is repeated that should not be."""
        scenario = self._scenarios[name]
        self._places.hides_values = are_hidden(self._hides, scenario.dataset)
        if self._places.hides_values:
            self._keep_log_private()
        return scenario

    def _keep_log_private(self) -> None:
        """Have the controller quote nothing of this process's log: an engine that echoes has values there."""
        self._writer.write(encode({"event": "private"}))

    def _opened(self) -> OpenPoint:
        if self._point is None:
            raise RuntimeError("no point is open")
        return self._point

    async def _announce(self, alias: str, event: Literal["call", "prepare", "disturb"]) -> None:
        # Where the controller has gone, what is open is still closed.
        with suppress(ConnectionError):
            await self._send({"event": event, "strategy": alias})

    async def _answer(self, message: Message) -> Message:
        operation: Callable[..., Awaitable[Message]] = getattr(self, f"do_{message['op']}")
        try:
            return {"answer": await operation(**message.get("arguments", {}))}
        except BenchError as error:
            return {"error": {"kind": type(error).__name__, "message": self._places.hidden(str(error))}}
        except (Exception, SystemExit, asyncio.CancelledError) as error:  # noqa: BLE001 - an author may raise anything
            return {"error": {"kind": "Strategy", "message": self._described(error)}}

    def _described(self, error: BaseException) -> str:
        """An exception in one line, with where it came from."""
        described = self._places.said(error)
        place = where(error, {scenario.file for scenario in self._scenarios.values()})
        return f"{described} ({place})" if place is not None else described

    async def _send(self, message: Message) -> None:
        self._writer.write(encode(message))
        await self._writer.drain()


async def serve(pipe: socket.socket) -> None:
    """Serve the controller at the other end of a socket until it closes."""
    reader, writer = await asyncio.open_connection(sock=pipe, limit=LINE_LIMIT)
    await Worker(reader, writer).serve()
    writer.close()
