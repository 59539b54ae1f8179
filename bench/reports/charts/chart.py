"""What a chart is: a finding, a picture of it, and the same in words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["size", "distance", "time", "load"]
"""What time is drawn against: the scenario's size, the added round-trip time, what it was spent on, or a load."""
_LONGEST = 120
"""Letters of a scenario's name in that of a chart: a file name has 255 bytes at most."""


@dataclass(frozen=True)
class Chart:
    """One chart of a scenario.

    `name` can stand in a file's name and is the scenario's, a hyphen and the kind (`loading.one_to_many-size`). `title`
    states the finding in one line of plain text, `text` says in words what is to be seen, with its figures. `spec` is
    Vega-Lite with its data inside, in the colours of a light page.
    """

    name: str
    kind: Kind
    title: str
    text: str
    spec: Mapping[str, Any]


def chart_name(scenario: str, kind: Kind) -> str:
    """What a chart of a scenario is called; a file can be, on every system and inside any folder."""
    return f"{re.sub(r'[^A-Za-z0-9_.-]+', '_', scenario).lstrip('.')[:_LONGEST]}-{kind}"
