"""The part of a load that one process of several drives, so that all of them together drive the whole and no more."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Share:
    """Which part of each load a process drives: share `index` (from 0) `of` so many; by itself the whole.

    No share is without a task: of a load of fewer tasks than shares, only the first have a part, one task each.
    """

    index: int = 0
    of: int = 1

    def tasks(self, tasks: int) -> int:
        """How many of a load's tasks are its own; together they have them all, none more than one above another."""
        if self.index >= min(self.of, tasks):
            return 0
        return tasks // self.of + (self.index < tasks % self.of) if tasks >= self.of else 1

    def units(self, tasks: int, units: int) -> range:
        """The numbers of a load's units that are its own: every so manieth, so that it starts them at an even rate."""
        sharing = min(self.of, tasks)
        return range(self.index, units, sharing) if self.index < sharing else range(0)


WHOLE = Share()
