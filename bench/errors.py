"""What goes wrong in a way that its user can mend: one line that says what happened, where, and what to do."""


class BenchError(Exception):
    """A mistake that is answered with one line and an exit code, never with a traceback.

    `exit_code` is what the command line ends with; 2 (wrong usage) unless a subclass says otherwise.
    """

    exit_code = 2


class UsageError(BenchError):
    """A flag, a selector or a setting that makes no sense; the message names what there is that is close."""


class ScenarioError(BenchError):
    """A scenario module that does not import, or a scenario that contradicts itself; the message names file and
    line.
    """


class DatabaseError(BenchError):
    """A database that cannot be had: it does not answer, refuses the password, or lacks a right that is needed."""


class ResultError(BenchError):
    """A result file that cannot be read: cut short, of another schema, or not a result at all."""
