"""Names the relationships that one call loads with a statement for each object: N+1, by the line that caused it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import PurePath
from types import FrameType
from typing import Any, Literal

from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState, Session, strategies

from bench.measurement import RepeatedLoad
from bench.worker.running_frames import running_frames

Kind = Literal["lazy", "immediate"]


@dataclass(frozen=True)
class Load:
    """One load of a relationship, as `bench.measurement.RepeatedLoad` describes it."""

    relationship: str
    kind: Kind
    where: str | None


@dataclass
class Loads:
    """How often each load was seen, in the order of their first."""

    seen: Counter[Load] = field(default_factory=Counter)

    def repeated(self) -> tuple[RepeatedLoad, ...]:
        """Those that were seen more than once, the most frequent first."""
        return tuple(
            RepeatedLoad(load.relationship, load.kind, count, load.where)
            for load, count in self.seen.most_common()
            if count > 1
        )


@contextmanager
def noted_loads(files: Collection[str]) -> Iterator[Loads]:
    """Note each statement that any ORM session sends to load a relationship of one object, while the context is open.

    These are what reading an attribute sends (`lazy`), a flush that has to know what hangs on an object included, and
    what the ORM sends for each object while it loads them (`immediate`): `immediateload`, and `refresh` of an object
    that names the relationship or loads it eagerly without a join. What is found in the identity map sends none.
    `selectinload` and `subqueryload` send one for many objects, and are not noted; relationships that are queries
    (`dynamic`, `write_only`) are not loaded at all.

    Args:
        files: Source files of the scenario, as its code objects name them (`co_filename`). The innermost line in one of
            them is the cause; a load that a task of its own sends, with no such line under it, has none.
    """
    loads = Loads()

    def do_orm_execute(execution: ORMExecuteState) -> None:
        if loads_for_one_object(execution):
            loads.seen[Load(relationship_of(execution), kind_of_load(), _where(files))] += 1

    event.listen(Session, "do_orm_execute", do_orm_execute)
    try:
        yield loads
    finally:
        event.remove(Session, "do_orm_execute", do_orm_execute)


def loads_for_one_object(execution: ORMExecuteState) -> bool:
    """Whether a session is about to send a statement that loads a relationship of one object."""
    return execution.is_select and execution.lazy_loaded_from is not None


def relationship_of(execution: ORMExecuteState) -> str:
    """The relationship at the end of the load's path, by the class that declares it: `User.posts`."""
    path: Any = execution.loader_strategy_path
    return f"{path[-1].parent.class_.__name__}.{path[-1].key}"


def kind_of_load() -> Kind:
    """Whether an immediate loader asked for the load that is under way: the lazy loader does the work of both."""
    for frame in running_frames():
        if _is_strategy(frame, "_load_for_state"):
            return "immediate" if _is_strategy(frame.f_back, "_load_for_path") else "lazy"
    return "lazy"


def _is_strategy(frame: FrameType | None, name: str) -> bool:
    return frame is not None and frame.f_code.co_name == name and frame.f_code.co_filename == strategies.__file__


def _where(files: Collection[str]) -> str | None:
    """The innermost line that runs in one of the files, without their directories."""
    for frame in running_frames():
        if frame.f_code.co_filename in files:
            return f"{PurePath(frame.f_code.co_filename).name}:{frame.f_lineno}"
    return None
