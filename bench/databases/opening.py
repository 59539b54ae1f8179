"""From what `--database` says to a server that answers."""

from __future__ import annotations

from collections.abc import Mapping

from bench.databases.server import Say, Server
from bench.errors import UsageError

FORMS = "auto, docker[:IMAGE], embedded, local[:BINDIR], sqlite, or a postgresql:// URL"


def open_server(spec: str, *, say: Say, settings: Mapping[str, str] | None = None, existing: bool = False) -> Server:
    """The server that `spec` names, ready for templates and clones. What a kind needs is imported for that kind alone.

    A container belongs to one run, and is given `settings` at its start. The other servers are shared: there each clone
    is given them by ALTER DATABASE, and what can only be set at a server's start is refused.

    Args:
        spec: `auto`, `docker[:IMAGE]`, `embedded`, `local[:BINDIR]`, `sqlite`, or a PostgreSQL URL.
        say: Receives lines of progress.
        settings: PostgreSQL settings by name, as `--setting NAME=VALUE` gives them.
        existing: Whether the database that `spec` names is read as it stands, and none is made.

    Raises:
        UsageError: `spec` is none of these, or the server refuses one of `settings`.
        DatabaseError: The server cannot be had.
    """
    from bench.databases.leftovers import clear

    settings = settings or {}
    clear(say)
    if existing:
        if "://" not in spec:
            raise UsageError("--existing reads the database that a URL names: give --database postgresql://…")
        from bench.databases.existing import ExistingDatabase

        return ExistingDatabase(spec, settings)
    if "://" in spec:
        from bench.databases.url import open_url

        return open_url(spec, settings, say=say)
    kind, colon, detail = spec.partition(":")
    if bool(colon) != bool(detail) or (detail and kind not in ("docker", "local")):
        raise _unknown(spec)
    return _open(kind, detail or None, settings, say)


def _open(kind: str, detail: str | None, settings: Mapping[str, str], say: Say) -> Server:
    match kind:
        case "auto":
            from bench.databases.auto import open_auto

            return open_auto(settings, say=say)
        case "docker":
            from bench.databases.docker import open_docker

            return open_docker(detail, settings, say=say)
        case "embedded":
            from bench.databases.embedded import open_embedded

            return open_embedded(settings, say=say)
        case "local":
            from bench.databases.local import open_local

            return open_local(detail, settings, say=say)
        case "sqlite":
            from bench.databases.sqlite import SqliteServer

            return SqliteServer(settings)
    raise _unknown(kind)


def _unknown(spec: str) -> UsageError:
    # A mistyped URL has its user, password and host in it still.
    shown = f"`{spec}`" if spec.replace("-", "").isalnum() else "this"
    return UsageError(f"--database: {shown} is no database: say {FORMS}")
