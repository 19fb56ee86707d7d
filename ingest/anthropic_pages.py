"""Pages of Anthropic's Admin API: buckets with results, for usage and for costs alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ingest.json_documents import UNREADABLE, documents
from ingest.values import Fault, moment_of

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

UNFINISHED: Final = (
    "the last page says that more follow: the export is not complete, fetch its next_page too"
)


@dataclass(frozen=True, slots=True)
class Result:
    """One result of a bucket; ``scope`` is the same for those beside each other."""

    line: int
    where: str
    scope: tuple[int, int]
    start: datetime
    end: datetime
    values: Mapping[str, Any]


Found = Result | tuple[int, Fault]
"""A result, or the line of what is none and why."""


def results_of(path: Path, notices: list[str]) -> Iterator[Found]:
    """Return all results of all pages of a file; a page that is not the last is noted."""
    last: object = None
    for number, (line, page) in enumerate(documents(path)):
        last = page
        yield from _of_page(line, number, page)
    if isinstance(last, dict) and last.get("has_more") is True:
        notices.append(UNFINISHED)


def _of_page(line: int, number: int, page: object) -> Iterator[Found]:
    if page is UNREADABLE:
        yield line, Fault("cannot be read as JSON")
    elif isinstance(page, dict) and isinstance(page.get("data"), list):
        for place, bucket in enumerate(page["data"], start=1):
            yield from _of_bucket(line, (number, place), bucket)
    elif isinstance(page, dict) and "starting_at" in page:
        yield from _of_bucket(line, (number, 0), page)
    else:
        yield line, Fault("neither a page nor a bucket of a report")


def _of_bucket(line: int, scope: tuple[int, int], bucket: object) -> Iterator[Found]:
    where = f"bucket {scope[1]}" if scope[1] else "bucket"
    if not isinstance(bucket, dict) or not isinstance(bucket.get("results"), list):
        yield line, Fault(f"{where}: no bucket with a list of results")
        return
    try:
        start, end = _times(bucket)
    except Fault as fault:
        yield line, Fault(f"{where}: {fault}")
        return
    for place, result in enumerate(bucket["results"], start=1):
        named = f"{where}, result {place}"
        if isinstance(result, Mapping):
            yield Result(line, named, scope, start, end, result)
        else:
            yield line, Fault(f"{named}: no object")


def _times(bucket: Mapping[str, Any]) -> tuple[datetime, datetime]:
    start = moment_of("starting_at", bucket.get("starting_at"))
    end = moment_of("ending_at", bucket.get("ending_at"))
    if start is None or end is None:
        raise Fault(f"no {'ending_at' if start else 'starting_at'}")
    if end <= start:
        raise Fault(f"ends at {end.isoformat()}, not after it starts")
    return start, end
