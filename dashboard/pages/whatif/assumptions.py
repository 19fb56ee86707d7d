"""What a plan assumes: one line each, with where it comes from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from dash import html

from costmodel.backtest_words import backtest_sentence
from costmodel.book import Unpriced
from costmodel.effort import BEGINS_OTHERWISE
from costmodel.levers import Compress
from costmodel.number_text import short_count
from dashboard.moments import day_text
from dashboard.pages.whatif.more_levers import FIRST_FIELD, lever_text
from dashboard.pages.whatif.names import short_name
from dashboard.pages.whatif.wildcards import attributes
from dashboard.pages.whatif.words import capital, share_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from dash.development.base_component import Component

    from costmodel.controls import Controls
    from costmodel.scenario import Outcome
    from dashboard.pages.whatif.board import Board
    from dashboard.pages.whatif.settings import Settings

Source = Literal["seen in your logs", "published", "assumed", "set by you", "typed", "missing"]

_NOT_SAID = frozenset({"same-tokens", "start-unknown", "month-of-30-days", "people"})
"""Assumptions of the engine that stand here in other words, or do not matter today."""


@dataclass(frozen=True)
class Line:
    """One assumption, and by which it can be changed: a ``control``, or a ``field`` under More."""

    text: str
    source: Source
    control: str | None = None
    field: str | None = None


def lines(board: Board, settings: Settings, controls: Controls, outcome: Outcome) -> list[Line]:
    """Return every assumption of a plan, what misses from its total first."""
    return [
        *_missing(outcome),
        *_controls(board, settings, controls),
        Line(
            "the same tokens for an answer on every model; a model that reasons writes more",
            "assumed",
        ),
        Line("quality is not known: import results (feedback, quality) to weigh it", "assumed"),
        *_prices(board, outcome),
        *(Line(each.text, "assumed") for each in outcome.assumptions if each.name not in _NOT_SAID),
        *(Line(_WORDS.get(text, text), "published") for text in outcome.warnings),
        *(Line(text, "missing") for text in outcome.refused),
        Line(
            "every coming month carries the usage of these 30 days; growth compounds on it",
            "assumed",
        ),
        *_lately(board),
    ]


_WORDS: Mapping[str, str] = {
    BEGINS_OTHERWISE: "shortened prompts begin otherwise: what is cached of them today is billed "
    "in full, unless its beginning stays or a cached share is set"
}
"""Warnings of the engine that name keys of a plan file, in the words of the page."""


def _lately(board: Board) -> Iterator[Line]:
    """Say how forecasts from this usage did, where there are days enough to tell."""
    if board.usage.replayed is not None:
        text = backtest_sentence(board.usage.replayed).removesuffix(".")
        yield Line(text, "seen in your logs")


def _missing(outcome: Outcome) -> Iterator[Line]:
    for each in outcome.unpriced:
        amount = f"{short_count(each.tokens)} tokens" if each.tokens else f"{each.units} units"
        yield Line(f"at least: {amount} of {each.model} have no price ({each.reason})", "missing")
    if outcome.unmetered_requests:
        yield Line(
            f"at least: {outcome.unmetered_requests:,} requests came without a count", "missing"
        )


def _controls(board: Board, settings: Settings, controls: Controls) -> Iterator[Line]:
    as_seen: Source = "typed" if board.is_typed else "seen in your logs"
    full = short_name(controls.full, board.comparison.family)
    if controls.start_with:
        seen: Source = "assumed"
        if settings.escalate is not None:
            seen = "set by you"
        elif board.comparison.escalation_source == "seen in your logs":
            seen = "seen in your logs"
        yield Line(
            f"{share_text(controls.escalate)} of requests escalate to {full}", seen, "escalate"
        )
    today = share_text(board.cached_share)
    if controls.cache is None:
        yield _cached_as_today(board, controls, as_seen)
    else:
        yield Line(
            f"{share_text(controls.cache)} of input is billed at the cached price, {today} today",
            "set by you",
            "cache",
        )
    if controls.batch:
        yield Line(
            f"{share_text(controls.batch)} of standard traffic can wait up to 24 hours",
            "set by you",
            "batch",
        )
    for lever in controls.more:
        yield Line(lever_text(lever), "set by you", field=FIRST_FIELD[lever.step])


def _cached_as_today(board: Board, controls: Controls, as_seen: Source) -> Line:
    """Return what a plan without a cached share of its own leaves cached."""
    today = share_text(board.cached_share)
    shorter = [each for each in controls.more if isinstance(each, Compress) and each.input]
    if not shorter or not board.cached_share:
        return Line(f"the cached share of input stays as it is: {today}", as_seen, "cache")
    if shorter[0].keeps_prefix:
        text = f"what is cached stays as it is: {today} of input before prompts get shorter"
        return Line(text, "assumed", "cache")
    return Line(
        f"nothing of shortened prompts is cached; {today} of input is today", "assumed", "cache"
    )


def _prices(board: Board, outcome: Outcome) -> Iterator[Line]:
    cards: dict[str, date] = {}
    for flow in outcome.flows:
        quote = board.book.quote(flow.key)
        if not isinstance(quote, Unpriced):
            source, checked = quote.card.source, quote.card.checked_on
            cards[source] = max(checked, cards.get(source, checked))
    kind = "contract prices on top of list prices" if board.book.contract.terms else "list prices"
    for source, checked in sorted(cards.items(), key=lambda item: item[1]):
        yield Line(f"{kind}, checked {day_text(checked)}: {source}", "published")


def assumption_list(found: list[Line]) -> html.Ul:
    """Return the lines as a list, each with its source and the way to its control."""
    return html.Ul([_item(line) for line in found], className="assumptions")


def _item(line: Line) -> html.Li:
    parts: list[Component] = [
        html.Span(capital(line.text), className="assumption-text"),
        html.Span(line.source, className="assumption-source"),
    ]
    place = {"data-control": line.control, "data-field": line.field}
    named = {name: value for name, value in place.items() if value is not None}
    if named:
        parts.append(
            html.Button(
                "Change",
                type="button",
                className="quiet-link",
                **attributes({"data-action": "whatif-focus", **named}),
            )
        )
    return html.Li(parts)
