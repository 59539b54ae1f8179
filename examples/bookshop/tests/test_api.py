"""The page of authors, as it was and as it is: the same answer, and what each takes."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient


def test_both_pages_show_the_same(client: TestClient) -> None:
    before, after = client.get("/before/authors").json(), client.get("/authors").json()
    assert len(after) == 20
    assert before == after


@pytest.mark.max_queries(3)
def test_the_page_takes_three_queries(client: TestClient) -> None:
    assert client.get("/authors").status_code == 200
