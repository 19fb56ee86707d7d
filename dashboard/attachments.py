"""Files that the server hands to a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Response

if TYPE_CHECKING:
    from collections.abc import Iterable

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv; charset=utf-8"


def attached(content: bytes | Iterable[bytes], name: str, kind: str) -> Response:
    """Return content, whole or piece by piece, as a file to save as ``tollbook-NAME``."""
    response = Response(content, content_type=kind)
    response.headers["Content-Disposition"] = f'attachment; filename="tollbook-{name}"'
    return response
