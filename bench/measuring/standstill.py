"""Whether a run stood still for a while: its machine slept, or it was stopped, as by Ctrl-Z. What is timed meanwhile is
no time of a strategy.

Source: clock_gettime(2) of Linux and of macOS, on which clocks go on while a machine is suspended.
"""

from __future__ import annotations

import time

LONG_S = 1.0
"""Seconds from which on something stood still: a busy machine too lets nobody wait so long for a core."""


def asleep_s() -> float:
    """Seconds for which the machine slept since it started; 0 where the system does not tell."""
    if hasattr(time, "CLOCK_BOOTTIME"):  # Linux
        return time.clock_gettime(time.CLOCK_BOOTTIME) - time.clock_gettime(time.CLOCK_MONOTONIC)
    if hasattr(time, "CLOCK_UPTIME_RAW"):  # macOS, whose monotonic clock is the one that goes on
        return time.clock_gettime(time.CLOCK_MONOTONIC) - time.clock_gettime(time.CLOCK_UPTIME_RAW)
    return 0.0


class Standstill:
    """Adds up for how long a run stood still.

    Attributes:
        stopped_s: Seconds of it in which the clock went on by which a run's time is kept.
    """

    def __init__(self) -> None:
        self.stopped_s = 0.0
        self._slept_s = 0.0
        self._asleep_s = asleep_s()

    @property
    def total_s(self) -> float:
        """Seconds so far; looks whether the machine has slept meanwhile."""
        now = asleep_s()
        if now - self._asleep_s >= LONG_S:
            self._slept_s += now - self._asleep_s
        self._asleep_s = now
        return self.stopped_s + self._slept_s

    def waited(self, began: float, at_most: float) -> float:
        """Take in a wait that has just ended.

        Args:
            began: When, by the monotonic clock.
            at_most: Seconds that it was to take; longer ones were not this process's.

        Returns:
            Seconds for which it stood still meanwhile.
        """
        longer = time.monotonic() - began - at_most
        if longer < LONG_S:
            return 0.0
        self.stopped_s += longer
        return longer
