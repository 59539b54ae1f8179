"""Which colour a strategy has: the same in every chart of its module, on a light page and on a dark one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from bench.crossings import contenders
from bench.measurement import ScenarioResult
from bench.reports.sentences import typical_point

LIGHT_GROUND, DARK_GROUND = "#ffffff", "#0d1117"
"""The grounds of GitHub's two themes, which colours are legible on."""


@dataclass(frozen=True)
class Colour:
    """One colour as sRGB hexadecimals: on a light page and on a dark one."""

    light: str
    dark: str


COLOURS = (
    Colour("#0a67a6", "#4d79d0"),
    Colour("#c2410c", "#e06507"),
    Colour("#129079", "#31a571"),
    Colour("#bd66bf", "#c389e6"),
    Colour("#a1913c", "#e8c30c"),
    Colour("#5591f5", "#72cef6"),
    Colour("#86235a", "#b5477c"),
    Colour("#1f2328", "#f0f6fc"),
)
"""Eight that are told apart without red, green or blue cones too.

They began as the hues of Okabe and Ito, "Color Universal Design" (2008), of which yellow, orange and sky blue do not
stand out from white, and Tol's "muted" scheme, "Colour schemes" (SRON/EPS/TN/09-002); lightness and hue were then moved
until each has a contrast of 3:1 or more with its ground (WCAG 2.2, 1.4.11) and any two are at least 0.07 apart in Oklab
as seen with protanopia, deuteranopia and tritanopia by Machado et al., doi:10.1109/TVCG.2009.113.
"""
GREY = Colour("#868e97", "#7a828c")
"""Of strategies beyond eight, which are told apart by their labels."""

INK = COLOURS[7]
"""Of titles and names."""
MUTED = Colour("#59636e", "#9198a1")
"""Of what stands beside: units, ticks, notes."""
GRID = Colour("#dde1e6", "#2b3139")
"""Of lines that only guide the eye."""

CLIENT = COLOURS[0]
BOTH = COLOURS[5]
SERVER = COLOURS[1]
WAITING = GREY
"""What a call was spent on."""

ALL_COLOURS = (*COLOURS, GREY, MUTED, GRID)
"""Every colour of a chart; no two have the same value on a light page, so that the dark one follows from it."""


@dataclass(frozen=True)
class Palette:
    """The colours of the strategies of one module; those that it does not name are grey."""

    colours: Mapping[str, Colour] = field(default_factory=dict)

    def colour(self, strategy: str) -> Colour:
        """The colour of a strategy, by its name."""
        return self.colours.get(strategy, GREY)


def palette_of(scenarios: Sequence[ScenarioResult]) -> Palette:
    """Colours for the strategies of one module.

    Up to eight strategies have a colour each. Of more, the baselines and the winners of the typical points have one,
    and share it only with such as never stand in one chart with them; the rest are grey.

    Args:
        scenarios: All that were measured of the module, in the order that they are shown.
    """
    together = [_strategies(scenario) for scenario in scenarios]
    names = list(dict.fromkeys(name for among in together for name in among))
    if len(names) > len(COLOURS):
        names = _leading(scenarios)
    found: dict[str, Colour] = {}
    for name in names:
        met = {found[other] for among in together if name in among for other in among if other in found}
        used = Counter(found.values())
        free = [colour for colour in COLOURS if colour not in met]
        if free:
            found[name] = min(free, key=lambda colour: used[colour])
    return Palette(found)


def palettes_of(scenarios: Iterable[ScenarioResult]) -> Mapping[str, Palette]:
    """The colours of each module by its name, the same for all results that its scenarios are of."""
    modules: dict[str, list[ScenarioResult]] = {}
    for scenario in scenarios:
        modules.setdefault(module_of(scenario), []).append(scenario)
    return {module: palette_of(among) for module, among in modules.items()}


def module_of(scenario: ScenarioResult) -> str:
    """The module that a scenario is in: the first part of its name."""
    return scenario.name.partition(".")[0]


def _strategies(scenario: ScenarioResult) -> list[str]:
    return list(dict.fromkeys(one.name for point in scenario.points for one in point.strategies))


def _leading(scenarios: Sequence[ScenarioResult]) -> list[str]:
    """Baselines and winners, those first that are one or the other in the most scenarios."""
    places: dict[str, list[int]] = {}
    for scenario in scenarios:
        point = typical_point(scenario)
        if point is None:
            continue
        baselines = [one.name for one in point.strategies if one.baseline]
        for place, name in enumerate(dict.fromkeys((*contenders(point)[:1], *baselines, *contenders(point)))):
            places.setdefault(name, []).append(place)
    return sorted(places, key=lambda name: (-len(places[name]), min(places[name])))
