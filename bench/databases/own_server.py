"""What a server of the harness's own can do, wherever it runs, beside answering."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Protocol


class Own(Protocol):
    """What can be done to a server of the harness's own, beside asking it."""

    def confine(self, core: int, hold: ExitStack) -> None:
        """Confine its processes to a core; what undoes it is pushed on `hold`."""

    def process(self) -> int | None:
        """The number of its first process; None where it runs on another machine."""

    def revive(self) -> bool:
        """Start it again, at the same address, where it does not run; whether it was started.

        Raises:
            DatabaseError: It is gone for good, or did not start.
        """

    def restart(self) -> None:
        """Stop it and start it again, at the same address.

        Raises:
            DatabaseError: It cannot be, or did not start.
        """
