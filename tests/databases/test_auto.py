"""The choice of a database for who names none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bench.databases.opening import open_server
from tests.databases.helpers import ignore


def test_no_engine_means_the_embedded_server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where no engine answers, the embedded server is taken, and the reason says so."""
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/dead.sock")
    with open_server("auto", say=ignore) as server:
        assert ("embedded", "no Docker engine answers") == (server.kind, server.reason)


@pytest.mark.docker
def test_engine_with_the_image_means_docker(engine: Any) -> None:
    """Where an engine answers and the image can be had, the container is taken, and the reason says so."""
    with open_server("auto", say=ignore) as server:
        assert ("docker", "Docker answers with postgres:18") == (server.kind, server.reason)


@pytest.mark.docker
def test_image_that_cannot_be_pulled_means_the_embedded_server(engine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the pull fails, the embedded server is taken, the reason says so, and so does a line of progress."""
    image = "localhost:1/nowhere/postgres:18"
    monkeypatch.setattr("bench.databases.auto.IMAGE", image)
    said: list[str] = []
    with open_server("auto", say=said.append) as server:
        expected = f"the image {image} is not there and cannot be pulled"
        assert ("embedded", expected) == (server.kind, server.reason)
    assert f"using the embedded server: {expected}" in said
