"""Has a function of an application's, or a fixture of its tests', fill an empty database."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from sqlalchemy import MetaData

from bench.dataset import Dataset
from bench.errors import ScenarioError
from bench.worker.engines import Access, dispose, open_async, open_sync


def tables_of(dataset: Dataset) -> MetaData:
    """The tables of a dataset, none where it says nothing of them."""
    return dataset.metadata if dataset.metadata is not None else MetaData()


async def fill(dataset: Dataset, access: Access, report: Callable[[str], None]) -> None:
    """Create the tables of a dataset, and call its function with a session; what it leaves open is committed.

    Raises:
        ScenarioError: The function needs more than a session.
    """
    function = _unwrapped(dataset.fill)
    _require_session_alone(dataset.name, function)
    report(f"filling by {function.__name__}")
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        await _fill_async(dataset, access, function)
    else:
        await _fill_sync(dataset, access, function)


async def _fill_async(dataset: Dataset, access: Access, function: Callable[..., Any]) -> None:
    handle = open_async(access, {})
    try:
        async with handle.engine.begin() as connection:
            await connection.run_sync(tables_of(dataset).create_all)
        async with handle.session() as session:
            if inspect.isasyncgenfunction(function):
                # What comes after the yield puts back what was before.
                await anext(function(session))
            else:
                await function(session)
            await session.commit()
    finally:
        await dispose(handle)


async def _fill_sync(dataset: Dataset, access: Access, function: Callable[..., Any]) -> None:
    handle = open_sync(access, {})
    try:
        tables_of(dataset).create_all(handle.engine)
        with handle.session() as session:
            if inspect.isgeneratorfunction(function):
                next(function(session))
            else:
                function(session)
            session.commit()
    finally:
        await dispose(handle)


def _unwrapped(function: Any) -> Callable[..., Any]:
    """The function behind a fixture of pytest's, which cannot be called by itself."""
    behind = getattr(function, "_get_wrapped_function", None)
    found: Callable[..., Any] = behind() if behind is not None else inspect.unwrap(function)
    return found


def _require_session_alone(name: str, function: Callable[..., Any]) -> None:
    needed = [one.name for one in inspect.signature(function).parameters.values() if one.default is one.empty]
    if len(needed) != 1:
        raise ScenarioError(
            f"the dataset {name!r}: {function.__name__} is given a session and nothing else, and takes "
            f"{', '.join(needed) or 'nothing'}: give the others defaults"
        )
