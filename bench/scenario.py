"""A scenario: one question about one dataset, with two or more strategies that must give the same result."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar, get_args

from bench.claim import Claim
from bench.dataset import Dataset
from bench.errors import ScenarioError
from bench.measurement import COUNTERS
from bench.regressions.limits import DECLARED

Parameter = bool | int | float | str
Kind = Literal["entities", "rows"]
Driver = Literal["asyncpg", "psycopg"]
Fault = Literal["restart", "terminate", "cut", "stall"]
"""What a load can be disturbed by: the server restarts, it ends one connection, one is cut on its way, or stalls."""
Proxy = Literal["pgbouncer"]
Function = TypeVar("Function", bound=Callable[..., Any])

RESERVED = ("db", "inputs", "state")
"""Arguments that the harness gives to a strategy by name; a parameter cannot have one of these names."""


@dataclass(frozen=True)
class Strategy:
    """One way to answer a scenario's question, as it was declared with `Scenario.strategy`."""

    name: str
    function: Callable[..., Any]
    description: str
    takes: tuple[str, ...]
    is_async: bool
    baseline: bool
    returns: Kind
    where: Callable[..., bool | str] | None
    requires: tuple[str, ...]
    raises: type[BaseException] | None
    differs: bool
    setup: Callable[..., AbstractAsyncContextManager[Any]] | None
    engine_options: Mapping[str, Any]
    driver: Driver | None
    through: Proxy | None
    limits: Mapping[str, int]
    line: int

    @property
    def demonstrates(self) -> bool:
        """Whether it is meant to raise, or to answer something else: it is shown, and not ranked."""
        return self.raises is not None or self.differs


