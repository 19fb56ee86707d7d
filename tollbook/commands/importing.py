"""``tollbook import``: usage exports into the store."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tollbook.errors import TollbookError, UsageProblem
from tollbook.import_words import failures_text, import_answer, show_imports
from tollbook.importing import choose_views, import_files, options_for, unpriced_volumes
from tollbook.invocation import Invocation, with_invocation
from tollbook.numbers import parse_day, reading
from tollbook.options import command
from tollbook.usage_files import STANDARD_INPUT, standard_input_in_a_file, usage_files
from tollbook.watching import watch_imports

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

SECONDS_BETWEEN_LOOKS = 5.0


@command("import")
@click.argument("files", nargs=-1, metavar="FILE...")
@click.option(
    "--date",
    "day",
    callback=reading(parse_day),
    metavar="DAY",
    help="The day of rows that have no time.",
)
@click.option(
    "--organisation", metavar="NAME", help="Whose usage this is.  [default: the configuration's]"
)
@click.option("--provider", metavar="NAME", help="Who served it, where the file does not say.")
@click.option("--format", "format_name", metavar="NAME", help="Read the files as this format.")
@click.option(
    "--mapping",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="A column mapping in YAML, for other files.",
)
@click.option(
    "--price-at",
    callback=reading(parse_day),
    metavar="DAY",
    help="Price this usage as of a day; shown as an assumption.",
)
@click.option(
    "--tz", default="UTC", metavar="ZONE", show_default=True, help="The zone of times without one."
)
@click.option(
    "--watch",
    "folder",
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    help="Import what comes into this folder, until Ctrl-C.",
)
@click.option(
    "--every",
    type=click.FloatRange(min=0.1, max=86_400),
    metavar="SECONDS",
    help=f"Look at the watched folder so often.  [default: {SECONDS_BETWEEN_LOOKS}]",
)
@with_invocation
def import_command(
    invocation: Invocation,
    files: Sequence[str],
    day: date | None,
    organisation: str | None,
    provider: str | None,
    format_name: str | None,
    mapping: Path | None,
    price_at: date | None,
    tz: str,
    folder: Path | None,
    every: float | None,
) -> None:
    """Read usage exports into the store.

    FILE is a file, a folder, a pattern such as 'logs/*.jsonl', or - for standard input;
    gzip and zstd are unpacked. The same file again adds nothing; 'tollbook undo' takes an
    import back. With --watch each file is imported when it has stopped growing, and
    again when it changes.
    """
    _check_sources(files, folder, every)
    options = options_for(
        invocation,
        day=day,
        organisation=organisation,
        provider=provider,
        format_name=format_name,
        mapping=mapping,
        price_at=price_at,
        tz=tz,
    )
    if folder is not None:
        watch_imports(invocation, folder, options, every or SECONDS_BETWEEN_LOOKS)
        return
    with standard_input_in_a_file(files) as copied:
        found = [*usage_files([word for word in files if word != STANDARD_INPUT])]
        names = {copied: "standard input"} if copied is not None else {}
        found += names
        results, failures = import_files(invocation, found, options, names=names)
    if results:
        choose_views(invocation)
    unpriced = unpriced_volumes(invocation, results)
    if invocation.as_json:
        invocation.output.result(import_answer(results, failures, unpriced))
    else:
        show_imports(invocation, results, unpriced)
    if failures:
        raise TollbookError(failures_text(failures, len(found)))


def _check_sources(files: Sequence[str], folder: Path | None, every: float | None) -> None:
    if folder is None:
        if every is not None:
            raise UsageProblem("--every goes with --watch FOLDER")
        if not files:
            ctx = click.get_current_context()
            raise click.MissingParameter(ctx=ctx, param=ctx.command.params[0])
    elif files:
        raise UsageProblem("give files, or a folder to --watch, not both")
    elif not folder.is_dir():
        raise UsageProblem(f"there is no folder {folder} to watch")
