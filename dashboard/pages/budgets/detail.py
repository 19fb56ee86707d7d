"""One budget: where it stands, what fires, its curve, its windows, and what happened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dash import dcc, html

from alerts.transition import OVER
from dashboard import chart_card
from dashboard.figures.budgets import windows_height_px
from dashboard.moments import moment_text
from dashboard.pages.budgets import trial_section
from dashboard.pages.budgets.cards import PATH, bar_of, state_mark
from dashboard.pages.budgets.charts import FEWEST_DAYS, fan_chart, windows_chart
from dashboard.pages.budgets.firing import firing_card
from dashboard.pages.budgets.words import MOVE_WORDS, data_lines, kept_for, remarks, title

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    import dash_mantine_components as dmc
    from dash.development.base_component import Component

    from alerts.situation import Situation
    from alerts.states import AlertState
    from alerts.transition import Transition

FAN_CARD, WINDOWS_CARD = "budget-fan", "budget-windows"
_FAN_PX = 360
_MOST_EDGES = 50


def budget_detail(
    situation: Situation,
    alerts: Sequence[AlertState],
    transitions: Sequence[Transition],
    now: datetime,
    look: str,
) -> list[Component]:
    """Return everything about one budget; cards without data are not drawn."""
    zone = str(situation.start.tzinfo)
    parts: list[Component | None] = [
        _head(situation, look),
        firing_card(alerts, zone, now),
        _fan(situation, transitions),
        _windows(situation),
        trial_section.section(situation),
        _causes(situation),
        _happened(transitions, zone),
    ]
    return [part for part in parts if part is not None]


def _head(situation: Situation, look: str) -> html.Section:
    return html.Section(
        [
            html.P(dcc.Link("All budgets", href=PATH, className="link"), className="card-detail"),
            html.Div(
                [
                    html.H1(title(situation), className="headline"),
                    state_mark(situation),
                ],
                className="budget-head",
            ),
            html.P(kept_for(situation), className="card-detail"),
            bar_of(situation, has_keys=True),
            html.P(" ".join(remarks(situation)), className="remark"),
            html.Ul(
                [html.Li(line) for line in [*data_lines(situation), look] if line],
                className="budget-lines",
            ),
        ],
        className="standing",
    )


def _fan(situation: Situation, transitions: Sequence[Transition]) -> dmc.Paper | None:
    if len(situation.days) < FEWEST_DAYS:
        return None
    chart = fan_chart(situation, transitions)
    return chart_card.chart_card(FAN_CARD, "Spend as it adds up", chart, height=_FAN_PX)


def _windows(situation: Situation) -> dmc.Paper | None:
    if not situation.windows:
        return None
    height = windows_height_px(len(situation.windows))
    chart = windows_chart(situation)
    return chart_card.chart_card(WINDOWS_CARD, "How fast it is spent", chart, height=height)


def _causes(situation: Situation) -> Component | None:
    if not situation.causes:
        return None
    return html.Section(
        [
            html.H2("The largest causes", className="card-title"),
            html.Ul(
                [html.Li(f"{each.sentence}.") for each in situation.causes],
                className="budget-lines",
            ),
        ],
        className="card",
    )


def _happened(transitions: Sequence[Transition], zone: str) -> Component | None:
    if not transitions:
        return None
    latest = sorted(transitions, key=lambda each: each.recorded_at, reverse=True)[:_MOST_EDGES]
    return html.Section(
        [
            html.H2("What happened", className="card-title"),
            html.Ol([_edge(each, zone) for each in latest], className="budget-edges"),
        ],
        className="card",
    )


def _edge(edge: Transition, zone: str) -> html.Li:
    is_over = edge.move in OVER
    said = (
        f"{MOVE_WORDS[edge.move]}: {edge.key.rule}"
        if is_over
        else (f"{MOVE_WORDS[edge.move]}: {edge.finding.sentence}")
    )
    return html.Li(
        [
            html.Span(moment_text(edge.at, zone), className="budget-edge-when"),
            html.Span(f"{said}.", className="budget-edge-said"),
        ]
    )
