"""A provider on 127.0.0.1 that behaves as OpenAI, Anthropic and LiteLLM document themselves.

``interruptions`` stand in for what goes wrong: each answers one request in place of the
provider.
"""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

KEY = "sk-admin-5up3r5ecret-0123456789abcdef"
DAY = 86_400
LOG_TIME = "%Y-%m-%dT%H:%M:%S.%f"
SECONDS = {"1m": 60, "1h": 3_600, "1d": DAY}
LIMITS = {"1m": 1_440, "1h": 168, "1d": 31}
USAGE_GROUPS = {
    "completions": {"project_id", "user_id", "api_key_id", "model", "batch", "service_tier"},
    "embeddings": {"project_id", "user_id", "api_key_id", "model"},
    "moderations": {"project_id", "user_id", "api_key_id", "model"},
    "images": {"project_id", "user_id", "api_key_id", "model", "size", "source"},
    "audio_speeches": {"project_id", "user_id", "api_key_id", "model"},
    "audio_transcriptions": {"project_id", "user_id", "api_key_id", "model"},
    "vector_stores": {"project_id"},
    "code_interpreter_sessions": {"project_id"},
    "file_search_calls": {"project_id", "user_id", "api_key_id", "vector_store_id"},
    "web_search_calls": {"project_id", "user_id", "api_key_id", "model", "context_level"},
}


@dataclass(frozen=True)
class Answer:
    """What one request is answered with."""

    status: int = 200
    body: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Seen:
    """A request as it arrived."""

    path: str
    query: list[tuple[str, str]]
    headers: dict[str, str]

    def value(self, name: str) -> str:
        return dict(self.query).get(name, "")

    def values(self, name: str) -> list[str]:
        return [value for key, value in self.query if key == name]


