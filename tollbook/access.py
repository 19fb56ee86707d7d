"""Who may open the dashboard: a gate in front of the application, whatever the application does.

``none`` answers only requests that name this machine, so that a page elsewhere cannot
reach the dashboard by pointing its own name here. ``password`` asks the browser for
one, and takes it from gateways as a bearer token. ``proxy_header`` believes the user
that a trusted proxy names, and nobody else.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from ingest.settings import Server

    Check = Callable[[WSGIEnvironment], "str | None"]

LOCAL_NAMES = frozenset({"127.0.0.1", "localhost"})
OPEN_PATHS = frozenset({"/healthz", "/readyz"})
"""Probes of service managers; they tell nothing but whether the server lives."""

FORBIDDEN = "403 Forbidden"
UNAUTHORIZED = "401 Unauthorized"


class Gate:
    """A WSGI application that lets through what its check does not refuse."""

    def __init__(self, application: WSGIApplication, check: Check) -> None:
        self._application = application
        self._check = check

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request, or refuse it with a sentence."""
        refused = None if environ.get("PATH_INFO") in OPEN_PATHS else self._check(environ)
        if refused is None:
            return self._application(environ, start_response)
        headers = [("Content-Type", "text/plain; charset=utf-8"), ("Cache-Control", "no-store")]
        if refused == UNAUTHORIZED:
            headers.append(("WWW-Authenticate", 'Basic realm="Tollbook", charset="UTF-8"'))
        start_response(refused, headers)
        return [f"{refused}\n".encode()]


def gated(
    application: WSGIApplication, server: Server, password: str | None = None
) -> WSGIApplication:
    """Return the application behind the gate that the configuration asks for."""
    if server.auth == "password":
        if not password:
            raise ValueError("a gate with a password needs one")
        return Gate(application, lambda environ: refused_without(password, environ))
    if server.auth == "proxy_header":
        return Gate(application, lambda environ: refused_without_proxy(server, environ))
    return Gate(application, refused_from_elsewhere)


def refused_from_elsewhere(environ: WSGIEnvironment) -> str | None:
    """Refuse a request whose Host is not this machine; return None where it is."""
    name = str(environ.get("HTTP_HOST", "")).rsplit(":", 1)[0].lower()
    return None if name in LOCAL_NAMES else FORBIDDEN


def refused_without(password: str, environ: WSGIEnvironment) -> str | None:
    """Refuse a request without the password: under any user name, or as a program's token."""
    kind, _, value = str(environ.get("HTTP_AUTHORIZATION", "")).partition(" ")
    given = _password_of(kind.lower(), value)
    if given is None or not hmac.compare_digest(given, password.encode()):
        return UNAUTHORIZED
    return None


def _password_of(kind: str, value: str) -> bytes | None:
    """Return the password that a request brings, None where it brings none."""
    if kind == "bearer":
        return value.strip().encode("latin-1", "replace")  # WSGI decodes headers so
    if kind != "basic":
        return None
    try:
        return base64.b64decode(value, validate=True).partition(b":")[2]
    except (binascii.Error, ValueError):
        return None


def refused_without_proxy(server: Server, environ: WSGIEnvironment) -> str | None:
    """Refuse a request that no trusted proxy sent, or that names no user."""
    header = "HTTP_" + server.header.upper().replace("-", "_")
    if environ.get("REMOTE_ADDR") not in server.trusted_proxies:
        return FORBIDDEN
    return None if environ.get(header) else UNAUTHORIZED
