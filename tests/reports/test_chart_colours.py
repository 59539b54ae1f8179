"""The colours of charts: told apart by everybody, on a light page and on a dark one, and the same within a module."""

from __future__ import annotations

import math
from itertools import combinations

import pytest

from bench.reports.charts.palette import (
    ALL_COLOURS,
    BOTH,
    CLIENT,
    COLOURS,
    DARK_GROUND,
    GREY,
    GRID,
    INK,
    LIGHT_GROUND,
    MUTED,
    SERVER,
    WAITING,
    Colour,
    palette_of,
)
from tests.reports.measured import point, scenario

Linear = tuple[float, float, float]
SIGHTS = {
    "all cones": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}
"""What is seen of linear red, green and blue: Machado et al., doi:10.1109/TVCG.2009.113, severity 1."""


def linear(colour: str) -> Linear:
    """Linear red, green and blue of an sRGB hexadecimal."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return red, green, blue


def contrast(one: str, other: str) -> float:
    """WCAG 2.2's ratio of two luminances."""
    weights = (0.2126, 0.7152, 0.0722)
    dark, light = sorted(sum(map(math.prod, zip(weights, linear(colour), strict=True))) for colour in (one, other))
    return (light + 0.05) / (dark + 0.05)


def oklab(seen: Linear) -> Linear:
    """Ottosson's Oklab, of linear red, green and blue."""
    red, green, blue = seen
    cones = (
        0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue,
        0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue,
        0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue,
    )
    long, middle, short = map(math.cbrt, cones)
    return (
        0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short,
    )


def distance(one: str, other: str, sight: str) -> float:
    """How far two colours lie apart for somebody, in Oklab."""

    def seen(colour: str) -> Linear:
        parts = [sum(map(math.prod, zip(row, linear(colour), strict=True))) for row in SIGHTS[sight]]
        red, green, blue = (min(max(part, 0.0), 1.0) for part in parts)
        return oklab((red, green, blue))

    return math.dist(seen(one), seen(other))


@pytest.mark.parametrize("colour", [*COLOURS, GREY, WAITING], ids=lambda colour: colour.light)
def test_what_is_drawn_stands_out_from_its_ground(colour: Colour) -> None:
    """Every colour of a strategy or a part of a call's time has a contrast of 3:1 or more on either page."""
    assert contrast(colour.light, LIGHT_GROUND) >= 3
    assert contrast(colour.dark, DARK_GROUND) >= 3


@pytest.mark.parametrize("colour", [INK, MUTED], ids=["ink", "muted"])
def test_text_is_legible_on_its_ground(colour: Colour) -> None:
    """What is written has a contrast of 4.5:1 or more on either page."""
    assert contrast(colour.light, LIGHT_GROUND) >= 4.5
    assert contrast(colour.dark, DARK_GROUND) >= 4.5


def test_the_grid_stays_behind() -> None:
    """Lines that only guide the eye stand out less than anything that is drawn."""
    assert contrast(GRID.light, LIGHT_GROUND) < 1.5
    assert contrast(GRID.dark, DARK_GROUND) < 1.5


@pytest.mark.parametrize("sight", SIGHTS)
def test_strategies_are_told_apart_by_everybody(sight: str) -> None:
    """Any two of the eight colours are at least 0.07 apart on either page, whichever cones the reader lacks."""
    near = [
        (one, other, page)
        for one, other in combinations(COLOURS, 2)
        for page in ("light", "dark")
        if distance(getattr(one, page), getattr(other, page), sight) < 0.07
    ]

    assert [] == near


@pytest.mark.parametrize("sight", SIGHTS)
def test_neighbours_in_a_bar_are_told_apart_by_everybody(sight: str) -> None:
    """So are any two parts of a call's time."""
    parts = [CLIENT, BOTH, SERVER, WAITING]

    assert [] == [
        (one, other, page)
        for one, other in combinations(parts, 2)
        for page in ("light", "dark")
        if distance(getattr(one, page), getattr(other, page), sight) < 0.07
    ]


def test_the_dark_colour_follows_from_the_light_one() -> None:
    """No two colours look the same on a light page, for the dark page's are found by those."""
    assert len(ALL_COLOURS) == len({colour.light for colour in ALL_COLOURS})
    assert {INK, CLIENT, BOTH, SERVER, WAITING} <= set(ALL_COLOURS)


def test_up_to_eight_strategies_have_a_colour_each() -> None:
    """In a small module nobody is grey and nobody shares, in whichever scenarios they are."""
    one = scenario(point({"n": 1}, {"a": 3.0, "b": 2.0, "c": 4.0, "d": 5.0}), name="m.one")
    two = scenario(point({"n": 1}, {"b": 3.0, "e": 2.0, "f": 4.0, "g": 5.0, "h": 6.0}), name="m.two")
    palette = palette_of([one, two])

    assert set(COLOURS) == {palette.colour(name) for name in "abcdefgh"}


def test_of_more_only_baselines_and_winners_are_coloured() -> None:
    """Nine strategies are too many: who leads at the typical point, and what it is measured against, stand out."""
    times = {"baseline": 9.0, "winner": 1.0, "tied": 1.01, **{f"other_{number}": 5.0 for number in range(6)}}
    elsewhere = point({"n": 10}, {"baseline": 2.0, "other_0": 1.0})
    palette = palette_of([scenario(point({"n": 1}, times), elsewhere)])

    coloured = {name for name in times if palette.colour(name) != GREY}
    assert {"baseline", "winner", "tied"} == coloured
    assert 3 == len({palette.colour(name) for name in coloured})


def test_colours_are_shared_only_by_those_that_never_meet() -> None:
    """Where a module has more leaders than colours, two that stand in one chart still differ."""
    scenarios = [
        scenario(
            point({"n": 1}, {f"baseline_{number}": 5.0, f"winner_{number}": 1.0, "common": 1.0}), name=f"m.{number}"
        )
        for number in range(9)
    ]
    palette = palette_of(scenarios)

    for number in range(9):
        names = (f"baseline_{number}", f"winner_{number}", "common")
        assert 3 == len({palette.colour(name) for name in names} - {GREY})


def test_of_more_winners_than_colours_the_rest_are_grey() -> None:
    """Ten that are not told apart have no ten colours, and the baseline is among those that have one."""
    times = {"baseline": 9.0, **{f"winner_{number}": 1.0 for number in range(10)}}
    palette = palette_of([scenario(point({"n": 1}, times))])

    assert 8 == sum(palette.colour(name) != GREY for name in times)
    assert GREY != palette.colour("baseline")
