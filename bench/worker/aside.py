"""Measures the memory of strategies in forks of a worker that calls none of them itself, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy.orm import configure_mappers

from bench.pipe import Message
from bench.scenario import Scenario, Strategy
from bench.worker.calling import OpenStrategy, inputs_of, seed_of
from bench.worker.channel import Announce
from bench.worker.engines import Access
from bench.worker.filling import tables_of
from bench.worker.memory import in_a_fork, memory_of
from bench.worker.restoring import Restorer


class Aside:
    """Knows the writing scenario whose tables it puts back, in a clone that nobody else uses."""

    def __init__(self, announce: Announce, describe: Callable[[BaseException], str]) -> None:
        self._announce = announce
        self._describe = describe
        self._kept: tuple[str, Restorer] | None = None
        self._imported: set[tuple[str, str, bool]] = set()

    async def grow(
        self,
        alias: str,
        name: str,
        scenario: Scenario,
        strategy: Strategy,
        access: Access,
        params: Mapping[str, Any],
        seed: int,
    ) -> Message:
        """`peak_memory` and, of one that only reads, `traced_memory` of a strategy's calls; or `error`, a line.

        Args:
            alias: The name that the strategy goes by.
            name: That of its scenario.
            scenario: Whose strategy it is.
            strategy: What to call.
            access: Where its rows are.
            params: The choice of parameters.
            seed: That of the run.
        """
        configure_mappers()
        if scenario.writes:
            await self._announce(alias, "prepare")
            await self._put_back(name, scenario, access)
        inputs = inputs_of(scenario, params, f"{seed_of(seed, name, params)}:count")
        self._import_driver(strategy, access, params)

        async def work() -> Message:
            # What a second call of a writer would change is not put back before it.
            return await memory_of(OpenStrategy(strategy, access, params), inputs, twice=not scenario.writes)

        await self._announce(alias, "call")
        return await in_a_fork(work, self._describe)

    def _import_driver(self, strategy: Strategy, access: Access, params: Mapping[str, Any]) -> None:
        """Have what an engine of this kind imports here, so that it is not imported in each fork."""
        kind = (access.address.dialect, access.driver, strategy.is_async)
        if kind not in self._imported:
            self._imported.add(kind)
            OpenStrategy(strategy, access, params)  # connects to nothing

    async def _put_back(self, name: str, scenario: Scenario, access: Access) -> None:
        kept, restorer = self._kept or ("", None)
        if kept != name or restorer is None:
            if restorer is not None:
                await restorer.close()
            own = replace(access, driver="asyncpg", application_name=f"{access.application_name} keeper")
            restorer = Restorer(own, tables_of(scenario.dataset), scenario.writes)
            self._kept = name, restorer
            await restorer.save()
        await restorer.restore()
