"""The footer: whose prices these are, and how the forecast did lately."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dash import dcc, html

from costmodel.backtest_words import backtest_sentence
from costmodel.coming_price import coming_price_sentences
from dashboard.moments import day_text

if TYPE_CHECKING:
    from dash.development.base_component import Component

    from costmodel.rates import RateCard
    from dashboard.pages.overview.standing import Standing
    from dashboard.view import View


MOST_ASSUMPTIONS = 3
"""More of them are folded away; none is left out."""


def footer(view: View, standing: Standing) -> html.Footer:
    """Return what the page's numbers rest on."""
    parts: list[Component] = [_prices(view)]
    if standing.forecast and standing.replayed:
        parts.append(html.P(backtest_sentence(standing.replayed)))
    coming = coming_price_sentences(standing.coming, standing.currency)
    assumed = [*coming, *_assumptions(view)]
    if len(assumed) > MOST_ASSUMPTIONS:
        summary = html.Summary(
            f"What these numbers assume ({len(assumed)})", className="quiet-link"
        )
        parts.append(html.Details([summary, *map(html.P, assumed)]))
    else:
        parts += map(html.P, assumed)
    return html.Footer(parts, className="page-footer")


def _prices(view: View) -> html.P:
    book = view.source.book
    used = {row.dimensions for row in view.report(by=("provider", "model")).rows}
    cards = [card for card in book.cards if (card.provider, card.model) in used]
    if not cards:
        return html.P("None of this usage has a list price.")
    main = max(_sources(cards), key=_sources(cards).count)
    checked = day_text(min(card.checked_on for card in cards))
    to_prices = dcc.Link("all prices and sources", href="/prices", className="link")
    return html.P([f"List prices, checked {checked}: {main}; ", to_prices, "."])


def _sources(cards: list[RateCard]) -> list[str]:
    """Return each card's source without its remarks."""
    return [card.source.split(",")[0].removeprefix("https://") for card in cards]


def _assumptions(view: View) -> list[str]:
    texts = (assumption.text for assumption in view.report().assumptions)
    return [f"{text[:1].upper()}{text[1:]}." for text in texts]
