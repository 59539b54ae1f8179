"""Standard output and error that outlive whoever reads them: a pipe, a terminal, a log on a disk that is full."""

from __future__ import annotations

import errno
import io
import os
import select
import sys
from typing import TYPE_CHECKING, TextIO, cast

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_READER_GONE = {errno.EPIPE, errno.ECONNRESET, *([errno.EINVAL] if os.name == "nt" else [])}
"""What is said of a pipe or a socket that nobody reads any more; EINVAL is Windows' word for the pipe."""
_TERMINAL_GONE = {errno.EIO, errno.ENXIO}
"""What is said of a terminal that was closed; of a file, it is said of a disk."""


class LastingEnd(io.FileIO):
    """The lower end of a standard stream. What it cannot write is lost, and no error: what is being measured is worth
    more than what would have been said of it.

    Attributes:
        refused: Why the first write failed that did; None where none has.
    """

    def __init__(self, descriptor: int) -> None:
        super().__init__(descriptor, "w", closefd=False)
        self.refused: OSError | None = None
        self._is_terminal = self.isatty()

    @property
    def reader_gone(self) -> bool:
        """Whether nobody reads it any more; what else may have been refused, the reader would miss."""
        if self.refused is None:
            return False
        return self.refused.errno in _READER_GONE or (self._is_terminal and self.refused.errno in _TERMINAL_GONE)

    def write(self, data: ReadableBuffer, /) -> int:
        """The number of bytes that need no further care: those that were written, or all of them."""
        try:
            # Another program may have set a pipe or a terminal that it shares with us to refuse what would wait.
            while (written := cast(int | None, super().write(data))) is None:
                select.select([], [self], [])
            return written
        except OSError as error:
            self.refused = self.refused or error
            return memoryview(data).nbytes


_ends: dict[str, LastingEnd] = {}
"""Those of this process, by the name of their stream."""


def outlive_readers() -> None:
    """Have standard output and error bear from now on that nobody reads them any more.

    One that was closed before the start becomes the null device: the next file that is opened, a journal for one, would
    come in its place, and what is meant for the stream would be written into that.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # takes the lowest number that is free
    for descriptor, name in ((1, "stdout"), (2, "stderr")):
        stream: io.TextIOWrapper | None = getattr(sys, name)
        buffer = getattr(stream, "buffer", None)
        if stream is None:
            setattr(sys, name, _lasting(name, descriptor, "utf-8", "backslashreplace"))
        elif isinstance(getattr(buffer, "raw", buffer), io.FileIO):  # else it is the console of Windows
            stream.flush()
            # What the encoding of a terminal lacks is no reason to stop either.
            errors = "backslashreplace" if stream.errors == "strict" else stream.errors or "backslashreplace"
            by_line = stream.line_buffering or stream.write_through
            setattr(sys, name, _lasting(name, stream.fileno(), stream.encoding, errors, by_line=by_line))


def _lasting(name: str, descriptor: int, encoding: str, errors: str, *, by_line: bool = True) -> TextIO:
    end = _ends[name] = LastingEnd(descriptor)
    return io.TextIOWrapper(io.BufferedWriter(end), encoding, errors, line_buffering=by_line)


def is_unseen() -> bool:
    """Whether nobody can see any more how it goes: whoever read standard error has gone."""
    return "stderr" in _ends and _ends["stderr"].reader_gone


def lost_output() -> str | None:
    """Why some of standard output is missing that somebody waits for, as on a disk that is full; None where nothing
    is.
    """
    end = _ends.get("stdout")
    if end is None or end.refused is None or end.reader_gone:
        return None
    return end.refused.strerror or str(end.refused)
