"""Functions that take a session as a scenario of their own: the first is the baseline."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterable, Callable, Iterator, Sequence
from functools import wraps
from pathlib import Path
from typing import Any, get_type_hints

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Query, Session

from bench.dataset import Dataset
from bench.discovery import close_to, import_file
from bench.errors import ScenarioError, UsageError
from bench.modelling.loaded import loaded
from bench.scenario import Scenario

_GIVEN = [inspect.Parameter("db", inspect.Parameter.POSITIONAL_OR_KEYWORD)]


def functions(path: str, names: Sequence[str], dataset: Dataset) -> Scenario:
    """A scenario whose strategies are functions of a file, each called with a session of its own.

    Args:
        path: The file.
        names: The functions, the baseline first; each takes a session, async or not, and nothing else that it must be
            given.
        dataset: What they read.

    Raises:
        UsageError: The file has no such function.
        ScenarioError: The file does not import, or a function needs more than a session.
    """
    module = import_file(Path(path))
    scenario = Scenario(
        dataset=dataset,
        question=f"Which is faster, {' or '.join(names)}?",
        compared=loaded,
    )
    scenario.file = str(module.__file__)
    for number, name in enumerate(names):
        function = getattr(module, name, None)
        if not inspect.isfunction(function):
            known = [one for one, value in vars(module).items() if inspect.isfunction(value)]
            raise UsageError(f"{path} has no function {name!r}{close_to(name, known)}")
        _require_session_alone(path, function)
        scenario.strategy(baseline=number == 0)(_as_strategy(function))
    return scenario


def _require_session_alone(path: str, function: Callable[..., Any]) -> None:
    needed = [
        one.name
        for one in inspect.signature(function).parameters.values()
        if one.default is one.empty and one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY)
    ]
    if len(needed) != 1:
        raise ScenarioError(
            f"{path}:{function.__code__.co_firstlineno}: {function.__name__} is given a session and nothing else, and "
            f"takes {', '.join(needed) or 'nothing'}: give the others defaults, or write a scenario (`bench new`)"
        )


def _as_strategy(function: Callable[..., Any]) -> Callable[..., Any]:
    """A strategy that calls it with a session: of the class that it asks for, where that is one of an ORM's own. What
    it gives row by row is read to its end as long as the session is open, for that is where the work is done.
    """
    yields = inspect.isasyncgenfunction(function)
    if yields or inspect.iscoroutinefunction(function):
        of_class = _session_class(function, AsyncSession)

        @wraps(function)
        async def called(db: Any) -> Any:
            async with of_class(db.engine, expire_on_commit=False) as session:
                given = function(session)
                result = given if yields else await given
                return [one async for one in result] if isinstance(result, AsyncIterable) else _read(result)
    else:
        of_class = _session_class(function, Session)

        @wraps(function)
        def called(db: Any) -> Any:
            with of_class(db.engine, expire_on_commit=False) as session:
                return _read(function(session))

    called.__signature__ = inspect.Signature(_GIVEN)  # type: ignore[attr-defined] # the harness's, not the function's
    return called


def _read(result: Any) -> Any:
    """A result, or as a list what has yet to be asked for it: a generator, rows that were not fetched, a query."""
    return list(result) if isinstance(result, Iterator | Query) else result


def _session_class(function: Callable[..., Any], usual: Any) -> Any:
    """The class of session that a function is annotated with, such as SQLModel's; else the usual one."""
    try:
        hints = list(get_type_hints(function).values())
    except (NameError, TypeError, AttributeError):  # annotations for a type checker's eyes alone
        return usual
    return next((hint for hint in hints if isinstance(hint, type) and issubclass(hint, usual)), usual)
