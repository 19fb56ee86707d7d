"""Notices: sentences that the page says once, above its content."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dash import html

if TYPE_CHECKING:
    from collections.abc import Sequence


def notice_list(sentences: Sequence[str], *, warning: bool = False) -> html.Ul:
    """Return the sentences as a list, set off from the page; a warning has a stronger edge."""
    return html.Ul(
        [html.Li(sentence) for sentence in sentences],
        className="notices notices-warning" if warning else "notices",
    )
