"""The lower end of standard output and error: what it cannot write is no error, and why is known."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest

from bench.cli import output
from bench.cli.output import LastingEnd, is_unseen, lost_output


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    """The two ends of a pipe, to read from and to write to; a test may close the first."""
    reading, writing = os.pipe()
    yield reading, writing
    os.close(writing)


def test_what_nobody_reads_is_lost_and_no_error(pipe: tuple[int, int]) -> None:
    """Where the reader of a pipe has gone, all that is written counts as written."""
    reading, writing = pipe
    end = LastingEnd(writing)
    assert 3 == end.write(b"one")
    assert b"one" == os.read(reading, 10)
    os.close(reading)

    assert [3, 3] == [end.write(b"two"), end.write(memoryview(b"six"))]
    assert end.reader_gone


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_disk_without_room_is_told_from_a_reader_who_left() -> None:
    """What a full disk lost is missed by somebody; the first reason is kept."""
    descriptor = os.open("/dev/full", os.O_WRONLY)
    end = LastingEnd(descriptor)

    assert 3 == end.write(b"one")
    os.close(descriptor)
    assert 3 == end.write(b"two")

    assert end.refused is not None
    assert ("No space left on device", False) == (end.refused.strerror, end.reader_gone)


def test_a_pipe_that_would_have_us_wait_is_waited_for(pipe: tuple[int, int]) -> None:
    """Where another program has set it not to block, what does not fit in is written when there is room."""
    reading, writing = pipe
    os.set_blocking(writing, False)
    written = 0
    while True:
        try:
            written += os.write(writing, b"x" * 4096)
        except BlockingIOError:
            break
    left = [written + 3]
    reader = Thread(target=_read_all, args=(reading, left))
    reader.start()

    assert 3 == LastingEnd(writing).write(b"end")

    reader.join()
    assert [0] == left
    os.close(reading)


def _read_all(descriptor: int, left: list[int]) -> None:
    while left[0]:
        left[0] -= len(os.read(descriptor, left[0]))


def test_only_a_reader_who_left_leaves_a_run_unseen(pipe: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    """Standard error is what shows how it goes; of standard output, what is lost is said unless nobody wanted it."""
    reading, writing = pipe
    seen, unseen, full = LastingEnd(writing), LastingEnd(writing), LastingEnd(writing)
    unseen.refused = BrokenPipeError(32, "Broken pipe")
    full.refused = OSError(28, "No space left on device")
    told = {}
    for name, end in {"seen": seen, "unseen": unseen, "full": full}.items():
        monkeypatch.setattr(output, "_ends", {"stdout": end, "stderr": end})
        told[name] = (is_unseen(), lost_output())
    os.close(reading)

    assert {
        "seen": (False, None),
        "unseen": (True, None),
        "full": (False, "No space left on device"),
    } == told
