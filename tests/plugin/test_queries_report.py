"""`--queries-report`: the tests and the endpoints that send the most queries."""

from __future__ import annotations

import pytest

from tests.plugin.conftest import Run

TESTS = """
    def test_many(session):
        shop.lazily(session)
    def test_few(session):
        shop.by_id(session, [1])
    def test_none():
        pass
"""


def lines(result: pytest.RunResult) -> list[str]:
    """What stands below the heading."""
    found = [line.rstrip() for line in result.outlines]
    (start,) = [number for number, line in enumerate(found) if line.strip("= ") == "queries"]
    return [line for line in found[start + 1 :] if line and not line.startswith("=")]


def test_the_worst_tests_are_named(run: Run) -> None:
    """The test with the most queries comes first, with about how many round trips and what it repeats."""
    result = run(TESTS, "--queries-report")

    result.assert_outcomes(passed=3)
    table = lines(result)
    assert table[0].split() == ["test", "queries", "round", "trips", "most", "repeated"]
    assert table[2].startswith("test_shop.py::test_many")
    assert "Author.posts" in table[2]
    assert table[3].startswith("test_shop.py::test_few")
    assert "test_none" not in "\n".join(table)


def test_as_many_are_named_as_is_asked(run: Run) -> None:
    """`--queries-report-most 1` names one; the switch itself takes nothing, so that a path may come after it."""
    table = lines(run(TESTS, "--queries-report-most", "1", "--queries-report", "test_shop.py"))

    assert ["test_shop.py::test_many"] == [line.split()[0] for line in table if "::" in line]


def test_without_queries_that_is_said(run: Run) -> None:
    """A suite that sends none is told so."""
    assert ["no test sent a query by SQLAlchemy"] == lines(run("def test_none():\n    pass\n", "--queries-report"))


def test_without_the_option_nothing_is_shown(run: Run) -> None:
    """No heading stands there."""
    assert not [line for line in run(TESTS).outlines if line.strip("= ") == "queries"]


STARLETTE = """
    from starlette.applications import Starlette
    from starlette.responses import JSONResponse
    from starlette.routing import Route
    from starlette.testclient import TestClient

    def application(engine):
        def page(request):
            with Session(engine) as session:
                shop.lazily(session)
            return JSONResponse([])
        def one(request):
            with Session(engine) as session:
                shop.by_id(session, [int(request.path_params["author"])])
            return JSONResponse([])
        return Starlette(routes=[Route("/authors", page), Route("/authors/{author}", one)])

    def test_pages(engine):
        client = TestClient(application(engine))
        for path in ("/authors", "/authors/1", "/authors/2"):
            assert client.get(path).status_code == 200
"""
MOUNTED = """
    from starlette.applications import Starlette
    from starlette.middleware import Middleware
    from starlette.middleware.base import BaseHTTPMiddleware
    from starlette.responses import JSONResponse
    from starlette.routing import Mount, Route
    from starlette.testclient import TestClient

    def application(engine):
        def page(request):
            with Session(engine) as session:
                shop.by_id(session, [1])
            return JSONResponse([])
        async def who(request, call_next):
            with Session(engine) as session:
                shop.by_id(session, [2])
            return await call_next(request)
        inner = [Starlette(routes=[Route("/authors/{author}", page)]) for _ in range(2)]
        outer = [Route("/authors/{author}", page), Mount("/api", app=inner[0]), Mount("/shop", app=inner[1])]
        return Starlette(routes=outer, middleware=[Middleware(BaseHTTPMiddleware, dispatch=who)])

    def test_pages(engine):
        client = TestClient(application(engine))
        for path in ("/authors/1", "/authors/2", "/api/authors/1", "/shop/authors/1", "/shop/authors/2"):
            assert client.get(path).status_code == 200
"""
FLASK = """
    from flask import Flask

    def test_pages(engine):
        application = Flask("shop")
        @application.get("/authors")
        def page():
            with Session(engine) as session:
                shop.lazily(session)
            return []
        @application.get("/authors/<int:author>")
        def one(author):
            with Session(engine) as session:
                shop.by_id(session, [author])
            return []
        client = application.test_client()
        for path in ("/authors", "/authors/1", "/authors/2"):
            assert client.get(path).status_code == 200
"""


@pytest.mark.parametrize(
    ("tests", "one"),
    [(STARLETTE, "GET /authors/{author}"), (FLASK, "GET /authors/<int:author>")],
    ids=["starlette", "flask"],
)
def test_endpoints_are_named_by_their_worst_request(run: Run, tests: str, one: str) -> None:
    """An endpoint stands once, whatever its parameters, with how often it was asked and what one request takes."""
    result = run(tests, "--queries-report", inside=False)

    result.assert_outcomes(passed=1)
    table = lines(result)
    assert table[0].split() == ["endpoint", "queries", "round", "trips", "requests", "most", "repeated", "worst", "in"]
    assert table[2].startswith("GET /authors  ")
    assert table[2].endswith("test_shop.py::test_pages")
    assert "Author.posts" in table[2]
    (line,) = [line for line in table if line.startswith(one)]
    assert ["1", "2"] == [line.removeprefix(one).split()[place] for place in (0, 2)]


def test_middleware_and_mounted_applications_are_of_their_endpoint(run: Run) -> None:
    """What middleware sends before the endpoint is found counts for it, and equal paths of two applications are two."""
    result = run(MOUNTED, "--queries-report", inside=False)

    result.assert_outcomes(passed=1)
    table = [line.split()[:5] for line in lines(result) if line.startswith("GET ")]
    assert [
        ["GET", "/api/authors/{author}", "2", "≈6", "1"],
        ["GET", "/authors/{author}", "2", "≈6", "2"],
        ["GET", "/shop/authors/{author}", "2", "≈6", "2"],
    ] == table


def test_workers_of_xdist_tell_what_they_heard(run: Run) -> None:
    """Run in two processes, the tests are named as in one."""
    pytest.importorskip("xdist")
    alone, together = (lines(run(TESTS, "--queries-report", *words, inside=False)) for words in ((), ("-n", "2")))

    assert alone == together
