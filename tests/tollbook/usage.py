"""Usage files for the tests of commands, small and with amounts known by hand."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

NOW = ("--now", "2026-11-20 12:00 UTC")
FIRST_DAY = datetime(2026, 10, 21, tzinfo=UTC)
DAYS = 30
MINI, FULL = "gpt-4.1-mini-2025-04-14", "gpt-4.1-2025-04-14"
ACTIVITY_COLUMNS = (
    "start_time",
    "end_time",
    "start_time_iso",
    "end_time_iso",
    "project_id",
    "num_model_requests",
    "user_id",
    "api_key_id",
    "model",
    "batch",
    "service_tier",
    "input_tokens",
    "output_tokens",
    "input_cached_tokens",
    "input_uncached_tokens",
)


def activity_row(day: datetime, model: str, requests: int) -> dict[str, object]:
    """One day of the guide: 900 tokens in and 600 out a request."""
    end = day + timedelta(days=1)
    return {
        "start_time": int(day.timestamp()),
        "end_time": int(end.timestamp()),
        "start_time_iso": day.isoformat(),
        "end_time_iso": end.isoformat(),
        "project_id": "proj_shop",
        "num_model_requests": f"{requests}.0",
        "user_id": "",
        "api_key_id": "key_chat",
        "model": model,
        "batch": "FALSE",
        "service_tier": "default",
        "input_tokens": f"{900 * requests}.0",
        "output_tokens": f"{600 * requests}.0",
        "input_cached_tokens": "0.0",
        "input_uncached_tokens": f"{900 * requests}.0",
    }


def write_guide_month(path: Path, days: int = DAYS) -> Path:
    """The guide's month, half on full and half on Mini, as OpenAI's dashboard exports it.

    30 days of 10,000 sessions: $990.00 on full and $198.00 on Mini, $1,188.00 together.
    """
    last = FIRST_DAY + timedelta(days=DAYS - 1)
    dates = [last - timedelta(days=n) for n in reversed(range(days))]
    rows = [activity_row(day, model, 5_000) for day in dates for model in (MINI, FULL)]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ACTIVITY_COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    return path


def chat(
    number: int,
    model: str,
    feature: str | None,
    *,
    at: str = "2026-11-19T09:00:00+00:00",
    **more: object,
) -> dict[str, object]:
    """One Chat Completions object: 1,000 tokens in, 500 out."""
    usage = {"prompt_tokens": 1_000, "completion_tokens": 500, "total_tokens": 1_500}
    metadata = {"feature": feature} if feature is not None else {}
    return {
        "id": f"chatcmpl-{number}",
        "object": "chat.completion",
        "created": int(datetime.fromisoformat(at).timestamp()),
        "model": model,
        "service_tier": "default",
        "usage": usage,
        "metadata": metadata,
        **more,
    }


def write_calls(path: Path) -> Path:
    """Seven lines: four priced calls, one without a price, one without usage, one broken.

    $0.0012 a call on Mini (two of search, one of support) and $0.006 on full (no feature).
    """
    calls = [
        chat(1, MINI, "search"),
        chat(2, MINI, "search"),
        chat(3, MINI, "support"),
        chat(4, FULL, None, at="2026-11-18T09:00:00+00:00"),
        chat(5, "acme-7b", "support"),
        chat(6, MINI, "support", usage=None),
    ]
    lines = [json.dumps(call) for call in calls]
    path.write_text("\n".join([*lines, '{"id": "chatcmpl-7", "usage": {']) + "\n", encoding="utf-8")
    return path
