"""The documented receiver, against Tollbook's own sender and a gateway on this machine."""

from __future__ import annotations

import importlib.util
import json
import sys
import threading
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from alerts.webhooks import (
    WebhookPermanentError,
    WebhookTemporaryError,
    alert_body,
    deliver,
    heartbeat_body,
    signature,
)
from ingest.settings import Webhook
from tests.alerts.letters import situation, transition

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SCRIPT = Path(__file__).parents[1] / "docs" / "pause_litellm_key.py"
SECRET, KEY = "between us", "sk-...1234"
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def _loaded() -> Any:  # noqa: ANN401 - a script of the docs, no module
    spec = importlib.util.spec_from_file_location("pause_litellm_key", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


script = _loaded()


class LiteLLM(HTTPServer):
    """Keeps which keys were blocked and released, and fails as long as it is told to."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Endpoint)
        self.calls: list[tuple[str, str, str]] = []
        self.answer = 200


class _Endpoint(BaseHTTPRequestHandler):
    server: LiteLLM

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.calls.append((self.path, body["key"], self.headers["Authorization"]))
        self.send_response(self.server.answer)
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


@contextmanager
def running(server: HTTPServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def litellm() -> Iterator[LiteLLM]:
    server = LiteLLM()
    with running(server):
        yield server


@pytest.fixture
def send(litellm: LiteLLM) -> Iterator[Callable[..., None]]:
    """Deliver an alert as Tollbook does, signed at a moment with a secret."""
    gateway = script.Gateway(f"http://127.0.0.1:{litellm.server_port}", "master", {KEY: "hash"})
    pauser = script.Pauser(SECRET, gateway, clock=NOW.timestamp)
    server = script.server(pauser, 0)
    server.RequestHandlerClass.log_message = lambda *_: None
    webhook = Webhook("pause", f"http://127.0.0.1:{server.server_port}/")

    def deliver_it(
        body: dict[str, Any], delivery: str, *, secret: str | None = SECRET, at: datetime = NOW
    ) -> None:
        deliver(webhook, secret, body, delivery, at)

    with running(server):
        yield deliver_it


def alert(rule: str = "amount", move: Any = "fired", severity: Any = "critical") -> dict[str, Any]:  # noqa: ANN401
    edge = transition(severity=severity, move=move)
    edge = replace(edge, key=replace(edge.key, rule=rule))
    return alert_body(situation(filters={"api_key": (KEY,)}), edge, None)


def test_a_spent_budget_pauses_its_key_once_and_its_end_releases_it(
    litellm: LiteLLM, send: Callable[..., None]
) -> None:
    send(alert(), "t1")
    send(alert(), "t1")
    assert litellm.calls == [("/key/block", "hash", "Bearer master")]
    send(alert(move="ended"), "t2")
    assert litellm.calls[1:] == [("/key/unblock", "hash", "Bearer master")]


def test_a_rule_that_was_taken_out_releases_its_key(
    litellm: LiteLLM, send: Callable[..., None]
) -> None:
    send(alert(), "t1")
    send(alert(move="removed"), "t2")
    assert [path for path, *_ in litellm.calls] == ["/key/block", "/key/unblock"]


def test_a_heartbeat_is_taken_and_changes_nothing(
    litellm: LiteLLM, send: Callable[..., None]
) -> None:
    send(heartbeat_body([situation(filters={"api_key": (KEY,)})], "h1", NOW), "h1")
    assert litellm.calls == []


@pytest.mark.parametrize(
    ("secret", "at"),
    [
        ("another", NOW),
        (None, NOW),
        (SECRET, datetime(2026, 11, 20, 11, 54, 59, tzinfo=UTC)),
        (SECRET, datetime(2026, 11, 20, 12, 5, 1, tzinfo=UTC)),
    ],
)
def test_what_is_not_signed_now_with_the_secret_does_nothing(
    secret: str | None, at: datetime, litellm: LiteLLM, send: Callable[..., None]
) -> None:
    with pytest.raises(WebhookPermanentError, match="401"):
        send(alert(), "t1", secret=secret, at=at)
    assert litellm.calls == []


@pytest.mark.parametrize("minute", [-5, 5])
def test_five_minutes_are_near_enough(
    minute: int, litellm: LiteLLM, send: Callable[..., None]
) -> None:
    send(alert(), "t1", at=datetime.fromtimestamp(NOW.timestamp() + 60 * minute, UTC))
    assert len(litellm.calls) == 1


@pytest.mark.parametrize(
    "body",
    [alert(rule="change"), alert(severity="warning"), alert() | {"keys": ["sk-...9999"]}],
)
def test_other_rules_and_other_keys_pause_nothing(
    body: dict[str, Any], litellm: LiteLLM, send: Callable[..., None]
) -> None:
    send(body, "t1")
    assert litellm.calls == []


def test_what_litellm_did_not_do_is_tried_again(
    litellm: LiteLLM, send: Callable[..., None]
) -> None:
    litellm.answer = 500
    with pytest.raises(WebhookTemporaryError, match="502"):
        send(alert(), "t1")
    litellm.answer = 200
    send(alert(), "t1")
    assert [path for path, _, _ in litellm.calls] == ["/key/block", "/key/block"]


@pytest.mark.parametrize(
    "header", ["", "t=,v1=", "t=x,v1=y", "v1=abc", "t=²,v1=é", "t=1,t=2,v1=", "=,=,="]
)
def test_a_signature_that_is_none_is_refused(header: str) -> None:
    assert not script.is_signed(SECRET, header, b"{}", NOW.timestamp())
    assert script.is_signed(SECRET, signature(SECRET, b"{}", NOW), b"{}", NOW.timestamp())
