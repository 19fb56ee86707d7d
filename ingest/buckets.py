"""Buckets of the OpenAI usage export, whether its API or its dashboard wrote them.

A bucket row is the usage of one group in one stretch of time. Its input counts
include cached and written tokens. A group column that the export was not grouped by
is null in every row, which is not the same as a group without a name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from costmodel.meters import Meter
from ingest.projection import JSON_LINES, TEXT, ImportOptions, Projection
from ingest.rows import GLOBAL_ZONE, NO_MODEL

if TYPE_CHECKING:
    from collections.abc import Mapping
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
KEY: Final = "bucket_key"
GROUPING: Final = "grouping"
WRITTEN: Final = (
    *TIME_COLUMNS,
    KEY,
    GROUPING,
    "object",
    "num_model_requests",
    *GROUP_COLUMNS,
    *TOKEN_COLUMNS,
    *UNIT_COLUMNS,
)


@dataclass(frozen=True)
class BucketFile:
    """Checked bucket rows, one to a line, with what all of them together tell."""

    path: Path
    width_seconds: int


def bucket_projection(file: BucketFile, options: ImportOptions) -> Projection:
    """Return how checked rows read: named by their key, their times in UTC."""
    return Projection(
        reader=JSON_LINES,
        columns=dict.fromkeys(WRITTEN, TEXT),
        parameters=[str(file.path)],
        raw={name: (f'"{name}"',) for name in WRITTEN},
        derived={"kind": '"object"'},
        occurred_at="moment(start_time)",
        time_given="start_time IS NOT NULL",
        recognised="start_time IS NOT NULL",
        has_usage=_ANY,
        sound="true",
        request_id=KEY,
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
        requests=f"CASE WHEN {_OF_A_TOOL} THEN 0 ELSE count_of(num_model_requests) END",
        price_at=options.price_at,
        view="buckets",
        width_seconds=file.width_seconds,
        grouping=f"{_KIND_NAME} || ':' || coalesce({GROUPING}, '')",
        timezone="UTC",
    )


_ANY: Final = (
    f"coalesce(num_model_requests, {', '.join((*TOKEN_COLUMNS, *UNIT_COLUMNS))}) IS NOT NULL"
)
_OF_A_TOOL: Final = "contains(kind, '_search')"
"""Calls of a tool are no requests: those that made them stand among the completions."""
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
