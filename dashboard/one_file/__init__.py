"""A page as one HTML file that opens anywhere, without a server and without a network."""

from __future__ import annotations

from dashboard.one_file.document import Document, Drawing, Listing, html_file

__all__ = ["Document", "Drawing", "Listing", "html_file"]
