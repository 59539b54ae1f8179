"""A run in a process of its own: opens a server, makes a clone, says so on one line, and ends when it is told to.

Usage: a_run.py SPEC [pgbouncer]. It prints a JSON object; a line on its standard input lets it close the server.
"""

from __future__ import annotations

import json
import sys
from contextlib import ExitStack

from bench.databases.address import Address
from bench.databases.bouncer import open_bouncer
from bench.databases.opening import open_server
from bench.databases.postgres import PostgresServer


def nothing(_: Address) -> None:
    """Seeds an empty dataset."""


with ExitStack() as hold:
    server = hold.enter_context(open_server(sys.argv[1], say=lambda line: print(line, file=sys.stderr)))
    clone = server.clone(server.template("a_run", nothing))
    if sys.argv[2:]:
        assert isinstance(server, PostgresServer)
        bouncer = open_bouncer(server)
        hold.callback(bouncer.close)
        clone = bouncer.to(clone)
    print(json.dumps({"clone": clone.as_message()}), flush=True)
    sys.stdin.readline()
