"""Ctrl-C and its kin: the first interrupts, those that follow wait until everything is put away."""

from __future__ import annotations

import _thread
import atexit
import os
import signal
import sys
import threading
import time
from contextlib import AbstractContextManager, suppress
from typing import TYPE_CHECKING, ClassVar, TypeVar

if TYPE_CHECKING:
    from types import FrameType, TracebackType

SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")
AGAIN = b"bench: stopping, one moment\n"
_MOMENT_S = 0.01
"""Seconds after which a finalizer has ended."""

Held = TypeVar("Held")


class Interruption:
    """Turns the first of `SIGNALS` into a KeyboardInterrupt; to later ones it says that the end is under way, since
    an interrupted clean-up would leave things behind.

    Attributes:
        waits: Whether one came while it could not interrupt, and is to be answered by the exit code.
    """

    installed: ClassVar[Interruption | None] = None
    """The one of this process."""

    def __init__(self) -> None:
        self.waits = False
        self._begun = False
        self._held = 0
        self._number: signal.Signals = signal.SIGINT

    def install(self) -> None:
        """Handle the signals from now on; one that is ignored, as under nohup, stays so."""
        for name in SIGNALS:
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._handle)
                # As Python ends it has the system handle signals again, by a kill, though all is done.
                atexit.register(signal.signal, number, signal.SIG_IGN)
        sys.unraisablehook = self._unraisable
        Interruption.installed = self

    def hold(self) -> None:
        """Have a signal wait: what is done now must not be cut short."""
        self._held += 1

    def release(self, *, raises: bool) -> None:
        """Have signals interrupt again.

        Args:
            raises: Whether one that has waited interrupts now.

        Raises:
            KeyboardInterrupt: One has waited.
        """
        self._held -= 1
        if self.waits and raises and not self._held:
            self.waits, self._begun = False, True
            raise KeyboardInterrupt

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if not self._begun and not self._held:
            self._begun, self._number = True, signal.Signals(number)
            raise KeyboardInterrupt
        self.waits = self.waits or not self._begun
        with suppress(OSError):
            os.write(2, AGAIN)  # a stream may be in the midst of a write of its own

    def _unraisable(self, unraisable: sys.UnraisableHookArgs) -> None:
        """What a finalizer raises is lost, and an interruption with it: have it come again in a moment."""
        if unraisable.exc_type is KeyboardInterrupt:
            self._begun = False
            # Here it would be lost as well; and a `Thread` waits, as it is started, for a lock that would stay taken.
            _thread.start_new_thread(self._again, ())
        else:
            sys.__unraisablehook__(unraisable)

    def _again(self) -> None:
        time.sleep(_MOMENT_S)
        if not self._begun:
            _send(self._number)


def let_nothing_interrupt() -> None:
    """Have signals wait until the process ends, since all that is left is to save and to put away, or until
    `let_interrupt_again`.
    """
    if Interruption.installed is not None:
        Interruption.installed.hold()


def let_interrupt_again() -> None:
    """Have signals interrupt again.

    Raises:
        KeyboardInterrupt: One has waited.
    """
    if Interruption.installed is not None:
        Interruption.installed.release(raises=True)


class PutAway(AbstractContextManager[Held]):
    """Another context manager, whose leaving is not cut short: a signal that comes meanwhile interrupts afterwards."""

    def __init__(self, manager: AbstractContextManager[Held]) -> None:
        self._manager = manager

    def __enter__(self) -> Held:
        return self._manager.__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        interruption = Interruption.installed
        if interruption is None:
            return self._manager.__exit__(kind, error, trace)
        interruption.hold()
        try:
            swallows = self._manager.__exit__(kind, error, trace)
        except BaseException:
            interruption.release(raises=False)
            raise
        interruption.release(raises=error is None)
        return swallows


def own_exit_code() -> None:
    """Have the process end with the exit code that it is given.

    Python ends itself by SIGINT instead where a KeyboardInterrupt has left source text that it ran, as a dataclass has
    when it is made, though it was caught further up; it forgets that as it next runs some.
    """
    exec("")  # noqa: S102 - there is nothing in it


def hang_up() -> None:
    """Interrupt the main thread as the end of a terminal does; nothing where that is ignored, as under nohup."""
    number: signal.Signals = getattr(signal, "SIGHUP", signal.SIGINT)
    if callable(signal.getsignal(number)):
        _send(number)


def _send(number: signal.Signals) -> None:
    """Send a signal to the main thread."""
    main = threading.main_thread().ident
    if main is not None and hasattr(signal, "pthread_kill"):
        signal.pthread_kill(main, number)  # wakes it, whatever it waits for
    else:
        _thread.interrupt_main(number)
