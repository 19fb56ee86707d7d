"""Observations of a Langfuse export, by one spelling of their names, from any container."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ingest.csv_records import header_of, records_of
from ingest.errors import UnreadableFileError
from ingest.files import (
    first_objects,
    is_clean,
    unpacked_copy,
)
from ingest.formats.langfuse.usage import EXACT
from ingest.formats.parquet import column_types, is_parquet, parquet_rows, quoted, utc_or_same
from ingest.json_documents import UNREADABLE, documents
from ingest.values import Fault

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ingest.projection import Sample

TEXTS_LEFT_OUT: Final = frozenset(
    ("input", "output", "statusmessage", "tooldefinitions", "toolcalls", "observations")
)
"""What was asked and answered is not kept."""
SURE: Final = frozenset(("traceid", "starttime"))
MARKS: Final = frozenset(
    ("usagedetails", "parentobservationid", "providedmodelname", "internalmodelid")
)
OF_THE_TRACE: Final = ("sessionid", "userid", "tags", "metadata", "environment", "projectid")
"""What an observation has from its trace, where it says nothing itself."""
SPELLINGS: Final = ("traceId", "startTime", "usageDetails", "parentObservationId")
"""Keys that are looked for in a document that the sample cuts off."""

Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Observation:
    """An observation at its line, or why there is none."""

    line: int
    values: Values | Fault
    where: str = ""


@lru_cache(maxsize=1024)
def plain(name: str) -> str:
    """Return a name in the one spelling: ``usage_details`` and ``usageDetails`` are one."""
    return name.replace("_", "").replace(" ", "").lower()


def is_observation(names: Iterable[str]) -> bool:
    """Tell by its names whether something is an observation, or a table of them."""
    found = set(map(plain, names))
    return found >= SURE and not found.isdisjoint(MARKS)


def shown_names(sample: Sample) -> set[str]:
    """Return the names that a sample shows where an observation's would stand."""
    if is_parquet(sample):
        with tempfile.TemporaryDirectory(prefix="tollbook-") as folder:
            return set(column_types(_unpacked(sample.path, Path(folder))))
    if not _is_json(sample):
        return set(header_of(sample))
    inner = [each for found in first_objects(sample) for _, each in _inside(found)]
    names = {name for each in inner if isinstance(each, dict) for name in each}
    if is_observation(names) or sample.complete:
        return names
    return names | {name for name in SPELLINGS if f'"{name}":' in sample.text}


def _is_json(sample: Sample) -> bool:
    return sample.text.lstrip().startswith(("{", "["))


def is_page_of_nothing(sample: Sample) -> bool:
    """Tell whether a reply of the API holds no observation, or a trace does not."""
    return _is_json(sample) and any(map(_holds_nothing, first_objects(sample)))


def _holds_nothing(document: Mapping[str, Any]) -> bool:
    meta = document.get("meta")
    if document.get("data") == [] and isinstance(meta, dict):
        return "totalItems" in meta
    return document.get("observations") == [] and "timestamp" in document


def read(sample: Sample, workspace: Path) -> tuple[list[Observation], bool]:
    """Return every observation of a file, and whether its last reply says that more follow."""
    if is_parquet(sample):
        return list(_of_parquet(sample, workspace)), False
    if not _is_json(sample):
        return list(_of_csv(sample)), False
    found: list[Observation] = []
    document: object = None
    for line, document in documents(sample.path, EXACT):
        found += _of_document(line, document)
    return found, isinstance(document, dict) and _more_follow(document)


def _more_follow(reply: Mapping[str, Any]) -> bool:
    meta = reply.get("meta")
    if not isinstance(meta, dict) or "data" not in reply:
        return False
    page, pages = meta.get("page"), meta.get("totalPages")
    later = isinstance(page, int) and isinstance(pages, int) and page < pages
    return later or bool(meta.get("cursor"))


def _of_csv(sample: Sample) -> Iterator[Observation]:
    for record in records_of(sample):
        cells = record.cells
        yield Observation(record.line, cells if isinstance(cells, Fault) else _kept(cells))


def _kept(values: Mapping[str, Any]) -> Values:
    """Return what is kept of an observation, by plain names, without empty values."""
    named = ((plain(name), value) for name, value in values.items())
    return {n: v for n, v in named if n not in TEXTS_LEFT_OUT and v is not None and v != ""}


def _of_document(line: int, document: object) -> Iterator[Observation]:
    if document is UNREADABLE:
        yield Observation(line, Fault("cannot be read as JSON"))
    elif not isinstance(document, dict):
        yield Observation(line, Fault("neither an observation nor a trace"))
    else:
        yield from _once(line, document)


def _once(line: int, document: Mapping[str, Any]) -> Iterator[Observation]:
    """Return the observations of a document; a trace may list them twice, inside and beside."""
    known: dict[str, Observation] = {}
    unnamed: list[Observation] = []
    several = False
    for place, (trace, inner) in enumerate(_inside(document), start=1):
        several = several or place > 1
        where = f"observation {place}"
        if not isinstance(inner, dict) or not is_observation(inner):
            unnamed.append(Observation(line, Fault("neither an observation nor a trace"), where))
            continue
        values = {**_of_trace(trace), **_kept(inner)}
        key = str(values.get("id") or place)
        before = known.get(key)
        if before is not None and isinstance(before.values, dict):
            values = {**before.values, **values}
        known[key] = Observation(line, values, where if before is None else before.where)
    for each in (*known.values(), *unnamed):
        yield each if several else Observation(each.line, each.values)


def _inside(document: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], Any]]:
    """Return each observation of a document with its trace; a document may be one itself."""
    data, trace, listed = (document.get(name) for name in ("data", "trace", "observations"))
    if isinstance(data, list):
        for each in data:
            yield from _inside(each) if isinstance(each, dict) else iter([({}, each)])
    elif isinstance(trace, dict):
        yield from _inside(trace)
        for each in listed if isinstance(listed, list) else ():
            yield trace, each
    elif isinstance(listed, list):
        for each in listed:
            yield document, each
    else:
        yield {}, document


def _of_trace(trace: Mapping[str, Any]) -> Values:
    named = {plain(name): value for name, value in trace.items()}
    found = {name: named[name] for name in OF_THE_TRACE if named.get(name) not in (None, "")}
    if "metadata" in found:
        found["tracemetadata"] = found.pop("metadata")
    if isinstance(named.get("name"), str):
        found["tracename"] = named["name"]
    return found


def _unpacked(path: Path, folder: Path) -> Path:
    return path if is_clean(path) and path.suffix != ".gz" else unpacked_copy(path, folder)


def _of_parquet(sample: Sample, workspace: Path) -> Iterator[Observation]:
    path = _unpacked(sample.path, workspace)
    columns = {
        name: kind for name, kind in column_types(path).items() if plain(name) not in TEXTS_LEFT_OUT
    }
    if not columns:
        raise UnreadableFileError(f"{sample.path}: is no whole Parquet file: export it again")
    texts = [_as_json(name, kind) for name, kind in columns.items()]
    for line, row in enumerate(parquet_rows(path, texts, sample.path), start=1):
        values = (None if text is None else EXACT.decode(text) for text in row)
        yield Observation(line, _kept(dict(zip(columns, values, strict=True))))


def _as_json(name: str, kind: str) -> str:
    """Return the SQL of a column as JSON; times with a zone in UTC."""
    value = utc_or_same(name, kind)
    return f"CASE WHEN {quoted(name)} IS NOT NULL THEN to_json({value})::VARCHAR END"
