"""Two revisions of the user's code on one server: what each declares, and what each counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from functools import cached_property
from types import TracebackType
from typing import Any, Literal, Self

from bench.databases.fingerprint import fingerprint
from bench.databases.holdings import holds
from bench.description import ScenarioDescription
from bench.discovery import select
from bench.errors import BenchError
from bench.measurement import PointResult
from bench.measuring.budgets import refuse_unknown_budgets
from bench.measuring.connection_limits import too_many
from bench.measuring.launches import ARMS, Arm, Launcher, Place, Subject
from bench.measuring.options import Options
from bench.measuring.point import count_point
from bench.measuring.session import Session
from bench.measuring.watching import Watcher
from bench.points import Point
from bench.regressions.limits import with_budgets
from bench.regressions.pairing import Pair, Pairing, pair
from bench.revisions.code import Code
from bench.revisions.environments import OWN
from bench.revisions.git import RevisionError

Relation = Literal["same", "changed", "other"]
"""Two datasets are the `same` where they are made by the same code, or by another to the same end. One is `changed`
that has all the rows of the other, and perhaps more columns and tables, or other indexes and constraints: what is read
of it can be compared. `other` ones have other rows.
"""


class Revisions:
    """A context manager that holds a session of each revision, the base's on the head's server.

    Args:
        options: What was asked for.
        watcher: Is told of long work.
        base: The code of the base.
        head: The code of the head.
    """

    def __init__(self, options: Options, watcher: Watcher, base: Code, head: Code) -> None:
        self._options = options
        self._watcher = watcher
        self.head = Session(options, watcher, code=head)
        try:
            self.base = Session(options, watcher, self.head, code=base)
        except BaseException:
            self.head.__exit__(None, None, None)
            raise
        self._relations: dict[tuple[str, str], Relation] = {}
        self.launcher = Launcher(self.base, self.head, self.refuse_foreign)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with ExitStack() as ending:
            ending.callback(self.head.__exit__, kind, error, trace)
            ending.callback(self.base.__exit__, kind, error, trace)

    @cached_property
    def differences(self) -> dict[str, tuple[str, str]]:
        """What of the surroundings is not the same in both: the interpreter, and packages by name."""
        before, after = self.base.surroundings, self.head.surroundings
        told = {"python": (str(before["python"]), str(after["python"]))}
        for name in sorted({*before["packages"], *after["packages"]} - {OWN}):  # both run one copy of it
            told[name] = (before["packages"].get(name, "none"), after["packages"].get(name, "none"))
        return {name: versions for name, versions in told.items() if versions[0] != versions[1]}

    @cached_property
    def scenarios(self) -> dict[str, ScenarioDescription]:
        """The scenarios of the head by name, with the budgets of the project's own.

        Raises:
            BenchError: A module does not import.
        """
        budgets = self._options.budgets
        return {name: with_budgets(one, budgets) for name, one in self.head.scenarios().items()}

    @cached_property
    def pairing(self) -> Pairing:
        """What the two have in common of what is selected, and what they have not.

        Raises:
            RevisionError: The base does not import.
            BenchError: The head does not, or a selector matches nothing in either.
        """
        refuse_unknown_budgets(self.head)
        self._refuse_other_packages()
        after = self.scenarios
        try:
            before = self.base.scenarios()
        except BenchError as error:
            raise RevisionError(f"the base does not import: {error}") from error
        names = _strategies_of(before, after)
        return pair(before, after, select(self._options.selectors, names))

    def count(self, one: Pair) -> tuple[PointResult, PointResult]:
        """Prove and count a scenario in the base, then in the head. One that was interrupted is unfinished.

        Raises:
            BenchError: The worker or the server failed, and no strategy is to blame.
            RevisionError: One of them imported a file of the other's checkout.
        """
        try:
            self.base.prepare(one.base)
        except BenchError as error:
            raise RevisionError(f"the base cannot be measured: {error}") from error
        before = self._count(self.base, one.base, one)
        if not before.finished:
            return before, before
        after = self._count(self.head, one.head, one)
        if after.finished:  # else what it was asked is answered still
            self.look_at_counted()
        return before, after

    def count_head(self, name: str, strategies: Sequence[str]) -> PointResult:
        """Prove and count strategies that the head alone has, or not the base alone, at their typical point."""
        scenario = self.scenarios[name]
        return self._count(self.head, scenario, Pair(scenario, scenario, strategies, Point(dict(scenario.typical))))

    def count_again(self, one: Pair) -> tuple[PointResult, PointResult]:
        """The same in other processes with another hash seed."""
        for session in (self.base, self.head):
            session.replace_worker(another_hash_seed=True)
        return self.count(one)

    def look_at_counted(self) -> None:
        """Refuse what the processes that count have imported of the other checkout, or of none.

        Raises:
            RevisionError: The first of it.
        """
        sessions: Mapping[Arm, Session] = {"base": self.base, "head": self.head}
        for arm, session in sessions.items():
            if self.base.code.checkouts:
                self.refuse_foreign(arm, session.worker.ask("imported", folders=self.base.code.checkouts))

    def refuse_foreign(self, arm: Arm, found: Mapping[str, Any]) -> None:
        """Refuse what the worker of one revision has imported of the other's checkout, or of neither.

        Args:
            arm: Whose worker.
            found: What it says to `imported`.

        Raises:
            RevisionError: The first file of it, or the first package.
        """
        code = self.base.code
        foreign = code.tree if arm == "head" else code.in_place_of
        files = found["files"].get(str(foreign), ())
        own, other = ("head", "base") if arm == "head" else ("base", "working tree")
        if found["copies"]:
            raise RevisionError(
                f"the {own} imported {found['copies'][0]} from where it is installed and not from this repository, so"
                " that a change of it would not be seen: install the repository editable (`pip install -e .`), or set"
                " PYTHONPATH to the folder that it lies in"
            )
        if files:
            raise RevisionError(
                f"the {own} imported {files[0]} of the {other}, so that the two would not be compared: something puts"
                " that folder on the path by itself, such as PYTHONPATH or a path that is written in the code"
            )

    def subject(self, one: Pair, strategy: str) -> Subject:
        """A strategy of both, to be launched. Readers of one dataset read the same database; writers have their own."""
        places = {arm: self._place(arm, one, strategy) for arm in ARMS}
        return Subject(one.base, one.head, strategy, one.point, places)

    def untimed(self, one: Pair, strategy: str) -> str | None:
        """Why a strategy cannot be launched: three pools of it at once are more than the server takes; else None."""
        return too_many(one.head.strategy(strategy), self.head.max_connections, len(ARMS))

    def datasets(self, one: Pair) -> Relation:
        """What the head's dataset is to the base's."""
        key = (one.base.dataset, one.head.dataset)
        if key not in self._relations:
            self._relations[key] = self._relation(one)
        return self._relations[key]

    def _relation(self, one: Pair) -> Relation:
        if self.base.dataset_key(one.base) == self.head.dataset_key(one.head):
            return "same"
        before, after = self.base.clones.of(one.base), self.head.clones.of(one.head)
        if fingerprint(before) == fingerprint(after):
            return "same"
        return "changed" if holds(after, before) else "other"

    def _refuse_other_packages(self) -> None:
        """Refuse a base whose workers find other packages than it was made for, as by a PYTHONPATH."""
        from packaging.requirements import Requirement

        required = [Requirement(one) for one in self.base.code.requires]
        found = self.base.worker.ask("versions", packages=[one.name for one in required])
        for one in required:
            version = found[one.name]
            if version is None or not one.specifier.contains(version, prereleases=True):
                raise RevisionError(
                    f"the base was to have {one.name}{one.specifier} and has {version or 'none'}: something puts"
                    " another one on the path, such as PYTHONPATH"
                )

    def _count(self, session: Session, scenario: ScenarioDescription, one: Pair) -> PointResult:
        entrants = {name: name for name in dict.fromkeys([scenario.baseline, *one.strategies])}
        session.prepare(scenario)
        return count_point(session, scenario, one.point, entrants, scenario.baseline)

    def _place(self, arm: Arm, one: Pair, strategy: str) -> Place:
        session, scenario = (self.head, one.head) if arm == "head" else (self.base, one.base)
        if scenario.writes:
            database = session.clones.of(scenario, f"{scenario.name}:{strategy} {arm}")
        elif self.datasets(one) == "same":
            database = self.base.clones.of(one.base)
        else:
            database = session.clones.of(scenario)
        bouncer = session.proxy_of(scenario.strategy(strategy))
        return Place(database if bouncer is None else bouncer.to(database), database)


def _strategies_of(*revisions: Mapping[str, ScenarioDescription]) -> dict[str, list[str]]:
    """The strategies of all scenarios of several revisions together, by the scenario's name."""
    found: dict[str, dict[str, None]] = {}
    for scenarios in revisions:
        for name, scenario in scenarios.items():
            found.setdefault(name, {}).update(dict.fromkeys(one.name for one in scenario.strategies))
    return {name: list(strategies) for name, strategies in found.items()}
