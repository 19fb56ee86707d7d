"""How imports are said: what was read, added and set aside, and what failed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tollbook.output import Column, Table, listed, number_column
from tollbook.spend_words import (
    SHOWN_LINES,
    set_aside_words,
    unpriced_answer,
    unpriced_lines,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from costmodel.spend import UnpricedVolume
    from ingest.imports import ImportResult
    from tollbook.importing import Failure
    from tollbook.invocation import Invocation

COUNTS = (
    "rows_read",
    "rows_added",
    "rows_replaced",
    "rows_duplicate",
    "rows_set_aside",
    "rows_without_usage",
)


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
