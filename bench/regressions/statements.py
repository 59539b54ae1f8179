"""Which statements a warm call sends that it did not send before, or more often, or no more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.measurement import Statement
from bench.statement_texts import ALIKE, normal_form, similarity

_COMPARED = 400
"""Pairs of texts, about, that are compared to find what a changed statement was before."""


@dataclass(frozen=True)
class StatementChange:
    """How often a distinct statement was sent in a warm call, before and after; 0 where it was not sent."""

    sql: str
    before: int
    after: int


def statement_changes(base: Sequence[Statement], new: Sequence[Statement]) -> tuple[StatementChange, ...]:
    """The statements that are not sent as often as before, in the order in which they are sent.

    White space makes no other statement. One whose text was changed a little is one that is gone and, directly after
    it, one that is new; one that is gone for good stands after what was sent before it.
    """
    before, after = _sent(base), _sent(new)
    gone = [key for key in before if key not in after]
    successors = _successors(gone, [key for key in after if key not in before])
    order = _in_order(list(before), list(after), successors)
    counts = [(_text_of(key, before, after), _calls(before, key), _calls(after, key)) for key in order]
    return tuple(StatementChange(*count) for count in counts if count[1] != count[2])


@dataclass(frozen=True)
class _Sent:
    text: str
    calls: int


def _sent(statements: Sequence[Statement]) -> dict[str, _Sent]:
    """Each statement by its normal form, those that differ in white space alone put together."""
    found: dict[str, _Sent] = {}
    for statement in statements:
        key = normal_form(statement.sql)
        known = found.get(key, _Sent(statement.sql.strip(), 0))
        found[key] = _Sent(known.text, known.calls + statement.calls)
    return found


def _text_of(key: str, before: Mapping[str, _Sent], after: Mapping[str, _Sent]) -> str:
    return (after.get(key) or before[key]).text


def _calls(sent: Mapping[str, _Sent], key: str) -> int:
    return sent[key].calls if key in sent else 0


def _successors(gone: Sequence[str], added: Sequence[str]) -> dict[str, str]:
    """For each statement that is gone, what it was changed into: the most alike go together first, those that are alike
    enough. Where there are many, each is compared with its nearest alone.
    """
    reach = max(1, _COMPARED // max(1, len(gone)))
    alike = [
        (similarity(old, added[other]), -abs(place - other), -place, old, added[other])
        for place, old in enumerate(gone)
        for other in range(max(0, place - reach), min(len(added), place + reach + 1))
    ]
    found: dict[str, str] = {}
    for likeness, *_, old, new in sorted(alike, reverse=True):
        if likeness >= ALIKE and old not in found and new not in found.values():
            found[old] = new
    return found


def _in_order(before: Sequence[str], after: Sequence[str], successors: Mapping[str, str]) -> list[str]:
    """All statements, in the order of those that are sent now: what was changed before what it became, what is gone
    after what it followed.
    """
    predecessors = {new: old for old, new in successors.items()}
    order = []
    for key in after:
        order += [predecessors[key], key] if key in predecessors else [key]
    placed, last = set(order), -1
    for key in before:
        if key in placed:
            last = order.index(successors.get(key, key))
        else:
            last += 1
            order.insert(last, key)
    return order
