"""The rows of the blog: the same everywhere, with keys that hold together and fan-outs as they are promised."""

from __future__ import annotations

import hashlib
import sys
from collections import Counter
from dataclasses import dataclass
from itertools import islice
from math import gcd
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bench.discovery import find_modules, load_module

loading = load_module(find_modules()["loading"])["loading.one_to_many"]
blog: Any = sys.modules[loading.dataset.rows.__module__]


def _name(target: Any) -> str:
    return str(getattr(target, "__table__", target).name)


def _first_rows(scale: int, seed: int, count: int) -> dict[str, list[tuple[Any, ...]]]:
    return {_name(target): list(islice(rows, count)) for target, rows in blog.rows(scale, Random(seed))}


@dataclass(frozen=True)
class Everything:
    """What the tests look at, of all rows at scale 1 with seed 1."""

    digest: str
    users: list[tuple[Any, ...]]
    profiles: list[tuple[Any, ...]]
    tags: list[tuple[Any, ...]]
    post_tags: list[tuple[int, int]]
    author_of: dict[int, int]
    posted_at: dict[int, Any]
    body_lengths: dict[int, int]
    comments: list[tuple[int, int, int, Any]]


@pytest.fixture(scope="module")
def everything() -> Everything:
    digest = hashlib.sha256()
    kept: dict[str, list[Any]] = {}
    shapes = {
        "posts": lambda row: (row[0], row[1], row[5], len(row[6])),
        "comments": lambda row: (row[0], row[1], row[2], row[4]),
    }
    for target, rows in blog.rows(1, Random(1)):
        shape = shapes.get(_name(target), tuple)
        keep = kept[_name(target)] = []
        for row in rows:
            digest.update(repr(row).encode())
            keep.append(shape(row))
    posts = kept.pop("posts")
    return Everything(
        digest=digest.hexdigest()[:16],
        author_of={key: author for key, author, _, _ in posts},
        posted_at={key: posted_at for key, _, posted_at, _ in posts},
        body_lengths={key: length for key, _, _, length in posts},
        **kept,
    )


def test_rows_are_the_same_on_every_python(everything: Everything) -> None:
    """Seed 1 at scale 1 gives these very rows, whatever the version of Python, its hash seed or the platform."""
    assert "1739a22de0ead580" == everything.digest


def test_rows_do_not_depend_on_how_many_others_were_taken() -> None:
    """The first rows of every table are the same when no other table is read to its end."""
    read_whole = {}
    for target, rows in blog.rows(1, Random(7)):
        read_whole[_name(target)] = list(islice(rows, 50))
        if _name(target) == "users":
            assert 19_950 == sum(1 for _ in rows)

    assert read_whole == _first_rows(1, 7, 50)


def test_another_seed_gives_other_rows_with_the_same_keys() -> None:
    """The seed changes what the rows say, not how many users a cohort has or where it starts."""
    one, other = _first_rows(1, 1, 20)["users"], _first_rows(1, 2, 20)["users"]

    assert one != other
    assert [row[0] for row in one] == [row[0] for row in other]


def test_cohorts_are_the_same_at_every_scale() -> None:
    """A scenario that picks a cohort reads the same users and posts whatever the scale."""
    small = {_name(target): rows for target, rows in blog.rows(1, Random(1))}
    large = {_name(target): rows for target, rows in blog.rows(3, Random(1))}

    assert list(islice(small["users"], 5800)) == list(islice(large["users"], 5800))
    assert list(islice(small["posts"], 94_000)) == list(islice(large["posts"], 94_000))


def test_the_scale_multiplies_the_organic_part() -> None:
    """Three times the scale has three times the users outside the cohorts."""
    users = next(rows for target, rows in blog.rows(3, Random(1)) if _name(target) == "users")

    assert {"ones": 2000, "tens": 2000, "hundreds": 600, "quiet": 600, "busy": 600, "organic": 42_600} == Counter(
        row[8] for row in users
    )


