"""What of the table of faults is about what is left, about neighbours, and about other users of the machine."""

from __future__ import annotations

from tests.reliability.observing import Fault

FAULTS = {
    "controller-killed": Fault(
        "The controller is killed (-9) in the midst of a point",
        "Worker, tap and server end by themselves, and their directories go; the next start drops the databases, and "
        "says so",
    ),
    "all-killed": Fault(
        "Controller, worker, tap, server and guardian are killed (-9) at once",
        "The next start removes the temporary directories, recovers the server and drops the databases, and says so",
    ),
    "guardian-killed": Fault(
        "The controller and the guardian of its server are killed (-9), and the server runs on",
        "The next start stops the server, whatever database it is for, and says so",
    ),
    "server-killed-in-a-query": Fault(
        "The server's first process is killed (-9) while a query runs that does not notice",
        "The next start ends what is left of the server, starts it anew and has its templates",
    ),
    "bouncer-guardian-killed": Fault(
        "The process that watches over PgBouncer is killed (-9)",
        "PgBouncer ends with it, and its directory goes with the run",
    ),
    "comparison-killed": Fault(
        "`bench check` and the process that keeps its worktree are killed (-9)",
        "The next comparison removes the worktree, and says so",
    ),
    "killed-before-the-marker": Fault(
        "A run is killed (-9) between making a database and writing the marker into it",
        "The next start drops that database and no other of such a name, and says so",
    ),
    "two-runs": Fault(
        "Two runs at once on one machine, in one folder, on one cluster",
        "Each has databases, directories and a result of its own; both end, and nothing is left",
    ),
    "foreign-databases": Fault(
        "A run by URL beside databases, roles and objects of others, some of which are named as ours are",
        "By pg_dumpall nothing of the server is other than before, once `bench database clean` has removed our own",
    ),
    "another-user": Fault(
        "Another user of the machine, who knows the password, tries to connect and to read all files",
        "The kernel lets neither happen, and nothing listens on the network",
    ),
    "libpq-variables": Fault(
        "The environment has PG* variables that lead elsewhere, or nowhere",
        "A server of the harness's own is reached all the same, by both drivers, straight and through the tap",
    ),
}
