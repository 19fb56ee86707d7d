"""Opportunities: the move that saves most for every feature, and the way into the plan.

The section fills itself when it is opened: what it shows does not depend on the sliders,
only the links do, which add a feature to a plan that says the same already.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dash import Output, dcc, html
from dash.exceptions import PreventUpdate

from costmodel.ending import KEY_WORDS, endings
from costmodel.number_text import money, share
from costmodel.opportunities import FEATURE
from dashboard.filter_bar import value_text
from dashboard.folded_section import waiting, words
from dashboard.pages.whatif.baseline import DEFAULT_RANGE, baseline_view
from dashboard.pages.whatif.move_settings import is_in_plan, with_move
from dashboard.pages.whatif.screen import screen_of
from dashboard.pages.whatif.sections import asked
from dashboard.pages.whatif.settings import OPEN_KEY, PAGE_KEYS, written
from dashboard.pages.whatif.who_calls import scrolling, who_calls
from dashboard.pages.whatif.wildcards import attributes
from dashboard.pages.whatif.words import capital
from dashboard.remembered import remembered
from dashboard.state import parse
from ingest.opportunities import inventory, usage_opportunities
from ingest.plan_text import scenario_text

if TYPE_CHECKING:
    from dash import Dash
    from dash.development.base_component import Component

    from costmodel.ending import Ending
    from costmodel.moves import Risk
    from costmodel.opportunities import Opportunities, Opportunity, Priced
    from dashboard.context import DashboardContext
    from dashboard.pages.whatif.screen import Screen
    from dashboard.state import State
    from dashboard.view import View
    from ingest.opportunities import InventoryLine

RISKS: dict[Risk, str] = {
    "quality not known": "Quality not known",
    "quality known": "Quality seen in your logs",
    "latency": "Answers come later",
    "none": "None",
}
NAME, SECTION, YAML = "opportunities", "opportunities-body", "whatif-moves-yaml"
NOTHING = "There is no usage here that a move could change."


@dataclass(frozen=True)
class Found:
    """What one period of usage offers: moves, endings, and who calls which model."""

    opportunities: Opportunities
    endings: list[Ending]
    inventory: list[InventoryLine]


def section() -> html.Div:
    """Return the place of the section, which its callback fills."""
    return html.Div(waiting(), id=SECTION)


def register(app: Dash, context: DashboardContext) -> None:
    """Fill the section once it is open, and whenever the page shows another state."""

    @app.callback(Output(SECTION, "children"), asked(NAME))
    def fill(search: str | None) -> list[Component]:
        if search is None or context.store().is_empty():
            raise PreventUpdate
        state = parse(search, PAGE_KEYS, DEFAULT_RANGE)
        screen = screen_of(context, state)
        if screen.board.is_typed:
            raise PreventUpdate
        found = found_in(context, state)
        return content(found, screen) if found.opportunities.rows else [words(NOTHING)]


def found_in(context: DashboardContext, state: State) -> Found:
    """Return what the usage of an address offers, worked out once for a state of the store."""
    view = baseline_view(context, state)
    source, today = view.source, view.now.date()
    filters = tuple(sorted((name, tuple(values)) for name, values in view.filters.items()))
    books = id(source.book), id(source.configuration)
    key = ("opportunities", view.period, filters, today, *books)
    return remembered(view.store, key, lambda: _found(view))


def _found(view: View) -> Found:
    source, today = view.source, view.now.date()
    usage = view.store, source.book, source.configuration, view.period, view.filters
    rows = view.report(by=(*KEY_WORDS, FEATURE)).rows
    return Found(
        usage_opportunities(*usage, today=today),
        endings(rows, source.book, today),
        inventory(*usage),
    )


def content(found: Found, screen: Screen) -> list[Component]:
    """Return the section: a sentence, the moves, and who calls which model."""
    offers, currency = found.opportunities, found.opportunities.currency
    query = screen.state.with_own(**{OPEN_KEY: None}).search()
    files = ("xlsx", "yaml") if offers.levers else ("xlsx",)
    downloads = [
        html.A(kind.upper(), href=f"/download/opportunities.{kind}{query}", className="link")
        for kind in files
    ]
    return [
        html.Div(
            [
                html.P(sentence(offers), className="section-words"),
                html.Div(downloads, className="downloads"),
            ],
            className="words-and-files",
        ),
        scrolling(_table(offers, screen), "The best move of every feature"),
        *_yaml(offers),
        who_calls(found.inventory, found.endings, currency),
    ]


def sentence(offers: Opportunities) -> str:
    """Return what all moves together save, and what nobody knows of them."""
    moves = [row.best.move for row in offers.rows if row.best]
    if not moves:
        return "No single move saves 1% or more of what a feature costs."
    lead = "at least " if offers.at_least else ""
    saving, today = (money(each, offers.currency) for each in (offers.saving, offers.today))
    text = (
        f"One move for each feature saves {saving} of {lead}{today} a month "
        f"({share(offers.saving / offers.today)}), all of them together."
    )
    unknown = sum(move.risk == "quality not known" for move in moves)
    whose = "their" if unknown == len(moves) else f"of {unknown} of them the"
    return f"{text} {capital(whose)} quality is not known." if unknown else text


def _table(offers: Opportunities, screen: Screen) -> html.Table:
    header = ("Feature", "A month", "Saves", "Best move", "What it risks", "")
    head = [
        html.Th(name, scope="col", className="words" if place > 2 else None)  # noqa: PLR2004
        if name
        else html.Td("")
        for place, name in enumerate(header)
    ]
    body = [_row(row, offers.currency, screen) for row in offers.rows]
    return html.Table([html.Thead(html.Tr(head)), html.Tbody(body)], className="chart-table")


def _row(row: Opportunity, currency: str, screen: Screen) -> html.Tr:
    name = html.Th(value_text(row.value), scope="row")
    cost = html.Td(money(row.cost, currency))
    if row.best is None:
        why = "Left alone: critical" if row.is_critical else "Nothing that saves 1% or more"
        return html.Tr([name, cost, html.Td(""), html.Td(why, colSpan=3, className="words muted")])
    return html.Tr(
        [
            name,
            cost,
            html.Td(f"{money(row.saving, currency)} ({share(row.saving / row.cost)})"),
            html.Td(_move(row, currency, screen), className="words move-words"),
            html.Td(RISKS[row.best.move.risk], className="words"),
            html.Td(_way(row, row.best, screen), className="words"),
        ]
    )


def _move(row: Opportunity, currency: str, screen: Screen) -> list[Component]:
    """Return the best move with what it assumes, and the others that save something."""
    if row.best is None:
        return []
    best = row.best.move
    parts: list[Component] = [
        html.Div(best.name),
        html.Div(f"Assumes {best.assumption}", className="move-note"),
    ]
    for other in row.others:
        words = f"Or {other.move.name}: {money(other.saving, currency)}"
        way = _link(row, other, screen, words)
        parts.append(html.Div(way or words, className="move-note"))
    return parts


def _way(row: Opportunity, priced: Priced, screen: Screen) -> Component:
    """Return the link into the plan, or where to find the move where no control says it."""
    if is_in_plan(row.value, priced.move, screen):
        return html.Span("In the plan", className="muted")
    return _link(row, priced, screen, "Add to plan") or html.A(
        "Copy as YAML", href=f"#{YAML}", className="link"
    )


def _link(row: Opportunity, priced: Priced, screen: Screen, text: str) -> Component | None:
    settings = with_move(row.value, priced.move, screen)
    if settings is None:
        return None
    state = screen.state.with_own(**written(settings))
    title = f"{value_text(row.value)}: {priced.move.name}"
    return dcc.Link(text, href=f"/whatif{state.search()}", className="link", title=title)


def _yaml(offers: Opportunities) -> list[Component]:
    """Return all moves as the scenario of a plan file, to copy."""
    if not offers.levers:
        return []
    text = scenario_text("the best moves", offers.levers)
    return [
        html.Details(
            [
                html.Summary("All moves as a plan in YAML", className="quiet-link"),
                html.Pre(text, id=YAML, className="yaml", tabIndex="0"),
                html.Button(
                    "Copy",
                    type="button",
                    className="plain-button",
                    **attributes({"data-action": "copy-text", "data-from": YAML}),
                ),
            ],
            className="moves-yaml",
        )
    ]
