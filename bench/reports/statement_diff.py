"""The statements that a call sends otherwise than before, as a diff: on a terminal and in Markdown."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher

from bench.regressions.statements import StatementChange
from bench.reports.formatting import count, fenced, plain_lines
from bench.statement_texts import ALIKE, DEAREST, clauses, cost_of_aligning, items, similarity

MOST_CHANGES = 20
"""Changed statements that are shown; of more their number is said."""

_WIDTH = 100
_NARROWEST = 40
_LEAST_OF_A_CLAUSE = 16
_COUNT = 8
"""Columns for how often a statement was sent."""
_NEARBY = 20
"""Characters within which a gap between words is looked for, where a text is cut."""
_BESIDE = 24
"""Characters that stay of what is equal on each side of a difference."""
_CONTEXT = 2
"""Clauses that stay of what is equal, above and below a difference."""
_COLOURS = {"-": "red", "+": "green"}


def statement_diff(changes: Sequence[StatementChange], width: int | None = None, colour: bool = False) -> str:
    """How the statements of a call changed, a line or a few each as plain text (`- 1× SELECT …`, `+ 51× SELECT …`).

    Of a statement whose text was changed its clauses are compared, and those that differ stand below each other. What
    is equal is shortened where it is long; what differs is always there from where it begins to.

    Args:
        changes: What `statement_changes` found.
        width: Columns of the terminal, 100 if None.
        colour: Whether lines are coloured by ANSI codes; without it there are no control codes.
    """
    lines = list(_lines(changes, max(width or _WIDTH, _NARROWEST)))
    return "\n".join(_coloured(line) for line in lines) if colour else "\n".join(lines)


def markdown_statement_diff(changes: Sequence[StatementChange]) -> str:
    """The same in Markdown, as a block of code that is a diff; empty where nothing changed."""
    return fenced("\n".join(_lines(changes, _WIDTH)), "diff") if changes else ""


def _lines(changes: Sequence[StatementChange], width: int) -> Iterator[str]:
    parts = list(_paired(changes))
    shown = parts[:MOST_CHANGES] if len(parts) > MOST_CHANGES + 1 else parts
    in_a_line = Counter(_in_a_line(change.sql, width) for part in shown for change in part)
    for part in shown:
        if len(part) == 2 and max(_length_in_a_line(change) for change in part) > width:
            yield from _changed(*part, width)
            continue
        for change in part:
            text = _in_a_line(change.sql, width)
            if in_a_line[text] > 1:
                text = _whole(change.sql)  # what tells it from another was cut out
            yield from _counted(change, text)
    if left := sum(len(part) for part in parts[len(shown) :]):
        yield f"  … and {count(left)} more statements"


def _counted(change: StatementChange, text: str) -> Iterator[str]:
    for sign, calls in (("-", change.before), ("+", change.after)):
        if calls:
            yield f"{sign} {count(calls)}× {text}"


def _paired(changes: Sequence[StatementChange]) -> Iterator[tuple[StatementChange, ...]]:
    """The changes one by one, but one that is gone together with what it was changed into."""
    left = list(changes)
    while left:
        change = left.pop(0)
        yield (change, left.pop(0)) if left and _became(change, left[0]) else (change,)


def _became(old: StatementChange, new: StatementChange) -> bool:
    """Whether one that is gone, and the new one after it, are one whose text was changed."""
    return not old.after and not new.before and similarity(old.sql, new.sql) >= ALIKE


def _changed(old: StatementChange, new: StatementChange, width: int) -> Iterator[str]:
    """Both as one, clause by clause below how often they were sent."""
    before, after = clauses(old.sql), clauses(new.sql)
    if old.before == new.after:
        yield f"  {count(old.before)}×"
    else:
        yield f"- {count(old.before)}×"
        yield f"+ {count(new.after)}×"
    for tag, (low, high), (other_low, other_high) in _differences(before, after):
        if tag == "equal":
            yield from (f"    {line}" for line in _around(before[low:high], low > 0, high < len(before), width))
        else:
            yield from _replaced(before[low:high], after[other_low:other_high], width)


def _around(equal: Sequence[str], follows: bool, precedes: bool, width: int) -> Iterator[str]:
    """The clauses nearest to a difference, of those that are equal between two, or before or after one."""
    head, tail = (_CONTEXT if follows else 0), (_CONTEXT if precedes else 0)
    if len(equal) <= head + tail + 1:
        yield from (_shortened(_visible(clause), width - 4) for clause in equal)
        return
    yield from (_shortened(_visible(clause), width - 4) for clause in equal[:head])
    yield "…"
    yield from (_shortened(_visible(clause), width - 4) for clause in equal[len(equal) - tail :])


def _replaced(before: Sequence[str], after: Sequence[str], width: int) -> Iterator[str]:
    """Clauses in the place of others, each beside the one that begins with the same word."""
    left = list(after)
    for clause in before:
        place = next((place for place, other in enumerate(left) if _first_word(other) == _first_word(clause)), None)
        if place is None:
            yield f"-   {_shortened(_visible(clause), width - 4)}"
            continue
        yield from (f"+   {_shortened(_visible(other), width - 4)}" for other in left[:place])
        yield from _clause(clause, left[place], width)
        del left[: place + 1]
    yield from (f"+   {_shortened(_visible(other), width - 4)}" for other in left)


def _clause(before: str, after: str, width: int) -> Iterator[str]:
    """A clause that was changed: whole where it has room, else its parts, those that are equal in a line."""
    room = width - 6
    if max(len(_visible(before)), len(_visible(after))) <= room:
        yield f"-   {_visible(before)}"
        yield f"+   {_visible(after)}"
        return
    old, new = items(before), items(after)
    indent = "  "
    for place, (tag, (low, high), (other_low, other_high)) in enumerate(_differences(old, new)):
        inner = indent if place else ""
        removed, added = _visible(" ".join(old[low:high])), _visible(" ".join(new[other_low:other_high]))
        if tag == "equal":
            yield f"    {inner}{_shortened(removed, room)}"
            continue
        removed, added = _where_they_differ(removed, added, room)
        if removed:
            yield f"-   {inner}{removed}"
        if added:
            yield f"+   {inner}{added}"


def _differences(before: Sequence[str], after: Sequence[str]) -> Iterable[tuple[str, tuple[int, int], tuple[int, int]]]:
    """Equal and unequal stretches, as difflib's opcodes; where these would take long, all between what they begin and
    end with alike is one difference.
    """
    head = _alike_from_start(before, after)
    tail = _alike_from_start(before[head:][::-1], after[head:][::-1])
    old, new = before[head : len(before) - tail], after[head : len(after) - tail]
    if head:
        yield "equal", (0, head), (0, head)
    if cost_of_aligning(old, new) > DEAREST:
        yield "replace", (head, head + len(old)), (head, head + len(new))
    else:
        for tag, low, high, other_low, other_high in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
            yield tag, (head + low, head + high), (head + other_low, head + other_high)
    if tail:
        yield "equal", (len(before) - tail, len(before)), (len(after) - tail, len(after))


def _alike_from_start(one: Sequence[str], other: Sequence[str]) -> int:
    unlike = (place for place, (left, right) in enumerate(zip(one, other, strict=False)) if left != right)
    return next(unlike, min(len(one), len(other)))


def _where_they_differ(one: str, other: str, width: int) -> tuple[str, str]:
    """Two texts with little of what they begin and end with alike, and shortened after the point where they part."""
    if max(len(one), len(other)) <= width or not one or not other:
        return _shortened(one, width), _shortened(other, width)
    head = _alike_from_start(one, other)
    tail = _alike_from_start(one[head:][::-1], other[head:][::-1])
    beside = min(_BESIDE, width // 4)
    start, end = max(head - beside, 0), max(tail - beside, 0)
    front, back = "… " if start else "", " …" if end else ""
    room, least = width - len(front) - len(back), head - start + 2
    first, second = (_shortened(text[start : len(text) - end], room, least) for text in (one, other))
    return f"{front}{first}{back}", f"{front}{second}{back}"


def _in_a_line(sql: str, width: int) -> str:
    """A statement in one line, its longest clauses shortened in their middle where the line is too narrow for it."""
    parts = [_visible(clause) for clause in clauses(sql)]
    room = width - _COUNT - len(parts)
    most = min(max(map(len, parts), default=0), max(room, _LEAST_OF_A_CLAUSE))
    while most > _LEAST_OF_A_CLAUSE and sum(min(len(part), most) for part in parts) > room:
        most -= 1
    return _shortened(" ".join(_shortened(part, most) for part in parts), width - _COUNT)


def _whole(sql: str) -> str:
    return _visible(" ".join(clauses(sql)))


def _length_in_a_line(change: StatementChange) -> int:
    return len(_whole(change.sql)) + _COUNT


def _shortened(text: str, width: int, least: int = 1) -> str:
    """Text with its middle cut out, where it is longer than `width`; between words, if there is a gap nearby that is
    not among the first `least` characters.
    """
    if len(text) <= width:
        return text
    head = (width - 2) * 2 // 3
    start = len(text) - (width - 3 - head)
    gap, other_gap = text.rfind(" ", max(head - _NEARBY, least), head + 1), text.find(" ", start - 1, start + _NEARBY)
    first, last = text[: gap if gap > 0 else head], text[other_gap if other_gap > 0 else start :]
    return f"{first.rstrip()} … {last.lstrip()}"


def _first_word(clause: str) -> str:
    found = re.search(r"\w+", clause)
    return found[0].upper() if found else ""


def _visible(text: str) -> str:
    """In one line, where white space in a literal is seen too: what differs in that alone is another statement."""
    return plain_lines(text.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t"))


def _coloured(line: str) -> str:
    from click import style

    colour = _COLOURS.get(line[:1])
    return style(line, fg=colour) if colour else line
