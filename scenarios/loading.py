"""How should related objects be loaded?"""
# ruff: noqa: F811 - every scenario here has a `lazy`, a `selectin`, a `joined`: they are kept by their decorators

from collections import defaultdict
from collections.abc import Callable
from typing import Any, Literal

from sqlalchemy import JSON, Select, func, select
from sqlalchemy.orm import immediateload, joinedload, lazyload, selectinload, subqueryload, undefer
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.orm.interfaces import ORMOption

from bench import Claim, Database, Scenario

from .blog import BUSY, HUNDREDS, ONES, QUIET, TENS, Comment, Post, Profile, Tag, User, blog, post_tags

PATTERNS = "SQLAlchemy 2.0 Async Patterns, Relationship Loading Strategies"
RECOMMENDED = f"{PATTERNS}, selectinload (Recommended for One-to-Many)"
FOR_ONE = f"{PATTERNS}, joinedload (For Many-to-One, One-to-One)"
DOCS = "SQLAlchemy documentation, Relationship Loading Techniques"
WHICH = f"{DOCS}, What Kind of Loading to Use"
SELECTIN = f"{DOCS}, Select IN loading"

BY_POSTS = {1: ONES, 10: TENS, 100: HUNDREDS}
BY_COMMENTS = {1: QUIET, 10: BUSY}
BY_TAGS = {1: ONES, 3: TENS, 10: QUIET}


async def loaded(
    db: Database, statement: Select[Any], read: Callable[[Any], Any], unique: bool = False
) -> dict[int, Any]:
    """What `read` makes of each entity that the statement finds, by key; all it touches is loaded by then.

    `unique` is for joined collections, whose rows repeat the parent.
    """
    async with db.session() as session:
        found = await session.scalars(statement)
        return {entity.id: read(entity) for entity in (found.unique() if unique else found)}


# One to many: authors with their posts.

one_to_many = Scenario(
    dataset=blog,
    question="How should a page of authors load each author's posts?",
    params={"authors": (10, 100, 500, 501), "posts": (1, 10, 100), "wide": (False, True)},
    typical={"authors": 100, "posts": 10, "wide": False},
    size="authors",
    claims=[
        Claim("selectinload is the one recommended for one-to-many", RECOMMENDED, faster="selectin", than="joined"),
        Claim("selectinload is the one recommended for one-to-many", RECOMMENDED, faster="selectin", than="lazy"),
        *(
            # Of more authors the posts come in a query for every 500.
            Claim(
                "selectinload loads related objects in a separate query",
                RECOMMENDED,
                strategy="selectin",
                counter="statements",
                equals=2,
                where={"authors": authors},
            )
            for authors in (10, 100, 500)
        ),
        Claim("selectinload is generally the best for collections", WHICH, faster="selectin", than="joined"),
        Claim("selectinload is generally the best for collections", WHICH, faster="selectin", than="lazy"),
        Claim(
            "subqueryload is superseded by selectinload, whose SQL is more efficient in most cases",
            f"{DOCS}, Subquery Eager Loading",
            faster="selectin",
            than="subquery",
        ),
        Claim(
            "N objects, their lazy attributes touched, mean N + 1 SELECTs",
            f"{DOCS}, Preventing unwanted lazy loads using raiseload",
            strategy="lazy",
            counter="statements",
            equals=101,
            where={"authors": 100},
        ),
        Claim(
            "joinedload brings the related rows in the same result set",
            DOCS,
            strategy="joined",
            counter="statements",
            equals=1,
        ),
        Claim(
            "selectinload emits a SELECT for up to 500 parents",
            SELECTIN,
            strategy="selectin",
            counter="statements",
            equals=2,
            where={"authors": 500},
        ),
        Claim(
            "selectinload emits a SELECT for up to 500 parents",
            SELECTIN,
            strategy="selectin",
            counter="statements",
            equals=3,
            where={"authors": 501},
        ),
    ],
)


