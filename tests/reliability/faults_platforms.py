"""Rows of the table of faults: the system itself."""

from tests.reliability.observing import Fault

FAULTS = {
    "no-posix": Fault(
        "a command that measures is started on Windows, or where file locks, accounts or resource usage are missing",
        "a line that says where it runs and what works here; exit code 2",
    ),
}