def test_there_are_more_than_half_a_million_rows(everything: Everything) -> None:
    """Scale 1 is large enough for plans that tables in production have."""
    counts = {
        "users": len(everything.users),
        "profiles": len(everything.profiles),
        "tags": len(everything.tags),
        "posts": len(everything.author_of),
        "post_tags": len(everything.post_tags),
        "comments": len(everything.comments),
    }

    assert {
        "users": 20_000,
        "profiles": 17_129,
        "tags": 500,
        "posts": 164_000,
        "post_tags": 209_146,
        "comments": 171_000,
    } == counts


def test_parents_come_before_their_children() -> None:
    """Every table follows the tables that its foreign keys refer to, so that constraints may be checked at once."""
    seen: set[str] = set()
    for target, _ in blog.rows(1, Random(1)):
        table = getattr(target, "__table__", target)
        assert {key.column.table.name for key in table.foreign_keys} <= seen
        seen.add(table.name)
    assert {table.name for table in blog.Base.metadata.sorted_tables} == seen


def test_a_row_has_a_value_of_its_type_for_each_column() -> None:
    """Rows are in the order of the table's columns, and null only where the column allows it."""
    for target, rows in blog.rows(1, Random(1)):
        columns = list(getattr(target, "__table__", target).columns)
        for row in islice(rows, 200):
            for column, value in zip(columns, row, strict=True):
                assert column.nullable if value is None else isinstance(value, column.type.python_type)


def test_keys_are_numbered_from_one(everything: Everything) -> None:
    """Every table with a key of its own counts it up from 1 without a gap."""
    assert list(range(1, 20_001)) == [row[0] for row in everything.users]
    assert list(range(1, 17_130)) == [row[0] for row in everything.profiles]
    assert list(range(1, 501)) == [row[0] for row in everything.tags]
    assert list(range(1, 164_001)) == list(everything.author_of)
    assert list(range(1, 171_001)) == [row[0] for row in everything.comments]


def test_what_is_unique_in_the_tables_is_unique_in_the_rows(everything: Everything) -> None:
    """No user name, address, profile, tag or pair of post and tag comes twice."""
    assert 20_000 == len({row[1] for row in everything.users}) == len({row[2] for row in everything.users})
    assert len(everything.profiles) == len({row[1] for row in everything.profiles})
    assert 500 == len({row[1] for row in everything.tags})
    assert len(everything.post_tags) == len(set(everything.post_tags))


def test_foreign_keys_refer_to_rows_that_are_there(everything: Everything) -> None:
    """Authors, posts and tags that a row names exist."""
    users, posts, tags = set(range(1, 20_001)), set(everything.author_of), set(range(1, 501))

    assert set(everything.author_of.values()) <= users
    assert {row[1] for row in everything.profiles} <= users
    assert {post for post, _ in everything.post_tags} <= posts
    assert {tag for _, tag in everything.post_tags} <= tags
    assert {row[1] for row in everything.comments} <= posts
    assert {row[2] for row in everything.comments} <= users


@pytest.mark.parametrize("cohort", blog.COHORTS, ids=lambda cohort: cohort.name)
def test_a_cohort_has_its_fan_out_exactly(everything: Everything, cohort: Any) -> None:
    """Each user of a cohort wrote as many posts and comments, each post has as many comments and tags, as it says."""
    users = range(cohort.first_user, cohort.first_user + cohort.users)
    posts = range(cohort.first_post, cohort.first_post + cohort.all_posts)
    posts_by = Counter(everything.author_of[post] for post in posts)
    comments_on = Counter(row[1] for row in everything.comments if row[1] in posts)
    comments_by = Counter(row[2] for row in everything.comments if row[2] in users)
    tags_on = Counter(post for post, _ in everything.post_tags if post in posts)
    profiles = [row for row in everything.profiles if row[1] in users]

    assert {cohort.posts} == {posts_by[user] for user in users}
    assert {cohort.comments} == {comments_on[post] for post in posts}
    assert {cohort.written} == {comments_by[user] for user in users}
    assert {cohort.tags} == {tags_on[post] for post in posts}
    assert cohort.users == len(profiles)


def test_nobody_in_a_cohort_has_to_do_with_somebody_outside(everything: Everything) -> None:
    """Comments on a cohort's posts are by the same cohort, so that its fan-outs hold in both directions."""
    cohort_of = [""] + [row[8] for row in everything.users]

    assert [] == [row for row in everything.comments if cohort_of[everything.author_of[row[1]]] != cohort_of[row[2]]]


