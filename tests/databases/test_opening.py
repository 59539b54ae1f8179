"""What `--database` may say."""

from __future__ import annotations

import subprocess
import sys

import pytest

from bench.databases.opening import open_server
from bench.errors import UsageError
from tests.databases.helpers import ROOT, ignore


@pytest.mark.parametrize(
    "spec", ["", "postgres", "dockers", "embedded:18", "docker:", "local:", "auto:docker", "sqlite:x"]
)
def test_unknown_database_is_told_the_valid_forms(spec: str) -> None:
    """A word that names no database is answered with those that do."""
    with pytest.raises(UsageError) as caught:
        open_server(spec, say=ignore)
    assert str(caught.value).endswith(
        "is no database: say auto, docker[:IMAGE], embedded, local[:BINDIR], sqlite, or a postgresql:// URL"
    )


@pytest.mark.parametrize("scheme", ["mysql", "oracle+cx", "postgresql+pg8000", "sqlite", "http"])
def test_url_of_another_database_is_refused_without_showing_it(scheme: str) -> None:
    """Only the scheme of a URL that is not PostgreSQL's appears in the message."""
    with pytest.raises(UsageError) as caught:
        open_server(f"{scheme}://someone:hushhush@somewhere/d", say=ignore)
    assert (
        f"--database: `{scheme}://` is not a PostgreSQL URL: write it like postgresql://user@host:5432/database"
        == str(caught.value)
    )


@pytest.mark.parametrize(
    "spec",
    ["postgresql:/someone:hushhush@somewhere/d", "someone:hushhush@somewhere", "postgres@somewhere"],
)
def test_mistyped_url_is_not_shown(spec: str) -> None:
    """What may be a URL with a slash too few is refused without its user, password and host."""
    with pytest.raises(UsageError) as caught:
        open_server(spec, say=ignore)
    assert str(caught.value).startswith("--database: this is no database: say auto, ")


def test_opening_imports_nothing_heavy() -> None:
    """Importing the way to a server imports no driver, no Docker and no SQLAlchemy."""
    program = (
        "import sys, bench.databases.opening; "
        "print(sorted({'psycopg', 'docker', 'testcontainers', 'sqlalchemy', 'platformdirs'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "[]\n" == done.stdout
