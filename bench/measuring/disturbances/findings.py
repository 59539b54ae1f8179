"""What was looked at and what was found there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Disturbance:
    """Something that disturbs measurements here.

    Attributes:
        what: Its name, such as `other processes`.
        seen: What was seen of it, with its figure.
        remedy: What its reader can do.
    """

    what: str
    seen: str
    remedy: str


@dataclass(frozen=True)
class Look:
    """A look for one kind of disturbance.

    Attributes:
        what: What was looked for.
        is_told: Whether the system, or the server, tells of it.
        found: What was found; None where nothing disturbs, or nothing is told.
    """

    what: str
    is_told: bool
    found: Disturbance | None = None


@dataclass(frozen=True)
class Findings:
    """All looks of a measurement, in the order in which they are said."""

    looks: Sequence[Look]

    @property
    def disturbances(self) -> list[Disturbance]:
        """What disturbs."""
        return [look.found for look in self.looks if look.found is not None]

    @property
    def quiet(self) -> list[str]:
        """What was looked for, and is not there."""
        return [look.what for look in self.looks if look.is_told and look.found is None]

    @property
    def untold(self) -> list[str]:
        """What could not be looked for."""
        return [look.what for look in self.looks if not look.is_told]


def untold(what: str) -> Look:
    """That nothing is told of it."""
    return Look(what, is_told=False)


def quiet(what: str) -> Look:
    """That it was looked for, and is not there."""
    return Look(what, is_told=True)


def disturbing(what: str, seen: str, remedy: str) -> Look:
    """That it was found."""
    return Look(what, is_told=True, found=Disturbance(what, seen, remedy))


def in_percent(fraction: float) -> str:
    """A fraction as it stands in what was seen (`0.8 %`, `38 %`)."""
    hundredths = fraction * 100
    return f"{hundredths:.0f} %" if hundredths >= 1 else f"{hundredths:.1f} %"


def text_of(path: Path) -> str | None:
    """What a small file of the system's says, without the end of its line; None where there is none, or it is closed.

    The kernel also refuses files that it lists: those of a core that is switched off.
    """
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return None


def number_of(path: Path) -> int | None:
    """The whole number that a small file of the system's says; None where it says none."""
    text = text_of(path)
    return int(text) if text is not None and text.lstrip("-").isdigit() else None
