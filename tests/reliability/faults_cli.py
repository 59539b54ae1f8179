"""Rows of the table of faults: who runs it, and what it runs in."""

from tests.reliability.observing import Fault

FAULTS = {
    "interrupted": Fault(
        "Ctrl-C (SIGINT) in the midst of a point",
        "the result has what was measured; nothing runs on; exit code 130; `--resume` goes on",
    ),
    "terminated": Fault("SIGTERM in the midst of a point", "as with Ctrl-C"),
    "hung-up": Fault("SIGHUP in the midst of a point", "as with Ctrl-C"),
    "interrupted-again": Fault(
        "Ctrl-C again and again, while the run that was interrupted saves and puts away",
        "it says that it is stopping, and saves and puts away all the same; exit code 130",
    ),
    "interrupted-cleaning": Fault(
        "Ctrl-C while a command that is done puts away what it used", "everything is put away; exit code 130"
    ),
    "terminal-closed": Fault(
        "the terminal is closed in the midst of a point",
        "as with Ctrl-C, though nothing can be said any more",
    ),
    "terminal-closed-nohup": Fault(
        "the same, where hang-ups are ignored, as under nohup", "the run goes on to its end; exit code 0"
    ),
    "output-unread": Fault(
        "nobody reads the tables any more: `bench run | head -1`",
        "the run goes on to its end, and its exit code is that of the result",
    ),
    "progress-unread": Fault(
        "nobody reads tables and progress any more, as when a connection drops",
        "before the next point it ends as with Ctrl-C",
    ),
    "output-on-full-disk": Fault(
        "standard output goes to a disk that is full", "the result is saved; a line says what is missing; exit code 2"
    ),
    "started-without-output": Fault(
        "standard output and error are closed before the start, and Ctrl-C twice",
        "nothing is written into a file that has their place; the result is saved; exit code 130",
    ),
    "clock-set-back": Fault(
        "the clock is set back two hours in the midst of a run", "no duration is negative or lost; exit code 0"
    ),
    "clock-was-ahead": Fault(
        "the clock was two hours ahead when the last result was written, and is right again",
        "the new result is the newest for `report` and `compare`",
    ),
    "own-fault": Fault(
        "a fault of bench's own: an exception that nobody expects",
        "a line, and a private file without anybody's data; what was measured is saved; exit code 70",
    ),
    "clean-beside-a-run": Fault(
        "`bench database clean` while a run is on", "the templates that the run may need are left, and said"
    ),
}
