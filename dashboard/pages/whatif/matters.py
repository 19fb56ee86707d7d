"""What matters most: what a point of each setting and a percent of each price cost a month."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from dash import Output, html
from dash.exceptions import PreventUpdate

from costmodel.case import Case
from costmodel.controls import levers_of
from costmodel.money import dollars
from costmodel.sensitivity import Steps, price_effects, slider_effects
from dashboard.folded_section import waiting, words
from dashboard.pages.whatif.baseline import DEFAULT_RANGE
from dashboard.pages.whatif.names import short_name
from dashboard.pages.whatif.screen import screen_of
from dashboard.pages.whatif.sections import asked
from dashboard.pages.whatif.settings import PAGE_KEYS
from dashboard.pages.whatif.sliders import TITLES, title_of
from dashboard.pages.whatif.wildcards import attributes, labelled
from dashboard.pages.whatif.words import capital, share_text
from dashboard.state import parse

if TYPE_CHECKING:
    from dash import Dash
    from dash.development.base_component import Component

    from costmodel.sensitivity import Effect
    from dashboard.context import DashboardContext
    from dashboard.pages.whatif.screen import Screen

NAME, TITLE, PLACE = "matters", "What matters most", "matters-body"
POINT = Fraction(1, 100)
MOST_ROWS = 10
HEADER = ("Setting or price", "Now", "Change", "A month")
METHOD = "Each is moved alone, all else as it is: a setting by one point, a price by 1%."
NOTHING = "Nothing in this plan has a price."


@dataclass(frozen=True)
class Matter:
    """What one step up does to the cost of a month; ``now`` is where the setting stands."""

    name: str
    now: str
    step: str
    change: Fraction


def section() -> html.Div:
    """Return the place of the section, which its callback fills."""
    return html.Div(waiting(), id=PLACE)


def register(app: Dash, context: DashboardContext) -> None:
    """Fill the section once it is open, and whenever the page shows another plan."""

    @app.callback(Output(PLACE, "children"), asked(NAME))
    def fill(search: str | None) -> list[Component]:
        if search is None or context.store().is_empty():
            raise PreventUpdate
        return content(screen_of(context, parse(search, PAGE_KEYS, DEFAULT_RANGE)))


def content(screen: Screen) -> list[Component]:
    """Return the sentence, the list and how it was made."""
    found = matters(screen)
    if not found:
        return [words(NOTHING)]
    return [
        words(sentence(found, screen.board.currency)),
        _table(found[:MOST_ROWS], screen.board.currency),
        html.P(METHOD, className="section-note"),
    ]


def matters(screen: Screen) -> list[Matter]:
    """Return every setting and price that changes the cost, the largest change first."""
    board, controls, steps = screen.board, screen.controls, Steps(POINT, POINT)
    case = Case(board.baseline, levers_of(controls), board.book)
    found = [
        *(
            _of_setting(effect, screen)
            for effect in slider_effects(board.table, controls, board.cached_share, steps)
        ),
        *(_of_price(effect, board.currency) for effect in price_effects(case, steps)),
    ]
    return sorted((each for each in found if each.change), key=lambda each: -abs(each.change))


def _of_setting(effect: Effect, screen: Screen) -> Matter:
    name = _name(effect.name, screen)
    return Matter(name, _now(effect.name, screen), "1 point more", effect.of(POINT))


def _name(setting: str, screen: Screen) -> str:
    family = screen.board.comparison.family
    if setting == "escalate":
        return f"Escalation to {short_name(screen.controls.full, family)}"
    if setting in TITLES:
        return title_of(screen.board, setting)
    return f"Share of {short_name(setting, family)}"


def _now(setting: str, screen: Screen) -> str:
    controls = screen.controls
    if setting not in TITLES:
        return share_text(dict(controls.start_with)[setting])
    share: Fraction | None = getattr(controls, setting)
    return share_text(screen.board.cached_share if share is None else share)


def _of_price(effect: Effect, currency: str) -> Matter:
    cost = f"{dollars(effect.of(Fraction(1)), currency)} a month"
    return Matter(capital(effect.name), cost, "1% higher", effect.of(POINT))


def sentence(found: list[Matter], currency: str) -> str:
    """Return what matters most: the setting or price, its step, and what that costs."""
    first = found[0]
    amount = dollars(abs(first.change), currency)
    verb = "costs" if first.change > 0 else "saves"
    name = first.name[:1].lower() + first.name[1:]
    return f"Matters most: {name}. {first.step} {verb} {amount} a month."


def _table(found: list[Matter], currency: str) -> html.Div:
    head = [html.Th(name, scope="col") for name in HEADER]
    largest = max(abs(each.change) for each in found)
    body = [_row(each, largest, currency) for each in found]
    table = html.Table(
        [html.Thead(html.Tr(head)), html.Tbody(body)], className="chart-table matters-table"
    )
    return html.Div(
        table, className="table-scroll all-rows", tabIndex="0", role="region", **labelled(TITLE)
    )


def _row(each: Matter, largest: Fraction, currency: str) -> html.Tr:
    return html.Tr(
        [
            html.Th(each.name, scope="row"),
            html.Td(each.now),
            html.Td(each.step),
            html.Td(
                [
                    _bar(each.change, largest),
                    html.Span(change_text(each.change, currency), className="matters-amount"),
                ]
            ),
        ]
    )


def _bar(change: Fraction, largest: Fraction) -> html.Span:
    """Return how large a change is beside the largest one; more is hatched as in the charts."""
    width = f"{float(abs(change) / largest) * 100:.1f}%"
    fill = html.Span(className="matters-more" if change > 0 else None, style={"width": width})
    return html.Span(fill, className="matters-bar", **attributes({"aria-hidden": "true"}))


def change_text(change: Fraction, currency: str) -> str:
    """Return a change to the cent with its sign: ``+$19.80``, ``−$1.30``."""
    text = dollars(abs(change), currency)
    return f"{'−' if change < 0 else '+'}{text}"