def enough_authors(authors: int, posts: int) -> bool | str:
    """Whether the blog has that many authors with that many posts."""
    there = BY_POSTS[posts].users
    return authors <= there or f"the blog has {there} authors with {posts} posts each"


def authors_page(authors: int, posts: int, wide: bool, *options: ORMOption) -> Select[tuple[User]]:
    """Authors with the same number of posts each; `wide` reads their 500 bytes of `bio` too."""
    page = select(User).where(User.id.between(*BY_POSTS[posts].user_ids(authors))).options(*options)
    return page.options(undefer(User.bio)) if wide else page


def author_read(wide: bool) -> Callable[[User], tuple[str, str | None, list[str]]]:
    """Reads an author and their posts."""
    return lambda author: (author.username, author.bio if wide else None, [post.title for post in author.posts])


@one_to_many.strategy(baseline=True, where=enough_authors)
async def lazy(db: Database, authors: int, posts: int, wide: bool) -> dict[int, Any]:
    """Await each author's posts through `awaitable_attrs`, one SELECT each."""
    read = author_read(wide)
    async with db.session() as session:
        page = {author.id: author for author in await session.scalars(authors_page(authors, posts, wide))}
        for author in page.values():
            await author.awaitable_attrs.posts
        return {key: read(author) for key, author in page.items()}


@one_to_many.strategy(where=enough_authors)
async def lazy_run_sync(db: Database, authors: int, posts: int, wide: bool) -> dict[int, Any]:
    """Touch each author's posts inside one `session.run_sync`, one SELECT each."""
    read = author_read(wide)
    async with db.session() as session:
        return await session.run_sync(
            lambda session: {a.id: read(a) for a in session.scalars(authors_page(authors, posts, wide))}
        )


@one_to_many.strategy(where=enough_authors)
async def selectin(db: Database, authors: int, posts: int, wide: bool) -> dict[int, Any]:
    """One more SELECT for every 500 authors, with their keys in an IN."""
    return await loaded(db, authors_page(authors, posts, wide, selectinload(User.posts)), author_read(wide))


@one_to_many.strategy(where=enough_authors, requires="sqlalchemy>=2.1")
async def selectin_chunksize(db: Database, authors: int, posts: int, wide: bool) -> dict[int, Any]:
    """The same with `chunksize=5000`: one more SELECT, with all keys in one IN."""
    option = selectinload(User.posts, chunksize=5000)
    return await loaded(db, authors_page(authors, posts, wide, option), author_read(wide))


@one_to_many.strategy(where=enough_authors)
async def joined(db: Database, authors: int, posts: int, wide: bool) -> dict[int, Any]:
    """One SELECT with a LEFT OUTER JOIN, each author repeated for each of their posts."""
    return await loaded(db, authors_page(authors, posts, wide, joinedload(User.posts)), author_read(wide), unique=True)


@one_to_many.strategy(where=enough_authors)
async def subquery(db: Database, authors: int, posts: int, wide: bool) -> dict[int, Any]:
    """One more SELECT, which joins the posts to the first one as a subquery."""
    return await loaded(db, authors_page(authors, posts, wide, subqueryload(User.posts)), author_read(wide))


@one_to_many.strategy(where=enough_authors)
async def immediate(db: Database, authors: int, posts: int, wide: bool) -> dict[int, Any]:
    """One SELECT each, as lazy, but emitted while the authors are loaded."""
    return await loaded(db, authors_page(authors, posts, wide, immediateload(User.posts)), author_read(wide))


@one_to_many.strategy(where=enough_authors)
async def two_queries(db: Database, authors: int, posts: int, wide: bool) -> dict[int, Any]:
    """Two SELECTs by hand, the second with all keys in an IN; posts are put into the collections."""
    read = author_read(wide)
    posts_of = defaultdict(list)
    async with db.session() as session:
        page = {author.id: author for author in await session.scalars(authors_page(authors, posts, wide))}
        for post in await session.scalars(select(Post).where(Post.author_id.in_(list(page)))):
            posts_of[post.author_id].append(post)
        for key, author in page.items():
            set_committed_value(author, "posts", posts_of[key])
        return {key: read(author) for key, author in page.items()}


