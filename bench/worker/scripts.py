"""Reads a script of SQL as psql does, and lets through what fills one database: roles and rights are left out, what
reaches beyond that database is refused.

Source: PostgreSQL documentation, Lexical Structure, and psql.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from bench.errors import DatabaseError

_MOST_CODE = 20_000
"""Bytes of a statement that are looked at: what it does stands in the first, and an INSERT may have millions."""
_MARK = re.compile(
    rb"""
      (?P<comment>--[^\n]*)
    | (?P<block>/\*)
    | (?P<escaped>[eE]')
    | (?P<word>[A-Za-z_\x80-\xff][\w$\x80-\xff]*)
    | (?P<string>')
    | (?P<identifier>")
    | (?P<dollar>\$(?:[A-Za-z_\x80-\xff][\w\x80-\xff]*)?\$)
    | (?P<end>;)
    | (?P<command>\\(?:\w+|.?))
    """,
    re.VERBOSE,
)
_ENDS = {
    "block": re.compile(rb"/\*|\*/"),
    "escaped": re.compile(rb"\\.|''|'", re.DOTALL),
    "string": re.compile(rb"''|'"),
    "identifier": re.compile(rb'""|"'),
}
_WHOLE_INSERT = re.compile(
    rb"""INSERT\ INTO\ (?:[^'"\\;$/-]++|'[^'\\]*+'|"[^"\\]*+"|-(?!-)|/(?!\*))*+;\s*""", re.VERBOSE
)
"""A line that is one INSERT, as millions of lines of a dump may be: what is in it need not be read piece by piece."""
_OF_A_ROLE = re.compile(
    r"ALTER .* OWNER TO |GRANT |REVOKE |SET SESSION AUTHORIZATION |RESET SESSION AUTHORIZATION|(RE)?SET ROLE\b"
    r"|ALTER DEFAULT PRIVILEGES |(CREATE|ALTER|DROP) USER MAPPING |(CREATE|ALTER|DROP) SUBSCRIPTION "
)
"""Statements that name roles or servers, which are not where a file is restored."""
_BEYOND = re.compile(
    r"(?:CREATE|ALTER|DROP|COMMENT ON) DATABASE\b|SECURITY LABEL .*ON DATABASE\b"
    r"|(?:CREATE|ALTER|DROP) (?:ROLE|USER|GROUP|TABLESPACE)\b|ALTER SYSTEM\b|(?:REASSIGN|DROP) OWNED\b"
)
"""Statements that change a server, and not the one database that is filled."""
_COPY = re.compile(r"COPY (?!\().* FROM STDIN\b")
_STRINGS = re.compile(r"SET (?:SESSION |LOCAL )?STANDARD_CONFORMING_STRINGS (?:=|TO) ?('?)(ON|OFF|TRUE|FALSE|1|0)\b")
_DROPS = re.compile(r"DROP (?!.*\bIF EXISTS\b)|ALTER TABLE (?!IF EXISTS).* DROP CONSTRAINT (?!IF EXISTS)")
_HARMLESS = (b"\\restrict", b"\\unrestrict")
"""Commands of psql's that pg_dump writes, which older versions of psql do not know."""


class Script:
    """A script whose lines are read once.

    Args:
        name: The file's name, for what is said of it.
        lines: Its lines, each with its end.

    Attributes:
        drops_first: Whether it drops what need not be there before it makes anything.
    """

    def __init__(self, name: str, lines: Iterable[bytes]) -> None:
        self.drops_first = False
        self._name = name
        self._lines = lines
        self._number = 0
        self._makes = False
        self._standard = True
        self._text = bytearray()
        self._code = bytearray()
        self._inside = ""
        self._depth = 0
        self._closing = b""
        self._is_whole = False
        self._copies = 0

    def allowed(self) -> Iterator[bytes]:
        """The script but for what is left out, of which the ends of lines stay; rows of COPY are let through as they
        are.

        Raises:
            DatabaseError: It would change more than the database that it is restored into.
        """
        for line in self._lines:
            self._number += 1
            if self._copies:
                self._copies -= line.rstrip() == rb"\."
                yield line
            elif not self._inside and not self._code.strip() and _WHOLE_INSERT.fullmatch(line):
                self._makes = True
                yield self._taken() + line
            else:
                yield from self._read(line)
        yield from self._ended()

    def _read(self, line: bytes) -> Iterator[bytes]:
        at = 0
        while at < len(line):
            at = self._read_inside(line, at) if self._inside else self._read_code(line, at)
            if self._is_whole:
                yield from self._ended()
        if self._copies:
            if self._inside:
                raise self._shared_line()
            yield from self._ended()

    def _read_code(self, line: bytes, at: int) -> int:
        found = _MARK.search(line, at)
        if found is None:
            self._take(line[at:], is_code=True)
            return len(line)
        self._take(line[at : found.start()], is_code=True)
        kind = str(found.lastgroup)
        if kind == "command":
            return self._read_command(line, found)
        if kind == "word":
            self._take(found[0], is_code=True)
            return found.end()
        # What is quoted stands in the code as an empty pair of quotes, a comment as a space.
        self._code += {"comment": b" ", "block": b" ", "end": b"", "identifier": b'""'}.get(kind, b"''")
        self._take(found[0], is_code=False)
        self._is_whole = kind == "end"
        if kind not in ("comment", "end"):
            self._inside = "escaped" if kind == "string" and not self._standard else kind
            self._depth, self._closing = 1, found[0]
        return found.end()

    def _read_inside(self, line: bytes, at: int) -> int:
        if self._inside == "dollar":
            start = line.find(self._closing, at)
            end = len(line) if start < 0 else start + len(self._closing)
            self._inside = self._inside if start < 0 else ""
        else:
            found = _ENDS[self._inside].search(line, at)
            end = len(line) if found is None else found.end()
            if found is not None:
                self._pass(found[0])
        self._take(line[at:end], is_code=False)
        return end

    def _pass(self, mark: bytes) -> None:
        if self._inside == "block":
            self._depth += 1 if mark == b"/*" else -1
            self._inside = "block" if self._depth else ""
        elif len(mark) == 1:  # neither a doubled quote nor one behind a backslash
            self._inside = ""

    def _read_command(self, line: bytes, found: re.Match[bytes]) -> int:
        if found[0] not in _HARMLESS or self._code.strip():
            shown = found[0].decode(errors="replace").strip()
            raise self._refused(f"`{shown}`", "psql's commands are not run: take it out")
        self._take(b"\n" if line.endswith(b"\n") else b"", is_code=True)
        return len(line)

    def _take(self, part: bytes, *, is_code: bool) -> None:
        self._text += part
        if is_code and len(self._code) < _MOST_CODE:
            self._code += part

    def _ended(self) -> Iterator[bytes]:
        """The statement that ends here, as far as it is let through."""
        code = " ".join(self._code[:_MOST_CODE].decode(errors="replace").upper().split())
        if self._copies and code:
            raise self._shared_line()
        beyond = _BEYOND.match(code)
        if beyond is not None and not _OF_A_ROLE.match(code):
            raise self._refused(f"`{beyond[0]}`", "write it by pg_dump, without --create, or take that out")
        self._makes = self._makes or code.startswith("CREATE ")
        self.drops_first = self.drops_first or (not self._makes and _DROPS.match(code) is not None)
        if (strings := _STRINGS.match(code)) is not None:
            self._standard = strings[2] in ("ON", "TRUE", "1")
        self._copies += _COPY.match(code) is not None
        text = self._taken()
        yield b"\n" * text.count(b"\n") if _OF_A_ROLE.match(code) else text

    def _taken(self) -> bytes:
        text = bytes(self._text)
        self._is_whole = False
        self._text.clear()
        self._code.clear()
        return text

    def _shared_line(self) -> DatabaseError:
        return self._refused("a COPY", "its rows begin in the next line: give the statement a line of its own")

    def _refused(self, what: str, instead: str) -> DatabaseError:
        return DatabaseError(f"{self._name} is not restored: line {self._number} has {what}: {instead}")
