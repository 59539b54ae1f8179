"""What the processes of a fleet are sent has no secret in it."""

from __future__ import annotations

import json

from bench.databases.address import Address
from bench.fleet.local import environment_for
from bench.fleet.opening import Opening, code_of, without_secrets

SECRET = "s3cret-of-nobody"
ADDRESS = Address(
    *("postgresql", "d", "h", 5432, "ann", SECRET),
    {"sslmode": "require", "passfile": f"/{SECRET}", "sslpassword": SECRET, "password": SECRET},
)


def test_an_address_loses_its_secrets_and_keeps_the_rest() -> None:
    """No password, neither its own nor in an option, and no file with one."""
    assert Address("postgresql", "d", "h", 5432, "ann", None, {"sslmode": "require"}) == without_secrets(ADDRESS)


def test_a_point_is_sent_without_secrets() -> None:
    """The message that opens a point is read back as it was, and has no secret anywhere."""
    message = without_secrets(ADDRESS).as_message()
    opening = Opening(
        *(("loading", "/x/loading.py"), "loading.page", "", {"n": 1}, 1, {"a": "a"}, {"a": message}),
        *("asyncpg", "x", "somebodys"),
    )
    assert opening == Opening.from_message(opening.as_message())
    assert SECRET not in json.dumps(opening.as_message())


def test_a_process_here_has_the_password_in_its_environment() -> None:
    """Where libpq and asyncpg look for it, and for its file."""
    environment = environment_for(ADDRESS, hash_seed=7)
    assert (SECRET, f"/{SECRET}", "7") == tuple(
        environment[name] for name in ("PGPASSWORD", "PGPASSFILE", "PYTHONHASHSEED")
    )


def test_other_code_has_another_digest() -> None:
    """The order of strategies does not matter, their code and their names do."""
    assert code_of({"a": "1", "b": "2"}) == code_of({"b": "2", "a": "1"})
    assert 3 == len({code_of({"a": "1", "b": "2"}), code_of({"a": "1", "b": "3"}), code_of({"a": "1", "c": "2"})})
