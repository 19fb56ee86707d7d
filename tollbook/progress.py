"""Progress on stderr: one line that is rewritten on a terminal, one line at the end elsewhere."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from tollbook.output import plain

if TYPE_CHECKING:
    from ingest.imports import ImportResult, Progress

CLEAR_LINE = "\r\x1b[2K"


class ProgressLine:
    """Says how far an import is, with rows a second.

    A quiet one rewrites its line on a terminal, and leaves nothing behind.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        self._live = sys.stderr.isatty()
        self._quiet = quiet

    def show(self, progress: Progress) -> None:
        """Rewrite the line; does nothing where stderr is no terminal."""
        if self._live:
            speed = f", {progress.rows_per_second:,.0f} rows/s" if progress.rows else ""
            text = f"{progress.path}: {progress.phase}, {progress.rows:,} rows{speed}"
            click.echo(f"{CLEAR_LINE}{plain(text)}", err=True, nl=False)

    def done(self, result: ImportResult) -> None:
        """Say what one file took."""
        speed = result.rows_read / max(result.seconds, 1e-9)
        took = f"{result.rows_read:,} rows in {result.seconds:.1f} s, {speed:,.0f} rows/s"
        self._end(f"{result.path}: {took}")

    def failed(self, path: str, reason: str) -> None:
        """Say why one file was not imported."""
        self._end(reason if reason.startswith(path) else f"{path}: {reason}")

    def clear(self) -> None:
        """Take the rewritten line away."""
        if self._live:
            click.echo(CLEAR_LINE, err=True, nl=False)

    def _end(self, text: str) -> None:
        self.clear()
        if not self._quiet:
            click.echo(plain(text), err=True)


class StatusLine:
    """Says on stderr what goes on: a line that is rewritten on a terminal, and notes that stay."""

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()

    def show(self, text: str) -> None:
        """Rewrite the line; does nothing where stderr is no terminal."""
        if self._live:
            click.echo(f"{CLEAR_LINE}{plain(text)}", err=True, nl=False)

    def note(self, text: str) -> None:
        """Say something that stays."""
        self.clear()
        click.echo(plain(text), err=True)

    def clear(self) -> None:
        """Take the rewritten line away."""
        if self._live:
            click.echo(CLEAR_LINE, err=True, nl=False)
