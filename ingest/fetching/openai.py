"""Usage and costs from OpenAI's Admin API, grouped by all that it can be grouped by.

As in openai-openapi v2.3.0: ten kinds of usage in buckets of a minute, an hour or a day,
and costs by the day.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ingest.fetching.requests import (
    LARGEST_LIMITS,
    CursorPaging,
    Kind,
    Provider,
    Request,
    in_unix_seconds,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ingest.fetching.requests import Span

OPENAI: Final = Provider(
    name="openai",
    title="OpenAI",
    base_url="https://api.openai.com/v1",
    key_variable="OPENAI_ADMIN_KEY",
    key_words=(
        "an admin key (sk-admin-...) that may read usage, which an owner of the organisation "
        "makes under Settings, Admin keys; keys of a project do not work here"
    ),
    headers={},
    key_header="Authorization",
    key_prefix="Bearer ",
)

_OF_A_CALLER: Final = ("project_id", "user_id", "api_key_id")
_OF_A_CALL: Final = (*_OF_A_CALLER, "model")

USAGE_GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "completions": (*_OF_A_CALL, "batch", "service_tier"),
    "embeddings": _OF_A_CALL,
    "moderations": _OF_A_CALL,
    "images": (*_OF_A_CALL, "size", "source"),
    "audio_speeches": _OF_A_CALL,
    "audio_transcriptions": _OF_A_CALL,
    "vector_stores": ("project_id",),
    "code_interpreter_sessions": ("project_id",),
    "file_search_calls": (*_OF_A_CALLER, "vector_store_id"),
    "web_search_calls": (*_OF_A_CALL, "context_level"),
}
"""Each kind of usage with all columns that it can be grouped by."""
COST_GROUPS: Final = ("project_id", "line_item", "api_key_id")
LARGEST_COST_LIMIT: Final = 180


def openai_kinds(
    span: Span, width: str, names: Iterable[str] = tuple(USAGE_GROUPS), *, costs: bool = True
) -> tuple[Kind, ...]:
    """Return what to fetch of a range: kinds of usage by name, and costs."""
    found = [_usage(name, span, width) for name in names]
    return (*found, *([_costs(span)] if costs else []))


def _usage(name: str, span: Span, width: str) -> Kind:
    query = _query(span, width, LARGEST_LIMITS[width], USAGE_GROUPS[name])
    return Kind(name, "openai_usage", Request(f"/organization/usage/{name}", query), CursorPaging())


def _costs(span: Span) -> Kind:
    query = _query(span, "1d", LARGEST_COST_LIMIT, COST_GROUPS)
    return Kind("costs", "openai_costs", Request("/organization/costs", query), CursorPaging())


def _query(
    span: Span, width: str, limit: int, groups: Iterable[str]
) -> tuple[tuple[str, str], ...]:
    ends = () if span.is_open else (("end_time", in_unix_seconds(span.end)),)
    return (
        ("start_time", in_unix_seconds(span.start)),
        *ends,
        ("bucket_width", width),
        ("limit", str(limit)),
        *(("group_by[]", name) for name in groups),
    )
