"""A card that stands folded: its head says what is in it, opening it shows the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dash import html

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dash.development.base_component import Component

BEING_WORKED_OUT = "Being worked out…"


def folded_section(
    title: str,
    summary: str,
    parts: Sequence[Component],
    head: Mapping[str, Any] | None = None,
    **details: Any,  # noqa: ANN401 - attributes of HTML
) -> html.Details:
    """Return the card: ``title`` and a line that says what is in it, over its ``parts``.

    ``head`` and ``details`` are further attributes of the head that opens it and of the card.
    """
    said = [
        html.H2(title, className="card-title"),
        html.Span(summary, className="section-summary"),
    ]
    return html.Details(
        [html.Summary(html.Div(said, className="section-head"), **(head or {})), *parts],
        **({"className": "card section"} | details),
    )


def waiting() -> html.P:
    """Return what stands in a section until it is worked out."""
    return words(BEING_WORKED_OUT)


def words(text: str) -> html.P:
    """Return a sentence of a section, which may be all it has."""
    return html.P(text, className="section-words")
