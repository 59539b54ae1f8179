"""The text of a statement taken apart, to be compared with another: its tokens, its clauses, and how alike two are."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Final

ALIKE: Final = 0.6
"""The similarity from which one statement is taken for another whose text was changed."""

DEAREST: Final = 100_000
"""How many pairs of equal tokens two texts may have to be aligned token by token, which costs a multiple of that."""

_TOKEN = re.compile(
    r"""
    '(?:[^']|'')*(?:'|\Z)                            # a literal
    | "(?:[^"]|"")*(?:"|\Z)                          # a quoted name
    | \$(?P<tag>[A-Za-z_]\w*|)\$.*?(?:\$(?P=tag)\$|\Z)  # a literal between dollars
    | --[^\n]*(?:\n|\Z)                              # a comment to the end of its line,
    | /\*.*?(?:\*/|\Z)                               # and one between marks
    | \s+
    | (?:%\(\w+\)s|\$\d+|%s)(?:::\w+)?               # a placeholder and what it is cast to
    | \w+
    | ::|<=|>=|<>|!=|\|\||->>?|.
    """,
    re.VERBOSE | re.DOTALL,
)
_PLACEHOLDER = re.compile(r"(?:%\(\w+\)s|\$\d+|%s|\?)(?:::\w+)?")
_VALUE = r"(?:%\(\w+\)s|\$\d+|%s|\?)(?:::\w+(?: WITH(?:OUT)? TIME ZONE| PRECISION)?(?:\(\d+(?:, \d+)?\))?(?:\[\])?)?"
_ROW = rf"\((?=[^()]*[%$?])(?:{_VALUE}|\d+|DEFAULT|NULL)(?:, (?:{_VALUE}|\d+|DEFAULT|NULL))*\)"
_ROWS = re.compile(rf"({_ROW})(?:, {_ROW}){{6,}}")
_VALUES = re.compile(rf"({_VALUE})(?:, {_VALUE}){{6,}}")
_PUNCTUATION: Final = frozenset(".,()")
_BEGINS_A_CLAUSE = re.compile(
    "SELECT|FROM|WHERE|GROUP|ORDER|HAVING|LIMIT|OFFSET|FETCH|UNION|INTERSECT|EXCEPT|VALUES|SET|RETURNING|WINDOW",
    re.IGNORECASE,
)
_BEFORE_JOIN = re.compile("LEFT|RIGHT|FULL|INNER|CROSS|NATURAL|OUTER", re.IGNORECASE)


def tokens(sql: str) -> list[str]:
    """The tokens of a statement without the white space between them; literals and comments stay whole."""
    return [token for token in _all_tokens(sql) if not token.isspace()]


def normal_form(sql: str) -> str:
    """A statement with one space between its tokens: equal for two that differ in white space alone."""
    return " ".join(tokens(sql))


def without_placeholders(sql: str) -> str:
    """A statement in which each placeholder, with what it is cast to, is a question mark: drivers write them their own
    way.
    """
    return "".join("?" if _PLACEHOLDER.fullmatch(token) else token for token in _all_tokens(sql))


def abridged(sql: str) -> str:
    """A statement with the first alone of more than six placeholders in a list, or of more than six rows of them, and
    how many they are. Abridged again, it stays as it is.
    """
    rows = _ROWS.sub(lambda match: f"{match[1]}, … {len(re.findall(_ROW, match[0]))} rows in all", sql)
    return _VALUES.sub(lambda match: f"{match[1]}, … {match[0].count(',') + 1} in all", rows)


def clauses(sql: str) -> list[str]:
    """The clauses of a statement, each from the word that begins it, with single spaces; subqueries have theirs too.

    Joined by a space they are the statement again, but for its white space outside of literals.
    """
    parts: list[list[str]] = [[]]
    queries = [True]
    words = _all_tokens(sql)
    for place, word in enumerate(words):
        if word.isspace():
            _add_space(parts[-1])
            continue
        if queries[-1] and any(part.strip(" (") for part in parts[-1]) and _begins_a_clause(words, place):
            parts.append([])
        parts[-1].append(word.rstrip("\n"))
        if word == "(":
            queries.append(_next_word(words, place).upper() in ("SELECT", "WITH", "VALUES"))
        elif word == ")" and len(queries) > 1:
            queries.pop()
        elif word.startswith("--"):
            parts.append([])
    return [clause for part in parts if (clause := "".join(part).strip())]


def items(clause: str) -> list[str]:
    """A clause in pieces that a change adds or takes away: each ends with a comma, or before an AND or OR."""
    parts: list[list[str]] = [[]]
    between = 0
    for word in _all_tokens(clause):
        upper = word.upper()
        if upper == "BETWEEN":
            between += 1
        elif upper == "AND" and between:
            between -= 1
        elif upper in ("AND", "OR"):
            parts.append([])
        parts[-1].append(" " if word.isspace() else word)
        if word == ",":
            parts.append([])
    return [item for part in parts if (item := "".join(part).strip())]


def similarity(one: str, other: str) -> float:
    """How alike two statements are, 0 to 1: the share of their words that they have in common in the same order.

    All placeholders are equal, and a list of them is one, so that a longer list makes no other statement. Of statements
    too long to be aligned the order is left out, which makes it an upper bound.
    """
    first, second = _outline(one), _outline(other)
    matcher = SequenceMatcher(None, first, second, autojunk=False)
    if matcher.quick_ratio() < ALIKE or cost_of_aligning(first, second) > DEAREST:
        return matcher.quick_ratio()
    return matcher.ratio()


def cost_of_aligning(one: Sequence[str], other: Sequence[str]) -> int:
    """How many pairs of equal parts two sequences have: what difflib goes through to align them, and it is quadratic
    where one part fills both.
    """
    first, second = Counter(one), Counter(other)
    return sum(number * second[part] for part, number in first.items())


def _all_tokens(sql: str) -> list[str]:
    return [match[0] for match in _TOKEN.finditer(sql)]


def _add_space(part: list[str]) -> None:
    if part and not part[-1].isspace():
        part.append(" ")


def _begins_a_clause(words: Sequence[str], place: int) -> bool:
    word, before = words[place], _word_before(words, place)
    if word.upper() == "JOIN":
        return not _BEFORE_JOIN.fullmatch(before)
    if _BEFORE_JOIN.fullmatch(word):
        return not _BEFORE_JOIN.fullmatch(before) and _next_word(words, place) != "("
    if word.upper() == "ON":
        return _next_word(words, place).upper() == "CONFLICT"
    return _BEGINS_A_CLAUSE.fullmatch(word) is not None and before not in ("(", ".")


def _word_before(words: Sequence[str], place: int) -> str:
    return next((word for word in reversed(words[max(place - 3, 0) : place]) if not word.isspace()), "")


def _next_word(words: Sequence[str], place: int) -> str:
    return next((word for word in words[place + 1 : place + 4] if not word.isspace()), "")


def _outline(sql: str) -> list[str]:
    """The words of a statement, each placeholder as `?` and of several in a list the first alone."""
    words = ["?" if _PLACEHOLDER.fullmatch(word) else word for word in tokens(sql) if word not in _PUNCTUATION]
    return [word for place, word in enumerate(words) if word != "?" or place == 0 or words[place - 1] != "?"]
