"""Keeps hosts, passwords and keys out of texts: drivers name them in their messages, and authors do in theirs."""

from __future__ import annotations

import json
import os
import re
from typing import Self
from urllib.parse import quote, quote_plus

from bench.databases.address import Address

_HIDDEN = "…"
_SECRETS = ("sslpassword",)
"""Options of a connection that are secrets, wherever their letters stand."""
_PLACES = ("hostaddr", "passfile", "service", "servicefile", "sslcert", "sslcrl", "sslcrldir", "sslkey", "sslrootcert")
"""Options that say where a database is, or where on this machine a secret lies."""
_PLACES_IN_ENVIRONMENT = (
    *("PGHOST", "PGHOSTADDR", "PGPASSFILE", "PGSERVICE", "PGSERVICEFILE"),
    *("PGSSLCERT", "PGSSLCRL", "PGSSLCRLDIR", "PGSSLKEY", "PGSSLROOTCERT"),
)
_SAME_EVERYWHERE = ("system", os.devnull)
"""What such an option may say that tells nothing."""
_COMMON = re.compile(r"[a-z]+|.{1,5}", re.DOTALL)
"""A password that is hidden only where it stands alone: else it would be found in words that have nothing to do with
it.
"""
_BEFORE = r"(?:(?<![\w-])|(?<=\\[nrt]))"
"""What a name stands alone behind: no word, but for a line feed that is written as one."""
_AFTER_A_DIRECTORY = r"(?![\w-]|/(?!\.s\.PGSQL\.))"
"""What follows the directory of a socket, which stands for a host: what else lies in it may be named."""
_QUOTED = r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\""
_NAMED = (
    # By drivers.
    re.compile(r"(?<=connection to server at )\"[^\"]*\"(?: \([^)]*\))?, port \d+"),
    re.compile(r"(?<=connection to server on socket )\"[^\"]*\""),
    re.compile(r"(?<=PostgreSQL server at )\"[^\"]*\""),
    re.compile(r"(?<=Connect call failed )(?:\([^)]*\)|'[^']*')"),
    re.compile(r"(?<=resolve host )'[^']*'"),
    re.compile(r"(?<=translate host name )\"[^\"]*\""),
    re.compile(r"\bhost: [^,]*, port: [^,]*, hostaddr: (?:'[^']*'|None)"),
    re.compile(r"(?<=pg_hba.conf entry for host )\"[^\"]*\""),
    re.compile(r"(?<=match host name )\"[^\"]*\""),
    re.compile(r"(?<=server certificate for )\"[^\"]*\""),
    re.compile(r"(?<=certificate is not valid for )'[^']*'"),
    # By authors: URLs that have a user in them, and parameters of a connection.
    re.compile(r"(?<=://)[^\s'\"<>`/@]*@[^\s'\"<>`]+"),
    re.compile(rf"(?<=password=)(?:{_QUOTED}|[^\s'\",;)&]+)", re.IGNORECASE),
    re.compile(rf"(?<=password['\"]: )(?:{_QUOTED})"),
    re.compile(rf"(?<=\bhost=)(?:{_QUOTED}|[^\s'\",;)&]+)"),
    re.compile(rf"(?<=\bhost['\"]: )(?:{_QUOTED})"),
)
"""What stands where a host or a password does, whether it is known or not."""
_URL = re.compile(r"(\bpostgres(?:ql)?(?:\+\w+)?://)[^\s'\"<>`]+")


class Redaction:
    """What is known to be private. `hidden` gives a text without it, and without what drivers and authors name."""

    def __init__(self) -> None:
        self._places: set[str] = set()
        self._secrets: set[str] = set()

    @classmethod
    def of_environment(cls) -> Self:
        """What libpq's variables say in the environment of this process."""
        redaction = cls()
        redaction.keep(*(os.environ.get(name) for name in _PLACES_IN_ENVIRONMENT))
        redaction.keep_secret(os.environ.get("PGPASSWORD"))
        return redaction

    def know(self, address: Address) -> None:
        """Keep what is private of an address."""
        self.keep(address.host, *(address.options.get(name) for name in _PLACES))
        self.keep_secret(address.password, *(address.options.get(name) for name in _SECRETS))

    def keep(self, *parts: str | None) -> None:
        """Keep names of hosts, services and files: they are hidden where they stand alone."""
        self._places |= {form for part in parts if part and part not in _SAME_EVERYWHERE for form in _forms(part)}

    def keep_secret(self, *parts: str | None) -> None:
        """Keep passwords: they are hidden wherever their letters are, but for what may be a part of common words."""
        self._secrets |= {form for part in parts if part for form in _forms(part)}

    def hidden(self, text: str) -> str:
        """A text without hosts, their numbers, passwords, and the files that they lie in."""
        for part in sorted(self._places | self._secrets, key=len, reverse=True):
            if part in self._secrets and not _COMMON.fullmatch(part):
                text = text.replace(part, _HIDDEN)
            else:
                after = _AFTER_A_DIRECTORY if part.startswith("/") else r"(?![\w-])"
                text = re.sub(rf"{_BEFORE}{re.escape(part)}{after}", _HIDDEN, text)
        text = _URL.sub(rf"\1{_HIDDEN}", text)
        for pattern in _NAMED:
            text = pattern.sub(_HIDDEN, text)
        return text


def _forms(part: str) -> set[str]:
    """How it may stand in a text: as it is, as in a URL, in a file of passwords, as a program or JSON writes those."""
    plain = {part, part.replace("\\", "\\\\").replace(":", "\\:"), quote(part, safe=""), quote(part), quote_plus(part)}
    return plain | {repr(one)[1:-1] for one in plain} | {json.dumps(one)[1:-1] for one in plain}
