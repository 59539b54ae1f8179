"""Several at once: lanes of work in threads, each with a session of its own, for what no clock is at."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager
from queue import SimpleQueue
from threading import Lock, Thread
from typing import TypeVar

from bench.measurement import PointResult
from bench.measuring.interruptions import interruptions_to
from bench.measuring.session import Session
from bench.measuring.watching import Watcher
from bench.points import Point

One = TypeVar("One")
Made = TypeVar("Made")


def side_by_side(
    todo: Sequence[One],
    lanes: Sequence[Callable[[], AbstractContextManager[Session]]],
    work: Callable[[Session, int, One], Made],
) -> Generator[tuple[One, Made]]:
    """Do something to each, in as many lanes as there are sessions, and give what is made of each when it is there.

    Interrupted, it makes the lanes end what they are at, and gives what came of that.

    Args:
        todo: Begun in this order.
        lanes: Each gives a session; it is left when the lane ends.
        work: Makes something of one in a session; it is told its place, from 0.

    Raises:
        Exception: What `work`, or opening a session, raised first; the other lanes have ended by then.
    """
    waiting = deque(enumerate(todo))
    made: SimpleQueue[tuple[One, Made] | BaseException | None] = SimpleQueue()
    sessions: list[Session] = []
    stopping = False

    def lane(give: Callable[[], AbstractContextManager[Session]]) -> None:
        ended: BaseException | None = None
        try:
            with give() as session:
                sessions.append(session)
                while waiting and not stopping:
                    try:
                        number, one = waiting.popleft()
                    except IndexError:  # another lane was quicker
                        break
                    made.put((one, work(session, number, one)))
        except BaseException as error:  # noqa: BLE001 - raised where the lanes are waited for
            ended = error
        made.put(ended)

    def stop() -> None:
        nonlocal stopping
        stopping = True
        for session in tuple(sessions):  # a lane may add its own meanwhile
            session.interrupt()

    threads = [Thread(target=lane, args=(give,), daemon=True) for give in lanes]
    failure: BaseException | None = None
    # As KeyboardInterrupt it would lose what a lane has made.
    with interruptions_to(stop):
        for thread in threads:
            thread.start()
        try:
            running = len(threads)
            while running:
                one = made.get()
                if isinstance(one, tuple):
                    yield one
                    continue
                running -= 1
                if one is not None and not isinstance(one, KeyboardInterrupt):
                    failure = failure or one
                    stop()
        finally:
            stop()
            for thread in threads:
                thread.join()
    if failure is not None:
        raise failure


class Together(Watcher):
    """What several lanes say, one after the other. Their steps are left out: nobody could tell whose each is."""

    def __init__(self, watcher: Watcher) -> None:
        self._watcher = watcher
        self._turn = Lock()

    def say(self, line: str) -> None:
        """A line on long work."""
        with self._turn:
            self._watcher.say(line)

    def point_started(self, scenario: str, point: Point, number: int, total: int) -> None:
        """A point begins, in some lane."""
        with self._turn:
            self._watcher.point_started(scenario, point, number, total)

    def point_finished(self, scenario: str, result: PointResult) -> None:
        """A point is done."""
        with self._turn:
            self._watcher.point_finished(scenario, result)
