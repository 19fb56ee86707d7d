from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any
from wsgiref.util import setup_testing_defaults

import pytest

from ingest.settings import Server
from tollbook.access import gated

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Environ = dict[str, Any]


def inside(_: Environ, start_response: Callable[..., object]) -> Iterable[bytes]:
    start_response("200 OK", [])
    return [b"inside"]


def ask(server: Server, password: str | None = None, path: str = "/", **environ: str) -> str:
    """The status of one request to the guarded application."""
    given: Environ = {"PATH_INFO": path, "HTTP_HOST": "127.0.0.1:8050", **environ}
    setup_testing_defaults(given)
    statuses: list[str] = []
    body = b"".join(
        gated(inside, server, password)(given, lambda status, *_: statuses.append(status))  # type: ignore[arg-type]
    )
    assert (body == b"inside") == (statuses == ["200 OK"])
    return statuses[0]


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8050", "200 OK"),
        ("localhost:8050", "200 OK"),
        ("LOCALHOST", "200 OK"),
        ("attacker.example:8050", "403 Forbidden"),
        ("127.0.0.1.attacker.example", "403 Forbidden"),
        ("", "403 Forbidden"),
    ],
)
def test_without_a_login_only_this_machine_is_answered(host: str, status: str) -> None:
    assert ask(Server(), HTTP_HOST=host) == status


@pytest.mark.parametrize(
    ("authorization", "status"),
    [
        ("", "401 Unauthorized"),
        (basic("anyone", "right: pass"), "200 OK"),
        (basic("", "right: pass"), "200 OK"),
        (basic("anyone", "wrong"), "401 Unauthorized"),
        (basic("anyone", ""), "401 Unauthorized"),
        ("Basic not-base64!", "401 Unauthorized"),
        ("Bearer right: pass", "200 OK"),
        ("bearer  right: pass", "200 OK"),
        ("Bearer wrong", "401 Unauthorized"),
        ("Bearer ", "401 Unauthorized"),
        ("Digest right: pass", "401 Unauthorized"),
    ],
)
def test_a_password_is_asked_for(authorization: str, status: str) -> None:
    server = Server(auth="password")
    asked = ask(
        server, "right: pass", HTTP_AUTHORIZATION=authorization, HTTP_HOST="tollbook.example"
    )
    assert asked == status


def test_a_gate_with_a_password_needs_one() -> None:
    for missing in (None, ""):
        with pytest.raises(ValueError, match="needs one"):
            ask(Server(auth="password"), missing)


@pytest.mark.parametrize(
    ("address", "user", "status"),
    [
        ("10.0.0.2", "ada", "200 OK"),
        ("10.0.0.2", "", "401 Unauthorized"),
        ("10.0.0.3", "ada", "403 Forbidden"),
        ("127.0.0.1", "ada", "403 Forbidden"),
    ],
)
def test_a_user_is_believed_only_from_a_trusted_proxy(address: str, user: str, status: str) -> None:
    server = Server(auth="proxy_header", header="X-Remote-User", trusted_proxies=("10.0.0.2",))
    assert ask(server, REMOTE_ADDR=address, HTTP_X_REMOTE_USER=user) == status


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_probes_need_no_login(path: str) -> None:
    for server in (Server(auth="password"), Server(auth="proxy_header")):
        assert ask(server, "secret", path=path, HTTP_HOST="10.0.0.2") == "200 OK"


def test_nothing_else_is_open() -> None:
    for path in ("/", "/_dash-layout", "/_dash-dependencies", "/api/upload", "/healthz/../"):
        assert ask(Server(auth="password"), "secret", path=path) == "401 Unauthorized"
