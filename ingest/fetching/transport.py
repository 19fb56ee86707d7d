"""Asking a provider: the only module that opens a connection.

A request is tried again where that may help (429, 5xx, a lost connection, a page that
is cut off), never endlessly; what else is refused ends at once. The key goes to the
address that the person gave and to no other: redirects are not followed. No message
holds it.
"""

from __future__ import annotations

import json
import ssl
import time
import urllib.request
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from typing import TYPE_CHECKING, Any, Final
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit

from ingest.errors import FetchError, KeyRefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from email.message import Message

    from ingest.fetching.requests import Provider, Request

TRIES: Final = 6
FIRST_WAIT_SECONDS: Final = 1.0
LONGEST_WAIT_SECONDS: Final = 60.0
LONGEST_ASKED_WAIT_SECONDS: Final = 600.0
"""A provider that asks for a longer pause is asked again by another run."""
SILENCE_SECONDS: Final = 60.0
"""So long a connection may say nothing."""
PAGE_SECONDS: Final = 300.0
LARGEST_PAGE_BYTES: Final = 512 * 1024 * 1024
CHUNK_BYTES: Final = 64 * 1024
SHOWN_LETTERS: Final = 200
ANOTHER_PLACE: Final = range(300, 400)
SERVER_FAULTS: Final = range(500, 600)


class Key:
    """A key, which shows itself to nobody but the provider.

    Raises:
        KeyRefusedError: It holds letters that no key has, such as blanks or line breaks.
    """

    def __init__(self, text: str, provider: Provider) -> None:
        self._text = text.strip()
        if not self._text or not self._text.isascii() or not self._text.isprintable():
            raise _no_key(provider, "is empty or holds letters that no key has")
        if " " in self._text:
            raise _no_key(provider, "holds a blank, as no key does")

    def __repr__(self) -> str:
        return "Key(...)"

    def header(self, provider: Provider) -> tuple[str, str]:
        """Return the header that carries it."""
        return provider.key_header, f"{provider.key_prefix}{self._text}"

    def hidden(self, text: str) -> str:
        """Return a text without the key."""
        return text.replace(self._text, "(key)")


def _no_key(provider: Provider, fault: str) -> KeyRefusedError:
    return KeyRefusedError(f"{provider.key_variable} {fault}: it must be {provider.key_words}")


@dataclass(frozen=True)
class Timing:
    """The clock, the pause and the chance of a run; ``jitter`` lies between 0 and 1."""

    now: Callable[[], datetime]
    sleep: Callable[[float], None]
    jitter: Callable[[], float]


@dataclass(frozen=True)
class Reply:
    """A page as it came, and as JSON."""

    body: bytes
    document: Any