@dataclass
class Scenario:
    """One question about one dataset, and the strategies that answer it.

    Args:
        dataset: What the strategies read.
        params: Each parameter with the values that a grid measures, in ascending order where they have one.
        typical: The value of each parameter at the point that a plain run measures.
        size: The parameter whose growth a reader asks about first; the run finds where the winner changes along it.
        question: The question in a sentence; without it, the first line of the module's docstring.
        claims: Sentences of advice that this scenario puts to the test.
        inputs: `inputs(random, **params)`, called untimed once a round; each strategy gets its own equal copy as
        `inputs`.
        writes: The tables (or mapped classes) that the strategies change; without it, connections are read-only.
        ordered: Whether the order of lists in a result matters when results are compared.
        returns: Whether the scenario asks for ORM entities or for plain rows; others are shown as reference.
        headline: The counter, such as `peak_memory`, that the scenario is about before time: it leads the table and the
        answer.
        disturbed_by: The parameter whose values are faults: `restart`, `terminate`, `cut` or `stall`. Each strategy
        drives one load, in whose midst that happens; what is lost is shown in a table of its own, and nothing ranked.
        compared: `compared(result)`, untimed: the plain data of a strategy's result that is compared with the others';
        the result itself, if left out.
        max_statements: A budget: how many statements a warm call of any of its strategies may send at most, at every
        point; a strategy's own goes before it. One that sends more is shown, and ends `bench` with exit code 1.
        max_executions: The same for what the server runs.
        max_round_trips: The same for round trips.
        max_rows: The same for rows that come back.

    Raises:
        ScenarioError: The declaration contradicts itself; raised by the decorator or by `check`.
    """

    dataset: Dataset
    params: Mapping[str, Sequence[Parameter]] = field(default_factory=dict)
    typical: Mapping[str, Parameter] = field(default_factory=dict)
    size: str | None = None
    question: str | None = None
    claims: Sequence[Claim] = ()
    inputs: Callable[..., Any] | None = None
    writes: Sequence[Any] = ()
    ordered: bool = False
    returns: Kind = "entities"
    headline: str | None = None
    disturbed_by: str | None = None
    compared: Callable[[Any], Any] | None = None
    max_statements: int | None = None
    max_executions: int | None = None
    max_round_trips: int | None = None
    max_rows: int | None = None
    strategies: dict[str, Strategy] = field(default_factory=dict, init=False)
    file: str = field(default="", init=False)
    line: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        frame = inspect.currentframe()
        while frame is not None and frame.f_globals.get("__name__") == __name__:
            frame = frame.f_back
        if frame is not None:
            self.file, self.line = frame.f_code.co_filename, frame.f_lineno

    def strategy(
        self,
        *,
        name: str | None = None,
        baseline: bool = False,
        returns: Kind | None = None,
        where: Callable[..., bool | str] | None = None,
        requires: str | Iterable[str] = (),
        raises: type[BaseException] | None = None,
        differs: bool = False,
        setup: Callable[..., AbstractAsyncContextManager[Any]] | None = None,
        engine_options: Mapping[str, Any] | None = None,
        driver: Driver | None = None,
        through: Proxy | None = None,
        max_statements: int | None = None,
        max_executions: int | None = None,
        max_round_trips: int | None = None,
        max_rows: int | None = None,
    ) -> Callable[[Function], Function]:
        """Declare the decorated function as a strategy of this scenario.

        Its first argument is the database (`Database`, or `SyncDatabase` for a plain function); the others are the
        parameters that it needs, and `inputs` or `state` where the scenario or the strategy declares them. Its
        docstring is its line in the table. It returns plain data that shows it read everything that it was asked for.

        Args:
            name: Its name, where that is not the function's.
            baseline: Whether this is what people do today, which the others are compared with; exactly one is.
            returns: What it returns, where that differs from what the scenario asks for.
            where: `where(**params)` with the parameters that it names: True where the strategy applies; False, or a
                string with the reason, where it declines the point.
            requires: What must be there for it to run: `postgresql`, `sqlite`, a version such as `sqlalchemy>=2.1` or
                `postgresql>=15`, or an extension of PostgreSQL's such as `extension pg_trgm`.
            raises: The exception that it is expected to raise: a demonstration, which is not ranked.
            differs: Whether its result is meant to be another than the baseline's: a demonstration too.
            setup: `setup(db, **params)`, an async context manager entered untimed once; its value is passed as `state`.
            engine_options: Options of `create_async_engine` for this strategy's own engine.
            driver: The driver that it runs on whatever the run's is, on PostgreSQL.
            through: What its connections go through to the server: `pgbouncer`, in transaction mode, for reading alone.
                It requires PostgreSQL, and PgBouncer to be installed.
            max_statements: Its own budget, in place of the scenario's: how many statements a warm call may send.
            max_executions: The same for what the server runs.
            max_round_trips: The same for round trips.
            max_rows: The same for rows that come back.

        Raises:
            ScenarioError: The name is taken, there is a baseline already, or it takes an unknown argument.
        """

        def declare(function: Function) -> Function:
            code = getattr(inspect.unwrap(function), "__code__", None)
            if code is None:
                raise self._error(f"a strategy is a function, and {function!r} is none: wrap it in one")
            line = code.co_firstlineno
            self._add(
                Strategy(
                    name=name or function.__name__,
                    function=function,
                    description=inspect.cleandoc(function.__doc__ or "").partition("\n\n")[0].replace("\n", " "),
                    takes=tuple(inspect.signature(function).parameters),
                    is_async=inspect.iscoroutinefunction(function),
                    baseline=baseline,
                    returns=returns or self.returns,
                    where=where,
                    requires=_required(requires, through),
                    raises=raises,
                    differs=differs,
                    setup=setup,
                    engine_options=dict(engine_options or {}),
                    driver=driver,
                    through=through,
                    limits=_given(max_statements, max_executions, max_round_trips, max_rows),
                    line=line,
                )
            )
            return function

        return declare

    @property
    def limits(self) -> dict[str, int]:
        """The budgets of all its strategies, by counter."""
        return _given(self.max_statements, self.max_executions, self.max_round_trips, self.max_rows)

    @property
    def baseline(self) -> Strategy:
        """The strategy that the others are compared with."""
        return next(strategy for strategy in self.strategies.values() if strategy.baseline)

    def check(self) -> None:
        """Refuse a scenario that contradicts itself.

        Raises:
            ScenarioError: With file, line and what to change.
        """
        for complaint in self._complaints():
            raise self._error(complaint)

    def _add(self, strategy: Strategy) -> None:
        if strategy.name in self.strategies:
            raise self._error(f"two strategies are named {strategy.name!r}: rename one", strategy.line)
        if strategy.baseline and any(other.baseline for other in self.strategies.values()):
            raise self._error(
                f"{strategy.name!r} is a second baseline beside {self.baseline.name!r}: keep one", strategy.line
            )
        known = {"db", *self.params, *(("inputs",) if self.inputs else ()), *(("state",) if strategy.setup else ())}
        if strategy.takes[:1] != ("db",):
            raise self._error(f"the first argument of strategy {strategy.name!r} must be db", strategy.line)
        for name in strategy.takes:
            if name not in known:
                raise self._error(
                    f"strategy {strategy.name!r} takes {name!r}, which is no parameter of its scenario"
                    f" (it has {', '.join(sorted(known))})",
                    strategy.line,
                )
        self.strategies[strategy.name] = strategy

    def _complaints(self) -> Iterable[str]:
        if len(self.strategies) < 2:
            yield f"a scenario needs two strategies or more, this one has {len(self.strategies)}"
        if not any(strategy.baseline for strategy in self.strategies.values()):
            yield "no strategy is the baseline: mark one with @….strategy(baseline=True)"
        for name in self.params:
            if name in RESERVED:
                yield f"a parameter cannot be named {name!r}: the harness passes that itself"
            takers: set[str] = {taken for strategy in self.strategies.values() for taken in strategy.takes}
            if name not in takers and self.inputs is None and name != self.disturbed_by:
                yield f"no strategy takes the parameter {name!r}: remove it, or add it as an argument"
            if not self.params[name]:
                yield f"the parameter {name!r} has no values"
            if name not in self.typical:
                yield f"typical= lacks the parameter {name!r}"
        for name in self.typical:
            if name not in self.params:
                yield f"typical= names {name!r}, which is no parameter"
        if self.size is not None and self.size not in self.params:
            yield f"size= names {self.size!r}, which is no parameter"
        if any(strategy.baseline and strategy.demonstrates for strategy in self.strategies.values()):
            yield "the baseline is meant to raise or to differ: nothing can be compared with it"
        if self.headline is not None and self.headline not in COUNTERS:
            yield f"headline= names {self.headline!r}, which is no counter"
        if self.writes and self.dataset.metadata is None:
            yield f"writes= is set, and the dataset {self.dataset.name!r} says nothing of its tables: give it metadata="
        yield from self._contradicting_faults()
        yield from self._contradicting_strategies()
        yield from self._contradicting_limits()
        yield from self._unknown_arguments()
        for claim in self.claims:
            if claim.ahead is not None and claim.ahead == claim.than:
                yield f"the claim {claim.text!r} compares {claim.faster!r} with itself"
            for name in claim.strategies:
                if name not in self.strategies:
                    yield f"the claim {claim.text!r} is about {name!r}, which is no strategy"
            for name in claim.where:
                if name not in self.params:
                    yield f"the claim {claim.text!r} is limited by {name!r}, which is no parameter"

    def _contradicting_faults(self) -> Iterable[str]:
        if self.disturbed_by is None:
            return
        if self.disturbed_by not in self.params:
            yield f"disturbed_by= names {self.disturbed_by!r}, which is no parameter"
        for fault in self.params.get(self.disturbed_by, ()):
            if fault not in get_args(Fault):
                yield f"{fault!r} is no fault that a load can be disturbed by: {', '.join(get_args(Fault))}"
        if self.writes:
            yield "a scenario whose loads are disturbed cannot write: nobody can say what a fault leaves"
        if self.claims:
            yield "a scenario whose loads are disturbed ranks nothing, so that no claim can be judged by it"
        for strategy in self.strategies.values():
            if strategy.demonstrates:
                yield f"strategy {strategy.name!r} is disturbed, and cannot be a demonstration too"
            if strategy.through is not None:
                yield f"strategy {strategy.name!r} goes through {strategy.through}, where no fault is done"

    def _contradicting_strategies(self) -> Iterable[str]:
        for strategy in self.strategies.values():
            if strategy.raises is not None and strategy.differs:
                yield f"strategy {strategy.name!r} can raise or differ, not both: keep one of them"
            if strategy.driver is not None and strategy.driver not in get_args(Driver):
                yield f"driver={strategy.driver!r} of strategy {strategy.name!r} is neither asyncpg nor psycopg"
            if strategy.driver == "asyncpg" and not strategy.is_async:
                yield f"strategy {strategy.name!r} is a plain function, and asyncpg runs async ones alone"
            if strategy.through is not None and strategy.through not in get_args(Proxy):
                yield f"through={strategy.through!r} of strategy {strategy.name!r} is unknown: there is pgbouncer"
            if strategy.through is not None and self.writes:
                yield f"strategy {strategy.name!r} goes through {strategy.through} to read alone, and writes= is set"

    def _contradicting_limits(self) -> Iterable[str]:
        for whose, limits in [
            ("", self.limits),
            *((f" of {one.name!r}", one.limits) for one in self.strategies.values()),
        ]:
            for counter, limit in limits.items():
                declared: Any = limit
                if isinstance(declared, bool) or not isinstance(declared, int) or declared < 0:
                    yield f"max_{counter}={limit!r}{whose} is no budget: give a whole number, 0 or more"
                if self.disturbed_by is not None:
                    yield f"max_{counter}={limit!r}{whose} is never checked: nothing is counted of disturbed loads"
        for one in self.strategies.values():
            for counter in one.limits if one.demonstrates else ():
                yield f"strategy {one.name!r} is a demonstration, which has no budget: remove max_{counter}="

    def _unknown_arguments(self) -> Iterable[str]:
        """Parameters that `where`, `setup` and `inputs` take and that the scenario does not have."""
        functions: list[tuple[str, Callable[..., Any] | None, int]] = [("inputs=", self.inputs, 1)]
        for strategy in self.strategies.values():
            functions += [(f"where= of {strategy.name!r}", strategy.where, 0)]
            functions += [(f"setup= of {strategy.name!r}", strategy.setup, 1)]
        for what, function, given in functions:
            if function is None:
                continue
            for parameter in list(inspect.signature(function).parameters.values())[given:]:
                is_one = parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
                if is_one and parameter.default is parameter.empty and parameter.name not in self.params:
                    yield f"{what} takes {parameter.name!r}, which is no parameter of the scenario"

    def _error(self, complaint: str, line: int | None = None) -> ScenarioError:
        return ScenarioError(f"{self.file}:{line or self.line}: {complaint}")


def _given(*limits: int | None) -> dict[str, int]:
    """The budgets that were declared, in the order of `DECLARED`."""
    return {counter: limit for counter, limit in zip(DECLARED, limits, strict=True) if limit is not None}


def _required(requires: str | Iterable[str], through: Proxy | None) -> tuple[str, ...]:
    """What a strategy requires: what it says, and what it goes through."""
    said = (requires,) if isinstance(requires, str) else tuple(requires)
    return said if through is None else tuple(dict.fromkeys(("postgresql", through, *said)))
