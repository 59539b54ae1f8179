"""Whether what a strategy requires is there: a database by its name, a version of it or of a package, an extension."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from packaging.requirements import InvalidRequirement, Requirement
from packaging.version import InvalidVersion, Version

from bench.databases import bouncer
from bench.databases.server import Server
from bench.errors import ScenarioError


def unmet(requires: Sequence[str], server: Server, packages: Mapping[str, str]) -> str | None:
    """Why a strategy cannot run here; None where it can.

    Args:
        requires: `postgresql`, `sqlite`, `pgbouncer`, or one of them or a package with a version, such as
            `sqlalchemy>=2.1`; or `extension pg_trgm`, by its name.
        server: The database server.
        packages: Version of each package that the worker has.

    Raises:
        ScenarioError: A requirement that cannot be read.
    """
    there = {**packages, server.dialect: server.version}
    for text in requires:
        kind, _, name = text.partition(" ")
        if kind == "extension" and name:
            if name not in server.extensions():
                return f"requires the {text}, which this {server.dialect} does not have"
            continue
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            raise ScenarioError(f"requires={text!r} cannot be read: write for example sqlalchemy>=2.1") from None
        is_bouncer = requirement.name.lower() == bouncer.PROGRAM
        version = bouncer.installed_version() if is_bouncer else there.get(requirement.name.lower())
        if version is None and is_bouncer:
            return bouncer.missing(text)
        if version is None:
            return (
                f"requires {text}, and this is {server.dialect} {server.version}"
                if _is_database(text)
                else f"requires {text}, which is not installed"
            )
        if not requirement.specifier.contains(_version(version), prereleases=True):
            return f"requires {text}, and this is {version}"
    return None


def _is_database(text: str) -> bool:
    return text.lower().startswith(("postgresql", "sqlite"))


def _version(text: str) -> Version:
    try:
        return Version(text)
    except InvalidVersion:
        return Version(text.split(maxsplit=1)[0].rstrip("+"))
