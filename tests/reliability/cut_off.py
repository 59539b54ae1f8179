"""A run that is killed in the moment between making a database and writing the marker into it: cut_off.py SPEC."""

from __future__ import annotations

import os
import signal
import sys

from bench.databases import marker
from bench.databases.opening import open_server


def killed(*_: object) -> None:
    """Ends this process as nothing can catch it."""
    os.kill(os.getpid(), signal.SIGKILL)


marker.write = killed
with open_server(sys.argv[1], say=lambda line: None) as server:
    server.template("cut_off", lambda address: None)
