"""The section that says what meets a target, with a button for each setting that does."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from dash import Output, html
from dash.exceptions import PreventUpdate

from dashboard.folded_section import waiting, words
from dashboard.pages.whatif.address_values import HUNDRED
from dashboard.pages.whatif.baseline import DEFAULT_RANGE
from dashboard.pages.whatif.screen import screen_of
from dashboard.pages.whatif.sections import asked
from dashboard.pages.whatif.settings import PAGE_KEYS
from dashboard.pages.whatif.sliders import amount
from dashboard.pages.whatif.target_ways import ways
from dashboard.pages.whatif.wildcards import attributes, labelled
from dashboard.pages.whatif.words import cents, sentence_money, share_text
from dashboard.state import parse

if TYPE_CHECKING:
    from dash import Dash
    from dash.development.base_component import Component

    from dashboard.context import DashboardContext
    from dashboard.pages.whatif.screen import Screen
    from dashboard.pages.whatif.target_ways import Way

NAME, TITLE = "target", "What meets a target"
AMOUNT, PLACE = "whatif-target-amount", "whatif-target-body"
NO_TARGET = "Type an amount a month to see which setting meets it alone, all else as it is."
ALONE = "Each line moves one setting alone, all else as it is."


def section(currency: str) -> html.Div:
    """Return the amount to type, which the browser fills, and the place of what meets it."""
    field = html.Div(
        [
            html.Label("Target a month", htmlFor=AMOUNT, className="target-label"),
            amount(AMOUNT, None, currency, "Target a month"),
        ],
        className="target-field",
    )
    return html.Div([field, html.Div(waiting(), id=PLACE)])


def register(app: Dash, context: DashboardContext) -> None:
    """Fill the section once it is open, and whenever the page shows another plan or target."""

    @app.callback(Output(PLACE, "children"), asked(NAME))
    def fill(search: str | None) -> list[Component]:
        if search is None or context.store().is_empty():
            raise PreventUpdate
        return content(screen_of(context, parse(search, PAGE_KEYS, DEFAULT_RANGE)))


def content(screen: Screen) -> list[Component]:
    """Return how far the plan is from its target, and what each setting does about it."""
    target = screen.target
    if target is None:
        return [words(NO_TARGET)]
    found = ways(screen, target)
    name = sentence_money(cents(target), screen.board.currency)
    return [
        words(f"{sentence(screen, target)} {ALONE}"),
        _table(found, name),
        *(html.P(said, className="section-note") for said in notes(screen, found)),
    ]


def notes(screen: Screen, found: list[Way]) -> list[str]:
    """Return which settings lie beyond what was ever seen."""
    highest = screen.board.usage.highest_cached_share
    return [
        f"{way.title}: {way.percent}% lies above {share_text(highest)}, the highest seen on a day."
        for way in found
        if way.control == "cache"
        and highest is not None
        and Fraction(way.percent or 0) / HUNDRED > highest
    ]


def sentence(screen: Screen, target: Fraction) -> str:
    """Return what the plan costs beside its target."""
    plan, currency = screen.outcome.cost, screen.board.currency
    lead = "at least " if screen.board.at_least else ""
    cost, name = (sentence_money(cents(each), currency) for each in (plan, target))
    apart = cents(plan) - cents(target)
    if apart == 0:
        return f"This plan costs {lead}{cost} a month, which is the target."
    side = "above" if apart > 0 else "below"
    gap = sentence_money(abs(apart), currency)
    return f"This plan costs {lead}{cost} a month, {gap} {side} the target of {name}."


def _table(found: list[Way], target: str) -> html.Div:
    header = ("Setting", "Now", f"Meets {target} at", "A month then")
    head = [html.Th(name, scope="col") for name in header]
    table = html.Table(
        [html.Thead(html.Tr([*head, html.Td("")])), html.Tbody([_row(way) for way in found])],
        className="chart-table target-table",
    )
    return html.Div(
        table, className="table-scroll all-rows", tabIndex="0", role="region", **labelled(TITLE)
    )


def _row(way: Way) -> html.Tr:
    cells = (way.now, way.meets, way.cost, _set_button(way))
    return html.Tr([html.Th(way.title, scope="row"), *(html.Td(cell) for cell in cells)])


def _set_button(way: Way) -> html.Button | str:
    if way.percent is None:
        return ""
    named: dict[str, Any] = {"data-model": way.model} if way.model else {}
    return html.Button(
        "Set",
        type="button",
        className="set-button",
        **labelled(f"Set {way.title} to {way.percent}%"),
        **attributes(
            {
                "data-action": "whatif-meet",
                "data-control": way.control,
                "data-percent": way.percent,
                **named,
            }
        ),
    )
