"""Tokens, rate and cost of a plan by model and token type; the parts add up to the plan."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from dash import Output, html
from dash.exceptions import PreventUpdate

from costmodel.book import Unpriced
from costmodel.cost import money
from costmodel.meters import METERS, TOKEN_METERS, Meter
from costmodel.money import dollars
from costmodel.number_text import count
from dashboard.folded_section import waiting
from dashboard.pages.whatif.baseline import DEFAULT_RANGE
from dashboard.pages.whatif.names import short_name
from dashboard.pages.whatif.screen import screen_of
from dashboard.pages.whatif.sections import asked
from dashboard.pages.whatif.settings import PAGE_KEYS
from dashboard.pages.whatif.wildcards import labelled
from dashboard.state import parse
from dashboard.token_types import TOKEN_TYPES, sized, token_type

if TYPE_CHECKING:
    from dash import Dash
    from dash.development.base_component import Component

    from costmodel.charges import Charge
    from costmodel.comparison import Family
    from costmodel.scenario import Outcome
    from dashboard.context import DashboardContext
    from dashboard.pages.whatif.board import Board

NAME, TITLE, PLACE = "token-types", "This plan by token type", "token-types-body"

_Place = tuple[str, str, str, Meter, int, Fraction]
"""Provider, model, tier, meter, the request size that the rate begins above, and the rate."""


def section() -> html.Div:
    """Return the place of the section, which its callback fills."""
    return html.Div(waiting(), id=PLACE)


def register(app: Dash, context: DashboardContext) -> None:
    """Fill the section once it is open, and whenever the page shows another plan."""

    @app.callback(Output(PLACE, "children"), asked(NAME))
    def fill(search: str | None) -> list[Component]:
        if search is None or context.store().is_empty():
            raise PreventUpdate
        screen = screen_of(context, parse(search, PAGE_KEYS, DEFAULT_RANGE))
        table = html.Table(breakdown(screen.outcome, screen.board), className="chart-table")
        scrolled = html.Div(
            table,
            className="table-scroll all-rows",
            tabIndex="0",
            role="region",
            **labelled(TITLE),
        )
        return [html.P(sentence(screen.outcome, screen.board), className="section-words"), scrolled]


@dataclass(frozen=True)
class Part:
    """How much of one token type on one model at one rate, and what that costs.

    ``above_input_tokens`` is where the rate's step of request sizes begins, 0 for all.
    """

    provider: str
    model: str
    tier: str
    token_type: str
    above_input_tokens: int
    quantity: Fraction
    rate_per_million: Fraction
    cost: Fraction


def parts_of(outcome: Outcome, board: Board) -> tuple[Part, ...]:
    """Return every part of an outcome, the dearest model first.

    They sum to its cost, but for money that no token type counts: its charges.
    """
    sums: dict[_Place, Fraction] = defaultdict(Fraction)
    for flow in outcome.flows:
        quote = board.book.quote(flow.key)
        if isinstance(quote, Unpriced):
            continue
        for meter, amount in zip(METERS, flow.quantities, strict=True):
            if amount and meter in quote.rates:
                above = quote.card.above_input_tokens
                place = (flow.provider, flow.model, flow.tier, meter, above, quote.rates[meter])
                sums[place] += amount
    parts = [_part(place, quantity) for place, quantity in sums.items()]
    by_model: dict[tuple[str, str, str], Fraction] = defaultdict(Fraction)
    for part in parts:
        by_model[part.provider, part.model, part.tier] += part.cost
    order = {name: place for place, name in enumerate(TOKEN_TYPES.values())}
    return tuple(
        sorted(
            parts,
            key=lambda part: (
                -by_model[part.provider, part.model, part.tier],
                part.model,
                part.tier,
                part.above_input_tokens,
                order.get(part.token_type, len(order)),
                -part.rate_per_million,
            ),
        )
    )


def _part(place: _Place, quantity: Fraction) -> Part:
    provider, model, tier, meter, above, rate = place
    return Part(
        provider, model, tier, token_type(meter), above, quantity, rate, money(quantity, rate)
    )


def breakdown(outcome: Outcome, board: Board) -> list[Component]:
    """Return the head and body of the table by token type."""
    header = ("Model", "Token type", "Quantity", "Per million", "Cost")
    head = html.Tr(
        [
            html.Th(name, scope="col", className="words" if place == 1 else None)
            for place, name in enumerate(header)
        ]
    )
    parts = parts_of(outcome, board)
    family = board.comparison.family
    body = [_row(part, family, board.currency) for part in parts]
    body += [_charge_row(each, board.currency) for each in outcome.charges]
    foot = html.Tr(
        [
            html.Th("This plan", scope="row"),
            html.Td(""),
            html.Td(""),
            html.Td(""),
            html.Td(dollars(outcome.cost, board.currency)),
        ],
        className="total-row",
    )
    return [html.Thead(head), html.Tbody(body), html.Tfoot(foot)]


def _row(part: Part, family: Family | None, currency: str) -> html.Tr:
    name = short_name(part.model, family)
    tier = "" if part.tier == "standard" else f", {part.tier}"
    return html.Tr(
        [
            html.Th(f"{name}{tier}", scope="row"),
            html.Td(sized(part.token_type, part.above_input_tokens), className="words"),
            html.Td(count(round(part.quantity))),
            html.Td(rate_text(part.rate_per_million, currency)),
            html.Td(dollars(part.cost, currency)),
        ]
    )


def _charge_row(charge: Charge, currency: str) -> html.Tr:
    empty = [html.Td("") for _ in range(3)]
    name = html.Th(charge_name(charge), scope="row")
    return html.Tr([name, *empty, html.Td(dollars(charge.amount, currency))])


def charge_name(charge: Charge) -> str:
    """Return what money that no token type counts is for: ``People``."""
    return charge.kind.capitalize()


def rate_text(rate: Fraction, currency: str) -> str:
    """Return a rate per million with as many decimals as it needs, at least two."""
    places = next((n for n in (2, 3, 4) if (rate * 10**n).denominator == 1), 4)
    return dollars(rate, currency, places)


def sentence(outcome: Outcome, board: Board) -> str:
    """Return what the table shows: the tokens of the plan and the share of each type."""
    parts = parts_of(outcome, board)
    token_types = {TOKEN_TYPES[meter] for meter in TOKEN_METERS}
    tokens = sum((p.quantity for p in parts if p.token_type in token_types), Fraction(0))
    by_type: dict[str, Fraction] = defaultdict(Fraction)
    for part in parts:
        by_type[part.token_type] += part.cost
    for charge in outcome.charges:
        by_type[charge.kind] += charge.amount
    if not by_type:
        return "Nothing in this plan has a price."
    ranked = sorted(by_type.items(), key=lambda item: -item[1])
    costs = ", ".join(f"{name} {dollars(cost, board.currency)}" for name, cost in ranked)
    return f"{count(round(tokens))} tokens a month: {costs}."
