"""The sentence that answers "where do we stand", and the bar under it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dash import html

from costmodel.forecast import NotForecastable
from costmodel.number_text import headline_money
from costmodel.standing_words import heads_for, standing_sentence
from dashboard.budget_bar import BarOf, budget_bar
from dashboard.time_words import period_name

if TYPE_CHECKING:
    from datetime import datetime

    from dash.development.base_component import Component

    from dashboard.pages.overview.standing import Standing

_FASTER, _SLOWER = 1.05, 0.95


def sentence(standing: Standing, now: datetime) -> str:
    """Return the large sentence, whole dollars throughout."""
    name = period_name(standing.period, now)
    currency = standing.currency
    if standing.spent is None:
        return f"{name} has no usage that could be priced."
    limit = f" of {headline_money(standing.limit, currency)}" if standing.limit else ""
    spent = f"{headline_money(standing.spent, currency)}{limit}"
    if standing.ahead is None:
        return f"{name} cost {'at least ' if standing.at_least else ''}{spent}."
    return standing_sentence(name, spent, _heads_for(standing), at_least=standing.at_least)


def _heads_for(standing: Standing) -> str | None:
    ahead = standing.forecast
    if ahead is None:
        return None
    expected, low, high = (
        headline_money(amount, standing.currency)
        for amount in (ahead.expected, ahead.low, ahead.high)
    )
    return heads_for(expected, low, high, at_least=standing.at_least)


def remark(standing: Standing) -> str:
    """Return the smaller sentence under the bar: pace, chance, or why there is no forecast."""
    parts = [_pace_words(standing.pace_now), _chance_words(standing)]
    if isinstance(standing.ahead, NotForecastable) and standing.spent is not None:
        parts.append(f"No forecast: {standing.ahead.reason}.")
    return " ".join(part for part in parts if part)


def _pace_words(pace: float | None) -> str:
    if pace is None:
        return ""
    return f"Spending {pace:.1f}x plan over the last 3 days."


def _chance_words(standing: Standing) -> str:
    ahead, limit = standing.forecast, standing.limit
    if ahead is None or limit is None:
        return ""
    if ahead.low > limit:
        return "The whole likely range is over the budget."
    if ahead.high <= limit:
        return "The whole likely range is within the budget."
    tenths = min(max(round(ahead.chance_above(float(limit)) * 10), 1), 9)
    return f"It ends over the budget in about {tenths} of 10 cases."


def headline(standing: Standing, now: datetime) -> html.Section:
    """Return sentence, bar and remark."""
    said = remark(standing)
    parts: list[Component] = [html.H1(sentence(standing, now), className="headline")]
    if standing.spent is not None and (standing.limit or standing.forecast):
        parts.append(_bar(standing))
    if said:
        parts.append(html.P(said, className="remark"))
    return html.Section(parts, className="standing")


def _bar(standing: Standing) -> html.Div:
    currency, limit = standing.currency, standing.limit
    return budget_bar(
        BarOf(
            float(standing.spent or 0),
            headline_money(standing.spent, currency),
            float(limit or 0),
            headline_money(limit, currency) if limit else "",
            standing.forecast,
        )
    )
