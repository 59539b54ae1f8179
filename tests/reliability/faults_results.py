"""Faults of what a run keeps: its journal and its result."""

from __future__ import annotations

from tests.reliability.observing import Fault

FAULTS = {
    "journal-disk-full": Fault(
        "The disk is full when a point was measured",
        "the points before are in the journal, whole; exit code 2 and a line that says so; with room, --resume goes on",
    ),
    "result-unwritable": Fault(
        "The result cannot be written at the end",
        "all points are in the journal; exit code 2; once that is mended, --resume writes it and measures nothing",
    ),
    "journal-cut-short": Fault(
        "The controller is killed (-9), and its journal ends in the midst of a line",
        "the points before that line are kept, and --resume measures the others",
    ),
    "killed-while-saving": Fault(
        "The controller is killed (-9) while it writes the result",
        "the journal has all points; --resume removes what was half written, says so, and writes the result",
    ),
    "interrupted-while-saving": Fault(
        "Ctrl-C while the result is written", "the result is written whole, no journal is left, exit code 130"
    ),
    "count-killed": Fault(
        "The controller of `bench count` is killed (-9)", "what was counted is kept, and --resume counts the rest"
    ),
    "one-journal-for-two": Fault(
        "Two runs at once with one result, and --resume of a run that goes on",
        "the second is refused with exit code 2 and what to do; the first is not disturbed",
    ),
    "one-folder-for-two": Fault(
        "Two runs of the same at once in one folder", "each has a result of its own, named apart"
    ),
    "file-from-elsewhere": Fault(
        "--resume of a file that was not written on this machine, or was changed since",
        "no code that it names is run: exit code 2, and what to name oneself; named so, the run goes on",
    ),
    "server-from-elsewhere": Fault(
        "--resume of a file that names server binaries or settings of its own", "nothing of it is run: exit code 2"
    ),
}
