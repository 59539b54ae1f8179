"""libpq's environment variables. On the way to a server of the harness's own they say nothing: they are meant for the
user's servers, and what they ask for (another address, a service, TLS, options of the session) would lead elsewhere,
or nowhere.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from bench.databases.address import Address

NAMES = (
    *("PGHOSTADDR", "PGSERVICE", "PGOPTIONS", "PGREQUIREAUTH", "PGREQUIREPEER", "PGCHANNELBINDING"),
    *("PGSSLMODE", "PGREQUIRESSL", "PGSSLNEGOTIATION", "PGSSLCOMPRESSION", "PGSSLCERT", "PGSSLKEY", "PGSSLCERTMODE"),
    *("PGSSLROOTCERT", "PGSSLCRL", "PGSSLCRLDIR", "PGSSLSNI", "PGSSLMINPROTOCOLVERSION", "PGSSLMAXPROTOCOLVERSION"),
    *("PGGSSENCMODE", "PGKRBSRVNAME", "PGGSSLIB", "PGGSSDELEGATION", "PGMINPROTOCOLVERSION", "PGMAXPROTOCOLVERSION"),
    *("PGTARGETSESSIONATTRS", "PGLOADBALANCEHOSTS", "PGCONNECT_TIMEOUT"),
    *("PGCLIENTENCODING", "PGDATESTYLE", "PGTZ", "PGGEQO"),
)
"""Those that say more than an address of a server of our own does: it names host, port, database, user and password.

Source: PostgreSQL documentation, libpq, Environment Variables.
"""

_TURN = Lock()


@contextmanager
def set_aside(address: Address) -> Iterator[None]:
    """Take the variables out of the environment on the way to a server of the harness's own, and put them back: this
    process may be somebody's, such as pytest. Drivers read them when they begin to connect.
    """
    if not address.is_own:
        yield
        return
    with _TURN:
        taken = {name: os.environ.pop(name) for name in NAMES if name in os.environ}
        try:
            yield
        finally:
            os.environ.update(taken)


def forget(address: Address) -> None:
    """Take the variables out of the environment for good, where the address is of a server of the harness's own: to be
    called in a process of the harness's own alone.
    """
    if address.is_own:
        for name in NAMES:
            os.environ.pop(name, None)
