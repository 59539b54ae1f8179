"""The command line in a directory of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bench.cli.main import _run
from tests.cli.helpers import Ran
from tests.cli.shop import Shop


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Runs `bench` in this process, in an empty directory; its output is no terminal."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> Ran:
        code = _run([str(argument) for argument in arguments])
        return Ran(code, *capsys.readouterr())

    return run


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """A repository on a branch of its own, with nothing changed yet."""
    return Shop(tmp_path)