@one_to_many.strategy(where=enough_authors, returns="rows")
async def json_aggregation(db: Database, authors: int, posts: int, wide: bool) -> dict[int, Any]:
    """One SELECT of rows, in which the server makes a JSON array of each author's posts."""
    postgresql = db.dialect == "postgresql"
    array = func.json_build_array if postgresql else func.json_array
    aggregate = func.json_agg if postgresql else func.json_group_array
    post = array(Post.title, Post.id, Post.author_id, Post.status, Post.views, Post.created_at)
    theirs = select(aggregate(post, type_=JSON)).where(Post.author_id == User.id).scalar_subquery()
    columns = [column for column in User.__table__.columns if wide or column.name != "bio"]
    statement = select(*columns, theirs.label("posts")).where(User.id.between(*BY_POSTS[posts].user_ids(authors)))
    async with db.session() as session:
        return {
            author.id: (author.username, author.bio if wide else None, [post[0] for post in author.posts or ()])
            for author in await session.execute(statement)
        }


# Many to one: posts with their author.

many_to_one = Scenario(
    dataset=blog,
    question="How should a list of posts, by few authors or by many, load each post's author?",
    params={"authors": (1, 10, 100, 500, 501), "posts": (1, 10, 100), "wide": (False, True)},
    typical={"authors": 10, "posts": 10, "wide": False},
    size="authors",
    claims=[
        Claim("joinedload is the one for many-to-one", FOR_ONE, faster="joined", than="selectin"),
        Claim(
            "joinedload loads related objects with a JOIN", FOR_ONE, strategy="joined", counter="statements", equals=1
        ),
        Claim("joinedload is the most general purpose strategy for many-to-one", WHICH, faster="joined", than="lazy"),
        Claim(
            "immediateload may be useful where there are very few related values",
            WHICH,
            faster="immediate",
            than="joined",
            where={"authors": 1},
        ),
        Claim(
            "An inner join is more efficient where the foreign key is NOT NULL",
            f"{DOCS}, Joined Eager Loading",
            faster="joined_inner",
            than="joined",
        ),
        Claim(
            "Lazy many-to-one emits no SELECT for an object already in the session",
            f"{DOCS}, Lazy Loading",
            strategy="lazy",
            counter="statements",
            equals=11,
            where={"authors": 10},
        ),
    ],
)


def posts_page(authors: int, posts: int, *options: ORMOption) -> Select[tuple[Post]]:
    """All posts of that many authors, who have the same number of posts each."""
    first, last = BY_POSTS[posts].user_ids(authors)
    return select(Post).where(Post.author_id.between(first, last)).options(*options)


def with_bio(option: Any, wide: bool) -> Any:
    """The option that loads an author, with their 500 bytes of `bio` where they are asked for."""
    return option.undefer(User.bio) if wide else option


def post_read(wide: bool) -> Callable[[Post], tuple[str, str, str | None]]:
    """Reads a post and its author."""
    return lambda post: (post.title, post.author.username, post.author.bio if wide else None)


@many_to_one.strategy(baseline=True, where=enough_authors)
async def lazy(db: Database, authors: int, posts: int, wide: bool) -> dict[int, Any]:
    """Await each post's author, one SELECT for each who is not in the session yet."""
    read = post_read(wide)
    page = posts_page(authors, posts, with_bio(lazyload(Post.author), wide))
    async with db.session() as session:
        found = {post.id: post for post in await session.scalars(page)}
        for post in found.values():
            await post.awaitable_attrs.author
        return {key: read(post) for key, post in found.items()}


