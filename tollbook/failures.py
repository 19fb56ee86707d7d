"""From an exception to an exit code and one sentence."""

from __future__ import annotations

import contextlib
import json
import os
import re
import sys
import traceback
from typing import TYPE_CHECKING

import click

from tollbook.errors import TollbookError, UsageProblem

if TYPE_CHECKING:
    from collections.abc import Sequence

_DID_YOU_MEAN = re.compile(r"\.? \(?Did you mean (?:one of: )?(.*?)\?\)?$")

USAGE_ERRORS: tuple[tuple[str, str], ...] = (
    ("pricing.located_yaml", "YamlError"),
    ("pricing.errors", "PricingError"),
    ("ingest.configuration", "ConfigurationError"),
    ("ingest.errors", "StoreMissingError"),
    ("ingest.errors", "StoreTooNewError"),
    ("ingest.errors", "StoreUnreadableError"),
    ("ingest.errors", "MappingError"),
    ("ingest.errors", "UnknownImportError"),
    ("ingest.errors", "PeriodError"),
    ("ingest.errors", "BillError"),
    ("ingest.errors", "DriverFileError"),
    ("ingest.errors", "TokenizerError"),
    ("ingest.errors", "KeyRefusedError"),
    ("ingest.plan_file", "PlanFileError"),
    ("alerts.naming", "NoSuchAlertError"),
    ("costmodel.bridge", "BridgeError"),
    ("costmodel.plan", "PlanError"),
    ("costmodel.optimise", "OptimiseError"),
    ("costmodel.scene", "LeverError"),
    ("costmodel.workload", "WorkloadError"),
)
"""Errors of lower packages that the person asking can put right: exit code 2."""

PLAIN_ERRORS: tuple[tuple[str, str], ...] = (
    ("ingest.errors", "IngestError"),
    ("alerts.answering", "AnswerError"),
    ("alerts.answering", "NotFiringError"),
    ("alerts.tick", "TickError"),
)
"""Errors of lower packages whose own words are enough: exit code 1."""


def run(arguments: Sequence[str], *, debug: bool = False) -> int:
    """Run one command line and return its exit code; says in a sentence what failed."""
    from tollbook.program import program

    try:
        code = program.main(list(arguments), prog_name="tollbook", standalone_mode=False)
    except (BrokenPipeError, SystemExit):
        # The reader of a pipe went away, as head does; rich turns that into an exit.
        _close_stdout()
        return 1
    except BaseException as error:  # noqa: BLE001 - no failure reaches the terminal as a traceback
        if debug and not isinstance(error, click.exceptions.Exit):
            traceback.print_exc()
        return _report(error, as_json=_wants_json(arguments))
    return code if isinstance(code, int) else 0


def _report(error: BaseException, *, as_json: bool) -> int:
    if isinstance(error, click.exceptions.Exit):
        return error.exit_code
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        click.echo(error.ctx.get_help() if error.ctx else error.format_message(), err=True)
        return UsageProblem.exit_code
    known = translated(error)
    if as_json:
        told = {"code": known.exit_code, "kind": known.kind, "message": str(known)}
        click.echo(json.dumps({"error": told}), err=True)
    else:
        from tollbook.output import plain

        lines = map(plain, f"Error: {known}".split("\n"))
        click.echo("\n".join(lines), err=True)
    return known.exit_code


def translated(error: BaseException) -> TollbookError:
    """Return an exception as one of ours, with a message that stands on its own."""
    if isinstance(error, TollbookError):
        return error
    if isinstance(error, click.UsageError):
        return UsageProblem(_click_message(error))
    if isinstance(error, click.Abort | KeyboardInterrupt):
        return TollbookError("interrupted; nothing half-done is kept")
    return _translated_from_below(error)


def _translated_from_below(error: BaseException) -> TollbookError:
    if _is_one_of(error, USAGE_ERRORS):
        return UsageProblem(str(error))
    if _is_one_of(error, PLAIN_ERRORS):
        return TollbookError(str(error))
    if isinstance(error, OSError) and error.filename:
        return TollbookError(f"{error.filename}: {error.strerror or error}")
    first_line = str(error).strip().partition("\n")[0]
    what = f"{type(error).__name__}: {first_line}" if first_line else type(error).__name__
    return TollbookError(f"Tollbook failed ({what}); TOLLBOOK_DEBUG=1 shows where")


def _click_message(error: click.UsageError) -> str:
    message = _DID_YOU_MEAN.sub(r"; did you mean \1?", error.format_message()).rstrip(".")
    message = message[:1].lower() + message[1:] if message[:2].istitle() else message
    place = error.ctx.command_path if error.ctx else "tollbook"
    return f"{message.rstrip('?')}; see '{place} --help'"


def _is_one_of(error: BaseException, names: tuple[tuple[str, str], ...]) -> bool:
    """Tell whether an error is of one of these classes, without importing any of them."""
    ancestors = {(each.__module__, each.__qualname__) for each in type(error).__mro__}
    return not ancestors.isdisjoint(names)


def _wants_json(arguments: Sequence[str]) -> bool:
    listed = list(arguments)
    return "--json" in (listed[: listed.index("--")] if "--" in listed else listed)


def _close_stdout() -> None:
    """Point stdout nowhere, so that Python does not complain about the closed pipe at exit."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
