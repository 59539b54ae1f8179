"""Ctrl-C and its kin: the first interrupts, those that follow wait until everything is put away."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType

SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")
AGAIN = b"bench: stopping, one moment\n"


class Interruption:
    """Turns the first of `SIGNALS` into a KeyboardInterrupt; to later ones it says that the end is under way, since
    an interrupted clean-up would leave things behind.
    """

    def __init__(self) -> None:
        self._begun = False

    def install(self) -> None:
        """Handle the signals from now on; one that is ignored, as under nohup, stays so."""
        for name in SIGNALS:
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._handle)
        sys.unraisablehook = self._unraisable

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if not self._begun:
            self._begun = True
            raise KeyboardInterrupt
        with suppress(OSError):
            os.write(2, AGAIN)  # a stream may be in the midst of a write of its own

    def _unraisable(self, unraisable: sys.UnraisableHookArgs) -> None:
        """What a finalizer raises is lost, and an interruption with it: let the next signal interrupt again."""
        if unraisable.exc_type is KeyboardInterrupt:
            self._begun = False
        else:
            sys.__unraisablehook__(unraisable)
