"""What is asked of a provider: requests, and what each reply means for the next one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any, Final, Protocol
from urllib.parse import urlencode

from ingest.errors import FetchError

if TYPE_CHECKING:
    from collections.abc import Mapping

LARGEST_LIMITS: Final = {"1d": 31, "1h": 168, "1m": 1_440}
"""The most buckets that a page of usage may have, by their width; OpenAI and Anthropic agree."""
WIDTHS: Final = tuple(LARGEST_LIMITS)


@dataclass(frozen=True)
class Span:
    """Whole days in UTC, the last one excluded.

    ``is_open`` says that the range reaches beyond now: no end is asked for then, as no
    provider promises to understand one in the future.
    """

    since: date
    until: date
    is_open: bool

    @property
    def start(self) -> datetime:
        """Return the first moment."""
        return datetime.combine(self.since, time(), UTC)

    @property
    def end(self) -> datetime:
        """Return the first moment after it."""
        return datetime.combine(self.until, time(), UTC)


@dataclass(frozen=True)
class Request:
    """One question: a path under the provider's address, and what stands behind it."""

    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def target(self) -> str:
        """Return path and query as they are sent."""
        return f"{self.path}?{urlencode(self.query)}" if self.query else self.path

    def value(self, name: str) -> str:
        """Return a value of the query, empty where it has none."""
        return dict(self.query).get(name, "")

    def having(self, **values: str) -> Request:
        """Return the same request with some values of its query set."""
        others = tuple(pair for pair in self.query if pair[0] not in values)
        return replace(self, query=(*others, *values.items()))


class Paging(Protocol):
    """How replies of one kind hang together."""

    def following(self, request: Request, document: Any) -> Request | None:  # noqa: ANN401
        """Return what to ask after a reply, None where it was the last.

        Raises:
            FetchError: The reply is no page, or tells of others and not where they are.
        """

    def count(self, document: Any) -> int:  # noqa: ANN401 - whatever JSON there was
        """Return how many rows a page has."""

    def kept(self, body: bytes, document: Any) -> bytes:  # noqa: ANN401 - as above
        """Return a page as it may lie on disk, without line breaks."""

    def lines(self, page: bytes) -> bytes:
        """Return a kept page as the import reads it: one document a line."""


@dataclass(frozen=True)
class Kind:
    """One thing that a provider tells: its word, the format of its pages, the first request."""

    name: str
    format: str
    first: Request
    paging: Paging


@dataclass(frozen=True)
class Provider:
    """Who is asked: where, with which key, and how it is shown.

    ``key_words`` says which kind of key is needed and who hands it out.
    """

    name: str
    title: str
    base_url: str | None
    key_variable: str
    key_words: str
    headers: Mapping[str, str]
    key_header: str
    key_prefix: str = ""


class CursorPaging:
    """Pages of buckets, each with a mark for the next one: OpenAI's and Anthropic's."""

    def following(self, request: Request, document: Any) -> Request | None:  # noqa: ANN401
        """Return the request for the page that a page names as next."""
        page = document if isinstance(document, dict) else {}
        if not isinstance(page.get("data"), list) or not isinstance(page.get("has_more"), bool):
            raise FetchError(f"{request.path} answered with something that is no page of buckets")
        if not page["has_more"]:
            return None
        cursor = page.get("next_page")
        if not isinstance(cursor, str) or not cursor:
            raise FetchError(
                f"{request.path} says that more pages follow but not which (has_more without "
                "next_page), so the range cannot be completed: try again later"
            )
        return request.having(page=cursor)

    def count(self, document: Any) -> int:  # noqa: ANN401 - whatever JSON there was
        """Return how many results the buckets of a page have."""
        buckets = [each for each in document["data"] if isinstance(each, dict)]
        results = [each.get("results", each.get("result")) for each in buckets]
        return sum(len(each) for each in results if isinstance(each, list))

    def kept(self, body: bytes, document: Any) -> bytes:  # noqa: ANN401, ARG002
        """Return the page as it came: every digit of its amounts stays.

        JSON has line breaks only between values, so that a blank means the same.
        """
        return body.replace(b"\r", b" ").replace(b"\n", b" ")

    def lines(self, page: bytes) -> bytes:
        """Return the page, which is one document."""
        return page + b"\n"


def in_unix_seconds(moment: datetime) -> str:
    """Return a moment as OpenAI takes it."""
    return str(int(moment.timestamp()))


def in_rfc3339(moment: datetime) -> str:
    """Return a moment as Anthropic takes it."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
