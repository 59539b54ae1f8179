"""Saving what was measured before an error that ends the run."""

from __future__ import annotations

import click

from bench.results.recording import Recording


def save_before_failing(recording: Recording, done: str) -> None:
    """Save what was measured before an error ended the run, and say where it is, on standard error.

    Args:
        recording: The run; whoever calls raises its error again.
        done: What was done with it: measured, or counted.
    """
    where = f"is saved in {recording.path}"
    try:
        recording.finish()
    except Exception:  # noqa: BLE001 - what is said is the error that ended the run; the journal has the rest
        where = f"before is in {recording.journal}"
    click.echo(f"What was {done} {where}: `bench run --resume` goes on with it", err=True)
