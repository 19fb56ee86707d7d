"""The history of one model: its dated periods as a table, its standard rates as steps."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from dash import html

from costmodel.meters import TIERS, Meter
from costmodel.number_text import rate_text
from dashboard.chart_card import Chart
from dashboard.figures.palette import INK, colour_of, model_colours
from dashboard.figures.prices import Mark, Step, rate_steps
from dashboard.moments import day_text, short_day_text
from dashboard.pages.prices.family import ZONE
from dashboard.pages.prices.words import METER_WORDS, labelled

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from dash.development.base_component import Component

    from costmodel.book import PriceBook
    from costmodel.rates import Model, RateCard

DRAWN = (Meter.OUTPUT, Meter.INPUT, Meter.CACHED_INPUT)
"""What is drawn of a model that reads and writes texts; of others every rate is."""
WORDS = {**METER_WORDS, Meter.AUDIO_SECONDS: "seconds of audio", Meter.CHARACTERS: "characters"}
STATUS_WORDS = {"in_force": "in force", "announced": "announced", "withdrawn": "withdrawn"}


def cards_in_order(book: PriceBook, model: Model) -> list[RateCard]:
    """Return a model's cards: worldwide first, then by tier, step and day."""

    def place(card: RateCard) -> tuple[object, ...]:
        start = card.in_force_from.toordinal() if card.in_force_from else 0
        tier = TIERS.index(card.tier)
        return card.zone != ZONE, card.zone, tier, card.above_input_tokens, start, card.status

    return sorted(book.cards_of(model.provider, model.name), key=place)


def history_chart(book: PriceBook, model: Model, today: date) -> Chart:
    """Return the list prices of the standard tier over time, for short requests."""
    cards = [
        card
        for card in cards_in_order(book, model)
        if (card.zone, card.tier, card.above_input_tokens) == (ZONE, "standard", 0)
    ]
    drawn = _drawn(cards)
    steps = [_step(card, meter) for card in cards for meter in drawn if _has(card, meter)]
    hue = colour_of(model.name, model_colours([])) if model.name in model_colours([]) else INK
    return Chart(
        sentence=history_sentence(model, cards, today),
        figure=rate_steps(steps, _marks(model, today), hue),
        header=("Period", *(WORDS[meter].capitalize() for meter in drawn), "Status"),
        rows=[_row(card, drawn) for card in cards],
    )


def _drawn(cards: Sequence[RateCard]) -> tuple[Meter, ...]:
    published = {meter for card in cards for meter in card.usd_per_million}
    texts = tuple(meter for meter in DRAWN if meter in published)
    return texts or tuple(meter for meter in WORDS if meter in published)


def _has(card: RateCard, meter: Meter) -> bool:
    return meter in card.usd_per_million


def _step(card: RateCard, meter: Meter) -> Step:
    rate = card.usd_per_million[meter]
    return Step(WORDS[meter], rate, card.in_force_from, card.in_force_to, card.status)


def _marks(model: Model, today: date) -> list[Mark]:
    marks = [Mark(today, "today")]
    if model.life.shutdown_on:
        marks.append(Mark(model.life.shutdown_on, f"ends {short_day_text(model.life.shutdown_on)}"))
    return sorted(marks, key=lambda mark: mark.on)


def _row(card: RateCard, drawn: Sequence[Meter]) -> list[str]:
    rates = [rate_text(card.usd_per_million[m]) if _has(card, m) else "–" for m in drawn]
    return [period_text(card), *rates, STATUS_WORDS[card.status]]


def period_text(card: RateCard) -> str:
    """Return the period of a card: ``from 21 Aug 2026``, ``until 20 Aug 2026``."""
    start = f"from {day_text(card.in_force_from)}" if card.in_force_from else "first day not known"
    return f"{start}, before {day_text(card.in_force_to)}" if card.in_force_to else start


def history_sentence(model: Model, cards: Sequence[RateCard], today: date) -> str:
    """Return what the steps show: the changes so far, and those that are announced."""
    parts = []
    kept = [card for card in cards if card.status != "withdrawn"]
    for before, after in pairwise(kept):
        if after.in_force_from:
            parts.append(f"{_change(before, after, today)} on {day_text(after.in_force_from)}.")
    for card in cards:
        if card.status == "withdrawn" and card.in_force_from:
            rates = f"{_rate(card, Meter.INPUT)} in and {_rate(card, Meter.OUTPUT)} out"
            on = day_text(card.in_force_from)
            parts.append(f"A rise to {rates} on {on} was announced and then withdrawn.")
    if parts:
        return f"{model.display}: {' '.join(parts)}"
    since = kept[0].in_force_from if kept else None
    known = f" since {day_text(since)}" if since else ", as far as is known"
    return f"The price of {model.display} has not changed{known}."


def _change(before: RateCard, after: RateCard, today: date) -> str:
    verb = "goes" if after.in_force_from and after.in_force_from > today else "went"
    changes = [
        f"{METER_WORDS[meter]} {verb} from {_rate(before, meter)} to {_rate(after, meter)}"
        for meter in (Meter.INPUT, Meter.OUTPUT)
        if before.usd_per_million.get(meter) != after.usd_per_million.get(meter)
    ]
    return " and ".join(changes) or f"the list {verb} anew"


def _rate(card: RateCard, meter: Meter) -> str:
    return rate_text(card.usd_per_million[meter]) if _has(card, meter) else "no price"


def periods_table(book: PriceBook, model: Model) -> Component:
    """Return every dated period of a model, in each tier, zone and step, with its source."""
    cards = cards_in_order(book, model)
    meters = [m for m in WORDS if any(_has(card, m) for card in cards)]
    titles = ["Tier", "Period", *(WORDS[m].capitalize() for m in meters)]
    head = html.Tr([html.Th(title, scope="col") for title in (*titles, "Checked", "Source")])
    table = html.Table(
        [html.Thead(head), html.Tbody([_period_row(card, meters) for card in cards])],
        className="chart-table periods-table",
    )
    return html.Details(
        [
            html.Summary(f"All {len(cards)} rate periods", className="quiet-link"),
            html.Div(
                table,
                className="table-scroll",
                tabIndex="0",
                role="region",
                **labelled(f"Rate periods of {model.display}"),
            ),
        ],
        className="periods",
        open=True,
    )


def _period_row(card: RateCard, meters: Sequence[Meter]) -> html.Tr:
    cells = [period_text(card), *(_rate_cell(card, meter) for meter in meters)]
    cells += [day_text(card.checked_on), _source(card)]
    first = html.Th(tier_text(card), scope="row")
    return html.Tr([first, *(html.Td(cell) for cell in cells)])


def _rate_cell(card: RateCard, meter: Meter) -> str:
    if not _has(card, meter):
        return "–"
    return f"{rate_text(card.usd_per_million[meter])}{' assumed' if meter in card.assumed else ''}"


def _source(card: RateCard) -> str:
    return f"{card.source}; {card.derived}" if card.derived else card.source


def tier_text(card: RateCard) -> str:
    """Return which rates a card holds: ``batch, above 272,000 input tokens``."""
    words = [card.tier]
    words += [card.zone.removeprefix("regional:").replace("_", " ")] if card.zone != ZONE else []
    words += [f"above {card.above_input_tokens:,} input tokens"] if card.above_input_tokens else []
    words += [STATUS_WORDS[card.status]] if card.status != "in_force" else []
    return ", ".join(words)
