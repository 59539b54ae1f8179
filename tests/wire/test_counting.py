"""What crosses the wire is counted by the messages, and by nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.wire.counting import ConnectionCounter
from tests.wire.conversation import (
    READY,
    SSL_REQUEST,
    STARTUP,
    SYNC,
    Said,
    bind,
    client,
    completed,
    counts,
    execute,
    listened,
    packet,
    parse,
    query,
    server,
    shown,
    typed,
)

ROW = typed("D", b"\0\x01\0\0\0\x015")


def test_a_prepared_statement_is_one_execution() -> None:
    """Preparing and executing apart are two round trips, one execution, and as many rows as came."""
    said = [
        client(parse("SELECT 5", "s1"), typed("D", b"Ss1\0"), typed("H")),
        server(typed("1"), typed("t", b"\0\0"), typed("T", b"\0\0")),
        client(bind(statement="s1"), execute(), SYNC),
        server(typed("2"), ROW, ROW, completed("SELECT 2"), READY),
    ]
    assert {"round_trips": 2, "executions": 1, "prepares": 1, "rows": 2} == counts(*said)


def test_an_executemany_is_an_execution_for_each_set_in_one_round_trip() -> None:
    """Three sets of parameters before one Sync are three executions and one round trip."""
    said = client(parse("INSERT", "s"), *[bind(statement="s"), execute()] * 3, SYNC)
    assert {"round_trips": 1, "executions": 3, "prepares": 1} == counts(said)


def test_later_executes_of_a_portal_are_fetches() -> None:
    """A cursor read in three goes is one execution and two fetches; that it was not closed is kept."""
    said = [
        client(parse("SELECT", "s"), bind("c", "s"), SYNC),
        *[client(execute("c", 10), SYNC), server(ROW, typed("s"), READY)] * 3,
    ]
    assert {
        "round_trips": 4,
        "executions": 1,
        "fetches": 2,
        "prepares": 1,
        "rows": 3,
        "portals_left": 1,
    } == counts(*said)


def test_a_portal_that_is_closed_is_none_left() -> None:
    """Closing a named portal is no execution, and takes it off what is left open."""
    said = client(parse("SELECT", "s"), bind("c", "s"), execute("c"), typed("C", b"Pc\0"), SYNC)
    assert {"round_trips": 1, "executions": 1, "prepares": 1} == counts(said)


@pytest.mark.parametrize(
    ("text", "tags", "expected"),
    [
        ("BEGIN;", ["BEGIN"], {"transaction_commands": 1}),
        ("  -- why\n/* not */ rollback to savepoint a", ["ROLLBACK"], {"transaction_commands": 1}),
        ("SELECT 1", ["SELECT 1"], {"executions": 1}),
        ("BEGIN; INSERT; UPDATE; COMMIT", ["BEGIN", "INSERT 0 1", "UPDATE 1", "COMMIT"], {"executions": 2, "tx": 2}),
        ("DEALLOCATE a; CLOSE c", ["DEALLOCATE", "CLOSE CURSOR"], {}),
        ("FETCH 5 FROM c", ["FETCH 5"], {"fetches": 1}),
        ("COPY t FROM STDIN", ["COPY 3"], {"executions": 1}),
    ],
)
def test_a_simple_query_is_counted_by_what_completes(text: str, tags: list[str], expected: dict[str, int]) -> None:
    """A simple query is one round trip, and of each kind as many as the server says it completed."""
    found = counts(client(query(text)), server(*map(completed, tags), READY))
    renamed = {"transaction_commands" if name == "tx" else name: value for name, value in expected.items()}
    assert {"round_trips": 1, **renamed} == found


@pytest.mark.parametrize("text", ["", ";", " ; -- nothing\n", "/* nothing */;"])
def test_an_empty_query_is_a_ping(text: str) -> None:
    """A statement without a word in it is a ping, whichever way it is sent."""
    assert {"round_trips": 1, "pings": 1} == counts(client(query(text)), server(typed("I"), READY))
    assert {"round_trips": 1, "pings": 1, "prepares": 1} == counts(client(parse(text), bind(), execute(), SYNC))


def test_transaction_control_is_counted_apart_when_prepared_too() -> None:
    """A BEGIN that goes as a prepared statement, in one pipeline with another, is no execution."""
    begin = (parse("BEGIN"), bind(), execute())
    said = client(*begin, parse("SELECT 1"), bind(), execute(), SYNC)
    assert {"round_trips": 1, "executions": 1, "transaction_commands": 1, "prepares": 2} == counts(said)


def test_a_failed_statement_is_an_execution_and_an_error() -> None:
    """What the server refused was sent: it is counted, with its error, whichever way it was sent."""
    error = typed("E", b"SERROR\0\0")
    assert {"round_trips": 1, "executions": 1, "errors": 1} == counts(client(query("SELECT 1/0")), server(error, READY))
    said = client(parse("SELECT 1/0"), bind(), execute(), SYNC), server(typed("1"), typed("2"), error, READY)
    assert {"round_trips": 1, "executions": 1, "errors": 1, "prepares": 1} == counts(*said)


def test_a_failed_commit_is_a_transaction_command() -> None:
    """A COMMIT that a deferred constraint refuses is no execution."""
    said = client(query("COMMIT")), server(typed("E", b"SERROR\0\0"), READY)
    assert {"round_trips": 1, "transaction_commands": 1, "errors": 1} == counts(*said)


def test_copy_waits_twice() -> None:
    """COPY FROM STDIN is one execution and two round trips, the second for CopyDone; its data are counted."""
    said = [
        client(query("COPY t FROM STDIN")),
        server(typed("G", b"\0\0\0")),
        client(typed("d", b"1\n"), typed("d", b"22\n"), typed("c")),
        server(completed("COPY 2"), READY),
    ]
    assert {"round_trips": 2, "executions": 1, "copy_bytes": 5} == counts(*said)


def test_a_sync_after_copy_done_is_the_same_wait() -> None:
    """In the extended protocol CopyDone and the Sync behind it are one round trip."""
    said = client(parse("COPY t FROM STDIN"), bind(), execute(), SYNC), client(typed("d", b"1\n"), typed("c"), SYNC)
    assert {"round_trips": 2, "executions": 1, "prepares": 1, "copy_bytes": 2, "unplanned": 1} == counts(*said)


def test_copy_in_the_extended_protocol_leaves_what_follows_in_step() -> None:
    """While it takes COPY's data the server ignores a Sync; a simple query after it is counted as one is."""
    said = [
        client(parse("COPY t FROM STDIN"), bind(), execute(), SYNC),
        server(typed("1"), typed("2"), typed("G", b"\0\0\0")),
        client(typed("d", b"1\n"), typed("c"), SYNC),
        server(completed("COPY 1"), READY),
        client(query("SELECT 1; SELECT 2")),
        server(completed("SELECT 1"), completed("SELECT 1"), READY),
    ]
    assert {"executions": 3, "round_trips": 3} == {
        name: value for name, value in counts(*said).items() if name in ("executions", "round_trips")
    }