def test_the_first_posts_of_a_cohort_are_by_different_authors(everything: Everything) -> None:
    """An author's posts lie apart in the table, as posts written over years do."""
    first, last = blog.TENS.post_ids(2000)

    assert 2000 == len({everything.author_of[post] for post in range(first, last + 1)})


def test_few_organic_authors_write_most_posts(everything: Everything) -> None:
    """The most prolific hundredth of the users wrote about a quarter of the posts; three in ten or more wrote none."""
    counts = Counter(author for author in everything.author_of.values() if author >= blog.FIRST_ORGANIC_USER)
    prolific = sum(count for _, count in counts.most_common(142))

    assert 0.22 < prolific / 70_000 < 0.27
    assert 0.3 <= (14_200 - len(counts)) / 14_200 < 0.4


def test_few_organic_posts_draw_most_comments(everything: Everything) -> None:
    """The tenth of the posts with most comments has about half of them; most posts have none or one."""
    counts = Counter(row[1] for row in everything.comments if row[1] >= blog.FIRST_ORGANIC_POST)
    popular = sum(count for _, count in counts.most_common(7000))

    assert 0.45 < popular / 105_000 < 0.60
    assert 0.5 < sum(1 for post in range(94_001, 164_001) if counts[post] < 2) / 70_000 < 0.8


def test_popularity_says_nothing_about_age(everything: Everything) -> None:
    """The older half of the organic posts has about half of the comments."""
    older = sum(
        1 for row in everything.comments if blog.FIRST_ORGANIC_POST <= row[1] < blog.FIRST_ORGANIC_POST + 35_000
    )

    assert 0.45 < older / 105_000 < 0.55


def test_a_comment_is_younger_than_its_post(everything: Everything) -> None:
    """Times make sense: users joined before anybody posted, posts came before their comments."""
    assert [] == [row for row in everything.comments if row[3] <= everything.posted_at[row[1]]]
    assert max(row[7] for row in everything.users) < min(everything.posted_at.values())


def test_bodies_are_as_heavy_as_their_cohort_says(everything: Everything) -> None:
    """Bodies that go out of line have 3 to 7 KB, compressible ones 4, and the others at most 140 bytes."""
    lengths = {
        cohort.name: [everything.body_lengths[cohort.first_post + place] for place in range(cohort.all_posts)]
        for cohort in blog.COHORTS
    }

    assert 3000 <= min(lengths["ones"])
    assert 7000 > max(lengths["ones"])
    assert {4000} == set(lengths["quiet"])
    assert 140 > max(map(max, (lengths["tens"], lengths["hundreds"], lengths["busy"])))


def test_a_bio_has_500_bytes(everything: Everything) -> None:
    """The wide column of a parent row is equally wide in all of them."""
    assert {500} == {len(row[9].encode()) for row in everything.users}


def test_some_users_have_no_telephone(everything: Everything) -> None:
    """About three users in ten have null for their telephone number."""
    assert 0.28 < sum(1 for row in everything.users if row[4] is None) / 20_000 < 0.32


def test_a_cohort_refuses_more_than_it_has() -> None:
    """Asking for more authors than there are is an error, not a shorter page."""
    assert (2001, 4000) == blog.TENS.user_ids(2000)
    with pytest.raises(ValueError, match="the cohort 'tens' has 2000 users, not 2001"):
        blog.TENS.user_ids(2001)


@given(scale=some.integers(1, 7918))
def test_popularity_is_spread_over_every_key(scale: int) -> None:
    """At any scale below the stride, each rank of popularity falls on a key of its own."""
    assert 1 == gcd(blog.STRIDE, blog.ORGANIC_USERS * scale) == gcd(blog.STRIDE, blog.ORGANIC_POSTS * scale)


@given(uniform=some.floats(0, 1, exclude_max=True), count=some.integers(1, 10**7))
def test_a_skewed_place_is_within_bounds(uniform: float, count: int) -> None:
    """A place drawn by popularity is one of those that there are."""
    assert 0 <= blog._skewed(uniform, count, count) < count
