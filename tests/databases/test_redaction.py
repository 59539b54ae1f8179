"""Texts without hosts, passwords and keys, however they are written."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.databases.address import Address
from bench.databases.redaction import Redaction

ADDRESS = Address(
    *("postgresql", "shop", "db.canary", 5432, "ann", "Pa:ss 'wo\\rd"),
    {
        "hostaddr": "10.9.8.7",
        "passfile": "/home/ann/.canary",
        "service": "canary-service",
        "sslcert": "/home/ann/canary.crt",
        "sslkey": "/home/ann/canary.key",
        "sslmode": "verify-full",
        "sslpassword": "k#y canary",
        "sslrootcert": "system",
    },
)


def hidden(text: str, address: Address = ADDRESS) -> str:
    """A text without what is private of an address."""
    private = Redaction()
    private.know(address)
    return private.hidden(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("db.canary at 10.9.8.7 answers", "… at … answers"),
        ("the key /home/ann/canary.key of /home/ann/canary.crt", "the key … of …"),
        ("no service canary-service in /home/ann/.canary", "no service … in …"),
        ("Pa:ss 'wo\\rd", "…"),
        (f"\\n{ADDRESS.password}s", "\\n…s"),
        (quote("Pa:ss 'wo\\rd", safe=""), "…"),
        (json.dumps({"key": "k#y canary"}), '{"key": "…"}'),
        (repr(["Pa:ss 'wo\\rd"]), '["…"]'),
        ("sslmode=verify-full sslrootcert=system", "sslmode=verify-full sslrootcert=system"),
        ("a feed of subdb.canarys", "a feed of subdb.canarys"),
        (repr("one\ndb.canary"), "'one\\n…'"),
    ],
)
def test_what_is_known_is_hidden(text: str, expected: str) -> None:
    """A name where it stands alone, a password wherever its letters are, and nothing else."""
    assert expected == hidden(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no answer from postgresql://u:p@h:5432/d?x=1", "no answer from postgresql://…"),
        ("could not parse 'postgresql+asyncpg://u@h/d'", "could not parse 'postgresql+asyncpg://…'"),
        ("give --database postgresql://…", "give --database postgresql://…"),
        ("amqp://guest:guest@queue:5672 is down", "amqp://… is down"),
        ("see https://docs.python.org/3/", "see https://docs.python.org/3/"),
        ("host=db.other port=5432 password='it\\'s' user=u", "host=… port=5432 password=… user=u"),
        ("PGPASSWORD=hush psql", "PGPASSWORD=… psql"),
        ("{'host': 'h', 'port': 1, 'password': 'p'}", "{'host': …, 'port': 1, 'password': …}"),
        ('connection to server on socket "/run/x/.s.PGSQL.1" failed', "connection to server on socket … failed"),
        ('PostgreSQL server at "h:5432" rejected SSL upgrade', "PostgreSQL server at … rejected SSL upgrade"),
        (
            'server certificate for "a" does not match host name "b"',
            "server certificate for … does not match host name …",
        ),
        ("- host: 'h', port: 5432, hostaddr: '::1': refused", "- …: refused"),
    ],
)
def test_what_drivers_and_authors_name_is_hidden(text: str, expected: str) -> None:
    """Though nobody has said that it is private."""
    assert expected == Redaction().hidden(text)


def test_a_password_that_is_a_word_is_hidden_where_it_stands_alone() -> None:
    """Words that it is a part of stay whole."""
    address = Address("postgresql", "d", password="post")
    assert "… of postgresql and posture" == hidden("post of postgresql and posture", address)


def test_what_lies_in_the_directory_of_a_socket_may_be_named() -> None:
    """The directory stands for a host, and so does the socket in it; a module that lies there does not."""
    address = Address("postgresql", "d", host="/run/pg")
    assert "…, …/.s.PGSQL.5432, /run/pg/x.py" == hidden("/run/pg, /run/pg/.s.PGSQL.5432, /run/pg/x.py", address)


def test_what_the_environment_says_is_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    """Host, service, files and password, where libpq looks for them."""
    monkeypatch.setenv("PGHOST", "canary-host")
    monkeypatch.setenv("PGPASSWORD", "Canary1")
    monkeypatch.setenv("PGSSLKEY", "/canary.key")
    assert "… … …" == Redaction.of_environment().hidden("canary-host Canary1 /canary.key")


@given(
    st.text(st.characters(exclude_characters="…\0", exclude_categories=["Cs"]), min_size=6),
    st.text(st.characters(exclude_categories=["Cs"])),
    st.text(st.characters(exclude_categories=["Cs"])),
)
def test_no_password_is_left(password: str, before: str, after: str) -> None:
    """A password of six characters and more that is no plain word is in no text, whatever it stands between."""
    password = f"{password}#1"
    assert password not in hidden(before + password + after, Address("postgresql", "d", password=password))