def test_prepared_statements_that_are_not_planned_are_noted() -> None:
    """A DO and a TRUNCATE are executions that the server's statistics miss; a SELECT is none of those."""
    begun = [
        part
        for text in ("DO $$$$", "truncate t", "(SELECT 1)", "with a as (select 1) select 2")
        for part in (parse(text), bind(), execute())
    ]
    assert {"round_trips": 1, "executions": 4, "prepares": 4, "unplanned": 2} == counts(client(*begun, SYNC))


@pytest.mark.parametrize(
    "text", ["/* a /* b */ commit */ SELECT 1", "--" + "x" * 20000, "/*" + "y" * 20000 + "*/ SELECT 1"]
)
def test_a_comment_hides_no_statement(text: str) -> None:
    """Comments nest, and one that is longer than what is kept of a statement is taken for one before a statement."""
    assert {"round_trips": 1, "executions": 1, "prepares": 1} == {
        name: value
        for name, value in counts(client(parse(text), bind(), execute(), SYNC)).items()
        if name != "unplanned"
    }


def test_a_flush_after_sync_waits_for_nothing() -> None:
    """A Flush directly behind a Sync, which psycopg sends by chance, is no round trip of its own."""
    begin = (parse("SELECT 1"), bind(), execute())
    assert {"round_trips": 1, "executions": 1, "prepares": 1} == counts(client(*begin, SYNC, typed("H")))


def test_connecting_is_counted() -> None:
    """A request for TLS that is refused, the start-up and two messages of SCRAM are four round trips."""
    said = [
        client(SSL_REQUEST),
        server(b"N"),
        client(STARTUP),
        server(typed("R", b"\0\0\0\x0a")),
        client(typed("p", b"first")),
        server(typed("R", b"\0\0\0\x0b")),
        client(typed("p", b"last")),
        server(typed("R", b"\0\0\0\0"), typed("S", b"a\0b\0"), typed("K", b"\0" * 8), READY),
    ]
    assert {"round_trips": 4, "connections": 1} == counts(*said, started=False)


