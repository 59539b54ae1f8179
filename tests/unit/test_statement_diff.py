"""How changed statements are shown: as a diff in which the difference is always seen."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bench.measurement import Statement
from bench.regressions.statements import StatementChange, statement_changes
from bench.reports.statement_diff import MOST_CHANGES, markdown_statement_diff, statement_diff
from bench.statement_texts import clauses, normal_form, tokens

USERS = (
    "SELECT users.id, users.username, users.email, users.country, users.phone, users.is_active, users.created_at"
    " \nFROM users \nWHERE users.id BETWEEN $1::INTEGER AND $2::INTEGER"
)
POSTS = "SELECT posts.id, posts.title \nFROM posts \nWHERE $1::INTEGER = posts.author_id"


def diff(base: str, new: str, width: int = 100) -> list[str]:
    return statement_diff(statement_changes([Statement(base, 1)], [Statement(new, 1)]), width).splitlines()


def test_one_that_is_sent_more_often_is_two_lines() -> None:
    """How often it was sent, and how often it is now."""
    assert [
        "- 1× SELECT posts.id, posts.title FROM posts WHERE $1::INTEGER = posts.author_id",
        "+ 51× SELECT posts.id, posts.title FROM posts WHERE $1::INTEGER = posts.author_id",
    ] == statement_diff([StatementChange(POSTS, 1, 51)]).splitlines()


def test_one_that_is_new_has_one_line() -> None:
    """A statement that was not sent before is a line with a plus, one that is gone a line with a minus."""
    assert ["+ 1× DELETE FROM a", "- 12,000× SELECT 1"] == statement_diff(
        [StatementChange("DELETE FROM a", 0, 1), StatementChange("SELECT 1", 12_000, 0)]
    ).splitlines()


def test_a_short_text_that_changed_is_shown_whole() -> None:
    """Where both texts have room in a line, they stand below each other."""
    assert ["- 1× SELECT a FROM t", "+ 1× SELECT a FROM t LIMIT $1"] == diff(
        "SELECT a FROM t", "SELECT a FROM t LIMIT $1"
    )


def test_an_added_column_has_a_line() -> None:
    """In a long list of columns the one that was added stands alone, between shortened neighbours."""
    assert [
        "  1×",
        "    SELECT users.id, users.username, users.email,",
        "+     users.biography,",
        "      users.country, users.phone, users.is_active, users.created_at",
        "    FROM users",
        "    WHERE users.id BETWEEN $1::INTEGER AND $2::INTEGER",
    ] == diff(USERS, USERS.replace("users.email,", "users.email, users.biography,"))


def test_an_added_predicate_and_a_join_are_seen() -> None:
    """A clause that was changed stands beside what it was, one that was added has a line."""
    joined = USERS.replace("FROM users", "FROM users JOIN posts ON posts.author_id = users.id")

    assert [
        "  1×",
        "    SELECT users.id, users.username, users.email, users.country, … users.created_at",
        "    FROM users",
        "+   JOIN posts ON posts.author_id = users.id",
        "-   WHERE users.id BETWEEN $1::INTEGER AND $2::INTEGER",
        "+   WHERE users.id BETWEEN $1::INTEGER AND $2::INTEGER AND users.is_active",
    ] == diff(USERS, f"{joined} AND users.is_active")


def test_a_longer_list_of_placeholders_is_seen_by_its_end() -> None:
    """Of two lists of placeholders, what both have is shortened, and what only one has shows how far it goes."""
    lists = [f"SELECT id FROM t WHERE id IN ({', '.join(f'${place}' for place in range(1, n + 1))})" for n in (60, 90)]

    assert [
        "  1×",
        "    SELECT id",
        "    FROM t",
        "    WHERE id IN ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, … $55, $56, $57, $58, $59,",
        "-     $60)",
        "+     $60, $61, $62, $63, $64, $65, $66, $67, $68, $69, $70, … $86, $87, $88, $89, $90)",
    ] == diff(*lists, width=92)


def test_a_difference_in_the_midst_of_a_long_literal_is_shown() -> None:
    """A word too long for a line is cut on both sides of what differs in it."""
    one, other = (f"SELECT id FROM t WHERE name = '{'a' * 200}{middle}{'b' * 200}'" for middle in "xy")

    assert [
        "  1×",
        "    SELECT id",
        "    FROM t",
        f"-   … {'a' * 23}x{'b' * 23} …",
        f"+   … {'a' * 23}y{'b' * 23} …",
    ] == diff(one, other)


def test_two_that_look_alike_when_shortened_are_shown_whole() -> None:
    """Statements of which the same is left when they are shortened are not shortened."""
    texts = [f"SELECT {', '.join(f'{name}{place}' for place in range(40))} FROM t" for name in ("c", "d")]
    texts = [text.replace("d0,", "c0,").replace("d39", "c39").replace("d1,", "c1,") for text in texts]
    changes = [StatementChange(texts[0], 1, 2), StatementChange(texts[1], 1, 2)]

    lines = statement_diff(changes, 60).splitlines()

    assert 4 == len(set(lines))


def test_white_space_in_a_literal_is_shown() -> None:
    """Literals that differ in white space alone do not look alike."""
    assert ["- 1× SELECT 'a  b'", "+ 1× SELECT 'a b'"] == diff("SELECT 'a  b'", "SELECT 'a b'")
    assert ["- 1× SELECT 'a\\nb'", "+ 1× SELECT 'a\\tb'"] == diff("SELECT 'a\nb'", "SELECT 'a\tb'")


def test_many_are_cut_off_and_said() -> None:
    """Of more changes than anyone reads, the first are shown and the others counted."""
    names = [f"{one}{other}" for one in "abcdefghij" for other in "klmno"]

    lines = statement_diff([StatementChange(f"DELETE FROM {name}", 0, 1) for name in names]).splitlines()

    assert MOST_CHANGES + 1 == len(lines)
    assert f"  … and {50 - MOST_CHANGES} more statements" == lines[-1]


def test_hostile_text_is_shown_and_not_obeyed() -> None:
    """Control characters in a statement reach no terminal, and no run of backticks ends the block in Markdown."""
    hostile = "SELECT '\x1b[31m' /* ``` */\n```\n# heading"
    changes = [StatementChange(hostile, 0, 1)]

    assert "\x1b" not in statement_diff(changes)
    assert markdown_statement_diff(changes).splitlines() == [
        "````diff",
        "+ 1× SELECT '\\x1b[31m' /* ``` */ ``` # heading",
        "````",
    ]


def test_nothing_changed_shows_nothing() -> None:
    """Without changes there is no line and no block."""
    assert ("", "") == (statement_diff([]), markdown_statement_diff([]))


def test_colours_are_for_a_terminal_that_asks() -> None:
    """What is gone is red and what is new green, where colour is asked for."""
    assert "\x1b[32m+ 1× SELECT 1\x1b[0m" == statement_diff([StatementChange("SELECT 1", 0, 1)], colour=True)


pieces = st.lists(
    st.sampled_from(
        ["SELECT", "FROM", "a.b", ",", "WHERE", "x", "=", "$1", "'q  r'", "(", ")", "AND", "--c\n", "BETWEEN"]
    ),
    max_size=60,
).map(" ".join)


@given(pieces, pieces, st.integers(20, 120))
def test_different_statements_never_look_the_same(one: str, other: str, width: int) -> None:
    """Wherever two texts differ, so do the lines with a minus and those with a plus."""
    changes = statement_changes([Statement(one, 1)], [Statement(other, 1)])
    lines = statement_diff(changes, width).splitlines()

    gone = [line[1:] for line in lines if line.startswith("-")]
    new = [line[1:] for line in lines if line.startswith("+")]

    assert (normal_form(one) != normal_form(other)) == (gone != new)


@given(pieces)
def test_clauses_are_the_whole_statement(sql: str) -> None:
    """A statement that is broken at its clauses has lost none of its tokens."""
    assert [token.strip() for token in tokens(sql)] == [token.strip() for token in tokens("\n".join(clauses(sql)))]
