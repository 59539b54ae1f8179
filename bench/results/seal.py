"""The seal on what a run was asked for: `--resume` knows by it that it was asked on this machine.

A journal names scenario files, a folder of server binaries, an image and settings of the server: all of them are code,
or can be. A file may come from anybody, so that these are taken from it under the seal alone, which only who has the
key can make; the key never leaves the cache directory. The seal is on the files that are meant from here, so that it
holds in no other directory where their names mean others.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from dataclasses import replace
from pathlib import Path

from bench.databases import locks
from bench.databases.cache import cache_directory
from bench.errors import DatabaseError
from bench.measurement import Settings

KEY = "seal.key"
"""The file with the key, in the cache directory, for its owner alone."""
_FORMAT = 1
_KEY_BYTES = 32


def sealed(settings: Settings) -> Settings:
    """What a run on this machine is asked for, with the seal; without one where no key can be kept, which only says
    that `--resume` will ask again.
    """
    key = _key(make=True)
    return replace(settings, seal=_seal(settings, key) if key is not None else None)


def is_sealed(settings: Settings) -> bool:
    """Whether what is code in these settings was asked for on this machine, by whoever reads them now."""
    key = _key(make=False)
    return (
        key is not None
        and settings.seal is not None
        and hmac.compare_digest(settings.seal.encode(errors="replace"), _seal(settings, key).encode())
    )


def _seal(settings: Settings, key: bytes) -> str:
    places = [os.path.realpath(place) for place in settings.places]
    named = [_FORMAT, settings.database, places, sorted(settings.server_settings.items())]
    return hmac.new(key, json.dumps(named).encode(), hashlib.sha256).hexdigest()


def _key(*, make: bool) -> bytes | None:
    """The key, made where it is missing and asked for; None where there is none."""
    try:
        path = cache_directory() / KEY
        with locks.exclusive(path.with_suffix(".lock")):
            key = _read(path)
            return _made(path) if key is None and make else key
    except (DatabaseError, OSError):
        return None  # a run without a cache to write in is no less a run


def _read(path: Path) -> bytes | None:
    """The key in a file; None where it is not whole, or may be known to others than its owner."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        there = os.fstat(descriptor)
        is_private = there.st_uid == os.geteuid() and not there.st_mode & 0o077
        key = file.read(_KEY_BYTES + 1)
    return key if is_private and len(key) == _KEY_BYTES else None


def _made(path: Path) -> bytes:
    key = secrets.token_bytes(_KEY_BYTES)
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(key)
        file.flush()
        os.fsync(file.fileno())
    return key