class RefusalError(Exception):
    """The request is answered with a status of its own."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.answer = Answer(status, json.dumps({"error": {"message": message}}).encode())


@dataclass
class ProviderServer:
    """What the provider has, what it was asked, and what happens instead."""

    now: datetime = datetime(2026, 11, 20, 12, tzinfo=UTC)
    usage: dict[str, dict[int, list[dict[str, Any]]]] = field(default_factory=dict)
    logs: list[dict[str, Any]] = field(default_factory=list)
    cut_off_at: int = 10_000
    interruptions: list[Answer | None] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    address: str = ""

    def answer(self, seen: Seen) -> Answer:
        self.seen.append(seen)
        instead = self.interruptions.pop(0) if self.interruptions else None
        if instead is not None:
            return instead
        try:
            return Answer(body=json.dumps(self._page(seen)).encode())
        except RefusalError as refusal:
            return refusal.answer

    def _page(self, seen: Seen) -> object:
        if seen.path.startswith("/v1/organization/"):
            self._check_key(seen, "authorization", f"Bearer {KEY}")
            return self._openai(seen)
        if seen.path.startswith("/v1/organizations/"):
            self._check_key(seen, "x-api-key", KEY)
            return self._anthropic(seen)
        self._check_key(seen, "authorization", f"Bearer {KEY}")
        return self._windows(seen) if seen.path == "/spend/logs/v2" else self._days(seen)

    @staticmethod
    def _check_key(seen: Seen, header: str, value: str) -> None:
        if seen.headers.get(header) != value:
            raise RefusalError(401, f"Incorrect API key provided: {seen.headers.get(header)}")

    def _openai(self, seen: Seen) -> object:
        name = seen.path.rpartition("/")[2]
        known = {*USAGE_GROUPS.get(name, {"project_id", "line_item", "api_key_id"})}
        if seen.path.startswith("/v1/organization/usage/") and name not in USAGE_GROUPS:
            raise RefusalError(404, f"no such path {seen.path}")
        width = seen.value("bucket_width") or "1d"
        most = 180 if name == "costs" else LIMITS[width]
        self._check(seen, most, known)
        start = int(seen.value("start_time"))
        end = int(seen.value("end_time") or self.now.timestamp())
        buckets, cursor = self._buckets(seen, name, (start, end, SECONDS[width]))
        for each in buckets:
            each.update(object="bucket", start_time=each.pop("from"), end_time=each.pop("to"))
        more = {"has_more": cursor is not None, "next_page": cursor}
        return {"object": "page", "data": buckets, **more}

    def _anthropic(self, seen: Seen) -> object:
        if seen.headers.get("anthropic-version") != "2023-06-01":
            raise RefusalError(400, "anthropic-version: header is required")
        name = "messages" if seen.path.endswith("usage_report/messages") else "costs"
        speed = "speed" in seen.values("group_by[]")
        if speed and seen.headers.get("anthropic-beta") != "fast-mode-2026-02-01":
            raise RefusalError(400, "speed needs a beta header")
        width = seen.value("bucket_width") or "1d"
        groups = {"api_key_id", "workspace_id", "model", "service_tier", "context_window"}
        groups |= {"inference_geo", "speed"}
        known = groups if name == "messages" else {"workspace_id", "description"}
        self._check(seen, LIMITS[width], known)
        start = int(datetime.fromisoformat(seen.value("starting_at")).timestamp())
        ends = seen.value("ending_at")
        end = int((datetime.fromisoformat(ends) if ends else self.now).timestamp())
        buckets, cursor = self._buckets(seen, name, (start, end, SECONDS[width]))
        for each in buckets:
            each.update(starting_at=_iso(each.pop("from")), ending_at=_iso(each.pop("to")))
        return {"data": buckets, "has_more": cursor is not None, "next_page": cursor}

    @staticmethod
    def _check(seen: Seen, most: int, known: set[str]) -> None:
        if not 1 <= int(seen.value("limit") or 1) <= most:
            raise RefusalError(400, f"limit must be between 1 and {most}")
        for name in seen.values("group_by[]"):
            if name not in known:
                raise RefusalError(400, f"cannot group by {name}")

    def _buckets(
        self, seen: Seen, name: str, span: tuple[int, int, int]
    ) -> tuple[list[dict[str, Any]], str | None]:
        start, end, width = span
        starts = list(range(start - start % width, end, width))
        first = int((seen.value("page") or "page_0").removeprefix("page_"))
        limit = int(seen.value("limit") or 7)
        shown = starts[first : first + limit]
        held = self.usage.get(name, {})
        buckets = [{"from": at, "to": at + width, "results": held.get(at, [])} for at in shown]
        following = first + limit
        return buckets, f"page_{following}" if following < len(starts) else None

    def _days(self, seen: Seen) -> object:
        if seen.value("summarize") != "false":
            return [{"startTime": "2026-11-01", "spend": 1.0, "users": {}, "models": {}}]
        found = self._between(seen, "%Y-%m-%d")
        return found[::-1][: self.cut_off_at]

    def _windows(self, seen: Seen) -> object:
        found = self._between(seen, "%Y-%m-%d %H:%M:%S")
        size, page = int(seen.value("page_size")), int(seen.value("page"))
        if size > 1_000:
            raise RefusalError(422, "page_size must be at most 1000")
        total = min(len(found), self.cut_off_at)
        return {"data": found[(page - 1) * size : page * size], "total": total, "page": page}

    def _between(self, seen: Seen, form: str) -> list[dict[str, Any]]:
        ends = (seen.value("start_date"), seen.value("end_date"))
        start, end = (
            f"{datetime.strptime(each, form).replace(tzinfo=UTC):{LOG_TIME}}" for each in ends
        )
        return [log for log in self.logs if start <= log["startTime"] <= end]


def _iso(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


def a_log(number: int, at: datetime, **more: object) -> dict[str, Any]:
    """A spend log of 1,000 tokens in and 500 out on gpt-4.1-mini."""
    return {
        "request_id": f"req-{number}",
        "call_type": "acompletion",
        "api_key": "hash",
        "spend": 0.0012,
        "total_tokens": 1_500,
        "prompt_tokens": 1_000,
        "completion_tokens": 500,
        "startTime": f"{at:{LOG_TIME}}",
        "endTime": f"{at + timedelta(seconds=1):{LOG_TIME}}",
        "completionStartTime": f"{at:{LOG_TIME}}",
        "model": "gpt-4.1-mini",
        "model_group": "gpt-4.1-mini",
        "custom_llm_provider": "openai",
        "metadata": {},
        "cache_hit": "False",
        "status": "success",
        **more,
    }


def completions(model: str = "gpt-4.1-mini-2025-04-14", **more: object) -> dict[str, Any]:
    """A result of 1,000 tokens in and 500 out in one request."""
    return {
        "object": "organization.usage.completions.result",
        "input_tokens": 1_000,
        "input_cached_tokens": 0,
        "output_tokens": 500,
        "num_model_requests": 1,
        "project_id": "proj_shop",
        "user_id": None,
        "api_key_id": "key_chat",
        "model": model,
        "batch": False,
        "service_tier": "default",
        **more,
    }


@contextmanager
def serving(provider: ProviderServer) -> Iterator[ProviderServer]:
    """Let the provider answer on a port of its own while the block runs."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = provider.answer(Seen(parts.path, parse_qsl(parts.query), headers))
            self.send_response(answer.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer.body)))
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
