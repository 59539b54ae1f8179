"""Which counters a change of code may not raise, and what changed in them between two counts of one strategy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bench.measurement import Counters

EXACT = ("statements", "executions", "transaction_commands", "round_trips", "rows", "connections", "orm_objects")
"""What one warm call takes exactly as often each time, so that any difference is one of the code."""

TOLERATED: Mapping[str, float] = {"python_calls": 0.01, "bytes_sent": 0.01, "bytes_received": 0.01}
"""What repeats to a few hundredths: how far it may move, as a fraction of what it was, before it counts as changed.
Who gates on one has it confirmed in a second process, where there can be one.
"""

GATED = (*EXACT, *TOLERATED)
"""The counters of which more is a regression, the most telling first."""


@dataclass(frozen=True)
class CounterChange:
    """A counter of one warm call that is not what it was."""

    counter: str
    before: int
    after: int

    @property
    def is_more(self) -> bool:
        """Whether a call takes more of it now."""
        return self.after > self.before

    @property
    def is_exact(self) -> bool:
        """Whether the counter repeats exactly, so that one count is proof."""
        return self.counter in EXACT

    @property
    def ratio(self) -> float | None:
        """What it is now over what it was; None where it was 0."""
        return self.after / self.before if self.before else None


def counter_changes(base: Counters, new: Counters) -> tuple[CounterChange, ...]:
    """The gated counters that changed: exact ones at all, others by more than is tolerated; the most telling first.

    One that either of the two does not know is not among them: `uncompared` has it.
    """
    found = []
    for name in GATED:
        before, after = getattr(base, name), getattr(new, name)
        if before is not None and after is not None and abs(after - before) > TOLERATED.get(name, 0.0) * before:
            found.append(CounterChange(name, before, after))
    return tuple(found)


def uncompared(base: Counters, new: Counters) -> tuple[str, ...]:
    """The gated counters that only one of the two knows, so that nobody can say whether they changed."""
    return tuple(name for name in GATED if (getattr(base, name) is None) != (getattr(new, name) is None))
