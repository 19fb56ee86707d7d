"""The page of the bill put together, and kept in step with the address."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc
from dash import Input, Output, State, dcc, html, no_update

from dashboard import chart_card
from dashboard.attributes import attributes
from dashboard.moments import day_text
from dashboard.notices import notice_list
from dashboard.own_keys import own_key
from dashboard.pages.bill.words import WORDS, causes_chart, headline, table_rows
from dashboard.pages.overview.missing import missing_sentences
from dashboard.remembered import charges_of, remembered
from dashboard.state import parse
from dashboard.view import view_of
from ingest.bill import AgainstBill, BillQuery, against_bill
from ingest.charges import ChargeKind
from ingest.errors import BillError, NoBillError, StoreError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from dash import Dash
    from dash.development.base_component import Component

    from dashboard.context import DashboardContext
    from dashboard.pages.bill.words import Word
    from dashboard.state import State as PageState
    from dashboard.view import View
    from ingest.store import Store

STATE_KEYS = frozenset({"rows"})
_CARD = "bill-causes"
_DEFAULT: Word = "model"
_ONE_DAY = timedelta(days=1)
NO_BILL = (
    "No bill for usage is dated in this period. Import one, such as OpenAI's cost export by line "
    "item, Azure's cost export, Anthropic's cost report or a charges.csv; or choose another period."
)
ONLY_PROVIDER = (
    "A bill knows the provider and no team or feature: only the period and one provider narrow "
    "this page."
)


@dataclass(frozen=True)
class Shown:
    """What the page shows: usage against the bill, or the sentence that says why not.

    ``elsewhere`` is a day with a bill for who asked for a period without one.
    """

    found: AgainstBill | None
    problem: str
    notices: tuple[str, ...]
    word: Word
    elsewhere: date | None = None


def is_shown(context: DashboardContext) -> bool:
    """Tell whether the navigation names the page: only where there is some line of a bill.

    A store that cannot be read has none; the page itself says what is wrong with it.
    """
    try:
        return context.facts().has_charges
    except StoreError:
        return False


def shown(context: DashboardContext, state: PageState) -> Shown:
    """Return what a state shows; a store is asked once for each of its states."""
    view = view_of(context, state)
    query = _query(view)
    asked = state.own.get("rows")
    word = next((known for known, _ in WORDS if known == asked), _DEFAULT)
    ignored = set(view.filters) - {"provider"} or len(view.filters.get("provider", ())) > 1
    notices = (*view.notices, *([ONLY_PROVIDER] if ignored else []))
    book = view.source.book
    try:
        found = remembered(
            view.store,
            ("bill", id(book), query),
            lambda: against_bill(view.store, book, query),
        )
    except NoBillError:
        return Shown(None, NO_BILL, notices, word, _latest_bill(view.store, query.provider))
    except BillError as error:
        text = str(error)
        return Shown(None, f"{text[:1].upper()}{text[1:]}.", notices, word)
    return Shown(found, "", notices, word)


def _query(view: View) -> BillQuery:
    """Return the whole days of the period; bills are cut in UTC, whatever the page's zone."""
    providers = [name for name in view.filters.get("provider", ()) if name]
    return BillQuery(
        since=view.period.start.date(),
        until=(view.period.end - timedelta(microseconds=1)).date() + _ONE_DAY,
        provider=providers[0] if len(providers) == 1 else None,
    )


def _latest_bill(store: Store, provider: str | None) -> date | None:
    """Return the last day that a bill for usage is dated."""
    days = [
        each.charge.start.date()
        for each in charges_of(store)
        if each.charge.kind is ChargeKind.USAGE and provider in {None, each.charge.provider}
    ]
    return max(days, default=None)


def layout(context: DashboardContext, state: PageState) -> Component:
    """Return the page for a state."""
    now = shown(context, state)
    chart = causes_chart(now.found) if now.found else None
    return html.Div(
        [
            html.Div(_top(now, state), id="bill-top"),
            html.Div(
                [chart_card.chart_card(_CARD, "Against the bill", chart), _rows_card(now)],
                id="bill-cards",
                className="bill-cards",
                hidden=now.found is None,
            ),
            html.Div(_foot(now), id="bill-foot"),
        ],
        className="bill",
    )


def _top(now: Shown, state: PageState) -> list[Component]:
    notices = [notice_list(now.notices)] if now.notices else []
    if now.found is None:
        return [
            *notices,
            html.H1("Nothing to compare", className="headline"),
            html.P(now.problem, className="card-note"),
            *([_way_to(now.elsewhere, state)] if now.elsewhere else []),
        ]
    found = now.found
    days = f"{day_text(found.first)} to {day_text(found.until - _ONE_DAY)}, days in UTC"
    return [
        *notices,
        html.H1(headline(found), className="headline"),
        html.P(days, className="card-note"),
    ]


def _way_to(day: date, state: PageState) -> Component:
    """Return a link to the month of a day, for the same provider and rows."""
    there = replace(state, range_text=f"{day:%Y-%m}", notices=())
    return html.P(
        dcc.Link(f"See the bill of {day:%B %Y}", href=f"/bill{there.search()}", className="link")
    )


def _rows_card(now: Shown) -> Component:
    control = dmc.SegmentedControl(
        id=own_key("rows", _DEFAULT),
        value=now.word,
        data=[{"value": word, "label": label} for word, label in WORDS],
        size="xs",
        **attributes(aria_label="One row for each"),
    )
    return html.Section(
        [
            html.Div(
                [html.H2("Line by line", className="card-title"), control], className="card-head"
            ),
            html.Div(_table(now), id="bill-rows"),
        ],
        className="card",
    )


def _table(now: Shown) -> Component | None:
    if now.found is None:
        return None
    title = dict(WORDS)[now.word]
    head = [html.Th(name, scope="col") for name in (title, "Ours", "Bill", "Gap", "Largest cause")]
    body = [_row(row) for row in table_rows(now.found, now.word)]
    return html.Div(
        html.Table([html.Thead(html.Tr(head)), html.Tbody(body)], className="chart-table"),
        className="table-scroll",
        tabIndex="0",
        role="region",
        **attributes(aria_label="Usage and bill line by line"),
    )


def _row(row: Sequence[str]) -> html.Tr:
    name, *others = row
    return html.Tr([html.Th(name, scope="row"), *(html.Td(text) for text in others)])


def _foot(now: Shown) -> Component | None:
    """Return what the comparison leaves out."""
    if now.found is None:
        return None
    said = [*missing_sentences(now.found.spend), *now.found.notes]
    if not said:
        return None
    return html.Section(
        [
            html.H2("Not in this comparison", className="card-title"),
            html.Ul([html.Li(sentence) for sentence in said], className="bill-notes"),
        ],
        className="card",
    )


def register(app: Dash, context: DashboardContext) -> None:
    """Connect the page with the address."""

    @app.callback(
        Output("bill-top", "children"),
        Output("bill-cards", "hidden"),
        *chart_card.outputs(_CARD),
        Output("bill-rows", "children"),
        Output("bill-foot", "children"),
        Input("url", "search"),
        State("url", "pathname"),
        prevent_initial_call=True,
        running=[(Output("page", "className"), "page page-busy", "page")],
    )
    def refresh(search: str | None, path: str | None) -> tuple[Any, ...]:
        if path != "/bill":
            return (no_update,) * 7
        state = parse(search, STATE_KEYS)
        now = shown(context, state)
        drawn = chart_card.values(causes_chart(now.found)) if now.found else [no_update] * 3
        return (_top(now, state), now.found is None, *drawn, _table(now), _foot(now))
