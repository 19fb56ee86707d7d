"""Importing files for a command: as asked and as configured, one by one."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tollbook.errors import UsageProblem
from tollbook.numbers import checked_zone
from tollbook.progress import ProgressLine

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date
    from pathlib import Path

    from costmodel.spend import UnpricedVolume
    from ingest.imports import ImportOptions, ImportResult
    from tollbook.invocation import Invocation


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
