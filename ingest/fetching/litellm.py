"""Spend logs from a LiteLLM proxy, day by day.

``/spend/logs`` takes days and ends a range at midnight, that moment included; newer
proxies answer with the 10,000 latest rows of a day at most (read: litellm 1.106,
proxy/spend_tracking). A day that is cut off so is asked for again at ``/spend/logs/v2``
in windows that fit on one page each, so that no row depends on the order of pages.
Windows and days share their edges; rows that come twice are told by their id.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from ingest.errors import FetchError
from ingest.fetching.requests import Kind, Provider, Request

if TYPE_CHECKING:
    from ingest.fetching.requests import Span

LITELLM: Final = Provider(
    name="litellm",
    title="LiteLLM",
    base_url=None,
    key_variable="LITELLM_API_KEY",
    key_words=(
        "the proxy's master key, or a key of one of its admins, who alone see everybody's logs"
    ),
    headers={},
    key_header="Authorization",
    key_prefix="Bearer ",
)

DAYS: Final = "/spend/logs"
WINDOWS: Final = "/spend/logs/v2"
ROWS_OF_A_CUT_DAY: Final = 10_000
ROWS_OF_A_WINDOW: Final = 1_000
FIRST_WINDOW: Final = timedelta(minutes=30)
SHORTEST_WINDOW: Final = timedelta(seconds=1)
TEXTS: Final = frozenset({"messages", "response", "proxy_server_request"})
"""What people wrote and were answered: never on disk."""
_MOMENT: Final = "%Y-%m-%d %H:%M:%S"
_DAY: Final = timedelta(days=1)


def litellm_kinds(span: Span) -> tuple[Kind, ...]:
    """Return what to fetch of a range: its spend logs."""
    return (Kind("logs", "litellm", _day_from(span.start), SpendLogPaging(span.end)),)


class SpendLogPaging:
    """Days of logs until a moment, and windows of the days that are too large."""

    def __init__(self, end: datetime) -> None:
        self._end = end.replace(tzinfo=None)

    def following(self, request: Request, document: Any) -> Request | None:  # noqa: ANN401
        """Return the next day, or the next window of a day that was cut off."""
        rows = _rows(request, document)
        if request.path == WINDOWS:
            return self._after_window(request, document, len(rows))
        day = datetime.fromisoformat(request.value("start_date"))
        if len(rows) == ROWS_OF_A_CUT_DAY:
            return _window(day, day + FIRST_WINDOW)
        return self._after(day + _DAY)

    def _after(self, midnight: datetime) -> Request | None:
        return _day_from(midnight) if midnight < self._end else None

    def _after_window(self, request: Request, document: Any, rows: int) -> Request | None:  # noqa: ANN401
        start = datetime.fromisoformat(request.value("start_date"))
        end = datetime.fromisoformat(request.value("end_date"))
        total = document.get("total")
        if not isinstance(total, int):
            raise FetchError(f"{WINDOWS} does not say how many rows there are in all")
        length = end - start
        if total > rows:
            return _window(start, start + _half(length))
        midnight = start.replace(hour=0, minute=0, second=0) + _DAY
        if end >= midnight:
            return self._after(midnight)
        return _window(end, min(end + min(2 * length, FIRST_WINDOW), midnight))

    def count(self, document: Any) -> int:  # noqa: ANN401 - whatever JSON there was
        """Return how many rows a reply has."""
        return len(document if isinstance(document, list) else document["data"])

    def kept(self, body: bytes, document: Any) -> bytes:  # noqa: ANN401, ARG002
        """Return the reply without the texts of prompts and answers."""
        if isinstance(document, list):
            return _json([_without_texts(row) for row in document])
        rows = [_without_texts(row) for row in document["data"]]
        return _json({"data": rows, "total": document.get("total")})

    def lines(self, page: bytes) -> bytes:
        """Return the rows of a reply, one a line."""
        document = json.loads(page)
        rows = document if isinstance(document, list) else document["data"]
        return b"".join(_json(row) + b"\n" for row in rows)


def _day_from(midnight: datetime) -> Request:
    days = (("start_date", f"{midnight:%Y-%m-%d}"), ("end_date", f"{midnight + _DAY:%Y-%m-%d}"))
    return Request(DAYS, (*days, ("summarize", "false")))


def _window(start: datetime, end: datetime) -> Request:
    edges = (("start_date", f"{start:{_MOMENT}}"), ("end_date", f"{end:{_MOMENT}}"))
    return Request(WINDOWS, (*edges, ("page", "1"), ("page_size", str(ROWS_OF_A_WINDOW))))


def _half(length: timedelta) -> timedelta:
    if length <= SHORTEST_WINDOW:
        raise FetchError(
            f"{WINDOWS} has more than {ROWS_OF_A_WINDOW:,} rows in one second, more than it shows: "
            "export LiteLLM_SpendLogs from the proxy's database and import that"
        )
    return timedelta(seconds=max(1, int(length.total_seconds()) // 2))


def _rows(request: Request, document: Any) -> list[Any]:  # noqa: ANN401 - whatever JSON there was
    rows = document
    if request.path == WINDOWS:
        rows = document.get("data") if isinstance(document, dict) else None
    if not isinstance(rows, list):
        raise FetchError(f"{request.path} answered with something that is no list of spend logs")
    return rows


def _without_texts(row: Any) -> Any:  # noqa: ANN401 - a row may be anything
    if not isinstance(row, dict):
        return row
    return {name: value for name, value in row.items() if name not in TEXTS}


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
