"""``tollbook import``: usage exports into the store."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tollbook.errors import TollbookError, UsageProblem
from tollbook.invocation import Invocation, with_invocation
from tollbook.numbers import checked_zone, parse_day, reading
from tollbook.options import command
from tollbook.output import Column, Table, listed, number_column
from tollbook.progress import ProgressLine
from tollbook.spend_words import (
    SHOWN_LINES,
    set_aside_words,
    unpriced_answer,
    unpriced_lines,
)
from tollbook.usage_files import STANDARD_INPUT, standard_input_in_a_file, usage_files

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from costmodel.spend import UnpricedVolume
    from ingest.imports import ImportOptions, ImportResult

COUNTS = (
    "rows_read",
    "rows_added",
    "rows_replaced",
    "rows_duplicate",
    "rows_set_aside",
    "rows_without_usage",
)


@command("import")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
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
) -> None:
    """Read usage exports into the store.

    FILE is a file, a folder, a pattern such as 'logs/*.jsonl', or - for standard input;
    gzip and zstd are unpacked. The same file again adds nothing; 'tollbook undo' takes an
    import back.
    """
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


def options_for(
    invocation: Invocation,
    *,
    day: date | None = None,
    organisation: str | None = None,
    provider: str | None = None,
    format_name: str | None = None,
    mapping: Path | None = None,
    price_at: date | None = None,
    tz: str = "UTC",
) -> ImportOptions:
    """Return how files are read: as asked, else as the configuration says.

    Raises UsageProblem for a format, a zone or a mapping file that does not exist.
    """
    from ingest.imports import ImportOptions

    _check_format(format_name)
    if mapping is not None and not mapping.is_file():
        raise UsageProblem(f"there is no column mapping {mapping}")
    configuration = invocation.configuration
    return ImportOptions(
        date=day,
        organisation=organisation or configuration.organisation,
        provider=provider,
        format=format_name,
        mapping=mapping,
        price_at=price_at,
        tz=checked_zone(tz),
        dimensions=configuration.dimensions,
        cells=configuration.cells,
        deployments=configuration.deployments,
        imported_at=invocation.now,
    )


def _check_format(name: str | None) -> None:
    from ingest.formats import FORMATS, MAPPED

    known = [each.name for each in (*FORMATS, MAPPED)]
    if name is not None and name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known)}"
        raise UsageProblem(f"there is no format {name!r}; {hint}")


@dataclass(frozen=True)
class Failure:
    """A file that was not imported, and why."""

    path: Path
    reason: str


def import_files(
    invocation: Invocation,
    files: Sequence[Path],
    options: ImportOptions,
    *,
    quiet: bool = False,
    names: Mapping[Path, str] | None = None,
) -> tuple[list[ImportResult], list[Failure]]:
    """Import files one by one; one that cannot be read does not stop the others.

    ``names`` says what files are called that are only copies of something.
    Files of a folder that no format knows are failures too. Raises StoreError where
    the store itself cannot be used.
    """
    from ingest.errors import NoFormatError, UnreadableFileError
    from ingest.imports import import_file
    from ingest.store import Store

    store, line = Store(invocation.db), ProgressLine(quiet=quiet)
    results: list[ImportResult] = []
    failures: list[Failure] = []
    for path in files:
        named = replace(options, name=(names or {}).get(path))
        try:
            result = import_file(store, path, options=named, progress=line.show)
        except (NoFormatError, UnreadableFileError) as error:
            failures.append(Failure(path, str(error)))
            if len(files) > 1:
                line.failed(str(path), str(error))
        else:
            results.append(result)
            line.done(result)
    return results, failures


def choose_views(invocation: Invocation) -> None:
    """Tell the store which view of one traffic counts, where the configuration says so."""
    from ingest.store import Store

    configuration = invocation.configuration
    store = Store(invocation.db)
    for source in configuration.sources:
        organisation = source.organisation or configuration.organisation
        reads = None if source.ledger == "auto" else source.ledger
        store.prefer(source.provider, organisation, reads)


def unpriced_volumes(
    invocation: Invocation, results: Sequence[ImportResult]
) -> list[UnpricedVolume]:
    """Return what in the store has no price, as the report lists it."""
    if not results:
        return []
    from ingest.report import ReportQuery, report
    from ingest.store import Store

    spend = report(Store(invocation.db), invocation.book, ReportQuery())
    return list(spend.unpriced)


def import_answer(
    results: Sequence[ImportResult], failures: Sequence[Failure], unpriced: Sequence[UnpricedVolume]
) -> dict[str, Any]:
    """Return what imports did as JSON."""
    return {
        "files": [
            {
                "path": result.path,
                "format": result.format,
                "import_id": result.import_id,
                **{name: getattr(result, name) for name in COUNTS},
                "assumptions": list(result.assumptions),
                "notices": list(result.notices),
            }
            for result in results
        ],
        "set_aside": [
            {"path": each.path, "line": each.line, "reason": each.reason}
            for result in results
            for each in result.set_aside
        ],
        "unpriced": [unpriced_answer(each) for each in unpriced],
        "failed": [{"path": str(each.path), "reason": each.reason} for each in failures],
    }


def show_imports(
    invocation: Invocation, results: Sequence[ImportResult], unpriced: Sequence[UnpricedVolume]
) -> None:
    """Show people what imports did."""
    if not results:
        return
    out = invocation.output
    titles = ("Read", "Added", "Replaced", "Duplicate", "Set aside", "Without usage")
    columns = [
        Column("File"),
        Column("Format"),
        number_column("Import"),
        *map(number_column, titles),
    ]
    table = Table(columns)
    for result in results:
        counts = [f"{getattr(result, name):,}" for name in COUNTS]
        table.rows.append([result.path, result.format, str(result.import_id), *counts])
    if len(results) > 1:
        sums = [f"{sum(getattr(result, name) for result in results):,}" for name in COUNTS]
        table.total = ["Total", "", "", *sums]
    out.table(table)
    for text in dict.fromkeys(_remarks(results)):
        out.say(text)
    for text in unpriced_lines(unpriced):
        out.say(text)
    if any(result.rows_added or result.rows_replaced for result in results):
        out.note("Next: 'tollbook report --by model', or 'tollbook serve' for the dashboard.")


def _remarks(results: Sequence[ImportResult]) -> list[str]:
    aside = [each for result in results for each in result.set_aside]
    found = set_aside_words(aside)
    for result in results:
        found += [f"Assumed: {text}." for text in result.assumptions]
        found += [f"Note: {text}." for text in result.notices]
    return found


def failures_text(failures: Sequence[Failure], asked: int) -> str:
    """Return which of the files were not imported, in a sentence."""
    if asked == 1:
        return failures[0].reason
    named = [str(each.path) for each in failures[:SHOWN_LINES]]
    rest = len(failures) - len(named)
    names = listed([*named, *([f"{rest} more"] if rest else [])])
    return f"{len(failures)} of {asked} files were not imported: {names}"