@many_to_one.strategy(where=enough_authors)
async def joined(db: Database, authors: int, posts: int, wide: bool) -> dict[int, Any]:
    """One SELECT with a LEFT OUTER JOIN, the author repeated for each post."""
    return await loaded(db, posts_page(authors, posts, with_bio(joinedload(Post.author), wide)), post_read(wide))


@many_to_one.strategy(where=enough_authors)
async def joined_inner(db: Database, authors: int, posts: int, wide: bool) -> dict[int, Any]:
    """The same with `innerjoin=True`: an INNER JOIN."""
    option = with_bio(joinedload(Post.author, innerjoin=True), wide)
    return await loaded(db, posts_page(authors, posts, option), post_read(wide))


@many_to_one.strategy(where=enough_authors)
async def selectin(db: Database, authors: int, posts: int, wide: bool) -> dict[int, Any]:
    """One more SELECT for every 500 different authors, with their keys in an IN."""
    return await loaded(db, posts_page(authors, posts, with_bio(selectinload(Post.author), wide)), post_read(wide))


@many_to_one.strategy(where=enough_authors)
async def subquery(db: Database, authors: int, posts: int, wide: bool) -> dict[int, Any]:
    """One more SELECT, which joins the authors to the first one as a subquery."""
    return await loaded(db, posts_page(authors, posts, with_bio(subqueryload(Post.author), wide)), post_read(wide))


@many_to_one.strategy(where=enough_authors)
async def immediate(db: Database, authors: int, posts: int, wide: bool) -> dict[int, Any]:
    """As lazy, but emitted while the posts are loaded."""
    return await loaded(db, posts_page(authors, posts, with_bio(immediateload(Post.author), wide)), post_read(wide))


@many_to_one.strategy(where=enough_authors)
async def two_queries(db: Database, authors: int, posts: int, wide: bool) -> dict[int, Any]:
    """Two SELECTs by hand, the second with all keys in an IN; authors are put into the posts."""
    read = post_read(wide)
    async with db.session() as session:
        page = (await session.scalars(posts_page(authors, posts))).all()
        theirs = select(User).where(User.id.in_(list(dict.fromkeys(post.author_id for post in page))))
        found = await session.scalars(theirs.options(undefer(User.bio)) if wide else theirs)
        author_by_id = {author.id: author for author in found}
        for post in page:
            set_committed_value(post, "author", author_by_id[post.author_id])
        return {post.id: read(post) for post in page}


# One to one: users with their profile.

one_to_one = Scenario(
    dataset=blog,
    question="How should a page of users load each user's profile?",
    params={"users": (10, 100, 500, 501)},
    typical={"users": 100},
    size="users",
    claims=[
        Claim("joinedload is the one for one-to-one", FOR_ONE, faster="joined", than="selectin"),
        Claim("joinedload is the one for one-to-one", FOR_ONE, faster="joined", than="lazy"),
    ],
)


def users_page(users: int, *options: ORMOption) -> Select[tuple[User]]:
    """Users who have a profile each."""
    return select(User).where(User.id.between(*TENS.user_ids(users))).options(*options)


def user_read(user: User) -> tuple[str, str | None]:
    """Reads a user and their profile."""
    return user.username, user.profile and user.profile.display_name


@one_to_one.strategy(baseline=True)
async def lazy(db: Database, users: int) -> dict[int, Any]:
    """Await each user's profile, one SELECT each."""
    async with db.session() as session:
        page = {user.id: user for user in await session.scalars(users_page(users))}
        for user in page.values():
            await user.awaitable_attrs.profile
        return {key: user_read(user) for key, user in page.items()}


@one_to_one.strategy()
async def joined(db: Database, users: int) -> dict[int, Any]:
    """One SELECT with a LEFT OUTER JOIN."""
    return await loaded(db, users_page(users, joinedload(User.profile)), user_read)


@one_to_one.strategy()
async def selectin(db: Database, users: int) -> dict[int, Any]:
    """One more SELECT for every 500 users, with their keys in an IN."""
    return await loaded(db, users_page(users, selectinload(User.profile)), user_read)


