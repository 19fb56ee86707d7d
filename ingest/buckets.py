"""Buckets of the OpenAI usage export, whether its API or its dashboard wrote them.

A bucket row is the usage of one group in one stretch of time. Its input counts
include cached and written tokens. A group column that the export was not grouped by
is null in every row, which is not the same as a group without a name.
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any, Final

from costmodel.meters import Meter
from ingest.projection import ImportOptions, Projection
from ingest.rows import GLOBAL_ZONE, LARGEST_COUNT, NO_MODEL

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

GROUP_COLUMNS: Final = (
    "project_id",
    "user_id",
    "api_key_id",
    "model",
    "batch",
    "service_tier",
    "size",
    "source",
    "vector_store_id",
    "context_level",
)
TOKEN_COLUMNS: Final = (
    "input_tokens",
    "output_tokens",
    "input_cached_tokens",
    "input_cache_write_tokens",
    "input_audio_tokens",
    "input_cached_audio_tokens",
    "output_audio_tokens",
    "input_image_tokens",
    "input_cached_image_tokens",
    "output_image_tokens",
)
UNIT_COLUMNS: Final = (
    "images",
    "characters",
    "seconds",
    "num_sessions",
    "num_requests",
)
TIME_COLUMNS: Final = ("start_time", "end_time", "start_time_iso", "end_time_iso")
COLUMNS: Final = (
    *TIME_COLUMNS,
    "object",
    "num_model_requests",
    *GROUP_COLUMNS,
    *TOKEN_COLUMNS,
    *UNIT_COLUMNS,
)
DAY_SECONDS: Final = 86_400


@dataclass
class BucketFile:
    """Bucket rows written one to a line, with what all of them together tell."""

    path: Path
    lines: list[int] = field(default_factory=list)
    rows: list[str] = field(default_factory=list)
    grouping: tuple[str, ...] = ()
    width_seconds: int = DAY_SECONDS


def write_buckets(path: Path, rows: Iterable[tuple[int, Mapping[str, Any] | None]]) -> BucketFile:
    """Write rows with their lines to a file that DuckDB reads; None stands for no row at all."""
    found = BucketFile(path)
    grouped: set[str] = set()
    widths: Counter[int] = Counter()
    with path.open("w", encoding="utf-8") as out:
        for line, row in rows:
            found.lines.append(line)
            if row is None:
                out.write("!\n")
                continue
            grouped.update(name for name in GROUP_COLUMNS if row.get(name) not in {None, ""})
            widths.update(_width(row))
            _write(out, row)
    found.grouping = tuple(name for name in GROUP_COLUMNS if name in grouped)
    found.width_seconds = max(widths, key=lambda width: widths[width], default=DAY_SECONDS)
    return found


def _write(out: IO[str], row: Mapping[str, Any]) -> None:
    kept = {name: row[name] for name in COLUMNS if row.get(name) not in {None, ""}}
    out.write(json.dumps(kept) + "\n")


def _width(row: Mapping[str, Any]) -> list[int]:
    try:
        width = int(float(row["end_time"])) - int(float(row["start_time"]))
    except (KeyError, TypeError, ValueError):
        return []
    return [width] if width > 0 else []


def bucket_projection(file: BucketFile, options: ImportOptions) -> Projection:
    """Return how bucket rows read."""
    columns = ", ".join(f"'{name}': 'VARCHAR'" for name in COLUMNS)
    notices, assumptions = _remarks(file)
    groups = ", ".join(f"'{name}=' || {name}" for name in GROUP_COLUMNS if name != "model")
    signature = ",".join(file.grouping)
    return Projection(
        reader=(
            f"read_json(?, format='newline_delimited', ignore_errors=true, columns={{{columns}}})"
        ),
        parameters=[str(file.path)],
        raw={name: (f'"{name}"',) for name in COLUMNS},
        derived={"kind": _KIND},
        occurred_at="coalesce(moment(start_time), moment(start_time_iso))",
        time_given="coalesce(start_time, start_time_iso) IS NOT NULL",
        recognised="coalesce(start_time, start_time_iso) IS NOT NULL",
        has_usage=f"coalesce(num_model_requests, {', '.join((*TOKEN_COLUMNS, *UNIT_COLUMNS))}) "
        "IS NOT NULL",
        sound="count_of(input_cached_tokens) <= count_of(input_tokens)",
        request_id=(
            "'bucket ' || coalesce(start_time, start_time_iso) || ' ' || kind || "
            f"' by {signature} of {file.width_seconds} ' || concat_ws(' ', {groups})"
        ),
        provider=f"'{options.provider or 'openai'}'",
        model=f"CASE WHEN {_ANY} THEN coalesce(text_of(model), '{NO_MODEL}') END",
        zone=f"'{GLOBAL_ZONE}'",
        tier="CASE WHEN lower(batch) = 'true' THEN 'batch' ELSE tier_of(service_tier) END",
        meters=_METERS,
        dimensions={
            "project": "label(project_id)",
            "api_key": "key_label(api_key_id)",
            "user": "label(user_id)",
        },
        requests="count_of(coalesce(num_model_requests, num_requests))",
        price_at=options.price_at,
        view="buckets",
        width_seconds=file.width_seconds,
        grouping=f"{_KIND_NAME} || ':{signature}'",
        assumptions=assumptions,
        notices=notices,
    )


_ANY: Final = (
    f"coalesce(num_model_requests, {', '.join((*TOKEN_COLUMNS, *UNIT_COLUMNS))}) IS NOT NULL"
)
_KIND: Final = "coalesce(\"object\", 'organization.usage.completions.result')"
_KIND_NAME: Final = "regexp_extract(kind, '^(?:organization.usage.)?(.*?)(?:.result)?$', 1)"
_IS_IMAGE: Final = "coalesce(contains(lower(model), 'image'), false)"
"""Other models bill the tokens of a picture as text."""


def _image(column: str) -> str:
    return f"CASE WHEN {_IS_IMAGE} THEN count_of({column}) ELSE 0 END"


def _less(total: str, *parts: str) -> str:
    return f"count_of({total})" + "".join(f" - ({part})" for part in parts)


_METERS: Final[Mapping[Meter, str]] = {
    Meter.INPUT: _less(
        "input_tokens",
        "count_of(input_cached_tokens)",
        "count_of(input_cache_write_tokens)",
        "count_of(input_audio_tokens)",
        _image("input_image_tokens"),
    ),
    Meter.CACHED_INPUT: _less(
        "input_cached_tokens",
        "count_of(input_cached_audio_tokens)",
        _image("input_cached_image_tokens"),
    ),
    Meter.CACHE_WRITE: "count_of(input_cache_write_tokens)",
    Meter.OUTPUT: _less(
        "output_tokens", "count_of(output_audio_tokens)", _image("output_image_tokens")
    ),
    Meter.INPUT_AUDIO: "count_of(input_audio_tokens)",
    Meter.CACHED_INPUT_AUDIO: "count_of(input_cached_audio_tokens)",
    Meter.OUTPUT_AUDIO: "count_of(output_audio_tokens)",
    Meter.INPUT_IMAGE: _image("input_image_tokens"),
    Meter.CACHED_INPUT_IMAGE: _image("input_cached_image_tokens"),
    Meter.OUTPUT_IMAGE: _image("output_image_tokens"),
    Meter.IMAGES: "count_of(images)",
    Meter.CHARACTERS: "count_of(characters)",
    Meter.AUDIO_SECONDS: "count_of(round(try_cast(seconds AS DOUBLE))::BIGINT::VARCHAR)",
    Meter.CODE_INTERPRETER_SESSIONS: "count_of(num_sessions)",
    Meter.FILE_SEARCH_CALLS: (
        "CASE WHEN contains(kind, 'file_search') THEN count_of(num_requests) ELSE 0 END"
    ),
    Meter.WEB_SEARCH_CALLS: (
        "CASE WHEN contains(kind, 'web_search') THEN count_of(num_requests) ELSE 0 END"
    ),
}


def _remarks(file: BucketFile) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return notices and assumptions of a file."""
    if not file.lines:
        return ("the export covers a time without usage: 0 rows",), ()
    notices: tuple[str, ...] = ()
    if "model" not in file.grouping:
        notices = ("the export is not grouped by model, so it has no price: export it by model",)
    if {"batch", "service_tier"} & set(file.grouping):
        return notices, ()
    return notices, ("the export is not grouped by service tier or batch: priced as standard",)


