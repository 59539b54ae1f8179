"""Faults of what a run needs while it measures."""

from __future__ import annotations

from tests.reliability.observing import Fault

ANEW = "it is had again, what that cut off is done anew, the point says so, no strategy is blamed"

FAULTS = {
    "server-killed": Fault("the server's first process is killed in the midst of a round (embedded)", ANEW),
    "backend-killed": Fault("a connection's process of the server is killed, by which all connections end", ANEW),
    "server-killed-by-a-strategy": Fault(
        "a strategy ends the server whenever it is called", "that one fails with the reason, the others are measured"
    ),
    "server-killed-behind-a-call": Fault(
        "a strategy has the server end once its call is over, so that others meet it",
        "that one fails with the reason, the others are measured",
    ),
    "server-restarted": Fault("a server that a URL names is restarted", ANEW),
    "server-lost": Fault(
        "a server that a URL names ends, and stays away",
        "the rounds so far are saved, exit code 4, --resume goes on when it is back",
    ),
    "server-killed-under-processes": Fault(
        "the server is killed while several processes drive loads (--processes)",
        "it is started again, the rounds so far are kept, the point says that no more were made",
    ),
    "server-killed-in-launches": Fault("the server is killed while two revisions are timed", ANEW),
    "container-killed": Fault("the container of the server is killed", ANEW),
    "container-removed": Fault(
        "the container of the server is removed", "the rounds so far are kept, and the run ends with the reason"
    ),
    "worker-killed": Fault("the worker is killed between two calls", ANEW),
    "worker-hung": Fault(
        "a call hangs in C code, with every signal blocked", "it is ended after --timeout, the others are measured"
    ),
    "out-of-memory": Fault(
        "a strategy takes all memory that its process may have", "it fails with that reason, the others are measured"
    ),
    "tap-killed": Fault("the tap is killed while calls go through it", ANEW),
    "stopped": Fault("the run is stopped for three seconds in the midst of a call", "that round is dropped and said"),
    "suspended": Fault("the machine sleeps for an hour in the midst of a call", "that round is dropped and said"),
    "clock-set-back-in-a-round": Fault("the clock is set back by an hour in a round", "nothing is told wrong by it"),
    "runs-that-notice-each-other": Fault("another run measures on the same machine", "both say that times are noisier"),
}