@dataclass
class _TryAgainError(Exception):
    """This try failed, and another may not."""

    reason: str
    wait_seconds: float = 0.0


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect is an answer, and an address that nobody gave."""

    def redirect_request(self, *_: object) -> None:
        """Follow none."""


@dataclass
class Transport:
    """Requests to one provider with one key.

    ``told`` hears why a run waits; ``proxies`` are addresses by scheme.
    """

    provider: Provider
    base_url: str
    key: Key
    timing: Timing
    told: Callable[[str], None] = field(default=lambda _: None)
    proxies: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Make the way out: no redirects, no proxy but those given."""
        proxy = urllib.request.ProxyHandler(dict(self.proxies))
        self._opener = urllib.request.build_opener(proxy, _NoRedirect())

    def get(self, request: Request) -> Reply:
        """Return the answer to a request.

        Raises:
            KeyRefusedError: The provider does not accept the key.
            FetchError: It refuses the request, or cannot be reached in several tries.
        """
        reason = ""
        for tried in range(TRIES):
            try:
                return self._once(request)
            except _TryAgainError as error:
                reason = error.reason
                if tried + 1 < TRIES:
                    self._pause(tried, error)
        raise FetchError(
            f"{self.provider.title} {reason} at {request.path}, {TRIES} times in a row: "
            "try again later"
        )

    def _pause(self, tried: int, error: _TryAgainError) -> None:
        """Wait before the next try: longer each time, and at least as long as asked to."""
        if error.wait_seconds > LONGEST_ASKED_WAIT_SECONDS:
            raise FetchError(
                f"{self.provider.title} {error.reason} and asks to wait "
                f"{error.wait_seconds:,.0f} seconds: try again then"
            ) from None
        step = min(FIRST_WAIT_SECONDS * 2**tried, LONGEST_WAIT_SECONDS)
        seconds = max(step * (0.5 + self.timing.jitter() / 2), error.wait_seconds)
        self.told(f"{self.provider.title} {error.reason}: trying again in {seconds:.0f} s")
        self.timing.sleep(seconds)

    def _once(self, request: Request) -> Reply:
        asked = urllib.request.Request(self.base_url + request.target)  # noqa: S310 - a checked address
        for name, value in (*self.provider.headers.items(), *request.headers):
            asked.add_header(name, value)
        asked.add_header("Accept", "application/json")
        asked.add_header("User-Agent", "tollbook")
        asked.add_unredirected_header(*self.key.header(self.provider))
        try:
            with self._opener.open(asked, timeout=SILENCE_SECONDS) as answer:
                body = _read(answer)
        except HTTPError as error:
            with error:
                raise self._refused(request, error) from None
        except (OSError, HTTPException) as error:
            raise self._unreachable(error) from None
        return Reply(body, _parsed(body))

    def _unreachable(self, error: OSError | HTTPException) -> Exception:
        cause = error.reason if isinstance(error, URLError) else error
        if isinstance(cause, ssl.SSLCertVerificationError):
            return FetchError(
                f"the certificate of {_host(self.base_url)} cannot be trusted "
                f"({cause.verify_message}): nothing was sent"
            )
        if isinstance(cause, TimeoutError):
            return _TryAgainError("did not answer in time")
        said = self.key.hidden(str(cause)) or type(cause).__name__
        return _TryAgainError(f"could not be reached ({_first_line(said)})")

    def _refused(self, request: Request, error: HTTPError) -> Exception:
        """Return what an answer other than a page means: try again, or the end."""
        title, code = self.provider.title, error.code
        if code == 429:  # noqa: PLR2004 - too many requests
            return _TryAgainError("asks to slow down (429)", self._asked_wait(error.headers))
        if code in SERVER_FAULTS:
            return _TryAgainError(f"has a fault ({code})", self._asked_wait(error.headers))
        if code in {401, 403}:
            what = "does not accept the key" if code == 401 else "does not let the key read this"  # noqa: PLR2004
            return KeyRefusedError(
                f"{title} {what} in {self.provider.key_variable} ({code} at {request.path}): "
                f"it must be {self.provider.key_words}"
            )
        if code in ANOTHER_PLACE:
            elsewhere = _host(error.headers.get("Location") or "") or "another address"
            return FetchError(
                f"{title} at {_host(self.base_url)} points to {elsewhere} ({code}), where the key "
                "was not sent: give the right address with --base-url"
            )
        said = self.key.hidden(_message(error))
        return FetchError(f"{title} refuses {request.path} ({code}){f': {said}' if said else ''}")

    def _asked_wait(self, headers: Message) -> float:
        """Return the seconds that Retry-After asks for, 0 where it asks for none."""
        text = (headers.get("Retry-After") or "").strip()
        if text.isascii() and text.isdigit():
            return float(text)
        try:
            then = parsedate_to_datetime(text)
        except (TypeError, ValueError):
            return 0.0
        now = self.timing.now()
        return max(0.0, (then.replace(tzinfo=then.tzinfo or now.tzinfo) - now).total_seconds())


def _read(answer: Any) -> bytes:  # noqa: ANN401 - what the opener returns has no type
    """Return a whole body, read in parts so that a slow one ends too."""
    parts: list[bytes] = []
    size, ends = 0, time.monotonic() + PAGE_SECONDS
    while part := answer.read1(CHUNK_BYTES):
        parts.append(part)
        size += len(part)
        if size > LARGEST_PAGE_BYTES:
            raise FetchError(f"a page is larger than {LARGEST_PAGE_BYTES:,} bytes: ask for less")
        if time.monotonic() > ends:
            raise _TryAgainError("sends a page too slowly")
    return b"".join(parts)


def _parsed(body: bytes) -> Any:  # noqa: ANN401 - whatever JSON there was
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise _TryAgainError("sent a page that is cut off or is no JSON") from None


def _message(error: HTTPError) -> str:
    """Return what the provider says about a refusal, in one short line."""
    try:
        said = json.loads(error.read(CHUNK_BYTES))
    except (ValueError, OSError, HTTPException, RecursionError):
        return ""
    for name in ("error", "message", "detail"):
        while isinstance(said, dict) and name in said:
            said = said[name]
    return _first_line(said) if isinstance(said, str) else ""


def _first_line(text: str) -> str:
    return " ".join(text.split())[:SHOWN_LETTERS]


def _host(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""
