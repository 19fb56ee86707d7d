"""Usage and costs from Anthropic's Admin API, as its API reference describes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ingest.fetching.requests import (
    LARGEST_LIMITS,
    CursorPaging,
    Kind,
    Provider,
    Request,
    in_rfc3339,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ingest.fetching.requests import Span

ANTHROPIC: Final = Provider(
    name="anthropic",
    title="Anthropic",
    base_url="https://api.anthropic.com/v1",
    key_variable="ANTHROPIC_ADMIN_KEY",
    key_words=(
        "an admin key (sk-ant-admin...), which an admin of the organisation makes in the "
        "Console under Settings, Admin keys; other keys do not work here"
    ),
    headers={"anthropic-version": "2023-06-01"},
    key_header="x-api-key",
)

USAGE_GROUPS: Final = (
    "api_key_id",
    "workspace_id",
    "model",
    "service_tier",
    "context_window",
    "inference_geo",
    "speed",
)
"""What has a price or an owner; the accounts of people are left out."""
BY_SPEED: Final = (("anthropic-beta", "fast-mode-2026-02-01"),)
"""Fast usage has its own price, and grouping by speed needs this header."""
COST_GROUPS: Final = ("workspace_id", "description")


def anthropic_kinds(span: Span, width: str, *, costs: bool = True) -> tuple[Kind, ...]:
    """Return what to fetch of a range: usage of messages, and costs."""
    query = _query(span, width, USAGE_GROUPS)
    usage = Request("/organizations/usage_report/messages", query, BY_SPEED)
    found = [Kind("messages", "anthropic_usage", usage, CursorPaging())]
    if costs:
        request = Request("/organizations/cost_report", _query(span, "1d", COST_GROUPS))
        found.append(Kind("costs", "anthropic_costs", request, CursorPaging()))
    return tuple(found)


def _query(span: Span, width: str, groups: Iterable[str]) -> tuple[tuple[str, str], ...]:
    ends = () if span.is_open else (("ending_at", in_rfc3339(span.end)),)
    return (
        ("starting_at", in_rfc3339(span.start)),
        *ends,
        ("bucket_width", width),
        ("limit", str(LARGEST_LIMITS[width])),
        *(("group_by[]", name) for name in groups),
    )
