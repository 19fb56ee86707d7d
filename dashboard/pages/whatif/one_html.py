"""The plan on screen as one HTML file to hand on."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from costmodel.money import dollars
from costmodel.number_text import count
from dashboard.figures.whatif import bars_height, waterfall_height
from dashboard.moments import day_text, moment_text
from dashboard.one_file import Document, Drawing, Listing
from dashboard.pages.whatif import assumptions, breakdown, charts, matters
from dashboard.token_types import sized

if TYPE_CHECKING:
    from datetime import datetime

    from dashboard.pages.whatif.screen import Screen

_MONTHS_HEIGHT = 320


def document(screen: Screen, data_until: datetime | None) -> Document:
    """Return what the file shows: the sentences, charts and tables of the page."""
    board = screen.board
    found = assumptions.lines(board, screen.settings, screen.controls, screen.outcome)
    return Document(
        title="Tollbook: what if",
        sentence=screen.sentence,
        second=screen.second_line,
        as_of=_as_of(screen, data_until),
        drawings=_drawings(screen),
        listings=(_matters(screen), _token_types(screen)),
        assumptions=[(f"from {board.usage.words}", "baseline")]
        + [(line.text, line.source) for line in found],
    )


def _as_of(screen: Screen, data_until: datetime | None) -> str:
    computed = f"Computed on {day_text(screen.board.today)}"
    if screen.board.is_typed or data_until is None:
        return computed
    return f"{computed}, data until {moment_text(data_until, 'UTC')}"


def _drawings(screen: Screen) -> tuple[Drawing, ...]:
    board, view, limit = screen.board, screen.view, screen.limit
    bars = charts.bars_chart(board, view, limit, screen.hues)
    steps = charts.waterfall_chart(board, view, screen.controls)
    months = charts.months_chart(board, view, limit)
    return (
        Drawing("What a month costs", bars, bars_height(len(bars.rows))),
        Drawing("Where the difference comes from", steps, waterfall_height(len(view.steps))),
        Drawing("The next 12 months", months, _MONTHS_HEIGHT),
    )


def _matters(screen: Screen) -> Listing:
    currency = screen.board.currency
    return Listing(
        title=matters.TITLE,
        header=matters.HEADER,
        rows=[
            (each.name, each.now, each.step, matters.change_text(each.change, currency))
            for each in matters.matters(screen)
        ],
    )


def _token_types(screen: Screen) -> Listing:
    currency = screen.board.currency
    parts = breakdown.parts_of(screen.outcome, screen.board)
    charges = screen.outcome.charges
    total = sum((each.cost for each in parts), sum((each.amount for each in charges), Fraction(0)))
    return Listing(
        title="This plan by token type",
        header=("Model", "Tier", "Token type", "Quantity", "Per million", "Cost"),
        rows=[
            (
                part.model,
                part.tier,
                sized(part.token_type, part.above_input_tokens),
                count(round(part.quantity)),
                breakdown.rate_text(part.rate_per_million, currency),
                dollars(part.cost, currency),
            )
            for part in parts
        ]
        + [
            (breakdown.charge_name(each), "", "", "", "", dollars(each.amount, currency))
            for each in charges
        ],
        words=3,
        total=("This plan", "", "", "", "", dollars(total, currency)),
    )