@one_to_one.strategy()
async def subquery(db: Database, users: int) -> dict[int, Any]:
    """One more SELECT, which joins the profiles to the first one as a subquery."""
    return await loaded(db, users_page(users, subqueryload(User.profile)), user_read)


@one_to_one.strategy()
async def immediate(db: Database, users: int) -> dict[int, Any]:
    """One SELECT each, as lazy, but emitted while the users are loaded."""
    return await loaded(db, users_page(users, immediateload(User.profile)), user_read)


@one_to_one.strategy()
async def two_queries(db: Database, users: int) -> dict[int, Any]:
    """Two SELECTs by hand, the second with all keys in an IN; profiles are put into the users."""
    async with db.session() as session:
        page = {user.id: user for user in await session.scalars(users_page(users))}
        profiles = await session.scalars(select(Profile).where(Profile.user_id.in_(list(page))))
        profile_of = {profile.user_id: profile for profile in profiles}
        for key, user in page.items():
            set_committed_value(user, "profile", profile_of.get(key))
        return {key: user_read(user) for key, user in page.items()}


# Many to many: posts with their tags.

many_to_many = Scenario(
    dataset=blog,
    question="How should a list of posts load each post's tags, which other posts have too?",
    params={"posts": (10, 100, 500, 501), "tags": (1, 3, 10)},
    typical={"posts": 100, "tags": 3},
    size="posts",
    claims=[
        Claim("selectinload is generally the best for collections", WHICH, faster="selectin", than="joined"),
        Claim("selectinload is generally the best for collections", WHICH, faster="selectin", than="lazy"),
        Claim(
            "subqueryload is superseded by selectinload, whose SQL is more efficient in most cases",
            f"{DOCS}, Subquery Eager Loading",
            faster="selectin",
            than="subquery",
        ),
    ],
)


def tagged_page(posts: int, tags: int, *options: ORMOption) -> Select[tuple[Post]]:
    """Posts with the same number of tags each."""
    return select(Post).where(Post.id.between(*BY_TAGS[tags].post_ids(posts))).options(*options)


def tagged_read(post: Post) -> tuple[str, list[str]]:
    """Reads a post and its tags."""
    return post.title, [tag.name for tag in post.tags]


@many_to_many.strategy(baseline=True)
async def lazy(db: Database, posts: int, tags: int) -> dict[int, Any]:
    """Await each post's tags, one SELECT each."""
    async with db.session() as session:
        page = {post.id: post for post in await session.scalars(tagged_page(posts, tags))}
        for post in page.values():
            await post.awaitable_attrs.tags
        return {key: tagged_read(post) for key, post in page.items()}


@many_to_many.strategy()
async def selectin(db: Database, posts: int, tags: int) -> dict[int, Any]:
    """One more SELECT for every 500 posts, over posts, the association table and tags."""
    return await loaded(db, tagged_page(posts, tags, selectinload(Post.tags)), tagged_read)


@many_to_many.strategy()
async def joined(db: Database, posts: int, tags: int) -> dict[int, Any]:
    """One SELECT with a LEFT OUTER JOIN to both tables, each post repeated for each of its tags."""
    return await loaded(db, tagged_page(posts, tags, joinedload(Post.tags)), tagged_read, unique=True)


@many_to_many.strategy()
async def subquery(db: Database, posts: int, tags: int) -> dict[int, Any]:
    """One more SELECT, which joins both tables to the first one as a subquery."""
    return await loaded(db, tagged_page(posts, tags, subqueryload(Post.tags)), tagged_read)


@many_to_many.strategy()
async def immediate(db: Database, posts: int, tags: int) -> dict[int, Any]:
    """One SELECT each, as lazy, but emitted while the posts are loaded."""
    return await loaded(db, tagged_page(posts, tags, immediateload(Post.tags)), tagged_read)


