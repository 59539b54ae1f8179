"""Faults that would let something out, or into somebody's database."""

from __future__ import annotations

from tests.reliability.observing import Fault

FAULTS = {
    "secrets-in-errors": Fault(
        "Strategies raise errors that name the whole DSN, print it and die, at a server known by a service file, a file"
        " of passwords and an encrypted key",
        "no password, host, service or key file in a result, journal, report, message, log or list of processes",
    ),
    "secrets-in-the-url": Fault(
        "The URL has a password, and what it leads to does not answer or refuses it",
        "one line that says what to correct, and repeats no part of the URL",
    ),
    "existing-written": Fault(
        "Strategies on an existing database, as a role that may write, ask the server to be let out of read-only"
        " sessions or open connections of their own",
        "refused or found out, strategy by strategy; the dump of the database is the same before and after",
    ),
}
