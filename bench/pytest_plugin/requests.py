"""Which request an application is answering, where a test asks one of Starlette's, FastAPI's or Flask's."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import wraps
from itertools import count
from typing import Any

_MARK = "_bench_watches_requests"
_NUMBERS = count()


@dataclass(frozen=True)
class Request:
    """A request that is answered.

    Attributes:
        number: Its own, by which two are the same.
        told: What the application knows of it, which grows until it is answered.
        root: The path below which the outermost application itself stands.
    """

    number: int
    told: Any = field(compare=False)
    root: str = field(default="", compare=False)

    @property
    def endpoint(self) -> str:
        """Such as `GET /authors/{id}`; to be asked when it is answered, for middleware comes before what finds it."""
        return f"{self.told['method']} {self._path}"

    @property
    def _path(self) -> str:
        """The path that the application declares; where that is not known, what the client asked for."""
        path = getattr(self.told.get("route"), "path", None)
        if path is None:
            return str(self.told["path"])
        # Below where an application is mounted in another one.
        return str(self.told.get("root_path", "")).removeprefix(self.root) + str(path)


_REQUEST: ContextVar[Request | None] = ContextVar("bench_request", default=None)


def watch_applications() -> None:
    """Have Starlette's applications say which request they answer, where Starlette is imported by now."""
    module = sys.modules.get("starlette.applications")
    if module is None or hasattr(module.Starlette, _MARK):
        return
    answer: Callable[..., Awaitable[None]] = module.Starlette.__call__

    @wraps(answer)
    async def answer_watched(self: Any, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or _REQUEST.get() is not None:
            await answer(self, scope, receive, send)
            return
        token = _REQUEST.set(Request(next(_NUMBERS), scope, str(scope.get("root_path", ""))))
        try:
            await answer(self, scope, receive, send)
        finally:
            _REQUEST.reset(token)

    module.Starlette.__call__ = answer_watched
    setattr(module.Starlette, _MARK, answer)


def forget_applications() -> None:
    """Leave Starlette as it was found."""
    module = sys.modules.get("starlette.applications")
    if module is not None and (answer := getattr(module.Starlette, _MARK, None)) is not None:
        module.Starlette.__call__ = answer
        delattr(module.Starlette, _MARK)


def current_request() -> Request | None:
    """The request that is being answered."""
    if (answered := _REQUEST.get()) is not None:
        return answered
    flask = sys.modules.get("flask")
    if flask is not None and flask.has_request_context():
        request = flask.request
        rule = request.url_rule.rule if request.url_rule is not None else request.path
        number = request.environ.setdefault(_MARK, next(_NUMBERS))
        return Request(number, {"method": request.method, "path": f"{request.script_root}{rule}"})
    return None