@many_to_many.strategy()
async def two_queries(db: Database, posts: int, tags: int) -> dict[int, Any]:
    """Two SELECTs by hand, the second over two tables; tags are put into the collections."""
    tags_of = defaultdict(list)
    async with db.session() as session:
        page = {post.id: post for post in await session.scalars(tagged_page(posts, tags))}
        theirs = select(post_tags.c.post_id, Tag).join(Tag).where(post_tags.c.post_id.in_(list(page)))
        for key, tag in await session.execute(theirs):
            tags_of[key].append(tag)
        for key, post in page.items():
            set_committed_value(post, "tags", tags_of[key])
        return {key: tagged_read(post) for key, post in page.items()}


# Two levels deep: authors, with their posts, with their comments.

nested = Scenario(
    dataset=blog,
    question="How should a page of authors load their posts, ten each, and the comments on each post?",
    params={"authors": (10, 50, 51, 100, 500, 501), "comments": (1, 10)},
    typical={"authors": 10, "comments": 1},
    size="authors",
    claims=[
        Claim(
            "Nested collections are loaded by one selectinload after the other",
            f"{PATTERNS}, Nested Loading",
            faster="selectin_selectin",
            than="lazy",
        ),
        Claim(
            "Many levels deep, selectinload needs no JOINs, where the others join up to the first parent",
            SELECTIN,
            faster="selectin_selectin",
            than="joined_joined",
        ),
        Claim(
            "Many levels deep, selectinload needs no JOINs, where the others join up to the first parent",
            SELECTIN,
            faster="selectin_selectin",
            than="subquery_subquery",
        ),
    ],
)


def discussed_page(authors: int, comments: int, *options: ORMOption) -> Select[tuple[User]]:
    """Authors with ten posts each, with the same number of comments each, of which they wrote ten times as many."""
    return select(User).where(User.id.between(*BY_COMMENTS[comments].user_ids(authors))).options(*options)


def discussed_read(author: User) -> tuple[str, dict[str, list[str]]]:
    """Reads an author, their posts and the comments on each."""
    return author.username, {post.title: [comment.text for comment in post.comments] for post in author.posts}


def few_authors(authors: int) -> Literal[True] | str:
    """Declines points with more authors than lazy loading reads in about two seconds, with all their posts."""
    return authors <= 350 or f"{1 + 11 * authors:,} statements, one after the other, take it more than two seconds"


@nested.strategy(baseline=True, where=few_authors)
async def lazy(db: Database, authors: int, comments: int) -> dict[int, Any]:
    """Await each author's posts and each post's comments, one SELECT each."""
    async with db.session() as session:
        page = {author.id: author for author in await session.scalars(discussed_page(authors, comments))}
        for author in page.values():
            for post in await author.awaitable_attrs.posts:
                await post.awaitable_attrs.comments
        return {key: discussed_read(author) for key, author in page.items()}


@nested.strategy()
async def selectin_selectin(db: Database, authors: int, comments: int) -> dict[int, Any]:
    """One more SELECT for every 500 authors, and one for every 500 posts."""
    option = selectinload(User.posts).selectinload(Post.comments)
    return await loaded(db, discussed_page(authors, comments, option), discussed_read)


@nested.strategy()
async def joined_selectin(db: Database, authors: int, comments: int) -> dict[int, Any]:
    """Posts by a JOIN in the first SELECT, comments by one more for every 500 posts."""
    option = joinedload(User.posts).selectinload(Post.comments)
    return await loaded(db, discussed_page(authors, comments, option), discussed_read, unique=True)


@nested.strategy()
async def selectin_joined(db: Database, authors: int, comments: int) -> dict[int, Any]:
    """One more SELECT for every 500 authors, which joins the comments to the posts."""
    option = selectinload(User.posts).joinedload(Post.comments)
    return await loaded(db, discussed_page(authors, comments, option), discussed_read)


