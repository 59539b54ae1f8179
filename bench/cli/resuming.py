"""`--resume`: a run goes on as it was asked for. The file that says so may come from anybody, and is no reason to run
what it names: that needs the seal of this machine, or has to be named by whoever resumes.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import cast

from bench.errors import UsageError
from bench.measurement import Result, Settings
from bench.measuring.options import Options
from bench.points import Grid
from bench.results.journal import JournalHeader, read_resumable, refuse_in_use
from bench.results.seal import is_sealed

_WITHOUT_CODE = ("auto", "docker", "embedded", "local", "sqlite", "url")
"""What `--database` says where it names neither a folder of binaries nor an image."""
_SHOWN = 6


def resumable(file: Path) -> JournalHeader:
    """What the run of a journal or an interrupted result set out to do.

    Raises:
        ResultError: It cannot be read, is of no interrupted run, or of one that still goes on.
    """
    refuse_in_use(file)
    return read_resumable(file)[0]


def as_before(options: Options, header: JournalHeader, file: Path) -> Options:
    """The options with which the run that is resumed was started; a URL is not kept, and has to be given again.

    Raises:
        UsageError: Something is not kept, or is code that a file names which was not written on this machine.
    """
    settings, environment = header.settings, header.environment
    if settings.database == "url" and "://" not in options.database:
        raise UsageError("the run was on a database given by URL, which is not kept: give --database URL again")
    if settings.workers and options.workers is None:
        raise UsageError("the run was on a scheduler's workers, whose address is not kept: give --workers again")
    if not is_sealed(settings):
        settings = _named_again(settings, options, file)
    return replace(
        options,
        existing=settings.existing,
        selectors=settings.selectors,
        scenarios=settings.places,
        database=options.database if settings.database == "url" else settings.database,
        precision=settings.precision,
        rounds=settings.rounds,
        timeout=settings.timeout_s,
        grid=cast(Grid, settings.grid),
        chosen=settings.chosen,
        settings=settings.server_settings,
        driver=environment.driver if environment.postgres else options.driver,
        loop=environment.loop,
        seed=environment.seed,
        scale=environment.scale,
        pin=environment.pinned,
        rtts_ms=settings.rtts_ms,
        processes=1 if settings.workers else settings.processes,
        workers=options.workers if settings.workers else None,
    )


def to_resume(path: Path, result: Result, report: Path | None) -> str:
    """The command that goes on with an interrupted run."""
    url = " --database URL" if result.settings.database == "url" else ""
    url += " --workers tcp://SCHEDULER" if result.settings.workers else ""
    return f"bench run --resume {path}{url}" + (f" --report {report}" if report is not None else "")


def _named_again(settings: Settings, options: Options, file: Path) -> Settings:
    """What a file from elsewhere was asked for, with the code that whoever resumes names in place of the file's.

    Raises:
        UsageError: Something is not named; the message has it as it would be typed.
    """
    missing = list(_missing(settings, options))
    if missing:
        more = " …" if len(missing) > _SHOWN else ""
        raise UsageError(
            f"{file} was not written on this machine, or has been changed, and what it names is code: look at that, and"
            f" name it yourself: {' '.join(missing[:_SHOWN])}{more}"
        )
    is_named = settings.database not in _WITHOUT_CODE
    return replace(
        settings,
        places=options.scenarios if settings.places else (),
        database=options.database if is_named else settings.database,
    )


def _missing(settings: Settings, options: Options) -> Iterator[str]:
    if not options.scenarios:
        yield from (f"--scenarios {shlex.quote(place)}" for place in settings.places)
    if settings.database not in _WITHOUT_CODE and options.database == "auto":
        yield f"--database {shlex.quote(settings.database)}"
    for name, value in settings.server_settings.items():
        if options.settings.get(name) != value:
            yield f"--setting {shlex.quote(f'{name}={value}')}"
