"""What changes next: announced prices, ends of models, and what was withdrawn or changed."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING

from dash import html

from costmodel.meters import Meter
from costmodel.number_text import listed, rate_text
from dashboard.moments import day_text
from dashboard.pages.prices.family import ZONE
from dashboard.pages.prices.words import days_text

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from dash.development.base_component import Component

    from costmodel.book import PriceBook
    from costmodel.rates import Model, RateCard

AHEAD = timedelta(days=120)
BEHIND = timedelta(days=180)
MOST_NAMES = 6


def changes_card(book: PriceBook, today: date) -> Component:
    """Return the card; a list without an entry is not drawn."""
    lists = [
        _list("Announced", announced(book, today)),
        _list("Ending", endings(book, today)),
        _list("Changed lately", changed_lately(book, today)),
        _list("Withdrawn", withdrawn(book)),
    ]
    return html.Section(
        [
            html.H2("What changes", className="card-title"),
            html.Div([each for each in lists if each], className="changes"),
        ],
        className="card changes-card",
    )


def _list(title: str, sentences: list[str]) -> Component | None:
    if not sentences:
        return None
    return html.Div([html.H3(title), html.Ul([html.Li(sentence) for sentence in sentences])])


def announced(book: PriceBook, today: date) -> list[str]:
    """Return the prices that are announced, soonest first; models of one change together."""
    cards = [c for c in _plain(book) if c.status == "announced" and _begins_after(c, today)]
    grouped: dict[tuple[date, str], list[str]] = defaultdict(list)
    for card in cards:
        change = _change(_before(book, card), card)
        if card.in_force_from and change:
            grouped[card.in_force_from, change].append(_display(book, card))
    return [
        f"{day_text(on)}, in {days_text((on - today).days)}: {listed(names)}, {change}"
        for (on, change), names in sorted(grouped.items())
    ]


def endings(book: PriceBook, today: date) -> list[str]:
    """Return the ends of models in the next months, soonest first."""
    grouped: dict[tuple[date, str, str], list[Model]] = defaultdict(list)
    for model in book.models:
        end = model.life.shutdown_on
        if end and today < end <= today + AHEAD:
            successor = model.life.successor or ""
            grouped[end, model.provider, successor].append(model)
    return [
        f"{day_text(end)}, in {days_text((end - today).days)}: {_names(models)}"
        + (f"; successor {_display_of(book, models[0].provider, after)}" if after else "")
        for (end, _, after), models in sorted(grouped.items(), key=lambda item: item[0])
    ]


def changed_lately(book: PriceBook, today: date) -> list[str]:
    """Return the prices that changed in the last months, latest first."""
    found = []
    for card in _plain(book):
        start = card.in_force_from
        if card.status == "in_force" and start and today - BEHIND <= start <= today:
            change = _change(_before(book, card), card)
            if change:
                found.append((start, f"{day_text(start)}: {_display(book, card)}, {change}"))
    return [sentence for _, sentence in sorted(found, reverse=True)]


def withdrawn(book: PriceBook) -> list[str]:
    """Return the prices that were announced and never came."""
    return [
        f"{_display(book, card)}: {rate_text(card.usd_per_million[Meter.INPUT])} in and "
        f"{rate_text(card.usd_per_million[Meter.OUTPUT])} out from {day_text(card.in_force_from)}, "
        f"announced {day_text(card.announced_on)}, never came"
        for card in _plain(book)
        if card.status == "withdrawn" and card.in_force_from and card.announced_on
    ]


def _plain(book: PriceBook) -> Iterable[RateCard]:
    """Return the cards that speak for a model: worldwide, standard, short requests."""
    place = (ZONE, "standard", 0)
    return (c for c in book.cards if (c.zone, c.tier, c.above_input_tokens) == place)


def _begins_after(card: RateCard, today: date) -> bool:
    return card.in_force_from is not None and card.in_force_from > today


def _before(book: PriceBook, card: RateCard) -> RateCard | None:
    """Return the card that this one follows."""
    others = (c for c in _plain(book) if (c.provider, c.model) == (card.provider, card.model))
    return next((c for c in others if c.in_force_to == card.in_force_from), None)


def _change(before: RateCard | None, after: RateCard) -> str:
    if before is None:
        return ""
    return ", ".join(
        f"{word} {rate_text(before.usd_per_million[meter])} → "
        f"{rate_text(after.usd_per_million[meter])}"
        for meter, word in ((Meter.INPUT, "input"), (Meter.OUTPUT, "output"))
        if before.usd_per_million[meter] != after.usd_per_million[meter]
    )


def _names(models: list[Model]) -> str:
    shown = [model.display for model in models[:MOST_NAMES]]
    more = len(models) - len(shown)
    return listed([*shown, f"{more} more"] if more else shown)


def _display(book: PriceBook, card: RateCard) -> str:
    return _display_of(book, card.provider, card.model)


def _display_of(book: PriceBook, provider: str, name: str) -> str:
    model = book.resolve(provider, name)
    return model.display if model else name
