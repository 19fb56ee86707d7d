"""What keeps the server closed: headers, cross-site requests, and a probe that is true."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from flask import Response, abort, request

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dash import Dash

    from dashboard.context import DashboardContext

log = logging.getLogger("tollbook.dashboard")

LARGEST_BODY_BYTES = 5 * 1024 * 1024
"""The largest body of any request but an upload, which streams to disk."""

_SAME_SITE = {"same-origin", "none"}


def register(app: Dash, context: DashboardContext) -> None:
    """Guard every request; call it last, when all inline scripts are known."""
    server = app.server
    server.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY_BYTES
    server.before_request(refuse_cross_site)
    headers = security_headers(app.csp_hashes())
    server.after_request(lambda response: with_headers(response, headers))
    server.add_url_rule("/readyz", "readyz", lambda: _readiness(context))


def refuse_cross_site() -> None:
    """Answer 403 to anything but reading that another site's page asks for."""
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    if request.method not in {"GET", "HEAD"} and site not in _SAME_SITE:
        abort(403)


def security_headers(script_hashes: Sequence[str]) -> dict[str, str]:
    """Return the headers of every answer; nothing is loaded from anywhere else.

    ``style-src`` needs 'unsafe-inline': Mantine, plotly and the grid write styles.
    """
    scripts = " ".join(["'self'", *script_hashes])
    policy = {
        "default-src": "'self'",
        "script-src": scripts,
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "font-src": "'self' data:",
        "connect-src": "'self'",
        "worker-src": "'self' blob:",
        "object-src": "'none'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
        "form-action": "'self'",
    }
    return {
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    }


def with_headers(response: Response, headers: dict[str, str]) -> Response:
    """Return the response with the security headers; answers with usage are not stored."""
    response.headers.update(headers)
    if response.mimetype in {"application/json", "text/html", "text/csv"}:
        response.headers.setdefault("Cache-Control", "no-store")
    return response


def _readiness(context: DashboardContext) -> tuple[str, int]:
    """Answer 200 when the store answers and prices are loaded, 503 otherwise."""
    try:
        context.store().version()
    except Exception:
        log.exception("the store does not answer")
        return "the store does not answer", 503
    return ("ready", 200) if context.book.models else ("no prices are loaded", 503)