@nested.strategy()
async def joined_joined(db: Database, authors: int, comments: int) -> dict[int, Any]:
    """One SELECT with two JOINs, each author and post repeated for each comment."""
    option = joinedload(User.posts).joinedload(Post.comments)
    return await loaded(db, discussed_page(authors, comments, option), discussed_read, unique=True)


@nested.strategy()
async def subquery_subquery(db: Database, authors: int, comments: int) -> dict[int, Any]:
    """Two more SELECTs, both joined to the first one as a subquery."""
    option = subqueryload(User.posts).subqueryload(Post.comments)
    return await loaded(db, discussed_page(authors, comments, option), discussed_read)


@nested.strategy()
async def three_queries(db: Database, authors: int, comments: int) -> dict[int, Any]:
    """Three SELECTs by hand, with all keys in an IN; posts and comments are put into the collections."""
    posts_of, comments_of = defaultdict(list), defaultdict(list)
    async with db.session() as session:
        page = {author.id: author for author in await session.scalars(discussed_page(authors, comments))}
        posts = (await session.scalars(select(Post).where(Post.author_id.in_(list(page))))).all()
        keys = [post.id for post in posts]
        for comment in await session.scalars(select(Comment).where(Comment.post_id.in_(keys))):
            comments_of[comment.post_id].append(comment)
        for post in posts:
            set_committed_value(post, "comments", comments_of[post.id])
            posts_of[post.author_id].append(post)
        for key, author in page.items():
            set_committed_value(author, "posts", posts_of[key])
        return {key: discussed_read(author) for key, author in page.items()}


# Two collections of the same parent: authors, with their posts and with the comments that they wrote.

two_collections = Scenario(
    dataset=blog,
    question="How should a page of authors load two collections: their posts, ten each, and the comments they wrote?",
    params={"authors": (10, 50, 100, 500, 501), "comments": (10, 100)},
    typical={"authors": 50, "comments": 10},
    size="authors",
    claims=[
        Claim(
            "A query with a JOIN for each of many collections is less efficient than a query for each",
            f"{DOCS}, Subquery Eager Loading",
            faster="subquery_subquery",
            than="joined_joined",
        ),
        Claim(
            "selectinload is generally the best for collections",
            WHICH,
            faster="selectin_selectin",
            than="joined_joined",
        ),
    ],
)


