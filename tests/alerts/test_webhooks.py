from __future__ import annotations

import hashlib
import hmac
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from alerts.webhooks import (
    WebhookPermanentError,
    WebhookTemporaryError,
    alert_body,
    deliver,
    slack_body,
)
from ingest.settings import Webhook
from tests.alerts.letters import NOW, situation, transition

if TYPE_CHECKING:
    from collections.abc import Iterator

SECRET = "between us"


class Receiver(HTTPServer):
    """Keeps what is posted and answers as it is told to."""

    answer = 204

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Take)
        self.posts: list[tuple[dict[str, str], bytes]] = []

    @property
    def webhook(self) -> Webhook:
        return Webhook("on call", f"http://127.0.0.1:{self.server_port}/hook")


class _Take(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.posts.append((dict(self.headers), body))
        self.send_response(self.server.answer)
        self.send_header("Location", "/elsewhere")
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


@contextmanager
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def body() -> dict[str, Any]:
    seen = situation(filters={"api_key": ("sk-...1234", None)})
    return alert_body(seen, transition(), "http://127.0.0.1:8050/budgets")


def test_programs_learn_key_limit_and_until() -> None:
    told = body()
    assert told["keys"] == ["sk-...1234"]
    assert (told["limit"], told["spent"], told["left"]) == ("1200.00", "841.20", "358.80")
    assert told["until"] == "2026-12-01T00:00:00+01:00"
    assert (told["event"], told["severity"], told["id"]) == ("fired", "critical", "t1")


def test_a_receiver_can_prove_who_sent_it() -> None:
    with receiver() as server:
        deliver(server.webhook, SECRET, body(), "t1", NOW)
    ((headers, data),) = server.posts
    seconds, signed = headers["X-Tollbook-Signature"].split(",")
    assert seconds == f"t={int(NOW.timestamp())}"
    expected = hmac.new(SECRET.encode(), f"{seconds[2:]}.".encode() + data, hashlib.sha256)
    assert signed == f"v1={expected.hexdigest()}"
    assert headers["X-Tollbook-Delivery"] == "t1"
    assert json.loads(data) == body()


def test_without_a_secret_nothing_is_signed() -> None:
    with receiver() as server:
        deliver(server.webhook, None, body(), "t1", NOW)
    assert "X-Tollbook-Signature" not in server.posts[0][0]


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (500, WebhookTemporaryError),
        (503, WebhookTemporaryError),
        (429, WebhookTemporaryError),
        (400, WebhookPermanentError),
        (404, WebhookPermanentError),
        (302, WebhookPermanentError),
    ],
)
def test_answers_are_told_apart_and_no_redirect_is_followed(
    answer: int, failure: type[Exception]
) -> None:
    with receiver() as server:
        server.answer = answer
        with pytest.raises(failure, match=f"on call answers {answer}"):
            deliver(server.webhook, SECRET, body(), "t1", NOW)
    assert len(server.posts) == 1


def test_nobody_there_is_tried_again() -> None:
    with receiver() as server:
        webhook = server.webhook
    with pytest.raises(WebhookTemporaryError, match="does not answer"):
        deliver(webhook, SECRET, body(), "t1", NOW)


def test_chats_get_a_headline_and_names_are_no_markup() -> None:
    told = slack_body(situation("R&D <!channel>"), transition(), "http://x/budgets")
    assert told["text"] == (
        "R&amp;D &lt;!channel&gt;: spending moved to 2.4x about 14 hours ago ($841 of $1,200)"
    )
    assert told["blocks"][1]["elements"][0]["url"] == "http://x/budgets"
    assert len(slack_body(situation(), transition(), None)["blocks"]) == 1


def test_a_chat_is_told_that_an_amount_misses_some_usage() -> None:
    told = slack_body(situation(at_least=True), transition(), None)
    assert told["text"].endswith(" (at least $841 of $1,200)")
    assert "\nAt least $841 of $1,200 spent.\n" in told["blocks"][0]["text"]["text"]
