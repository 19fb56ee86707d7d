"""Pause a LiteLLM key when Tollbook says that its budget is gone; nothing but Python is needed.

Run it beside the gateway and name its address in tollbook.yaml under webhooks. It reads
TOLLBOOK_WEBHOOK_SECRET, LITELLM_URL, LITELLM_MASTER_KEY and LITELLM_KEYS, a JSON object that
says which key of LiteLLM stands behind a name in Tollbook: {"sk-...1234": "the key or its hash"}.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import sys
import time
import urllib.request
from collections import OrderedDict
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

OLDEST_SECONDS = 300
"""Tollbook signs each try anew, so what is older than five minutes was sent by somebody else."""
MOST_IDS = 10_000
LARGEST_BODY_BYTES = 1_000_000
WAIT_SECONDS = 10
PAUSES = {"fired", "escalated", "reminded"}
RELEASES = {"recovered", "ended", "removed"}


@dataclass
class Gateway:
    """A LiteLLM proxy, and which of its keys stands behind a name in Tollbook."""

    url: str
    master_key: str
    keys: Mapping[str, str]

    def turn(self, name: str, *, off: bool) -> None:
        """Block a key or let it through again; raises OSError where LiteLLM does not do it."""
        data = json.dumps({"key": self.keys[name]}).encode()
        path = "/key/block" if off else "/key/unblock"
        asked = urllib.request.Request(f"{self.url}{path}", data=data, method="POST")  # noqa: S310 - the operator's own address
        asked.add_header("Content-Type", "application/json")
        asked.add_header("Authorization", f"Bearer {self.master_key}")
        with urllib.request.urlopen(asked, timeout=WAIT_SECONDS):  # noqa: S310 - as above
            return


@dataclass
class Pauser:
    """Decides on each delivery. ``rules`` are those that pause; the others are only read."""

    secret: str
    gateway: Gateway
    clock: Callable[[], float] = time.time
    rules: frozenset[str] = frozenset({"actual", "amount"})
    seen: OrderedDict[str, None] = field(default_factory=OrderedDict)
    lock: Lock = field(default_factory=Lock)

    def take(self, header: str, delivery: str, body: bytes) -> tuple[HTTPStatus, str]:
        """Return what is answered to one delivery, after it was acted upon."""
        if not is_signed(self.secret, header, body, self.clock()):
            return HTTPStatus.UNAUTHORIZED, "signature or time is wrong"
        with self.lock:
            if delivery in self.seen:
                return HTTPStatus.OK, "seen before"
            try:
                said = self._act(json.loads(body))
            except OSError as error:
                return HTTPStatus.BAD_GATEWAY, f"LiteLLM: {error}"  # Tollbook tries again
            self.seen[delivery] = None
            while len(self.seen) > MOST_IDS:
                self.seen.popitem(last=False)
        return HTTPStatus.OK, said

    def _act(self, alert: Mapping[str, Any]) -> str:
        event = alert["event"]
        known = [name for name in alert.get("keys", ()) if name in self.gateway.keys]
        if alert.get("rule") not in self.rules or event not in PAUSES | RELEASES:
            return "nothing to do"
        if event in PAUSES and alert["severity"] != "critical":
            return "nothing to do"
        for name in known:
            self.gateway.turn(name, off=event in PAUSES)
        return f"{'paused' if event in PAUSES else 'released'} {len(known)}"


def is_signed(secret: str, header: str, body: bytes, now: float) -> bool:
    """Tell whether a body was signed with the secret at most five minutes ago (or ahead)."""
    parts = dict(part.partition("=")[::2] for part in header.split(","))
    seconds, given = parts.get("t", ""), parts.get("v1", "")
    if not (seconds.isascii() and seconds.isdigit()) or abs(now - int(seconds)) > OLDEST_SECONDS:
        return False
    expected = hmac.new(secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256)
    return hmac.compare_digest(expected.hexdigest().encode(), given.encode())


def server(pauser: Pauser, port: int, host: str = "127.0.0.1") -> ThreadingHTTPServer:
    """Return a server that hands every POST to the pauser."""

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = self.headers.get("Content-Length", "")
            if not length.isdigit() or int(length) > LARGEST_BODY_BYTES:
                self._answer(HTTPStatus.BAD_REQUEST, "no body, or too large a one")
                return
            body = self.rfile.read(int(length))
            signature = self.headers.get("X-Tollbook-Signature", "")
            self._answer(*pauser.take(signature, self.headers["X-Tollbook-Delivery"], body))

        def _answer(self, status: HTTPStatus, said: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "text/plain; charset=utf-8")
            self.end_headers()
            self.wfile.write(f"{said}\n".encode())

    return ThreadingHTTPServer((host, port), Door)


def main() -> None:
    """Serve until stopped, on the port that is given (8099 without one)."""
    env = os.environ
    keys = json.loads(env["LITELLM_KEYS"])
    gateway = Gateway(env["LITELLM_URL"].rstrip("/"), env["LITELLM_MASTER_KEY"], keys)
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8099
    server(Pauser(env["TOLLBOOK_WEBHOOK_SECRET"], gateway), port).serve_forever()


if __name__ == "__main__":
    main()