def explain_bucket(row: Mapping[str, Any]) -> str:
    """Say why a bucket row was set aside."""
    for name in ("num_model_requests", *TOKEN_COLUMNS, *UNIT_COLUMNS):
        value = row.get(name)
        if value not in {None, ""} and not _is_count(value):
            return f"{name} is {value!r}, not a whole number"
    total, cached = (float(row.get(name) or 0) for name in ("input_tokens", "input_cached_tokens"))
    if cached > total:
        return f"{cached:.0f} cached tokens are more than the {total:.0f} input tokens"
    if row.get("start_time") in {None, ""} and row.get("start_time_iso") in {None, ""}:
        return "no start_time"
    return f"cannot be read as a bucket that starts at {row.get('start_time')!r}"


def _is_count(value: object) -> bool:
    try:
        number = float(str(value))
    except ValueError:
        return False
    return 0 <= number < LARGEST_COUNT and number == int(number) and not isinstance(value, bool)


def csv_rows(stream: IO[str], delimiter: str) -> Iterable[tuple[int, dict[str, str | None]]]:
    """Return line and cells by column name of every record of a CSV file."""
    reader = csv.DictReader(stream, delimiter=delimiter)
    for row in reader:
        yield reader.line_num, {k: v for k, v in row.items() if isinstance(k, str)}
