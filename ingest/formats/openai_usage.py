"""Pages of the OpenAI Usage API, one or many in a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ingest.bucket_export import opened_buckets
from ingest.bucket_rows import GivenRow
from ingest.files import first_objects
from ingest.json_documents import UNREADABLE, documents
from ingest.openai_bill import holds_costs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ingest.projection import ImportOptions, Opened, Sample

RESULT_PREFIX: Final = "organization.usage."
UNFINISHED: Final = (
    "the last page says that more follow: the export is not complete, fetch its next_page too"
)


class OpenaiUsage:
    """The format ``openai_usage``."""

    name = "openai_usage"

    def claims(self, sample: Sample) -> bool:
        """Tell whether the file holds pages of usage; pages of costs are another format."""
        start = sample.text.lstrip()
        if not start.startswith(("{", "[")) or holds_costs(start):
            return False
        if '"bucket"' in start:
            return RESULT_PREFIX in start or '"page"' in start
        return any(_is_empty_page(each) for each in first_objects(sample))

    def nearness(self, sample: Sample) -> float:
        """Return the share of the marks of a page that the sample shows."""
        marks = ('"object"', '"page"', '"bucket"', '"results"', "num_model_requests")
        return sum(mark in sample.text for mark in marks) / len(marks)

    def open(self, sample: Sample, options: ImportOptions, workspace: Path) -> Opened:
        """Make every result of every bucket a row of its own."""
        pages = list(documents(sample.path))
        given = (
            row for number, (line, page) in enumerate(pages) for row in _rows(line, page, number)
        )
        last = pages[-1][1] if pages else None
        unfinished = isinstance(last, dict) and last.get("has_more") is True
        return opened_buckets(given, options, workspace, (UNFINISHED,) if unfinished else ())


def _is_empty_page(value: dict[str, Any]) -> bool:
    return value.get("object") == "page" and value.get("data") == []


def _rows(line: int, page: object, number: int) -> Iterator[GivenRow]:
    """Return the rows of a page, or of a bucket that stands by itself."""
    if page is UNREADABLE:
        yield GivenRow(line, "", number, "cannot be read as JSON")
    elif isinstance(page, dict) and isinstance(page.get("data"), list):
        for place, bucket in enumerate(page["data"], start=1):
            yield from _rows_of_bucket(line, f"bucket {place}", (number, place), bucket)
    elif isinstance(page, dict) and page.get("object") == "bucket":
        yield from _rows_of_bucket(line, "", (number, 0), page)
    else:
        yield GivenRow(line, "", number, "neither a page nor a bucket of usage")


def _rows_of_bucket(line: int, where: str, scope: object, bucket: object) -> Iterator[GivenRow]:
    results = bucket.get("results", bucket.get("result")) if isinstance(bucket, dict) else None
    if not isinstance(bucket, dict) or not isinstance(results, list):
        yield GivenRow(line, where, scope, "no bucket with a list of results")
        return
    times = {name: bucket.get(name) for name in ("start_time", "end_time")}
    for place, result in enumerate(results, start=1):
        found = ", ".join(part for part in (where, f"result {place}") if part)
        values = {**result, **times} if isinstance(result, dict) else "no object"
        yield GivenRow(line, found, scope, values)
