"""In what two results were measured otherwise, and what may then not be concluded from them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from bench.measurement import Environment, Result

Bearing = Literal["data", "client", "time"]
"""What a difference bears on: the data, so that no count can be compared; what is counted inside the client and its
protocol, Python calls and bytes; or time alone. Each bears on what follows it too.
"""

_CLIENT_PACKAGES = {"querybench": "querybench", "sqlalchemy": "SQLAlchemy", "greenlet": "greenlet"}
_DRIVERS = {True: ("asyncpg", "psycopg"), False: ("aiosqlite",)}
"""The drivers that strategies run on, on PostgreSQL and on SQLite: a plain function is on psycopg, whatever the run is
on.
"""


@dataclass(frozen=True)
class Difference:
    """Something of the surroundings that is not the same for both results, in words."""

    what: str
    before: str
    after: str
    bears_on: Bearing


def differences(base: Result, new: Result) -> tuple[Difference, ...]:
    """What the two results were measured with otherwise, as far as it bears on counts or times."""
    return tuple(
        Difference(what, before, after, bearing)
        for (what, bearing), (before, after) in _paired(surroundings(base), surroundings(new))
        if before != after
    )


Surroundings = Mapping[tuple[str, Bearing], str]


def _paired(base: Surroundings, new: Surroundings) -> Iterator[tuple[tuple[str, Bearing], tuple[str, str]]]:
    for key in dict.fromkeys((*base, *new)):
        yield key, (base.get(key, "none"), new.get(key, "none"))


def surroundings(result: Result) -> dict[tuple[str, Bearing], str]:
    """What a result was measured with, in words, as far as it bears on counts or times: by what it is and bears on."""
    environment, packages = result.environment, result.environment.packages
    found: dict[tuple[str, Bearing], str] = {
        ("scale of the data", "data"): str(environment.scale),
        ("seed of the data", "data"): str(environment.seed),
        ("Python", "client"): environment.python,
    }
    for name, title in _CLIENT_PACKAGES.items():
        if name in packages:
            found[title, "client"] = packages[name]
    found["driver", "client"] = environment.driver
    for name in _DRIVERS[environment.postgres is not None]:
        if name in packages:
            found[name, "client"] = packages[name]
    if environment.loop == "uvloop":
        found["uvloop", "client"] = packages.get("uvloop", "none")
    found["event loop", "client"] = environment.loop
    found["database", "client"] = environment.database.partition(":")[0]
    found["PostgreSQL", "client"] = environment.postgres or "none"
    found |= {("CPU", "time"): environment.cpu, ("cores", "time"): str(environment.cores)}
    found |= {("kernel", "time"): environment.kernel, ("garbage collection", "time"): environment.gc}
    found["worker and server on a core each", "time"] = "yes" if environment.pinned else "no"
    found["processes that drive a load", "time"] = str(result.settings.processes)
    return found | _server_settings(environment)


def _server_settings(environment: Environment) -> dict[tuple[str, Bearing], str]:
    """The server's settings; its version is said already."""
    return {
        (f"setting {name}", "time"): value for name, value in environment.settings.items() if name != "server_version"
    }
