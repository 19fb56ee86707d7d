"""The family side by side: token types as rows, models as columns, one block a tier."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dash import html

from costmodel.meters import TIERS
from costmodel.number_text import listed, rate_text
from dashboard.moments import day_text
from dashboard.pages.prices.family import meters_of, without
from dashboard.pages.prices.words import (
    CALL_WORDS,
    METER_WORDS,
    labelled,
    life_text,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date

    from dash.development.base_component import Component

    from costmodel.book import Quote
    from costmodel.meters import Meter
    from costmodel.rates import Assumption
    from dashboard.pages.prices.family import Column

Cell = str | list["Component | str"]


class Footnotes:
    """The assumptions of a table, numbered in the order in which its cells name them."""

    def __init__(self) -> None:
        self._numbers: dict[Assumption, int] = {}

    def mark(self, assumption: Assumption) -> html.Sup:
        """Return the mark of an assumption, a number."""
        number = self._numbers.setdefault(assumption, len(self._numbers) + 1)
        return html.Sup(str(number), title=assumption.text, className="mark")

    def notes(self) -> html.Ol | None:
        """Return every assumption named so far, None where there is none."""
        if not self._numbers:
            return None
        items = [html.Li(f"{each.text[:1].upper()}{each.text[1:]}.") for each in self._numbers]
        return html.Ol(items, className="footnotes", **labelled("What is assumed"))


def family_table(shown: list[Column], today: date, currency: str) -> list[Component]:
    """Return the table of a family with its footnotes."""
    footnotes = Footnotes()
    blocks = [
        _tier_block(shown, tier, currency, footnotes)
        for tier in TIERS
        if any(tier in column.quotes for column in shown)
    ]
    table = html.Table(
        [
            html.Caption(html.Span(_caption(shown, currency)), className="table-caption"),
            html.Thead(html.Tr([html.Td(), *(_head(column) for column in shown)])),
            *blocks,
            _calls_block(shown, currency, footnotes),
            _facts_block(shown, today),
        ],
        className="family-table",
    )
    scroll = html.Div(
        table,
        className="family-scroll",
        tabIndex="0",
        role="region",
        **labelled("Prices of the family, side by side"),
    )
    return [part for part in (scroll, footnotes.notes()) if part is not None]


def _caption(shown: list[Column], currency: str) -> str:
    text = f"{currency} per million tokens, processed anywhere"
    stepped = any(len(quotes) > 1 for column in shown for quotes in column.quotes.values())
    return f"{text}; longer requests cost the price of their step throughout" if stepped else text


def _head(column: Column) -> html.Th:
    model = column.model
    under = "successor" if column.is_successor else model.name
    return html.Th([model.display, html.Small(under)], scope="col")


def _tier_block(shown: list[Column], tier: str, currency: str, footnotes: Footnotes) -> html.Tbody:
    rows = []
    for meter in meters_of(shown, tier):
        rates = [_rates(column, tier, meter, currency, footnotes) for column in shown]
        rows.append(_row(METER_WORDS[meter], rates))
    missing = without(shown, tier)
    note = f" not offered for {listed(missing)}" if missing else ""
    return html.Tbody([_block_head(tier.capitalize(), note, len(shown)), *rows])


def _block_head(title: str, note: str, width: int) -> html.Tr:
    words: list[Component | str] = [title]
    words += [html.Small(note)] if note else []
    return html.Tr(
        html.Th(html.Span(words), colSpan=width + 1, scope="rowgroup"), className="block"
    )


def _row(title: str, cells: Iterable[Cell]) -> html.Tr:
    return html.Tr([html.Th(title, scope="row"), *(html.Td(cell) for cell in cells)])


def _rates(
    column: Column, tier: str, meter: Meter, currency: str, footnotes: Footnotes
) -> list[Component | str]:
    """Return the rate of short requests, and under it that of each longer step."""
    found: list[Component | str] = []
    for quote in column.quotes.get(tier, ()):
        if meter not in quote.rates:
            continue
        above = quote.card.above_input_tokens
        words = _rate(quote, meter, currency, footnotes)
        if not above:
            found += words
        else:
            found.append(html.Small([f"above {above // 1000}k: ", *words], className="step"))
    return found or ["–"]


def _rate(quote: Quote, meter: Meter, currency: str, footnotes: Footnotes) -> list[Component | str]:
    words: list[Component | str] = [rate_text(quote.rates[meter], currency)]
    if meter in quote.assumptions:
        words.append(footnotes.mark(quote.assumptions[meter]))
    listed_rate = quote.list_rates.get(meter)
    if listed_rate is not None and listed_rate != quote.rates[meter]:
        words.append(html.Small(f" list {rate_text(listed_rate, currency)}"))
    return words


def _calls_block(shown: list[Column], currency: str, footnotes: Footnotes) -> html.Tbody | None:
    standard = [quote for column in shown if (quote := _standard(column))]
    charged = [meter for meter in CALL_WORDS if any(meter in quote.rates for quote in standard)]
    rows = [
        _row(CALL_WORDS[meter], [_call_price(c, meter, currency, footnotes) for c in shown])
        for meter in charged
    ]
    return html.Tbody([_block_head("Calls and units", "", len(shown)), *rows]) if rows else None


def _standard(column: Column) -> Quote | None:
    quotes = column.quotes.get("standard")
    return quotes[0] if quotes else None


def _call_price(
    column: Column, meter: Meter, currency: str, footnotes: Footnotes
) -> list[Component | str]:
    quote = _standard(column)
    if quote is None or meter not in quote.rates:
        return ["–"]
    words: list[Component | str] = [rate_text(quote.rates[meter] / 1000, currency)]
    if meter in quote.assumptions:
        words.append(footnotes.mark(quote.assumptions[meter]))
    return words


def _facts_block(shown: list[Column], today: date) -> html.Tbody:
    facts: list[tuple[str, Callable[[Column], Cell]]] = [
        ("context window", lambda c: _tokens(c.model.context_window)),
        ("longest output", lambda c: _tokens(c.model.max_output_tokens)),
        ("knowledge until", lambda c: c.model.knowledge_cutoff or "not known"),
        ("shortest prompt that is cached", lambda c: _tokens(c.model.minimum_cacheable_tokens)),
        ("life", lambda c: life_text(c.model, today)),
        ("successor", lambda c: c.model.life.successor or "–"),
        ("price since", _since),
        ("source", _source),
    ]
    rows = [_row(title, [cell(column) for column in shown]) for title, cell in facts]
    return html.Tbody([_block_head("The model", "", len(shown)), *rows], className="facts")


def _tokens(number: int | None) -> str:
    return "not known" if number is None else f"{number:,}"


def _since(column: Column) -> str:
    quote = _standard(column)
    if quote is None or quote.card.in_force_from is None:
        return "not known"
    return day_text(quote.card.in_force_from)


def _source(column: Column) -> Cell:
    quote = _standard(column)
    if quote is None:
        return "no price today"
    source, checked = quote.card.source, html.Small(f"checked {day_text(quote.card.checked_on)}")
    if not source.startswith("https://"):
        return [html.Span(source), checked]
    host = source.removeprefix("https://").partition("/")[0]
    link = html.A(host, href=source, target="_blank", rel="noreferrer", title=source)
    return [link, checked]
