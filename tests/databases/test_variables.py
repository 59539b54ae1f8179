"""libpq's environment variables, on the way to servers of our own and to others."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from bench.databases import variables
from bench.databases.postgres import PostgresServer
from tests.databases.helpers import rows

ELSEWHERE = {
    "PGHOST": "nowhere.invalid",
    "PGHOSTADDR": "127.0.0.9",
    "PGPORT": "1",
    "PGDATABASE": "nowhere",
    "PGUSER": "nobody_here",
    "PGPASSWORD": "wrong",
    "PGPASSFILE": "/dev/null",
    "PGSERVICE": "nowhere",
    "PGOPTIONS": "-c statement_timeout=1 -c search_path=nowhere",
    "PGREQUIREAUTH": "none",
    "PGREQUIREPEER": "somebody_else",
    "PGCHANNELBINDING": "require",
    "PGSSLMODE": "verify-full",
    "PGSSLNEGOTIATION": "direct",
    "PGSSLROOTCERT": "/nowhere/root.crt",
    "PGGSSENCMODE": "require",
    "PGTARGETSESSIONATTRS": "standby",
    "PGCLIENTENCODING": "SQL_ASCII",
    "PGDATESTYLE": "German",
    "PGTZ": "Asia/Tokyo",
    "PGCONNECT_TIMEOUT": "soon",
}
"""Variables that lead elsewhere, or nowhere, each by itself."""
SEEN = "SELECT current_setting('search_path'), current_setting('TimeZone'), 'text'"


@pytest.mark.parametrize("name", sorted(ELSEWHERE))
def test_none_leads_away_from_a_server_of_our_own(
    embedded: PostgresServer, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """The server is reached, its sessions are as they are without the variable, and that is there still."""
    monkeypatch.setenv(name, ELSEWHERE[name])
    assert [('"$user", public', "UTC", "text")] == rows(embedded.maintenance, SEEN)
    assert ELSEWHERE[name] == os.environ[name]


def test_all_are_heard_on_the_way_to_others(embedded: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody's own server is reached as psql reaches it."""
    monkeypatch.setenv("PGOPTIONS", "-c search_path=theirs")
    assert [("theirs", "UTC", "text")] == rows(replace(embedded.maintenance, is_own=False), SEEN)


@pytest.mark.parametrize(("is_own", "left"), [(True, None), (False, "nowhere")])
def test_a_process_of_ours_forgets_them_for_a_server_of_ours(
    embedded: PostgresServer, monkeypatch: pytest.MonkeyPatch, is_own: bool, left: str | None
) -> None:
    """Where the database is somebody's, they stay."""
    monkeypatch.setenv("PGSERVICE", "nowhere")
    monkeypatch.setenv("PGPASSWORD", "kept")
    variables.forget(replace(embedded.maintenance, is_own=is_own))
    assert (left, "kept") == (os.environ.get("PGSERVICE"), os.environ.get("PGPASSWORD"))