def productive_page(authors: int, comments: int, *options: ORMOption) -> Select[tuple[User]]:
    """Authors with ten posts each, who wrote the same number of comments each."""
    return discussed_page(authors, comments // 10, *options)


def productive_read(author: User) -> tuple[str, list[str], list[str]]:
    """Reads an author, their posts and the comments that they wrote."""
    return author.username, [post.title for post in author.posts], [comment.text for comment in author.comments]


def bearable_product(authors: int, comments: int) -> bool | str:
    """Whether ten posts times the comments, for each author, are few enough rows to wait for."""
    rows = authors * 10 * comments
    return rows <= 100_000 or f"the product has {rows:,} rows, of which {authors * (10 + comments):,} are wanted"


@two_collections.strategy(baseline=True)
async def lazy(db: Database, authors: int, comments: int) -> dict[int, Any]:
    """Await each author's posts and comments, two SELECTs each."""
    async with db.session() as session:
        page = {author.id: author for author in await session.scalars(productive_page(authors, comments))}
        for author in page.values():
            await author.awaitable_attrs.posts
            await author.awaitable_attrs.comments
        return {key: productive_read(author) for key, author in page.items()}


@two_collections.strategy()
async def selectin_selectin(db: Database, authors: int, comments: int) -> dict[int, Any]:
    """Two more SELECTs for every 500 authors."""
    options = selectinload(User.posts), selectinload(User.comments)
    return await loaded(db, productive_page(authors, comments, *options), productive_read)


@two_collections.strategy()
async def joined_selectin(db: Database, authors: int, comments: int) -> dict[int, Any]:
    """Posts by a JOIN in the first SELECT, comments by one more for every 500 authors."""
    options = joinedload(User.posts), selectinload(User.comments)
    return await loaded(db, productive_page(authors, comments, *options), productive_read, unique=True)


@two_collections.strategy()
async def selectin_joined(db: Database, authors: int, comments: int) -> dict[int, Any]:
    """Comments by a JOIN in the first SELECT, posts by one more for every 500 authors."""
    options = selectinload(User.posts), joinedload(User.comments)
    return await loaded(db, productive_page(authors, comments, *options), productive_read, unique=True)


@two_collections.strategy(where=bearable_product)
async def joined_joined(db: Database, authors: int, comments: int) -> dict[int, Any]:
    """One SELECT with two JOINs, a row for each post with each comment of its author."""
    options = joinedload(User.posts), joinedload(User.comments)
    return await loaded(db, productive_page(authors, comments, *options), productive_read, unique=True)


@two_collections.strategy()
async def subquery_subquery(db: Database, authors: int, comments: int) -> dict[int, Any]:
    """Two more SELECTs, each joined to the first one as a subquery."""
    options = subqueryload(User.posts), subqueryload(User.comments)
    return await loaded(db, productive_page(authors, comments, *options), productive_read)


# A page with LIMIT: the newest authors with their posts.

page = Scenario(
    dataset=blog,
    question="How should a page with LIMIT load each author's posts?",
    params={"authors": (10, 25, 100, 500, 501), "posts": (1, 10, 100)},
    typical={"authors": 25, "posts": 10},
    size="authors",
    ordered=True,
    claims=[
        Claim(
            "With LIMIT, joinedload wraps the statement in a subquery and joins to that, still in one SELECT",
            f"{DOCS}, The Zen of Joined Eager Loading",
            strategy="joined",
            counter="statements",
            equals=1,
        ),
        Claim(
            "selectinload does not inherit the performance limitations of the original query",
            SELECTIN,
            faster="selectin",
            than="joined",
        ),
        Claim(
            "selectinload does not inherit the performance limitations of the original query",
            SELECTIN,
            faster="selectin",
            than="subquery",
        ),
    ],
)


def limited_page(authors: int, posts: int, *options: ORMOption) -> Select[tuple[User]]:
    """The first authors, newest key first, of all who have the same number of posts each."""
    cohort = BY_POSTS[posts]
    everybody = select(User).where(User.id.between(*cohort.user_ids(cohort.users)))
    return everybody.order_by(User.id.desc()).limit(authors).options(*options)


def limited_read(author: User) -> tuple[int, str, list[str]]:
    """Reads an author and their posts, by title: the order of authors matters here, that of posts does not."""
    return author.id, author.username, sorted(post.title for post in author.posts)


async def limited(db: Database, statement: Select[tuple[User]], unique: bool = False) -> list[Any]:
    """The page in its order, all that it shows loaded by the statement."""
    return list((await loaded(db, statement, limited_read, unique)).values())


@page.strategy(baseline=True)
async def lazy(db: Database, authors: int, posts: int) -> list[Any]:
    """Await each author's posts, one SELECT each."""
    async with db.session() as session:
        found = (await session.scalars(limited_page(authors, posts))).all()
        for author in found:
            await author.awaitable_attrs.posts
        return [limited_read(author) for author in found]


@page.strategy()
async def selectin(db: Database, authors: int, posts: int) -> list[Any]:
    """One more SELECT for every 500 authors, with their keys in an IN."""
    return await limited(db, limited_page(authors, posts, selectinload(User.posts)))


@page.strategy()
async def joined(db: Database, authors: int, posts: int) -> list[Any]:
    """One SELECT, in which the page is a subquery that the posts are joined to."""
    return await limited(db, limited_page(authors, posts, joinedload(User.posts)), unique=True)


@page.strategy()
async def subquery(db: Database, authors: int, posts: int) -> list[Any]:
    """One more SELECT, which finds the page once more in a subquery and joins the posts to it."""
    return await limited(db, limited_page(authors, posts, subqueryload(User.posts)))
