"""What is said of an error names neither hosts nor passwords."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator

import asyncpg
import psycopg
import pytest

from bench.databases.address import Address
from bench.worker.places import Places


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port of this machine on which nothing answers."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def _hidden(text: str, host: str | None = None, password: str | None = None) -> str:
    places = Places()
    places.known(Address("postgresql", "shop", host=host, password=password))
    return places.hidden(text)


def test_asyncpg_s_refusal_names_no_place(closed_port: int) -> None:
    """The address that asyncpg could not reach is left out, the reason stays."""
    with pytest.raises(OSError, match="127") as caught:
        asyncio.run(asyncpg.connect(host="localhost", port=closed_port, user="u", database="d"))
    text = _hidden(str(caught.value), host="localhost")
    assert ("127.0.0.1" in text, "::1" in text, "Connect call failed …" in text) == (False, False, True)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "no-such-host.invalid"])
def test_psycopg_s_refusal_names_no_place(closed_port: int, host: str) -> None:
    """Neither name nor number of the host that psycopg could not reach is left."""
    with pytest.raises(psycopg.OperationalError) as caught:
        psycopg.connect(host=host, port=closed_port, user="u", dbname="d")
    text = _hidden(" ".join(str(caught.value).split()), host=host)
    assert [False] * 4 == [part in text for part in (host, "127.0.0.1", "::1", str(closed_port))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('no pg_hba.conf entry for host "10.1.2.3", user "u"', 'no pg_hba.conf entry for host …, user "u"'),
        ("db.internal answered: hunter2 is wrong", "… answered: … is wrong"),
        ("a feed of subdb.internals", "a feed of subdb.internals"),
    ],
)
def test_host_and_password_are_left_out_where_they_stand_alone(text: str, expected: str) -> None:
    """A host or a password is left out wherever it stands, but not where its letters are part of another word."""
    assert expected == _hidden(text, host="db.internal", password="hunter2")


def test_what_an_address_leaves_open_hides_nothing() -> None:
    """Without host and password a text stays as it is."""
    assert "LookupError: nothing" == _hidden("LookupError: nothing")
