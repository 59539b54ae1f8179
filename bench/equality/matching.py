"""The items of two multisets paired, where the last digits of floats may differ."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Sequence
from typing import Final, NamedTuple

from bench.equality.keys import DICT, LIST, NUMBER, SET, Key, close

MOST_TRIED: Final = 50
"""How many items of a list without order are tried against each other, once those that round alike are paired."""


class Matching(NamedTuple):
    """Which items of two multisets are equal: pairs of positions, and the positions left over on either side."""

    pairs: list[tuple[int, int]]
    missing: list[int]
    extra: list[int]


def match(expected: Sequence[Key], actual: Sequence[Key]) -> Matching:
    """Pair the equal items: the same first, then those that round alike, then the few at an edge of rounding."""
    missing = sorted(range(len(expected)), key=expected.__getitem__)
    extra = sorted(range(len(actual)), key=actual.__getitem__)
    pairs: list[tuple[int, int]] = []
    for digits in (None, 9, 5):
        groups: defaultdict[Key, deque[int]] = defaultdict(deque)
        for position in extra:
            groups[actual[position] if digits is None else _rounded(actual[position], digits)].append(position)
        unmatched = []
        for position in missing:
            key = expected[position] if digits is None else _rounded(expected[position], digits)
            group = groups.get(key)
            if group and (digits is None or _equal(expected[position], actual[group[0]])):
                pairs.append((position, group.popleft()))
            else:
                unmatched.append(position)
        paired = {other for _, other in pairs}
        missing, extra = unmatched, [position for position in extra if position not in paired]
        if not missing or not extra:
            break
    if 0 < len(missing) <= MOST_TRIED and 0 < len(extra) <= MOST_TRIED:
        tried = _match_by_trial([expected[i] for i in missing], [actual[i] for i in extra])
        pairs += [(missing[one], extra[other]) for other, one in tried.items()]
        found = set(tried.values())
        missing = [position for number, position in enumerate(missing) if number not in found]
        extra = [position for number, position in enumerate(extra) if number not in tried]
    return Matching(sorted(pairs), sorted(missing), sorted(extra))


def _equal(expected: Key, actual: Key) -> bool:
    """As `close`, where near ties may have changed an order too; for keys that round alike, which are few or equal."""
    if close(expected, actual):
        return True
    if expected[0] != actual[0] or not LIST <= expected[0] <= DICT or len(expected[1]) != len(actual[1]):
        return False
    if expected[0] in (LIST, SET, DICT):
        return not match(expected[1], actual[1]).missing
    return all(map(_equal, expected[1], actual[1]))


def _match_by_trial(expected: Sequence[Key], actual: Sequence[Key]) -> dict[int, int]:
    """A largest matching of close items (Kuhn's augmenting paths), as position in `actual` -> in `expected`."""
    near = [[position for position, other in enumerate(actual) if close(one, other)] for one in expected]
    partner: dict[int, int] = {}

    def place(one: int, tried: set[int]) -> bool:
        for other in near[one]:
            if other not in tried:
                tried.add(other)
                if other not in partner or place(partner[other], tried):
                    partner[other] = one
                    return True
        return False

    for one in range(len(expected)):
        place(one, set())
    return partner


def _rounded(key: Key, digits: int) -> Key:
    """The key with its floats and decimals rounded to so many digits, and sorted anew where order does not matter."""
    rank = key[0]
    if rank == NUMBER:
        return key if isinstance(key[1], int) else (rank, float(f"{key[1]:.{digits}g}"))
    if not LIST <= rank <= DICT:
        return key
    items = (_rounded(item, digits) for item in key[1])
    return (rank, tuple(sorted(items) if rank in (LIST, SET, DICT) else items))
