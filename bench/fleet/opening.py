"""What the processes of a fleet are told of a point: everything but a secret."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from bench.databases.address import Address
from bench.privacy import Hides
from bench.scenario import Scenario

SECRETS = frozenset({"password", "passfile", "sslpassword"})
"""Connection options that hold a secret, or say where on this machine one lies."""
KEY_VARIABLE = "BENCH_SSLPASSWORD"
"""The environment variable with the password of the client's key, for which libpq has none."""


@dataclass(frozen=True)
class Opening:
    """A point to open, in each process of a fleet.

    Attributes:
        module: The name of the scenario's module and the path of its file, which may be another one elsewhere.
        scenario: The scenario's name, its module's included.
        code: The digest of its strategies' code, which must be the same everywhere; see `code_of`.
        params: The choice of parameters.
        seed: Of the run, from which every process makes equal inputs.
        strategies: The strategy of each contestant by the name it goes by.
        addresses: The database of each, by the same name, without secrets; see `without_secrets`.
        driver: PostgreSQL's driver under async strategies.
        application_name: What the connections call themselves.
        hides: Of whose rows no value is repeated in what is said.
    """

    module: tuple[str, str]
    scenario: str
    code: str
    params: Mapping[str, Any]
    seed: int
    strategies: Mapping[str, str]
    addresses: Mapping[str, Mapping[str, Any]]
    driver: str
    application_name: str
    hides: Hides

    def as_message(self) -> dict[str, Any]:
        """As plain values, which any version of Python unpickles."""
        return asdict(self)

    @classmethod
    def from_message(cls, message: Mapping[str, Any]) -> Opening:
        """The opening that `as_message` was made from."""
        return cls(**message)


def without_secrets(address: Address) -> Address:
    """The same database, the password left to the environment of who connects, as libpq finds it there."""
    options = {name: value for name, value in address.options.items() if name not in SECRETS}
    return replace(address, password=None, options=options)


def with_own_secrets(address: Address) -> Address:
    """The same with what the environment has of secrets that neither libpq nor asyncpg looks for there."""
    password = os.environ.get(KEY_VARIABLE)
    if password is None or "sslkey" not in address.options:
        return address
    return replace(address, options={**address.options, "sslpassword": password})


def code_of(strategies: Mapping[str, str]) -> str:
    """The digest of strategies' code, by their names; as described, so that both sides work it out alike."""
    return hashlib.sha256("\n".join(f"{name}\n{strategies[name]}" for name in sorted(strategies)).encode()).hexdigest()


def code_of_scenario(scenario: Scenario) -> str:
    """The digest of the code of a scenario that was imported here."""
    from bench.worker.describing import describe

    described = describe("", scenario)["strategies"]
    return code_of({one["name"]: one["code"] for one in described})
