"""Pages of the OpenAI Usage API, one or many in a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ingest.buckets import bucket_projection, explain_bucket, write_buckets
from ingest.files import UNREADABLE, documents, first_objects
from ingest.projection import ImportOptions, Opened, Sample

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

RESULT_PREFIX = "organization.usage."


class OpenaiUsage:
    """The format ``openai_usage``."""

    name = "openai_usage"

    def claims(self, sample: Sample) -> bool:
        """Tell whether the file holds pages of usage; pages of costs are another format."""
        start = sample.text.lstrip()
        if not start.startswith(("{", "[")) or '"bucket"' not in start:
            return False
        return RESULT_PREFIX in start or (_is_page(sample) and "organization.costs" not in start)

    def nearness(self, sample: Sample) -> float:
        """Return the share of the marks of a page that the sample shows."""
        marks = ('"object"', '"page"', '"bucket"', '"results"', "num_model_requests")
        return sum(mark in sample.text for mark in marks) / len(marks)

    def open(self, sample: Sample, options: ImportOptions, workspace: Path) -> Opened:
        """Write every result of every bucket as a row of its own."""
        rows = list(_rows(sample.path))
        file = write_buckets(workspace / "buckets.jsonl", ((line, row) for line, _, row in rows))

        def reasons(places: Sequence[int]) -> Iterable[tuple[int, str]]:
            for place in places:
                line, where, row = rows[place]
                yield line, f"{where}: {explain_bucket(row)}" if row else "not JSON of a page"

        return Opened(bucket_projection(file, options), file.path, reasons)


def _is_page(sample: Sample) -> bool:
    pages = [each for each in first_objects(sample) if each.get("object") == "page"]
    return bool(pages) or '"page"' in sample.text


Row = tuple[int, str, dict[str, Any] | None]
"""Line of the page, place in it, and the result with the times of its bucket."""


def _rows(path: Path) -> Iterator[Row]:
    for line, page in documents(path):
        if page is UNREADABLE or not isinstance(page, dict):
            yield line, "", None
            continue
        yield from _rows_of_page(line, page)


def _rows_of_page(line: int, page: dict[str, Any]) -> Iterator[Row]:
    buckets = page.get("data") if page.get("object") == "page" else [page]
    for number, bucket in enumerate(buckets or [], start=1):
        times = {name: bucket.get(name) for name in ("start_time", "end_time")}
        results = bucket.get("results") or bucket.get("result") or []
        for index, result in enumerate(results, start=1):
            yield line, f"bucket {number}, result {index}", {**result, **times}
