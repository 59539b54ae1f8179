"""An address that was typed in the wrong place: the complaint about it has neither its password nor its host."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.cli.typed import without_secrets
from tests.cli.helpers import HASTE, Ran

Bench = Callable[..., Ran]

URL = "postgresql://someone:s3cret@canary-host:5432/db?sslpassword=s3cret"
PASSWORDLESS = "postgresql://canary-host/db"
WORDS = "host=canary-host user=someone password='s3 s3cret'"


@pytest.mark.parametrize("address", [URL, PASSWORDLESS, WORDS])
@pytest.mark.parametrize(
    "arguments",
    [
        ["ADDRESS"],
        ["run", *HASTE, "ADDRESS"],
        ["run", *HASTE, "small:ADDRESS"],
        ["run", *HASTE, "ADDRESS::one", "two"],
        ["run", *HASTE, "small", "--budget", "ADDRESS"],
        ["run", *HASTE, "small", "--budget=ADDRESS"],
        ["run", *HASTE, "small", "--rtt", "ADDRESS"],
        ["run", *HASTE, "small.reading", "--set", "ADDRESS"],
        ["run", *HASTE, "small", "--setting", "ADDRESS"],
        ["run", *HASTE, "small", "--driver", "ADDRESS"],
        ["run", "small", "--scenarios", "ADDRESS"],
        ["run", "--resume", "ADDRESS"],
        ["run", "small", "--databose", "ADDRESS"],
        ["run", *HASTE, "small", "--workers", "ADDRESS"],
        ["check", *HASTE, "--against", "ADDRESS"],
        ["database", "list", "ADDRESS"],
        ["database", "ADDRESS"],
        ["report", "ADDRESS"],
        ["compare", "ADDRESS", "ADDRESS"],
        ["new", "ADDRESS"],
        ["models", "ADDRESS"],
    ],
)
def test_an_address_in_the_wrong_place_is_not_repeated(
    bench: Bench, tmp_path: Path, arguments: list[str], address: str
) -> None:
    """Whatever is wrong with it there, the line that says so has no host and no password."""
    ran = bench(*(argument.replace("ADDRESS", address) for argument in arguments))

    assert 0 != ran.code
    assert [] == [secret for secret in ("s3cret", "canary-host") if secret in ran.out + ran.err]


@pytest.mark.parametrize("line", [f'database = ["{URL}"]', f'budget = "{URL}"', f'database = "{URL}"\nrows = 3'])
def test_an_address_that_is_configured_is_not_repeated_either(bench: Bench, tmp_path: Path, line: str) -> None:
    """The same where it stands in pyproject.toml."""
    (tmp_path / "pyproject.toml").write_text(f"[tool.bench]\n{line}\n")

    ran = bench("run", *HASTE, "small")

    assert 2 == ran.code
    assert [] == [secret for secret in ("s3cret", "canary-host") if secret in ran.out + ran.err]


@pytest.mark.parametrize(
    "text",
    [
        "--database: `mysql://` is not a PostgreSQL URL: write it like postgresql://user@host:5432/database",
        "--workers: write the scheduler as tcp://HOST:PORT",
        "the database refused user or password: correct them in the URL",
        "--setting password_encryption=md5: SQLite takes no settings: they are PostgreSQL's",
    ],
)
def test_what_has_no_secret_is_said_as_it_is(text: str) -> None:
    """Advice on how an address is written stays."""
    assert text == without_secrets(text, ["run", "small", "--setting", "password_encryption=md5"])


WORD = st.text(
    st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="/@:?#[]'\"`)\\&="), min_size=6, max_size=12
)


@given(user=WORD, password=WORD, host=WORD, before=st.sampled_from(["no scenario ", "'", "(", "--against ", ""]))
def test_no_part_of_a_url_is_left(user: str, password: str, host: str, before: str) -> None:
    """Whether it was typed or comes from elsewhere, of a URL with a user the scheme alone is left."""
    said = without_secrets(f"{before}postgresql://{user}:{password}@{host}/db", [])

    assert f"{before}postgresql://…" == said
