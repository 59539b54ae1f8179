"""Which request an application is answering, where a test asks one of Starlette's, FastAPI's or Flask's."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from functools import wraps
from itertools import count
from typing import Any

_SCOPE: ContextVar[Any] = ContextVar("bench_request", default=None)
_MARK = "_bench_watches_requests"
_NUMBERS = count()


def watch_applications() -> None:
    """Have Starlette's applications say which request they answer, where Starlette is imported by now."""
    module = sys.modules.get("starlette.applications")
    if module is None or hasattr(module.Starlette, _MARK):
        return
    answer: Callable[..., Awaitable[None]] = module.Starlette.__call__

    @wraps(answer)
    async def answer_watched(self: Any, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or _SCOPE.get() is not None:
            await answer(self, scope, receive, send)
            return
        token = _SCOPE.set((next(_NUMBERS), scope))
        try:
            await answer(self, scope, receive, send)
        finally:
            _SCOPE.reset(token)

    module.Starlette.__call__ = answer_watched
    setattr(module.Starlette, _MARK, answer)


def forget_applications() -> None:
    """Leave Starlette as it was found."""
    module = sys.modules.get("starlette.applications")
    if module is not None and (answer := getattr(module.Starlette, _MARK, None)) is not None:
        module.Starlette.__call__ = answer
        delattr(module.Starlette, _MARK)


def current_request() -> tuple[int, str] | None:
    """The request that is being answered: a number of its own, and its endpoint (`GET /authors/{id}`)."""
    answered = _SCOPE.get()
    if answered is not None:
        number, scope = answered
        return number, f"{scope['method']} {_route(scope)}"
    flask = sys.modules.get("flask")
    if flask is not None and flask.has_request_context():
        request = flask.request
        rule = request.url_rule.rule if request.url_rule is not None else request.path
        return request.environ.setdefault(_MARK, next(_NUMBERS)), f"{request.method} {rule}"
    return None


def _route(scope: Any) -> str:
    """The path that the application declares; where that is not known, what the client asked for."""
    route = scope.get("route")
    path = getattr(route, "path", None)
    return str(scope["path"] if path is None else path)
