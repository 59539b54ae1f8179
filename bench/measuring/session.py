"""What a run holds open: the server, the worker, the templates and the clones; and a new worker when one is lost."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from bench.databases.address import Address
from bench.databases.bouncer import Bouncer, open_bouncer
from bench.databases.opening import open_server
from bench.databases.postgres import PostgresServer
from bench.databases.server import Server
from bench.description import ScenarioDescription, StrategyDescription
from bench.discovery import Module, find_modules, select
from bench.errors import BenchError, DatabaseError
from bench.fleet.cluster import Fleet
from bench.measuring.clones import Clones
from bench.measuring.fleets import fleet_of_processes, fleet_of_workers
from bench.measuring.interruptions import interruptions_put_off
from bench.measuring.memory import MemoryWorker
from bench.measuring.options import Options
from bench.measuring.pinning import choose_cores, confine
from bench.measuring.standstill import Standstill
from bench.measuring.tapping import Tapping
from bench.measuring.watching import Watcher
from bench.measuring.worker_process import StrategyError, WorkerProcess
from bench.revisions.code import HERE, Code


class ServerLostError(DatabaseError):
    """The server ended in the midst of a run, and did not come back."""

    exit_code = 4


class Session:
    """A context manager: on leaving it, the worker ends, this run's databases are dropped and the server is let go
    of.

    Args:
        options: What the run was asked for.
        watcher: Is told of long work.
        host: Another session, whose server it uses.
        code: The code that its workers run.
    """

    def __init__(
        self, options: Options, watcher: Watcher, host: Session | None = None, code: Code | None = None
    ) -> None:
        self.options = options
        self.watcher = watcher
        self.code: Code = code or (HERE if host is None else host.code)
        # Looked for once: Python 3.11 may fail to parse in two threads at the same time.
        self.modules: Sequence[Module] = _modules_of(self.code, options) if host is None or code else host.modules
        self._hash_seed = options.seed % 2**32
        self._cores = choose_cores() if options.pin else None
        self._interrupted = False
        self.still = Standstill()
        self.worker = self._start()
        self.memory = MemoryWorker(self._start_aside, self._let_go)
        self.lost_s = 0.0
        self.lost_server: ServerLostError | None = None
        self.times_ended: int = 0 if host is None else host.times_ended
        self._host = host
        self._server: Server | None = None
        self._templates: dict[str, str] = {}
        self._tapping: Tapping | None = None
        self._bouncer: Bouncer | None = None
        self._bouncer_refused: DatabaseError | None = None
        self._fleet: Fleet | None = None
        self.clones = Clones(lambda: self.server, self._template, shares_server=host is not None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with interruptions_put_off(), ExitStack() as ending:
            if self._server is not None:
                ending.callback(self._server.close)
            if self._bouncer is not None:
                ending.callback(self._bouncer.close)
            if self._tapping is not None:
                ending.callback(self._tapping.close)
            ending.callback(self.clones.forget_statistics)
            ending.callback(self.worker.end)
            ending.callback(self.memory.close)
            if self._fleet is not None:
                ending.callback(self._fleet.close)

    def another(self) -> Session:
        """A session on the same server, with a worker of its own that knows the same scenarios.

        Raises:
            BenchError: The database cannot be had, or a module does not import.
        """
        session = Session(self.options, self.watcher, self)
        try:
            session.scenarios()
        except BaseException:
            session.__exit__(None, None, None)
            raise
        return session

    def interrupt(self) -> None:
        """Have who waits for its workers, in another thread, interrupted now: there KeyboardInterrupt is raised."""
        self._interrupted = True

    @property
    def server(self) -> Server:
        """The database server, opened at its first use: a wrong selector is said without one."""
        if self._host is not None:
            return self._host.server
        if self._server is None:
            self._server = open_server(
                self.options.database,
                say=self.watcher.say,
                settings=self.options.settings,
                existing=self.options.existing,
            )
            if self._cores is not None:
                self._server.pin(self._cores.server)
        return self._server

    @property
    def fleet(self) -> Fleet | None:
        """The processes that drive loads together, started at their first use; None where the worker drives them.

        Raises:
            BenchError: They cannot be had, or are no good.
        """
        if self._fleet is None and self.options.workers is not None:
            self._fleet = fleet_of_workers(self.options, self.server, self.surroundings)
        elif self.options.processes > 1 and (self._fleet is None or not self._fleet.members):
            if self._fleet is not None:
                self._fleet.close()  # all of them were lost at another point
            self._fleet = fleet_of_processes(self.options, self.server, self._hash_seed)
        return self._fleet

    @property
    def shares_proxies(self) -> bool:
        """Whether whoever drives loads reaches a proxy of the run's, and has the password that it takes."""
        fleet, server = self.fleet, self.server
        if fleet is None:
            return True
        return fleet.is_here and isinstance(server, PostgresServer) and server.maintenance.password is not None

    @property
    def tapping(self) -> Tapping | None:
        """The tap in front of the server; None where there is no wire, as with SQLite."""
        if self._tapping is None and isinstance(self.server, PostgresServer):
            self._tapping = Tapping(self.server)
        return self._tapping

    def proxy_of(self, strategy: StrategyDescription) -> Bouncer | None:
        """The PgBouncer that a strategy's connections go through, started at its first use, and again where it has
        ended; None where they go to the server itself.

        Raises:
            DatabaseError: It is not installed, or does not start.
        """
        if strategy.through is None or not isinstance(self.server, PostgresServer):
            return None
        if self._bouncer is not None and not self._bouncer.runs:
            self._bouncer.close()
            self._bouncer = None
        if self._bouncer_refused is not None:
            raise self._bouncer_refused  # as it would again, after ten seconds
        if self._bouncer is None:
            try:
                self._bouncer = open_bouncer(self.server)
            except DatabaseError as error:
                self._bouncer_refused = error
                raise
        return self._bouncer

    @property
    def tap_lost(self) -> str | None:
        """How the tap ended, where it died."""
        return self._tapping.lost if self._tapping is not None else None

    def renew_tap(self) -> None:
        """Have another tap in place of one that has died."""
        if self._tapping is not None:
            self._tapping.renew()

    def complaints_of_the_tap(self) -> tuple[str, ...]:
        """What the tap has to say of a server that does not answer, or of TLS, since this was last asked."""
        return self._tapping.complaints() if self._tapping is not None else ()

    def scenarios(self) -> dict[str, ScenarioDescription]:
        """The scenarios of the modules that the selectors can mean, by name.

        Raises:
            ScenarioError: A module does not import, or a scenario contradicts itself.
        """
        described = self._describe(self.worker)
        return {message["name"]: ScenarioDescription.from_message(message) for message in described}

    def selected(self) -> list[tuple[ScenarioDescription, list[str]]]:
        """The scenarios that the selectors match, each with the strategies to measure, the baseline among them.

        Raises:
            UsageError: A selector that matches nothing.
        """
        scenarios = self.scenarios()
        names = {name: [strategy.name for strategy in one.strategies] for name, one in scenarios.items()}
        chosen = select(self.options.selectors, names)
        return [
            (
                scenarios[name],
                [each for each in names[name] if wanted is None or each in wanted or each == scenarios[name].baseline],
            )
            for name, wanted in chosen.items()
        ]

    @cached_property
    def surroundings(self) -> Mapping[str, Any]:
        """What the worker runs on: python, packages, gc, loop."""
        return self.worker.ask("surroundings")

    @cached_property
    def max_connections(self) -> int | None:
        """How many connections the server takes; None where there is no server."""
        most = self.server.settings().get("max_connections")
        return int(most) if most is not None else None

    def prepare(self, scenario: ScenarioDescription) -> None:
        """Make the scenario's dataset where it is not there yet, and have the worker for memory ready, before any
        budget begins to run.
        """
        self._template(scenario)
        if self.options.measures_memory:
            self.clones.beside(scenario)
            self.memory.start()

    def server_has_ended(self) -> bool:
        """Whether the server has ended since `outlive` was last asked."""
        return self.server.times_ended() != self.times_ended

    def outlive(self) -> str | None:
        """Have the server back where it has ended since this was last asked; what became of it, as the end of a
        sentence, None where it was there all the time.

        Raises:
            ServerLostError: It does not come back.
        """
        if not self.server_has_ended():
            return None
        self.clones.forget_statistics()
        self.watcher.say("the server has ended: it is started again, or waited for")
        try:
            came_back = self.server.revive()
        except DatabaseError as error:
            self.lost_server = ServerLostError(f"the server ended while it was measured, and is not back: {error}")
            raise self.lost_server from None
        self.times_ended = self.server.times_ended()
        if self._cores is not None and self._host is None:
            self.server.pin(self._cores.server)
        return came_back

    def replace_worker(self, *, another_hash_seed: bool = False) -> None:
        """End the worker, and what it left running on the server, and start a new one that knows the same scenarios."""
        name = self.worker.application_name
        self.worker.end()
        self.server.terminate(name)
        if another_hash_seed:
            self._hash_seed = (self._hash_seed + 1) % 2**32
            if self._fleet is not None and self._fleet.is_here:
                self._fleet.close()
                self._fleet = None
        self.worker = self._start()
        self._describe(self.worker)

    def start_worker(self, hash_seed: int) -> WorkerProcess:
        """A worker that runs this session's code; it knows no scenario yet, and whoever asked for it ends it."""
        worker = WorkerProcess(
            code=self.code,
            loop=self.options.loop,
            hash_seed=hash_seed,
            timeout=self.options.timeout,
            report=self._say,
            interrupted=lambda: self._interrupted,
            still=self.still,
        )
        if self._cores is not None:
            confine(worker.pid, self._cores.worker)
        return worker

    def _start(self) -> WorkerProcess:
        return self.start_worker(self._hash_seed)

    def _say(self, line: str) -> None:
        self.watcher.say(line)  # another one than at its start, where lanes share one

    def _let_go(self, application_name: str) -> None:
        """What a worker for memory left: calls that run, and what its writers changed."""
        self.server.terminate(application_name)
        self.clones.drop_beside()

    def _start_aside(self) -> WorkerProcess:
        """A worker that is told the scenarios, and shares nothing with the one that is timed."""
        worker = self._start()
        self._begin_to_describe(worker)
        return worker

    def _describe(self, worker: WorkerProcess) -> Sequence[Mapping[str, Any]]:
        self._begin_to_describe(worker)
        described: Sequence[Mapping[str, Any]] = worker.finish()["scenarios"]
        return described

    def _begin_to_describe(self, worker: WorkerProcess) -> None:
        modules = [[module.name, str(module.path)] for module in self.modules]
        worker.begin("describe", modules=modules, hides=self.options.hides)

    def dataset_key(self, scenario: ScenarioDescription) -> str:
        """What tells a scenario's dataset from any other: how its rows are made, and for which server."""
        options = self.options
        ingredients = [options.scale, options.seed, self.server.dialect, self.server.version]
        key: str = self.worker.ask("digest", scenario=scenario.name, ingredients=ingredients)["digest"]
        return key

    def _template(self, scenario: ScenarioDescription) -> str:
        if scenario.dataset not in self._templates:
            options, key = self.options, self.dataset_key(scenario)

            def seed(address: Address) -> None:
                self.watcher.say(f"making the dataset {scenario.dataset}, once")
                try:
                    self.worker.ask(
                        "seed",
                        patience=math.inf,
                        scenario=scenario.name,
                        address=address.as_message(),
                        scale=options.scale,
                        seed_number=options.seed,
                    )
                except StrategyError as error:
                    raise BenchError(f"the dataset {scenario.dataset} could not be made: {error}") from error

            readable = re.sub(r"[^a-z0-9]+", "_", scenario.dataset.lower())[:24]
            self._templates[scenario.dataset] = self.server.template(f"{readable}_{key}", seed)
        return self._templates[scenario.dataset]


def _modules_of(code: Code, options: Options) -> list[Module]:
    """The modules that the selectors can mean: others are not imported, so that their mistakes are not in the way."""
    if code.modules is None:
        modules = find_modules([Path(place) if Path(place).exists() else place for place in options.scenarios])
    else:
        modules = {module.name: module for module in code.modules}
    wanted = {selector.partition(":")[0].partition(".")[0] for selector in options.selectors}
    return [module for module in modules.values() if not wanted or module.name in wanted] or list(modules.values())