def test_a_request_to_cancel_is_no_connection() -> None:
    """What asks the server to cancel a query is answered by nothing, and is no round trip."""
    assert {} == counts(client(packet(80877102, b"\0" * 8)), started=False)


def test_consent_to_tls_is_told() -> None:
    """The server's single S tells that what follows is encrypted; after it comes another start-up."""
    counter = ConnectionCounter()
    counter.client_sent(SSL_REQUEST)
    assert counter.server_sent(b"S")
    counter.client_sent(STARTUP)
    assert {"round_trips": 2, "connections": 1} == shown(counter.taken())


def test_bytes_are_counted_each_way() -> None:
    """Every byte is counted, those of messages that are not whole yet too."""
    counter = listened([client(STARTUP), server(READY, READY[:3])])
    assert (len(STARTUP), 9) == (counter.counts.bytes_sent, counter.counts.bytes_received)


def test_without_counting_only_the_start_is_read() -> None:
    """A connection that is not counted is never out of step, whatever crosses it after its start-up."""
    counter = ConnectionCounter(counting=False)
    counter.client_sent(STARTUP)
    counter.client_sent(b"\xff" * 50)
    assert counter.known
    assert {"round_trips": 1, "connections": 1} == shown(counter.taken())


CONVERSATION: list[Said] = [
    client(SSL_REQUEST),
    server(b"N"),
    client(STARTUP),
    server(typed("R", b"\0\0\0\0"), typed("S", b"TimeZone\0UTC\0"), typed("K", b"\0" * 8), READY),
    client(query("BEGIN")),
    server(completed("BEGIN"), READY),
    client(parse("SELECT /*" + "x" * 1500 + "*/ 1", "s"), typed("H")),
    server(typed("1"), typed("T", b"\0" * 40)),
    client(bind("c", "s"), execute("c", 2), SYNC),
    server(typed("2"), ROW, typed("D", b"\0" * 3000), typed("s"), READY),
    client(execute("c", 2), typed("C", b"Pc\0"), SYNC),
    server(ROW, completed("SELECT 3"), typed("3"), READY),
    client(query("COPY t FROM STDIN")),
    server(typed("G", b"\0\0\0")),
    client(typed("d", b"y" * 2500), typed("c")),
    server(completed("COPY 9"), READY),
    client(query("ROLLBACK"), typed("X")),
    server(completed("ROLLBACK"), READY),
]


@given(st.lists(st.integers(1, 4000), max_size=60))
def test_messages_are_counted_the_same_wherever_they_are_split(sizes: list[int]) -> None:
    """Reads that cut what each side says at any places, even inside a header, change no figure."""
    whole = listened(CONVERSATION)
    pieces: list[Said] = []
    for side, data in CONVERSATION:
        rest = data
        for size in sizes:
            pieces.append((side, rest[:size]))
            rest = rest[size:]
        pieces += [(side, bytes([byte])) for byte in rest[:200]] + [(side, rest[200:])]
    cut = listened([(side, data) for side, data in pieces if data])
    assert whole.known
    assert cut.known
    assert whole.taken() == cut.taken()


def test_messages_that_are_joined_are_counted_the_same() -> None:
    """What a client sends in one go, and a server answers in one, is counted as if it came apart."""
    exchanges = CONVERSATION[4:]
    apart, joined = listened(CONVERSATION[:4]), listened(CONVERSATION[:4])
    for side, data in exchanges:
        (apart.client_sent if side == "client" else apart.server_sent)(data)
    joined.client_sent(b"".join(data for side, data in exchanges if side == "client"))
    joined.server_sent(b"".join(data for side, data in exchanges if side == "server"))
    assert apart.taken() == joined.taken()


@given(st.lists(st.tuples(st.sampled_from(["client", "server"]), st.binary(min_size=1, max_size=300)), max_size=20))
def test_rubbish_never_raises(said: list[Said]) -> None:
    """Whatever bytes come, they are taken and counted as bytes, and nothing is raised."""
    counter = listened(said)
    assert sum(len(data) for _, data in said) == counter.counts.bytes_sent + counter.counts.bytes_received


@given(st.binary(min_size=12, max_size=300), st.booleans())
def test_rubbish_after_the_start_is_known_for_what_it_is(data: bytes, from_client: bool) -> None:
    """Bytes that begin with no message's type leave the counter out of step for good."""
    counter = listened(CONVERSATION)
    (counter.client_sent if from_client else counter.server_sent)(b"\x00" + data)
    assert not counter.known
    counter.client_sent(query("SELECT 1"))
    assert not counter.known
