"""Which statements a call sends otherwise than before."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bench.measurement import Statement
from bench.regressions.statements import StatementChange, statement_changes
from bench.statement_texts import normal_form

USERS = "SELECT users.id, users.name \nFROM users \nWHERE users.id < $1::INTEGER"
POSTS = "SELECT posts.id, posts.title \nFROM posts \nWHERE $1::INTEGER = posts.author_id"
TAGS = "SELECT tags.label \nFROM tags"

sent = st.lists(
    st.builds(Statement, st.sampled_from([USERS, POSTS, TAGS, "SELECT 1", "SELECT  1", "DELETE FROM tags"]), st.just(1))
)


def test_a_statement_that_is_sent_more_often_has_both_counts() -> None:
    """A lazy load that came back shows how often it was sent before and now; what is the same is left out."""
    changes = statement_changes([Statement(USERS, 1), Statement(POSTS, 1)], [Statement(USERS, 1), Statement(POSTS, 51)])

    assert (StatementChange(POSTS, 1, 51),) == changes


def test_white_space_makes_no_other_statement() -> None:
    """Two texts that differ in white space alone are one, and their counts are added up."""
    base = [Statement("SELECT  a,b\nFROM t ", 2)]

    assert () == statement_changes(base, [Statement("SELECT a, b FROM t", 1), Statement("SELECT a,\n\tb FROM t", 1)])
    assert (StatementChange("SELECT a, b FROM t", 2, 3),) == statement_changes(
        base, [Statement("SELECT a, b FROM t", 3)]
    )


def test_white_space_in_a_literal_makes_another() -> None:
    """What stands between quotes, or in a comment to the end of a line, is compared as it is."""
    assert normal_form("SELECT 'a  b'") != normal_form("SELECT 'a b'")
    assert normal_form('SELECT "a  b"') != normal_form('SELECT "a b"')
    assert normal_form("SELECT $$a  b$$") != normal_form("SELECT $$a b$$")
    assert normal_form("SELECT 1 -- one\n, 2") != normal_form("SELECT 1 -- one , 2")
    assert normal_form("SELECT 'it''s',  1") == normal_form("SELECT 'it''s', 1")


def test_a_changed_text_stands_beside_what_it_was() -> None:
    """A statement whose text was changed a little is gone and directly after it new, where the new one is sent."""
    wider = USERS.replace("users.name", "users.name, users.email")

    changes = statement_changes(
        [Statement(USERS, 1), Statement(TAGS, 1)], [Statement("SELECT 1", 1), Statement(wider, 1)]
    )

    assert (
        StatementChange("SELECT 1", 0, 1),
        StatementChange(USERS, 1, 0),
        StatementChange(wider, 0, 1),
        StatementChange(TAGS, 1, 0),
    ) == changes


def test_the_most_alike_belong_together() -> None:
    """Of two that are gone, a new one belongs to the one that is most like it, and not to the first."""
    near, far = "SELECT a.x, a.y, a.z FROM a WHERE a.id = $1", "SELECT a.x, a.y, a.q FROM a JOIN b WHERE a.id > $1"
    new = near.replace("a.z", "a.z, a.w")

    changes = statement_changes([Statement(far, 1), Statement(near, 1)], [Statement(new, 1)])

    assert [far, near, new] == [change.sql for change in changes]


def test_what_is_gone_stands_after_what_it_followed() -> None:
    """Statements that are no longer sent keep their place among those that are."""
    base = [Statement("DELETE FROM a", 1), Statement(USERS, 1), Statement("DROP VIEW b", 1), Statement(POSTS, 1)]

    changes = statement_changes(base, [Statement(USERS, 2), Statement(POSTS, 2)])

    assert ["DELETE FROM a", USERS, "DROP VIEW b", POSTS] == [change.sql for change in changes]


@given(sent, sent)
def test_the_changes_lead_from_one_to_the_other(base: list[Statement], new: list[Statement]) -> None:
    """The calls of all statements together differ by what the changes differ by, and no statement is there twice."""
    changes = statement_changes(base, new)

    assert sum(one.calls for one in new) - sum(one.calls for one in base) == sum(
        change.after - change.before for change in changes
    )
    assert len(changes) == len({normal_form(change.sql) for change in changes})
    assert all(change.before != change.after for change in changes)


@given(sent)
def test_a_call_is_no_change_from_itself(statements: list[Statement]) -> None:
    """What is sent in the same way has no changes."""
    assert () == statement_changes(statements, statements)
