"""A run in a process of its own: opens a server, makes a clone, says so on one line, and ends when it is told to.

Usage: a_run.py SPEC. It prints a JSON object; a line on its standard input lets it close the server.
"""

from __future__ import annotations

import json
import sys

from bench.databases.address import Address
from bench.databases.opening import open_server


def nothing(_: Address) -> None:
    """Seeds an empty dataset."""


with open_server(sys.argv[1], say=lambda line: print(line, file=sys.stderr)) as server:
    clone = server.clone(server.template("a_run", nothing))
    print(json.dumps({"clone": clone.as_message()}), flush=True)
    sys.stdin.readline()
