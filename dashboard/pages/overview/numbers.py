"""Four numbers, each with its change against the comparison and the base of that change."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from dash import html

from costmodel.number_text import count, money, share, signed_share, unit_money
from dashboard.time_words import is_calendar_month

if TYPE_CHECKING:
    from collections.abc import Callable

    from costmodel.spend import Spend
    from dashboard.view import View


_AT_LEAST = html.Span("at least ", className="at-least")


@dataclass(frozen=True)
class Number:
    """A number card: what it is, its value, and its change with the base."""

    name: str
    value: str
    change: str = ""
    base: str = ""
    at_least: bool = False


def numbers_of(view: View) -> list[Number]:
    """Return the page's four numbers; one without data is left out."""
    now = view.report()
    before = view.report(period=view.comparison) if view.comparison else None
    if before is not None and before.total.requests == 0:
        before = None
    text = view.comparison.text if view.comparison else ""
    currency = now.currency
    found = [
        _cost(view, now, before, text),
        _compared(
            "Cost per 1,000 requests",
            (cost_per_thousand(now), cost_per_thousand(before) if before else None),
            lambda amount: unit_money(amount, currency),
            text,
        ),
        _cached(now, before, text),
        _compared(
            "Requests",
            (
                Fraction(now.total.requests),
                Fraction(before.total.requests) if before else None,
            ),
            lambda amount: count(int(amount)),
            text,
        ),
    ]
    return [number for number in found if number is not None]


def cost_per_thousand(spend: Spend) -> Fraction | None:
    """Return money per 1,000 requests, over the requests that have a price."""
    requests = spend.total.requests - sum(missed.requests for missed in spend.unpriced)
    if spend.total.cost is None or requests <= 0:
        return None
    return spend.total.cost * 1000 / requests


def cached_share(spend: Spend) -> Fraction | None:
    """Return the share of input billed at the cached price, None without input."""
    total = spend.total
    if total.input_tokens == 0:
        return None
    return Fraction(total.cached_input_tokens, total.input_tokens)


def _cost(view: View, now: Spend, before: Spend | None, text: str) -> Number | None:
    name = "Month to date" if _is_open_month(view) else "Cost"
    number = _compared(
        name,
        (now.total.cost, before.total.cost if before else None),
        lambda amount: money(amount, now.currency),
        text,
    )
    if number is None or not now.at_least:
        return number
    return replace(number, at_least=True)


def _is_open_month(view: View) -> bool:
    return is_calendar_month(view.period) and view.now < view.period.end


def _compared(
    name: str,
    pair: tuple[Fraction | None, Fraction | None],
    written: Callable[[Fraction], str],
    text: str,
) -> Number | None:
    now, before = pair
    if now is None:
        return None
    if before is None or before == 0:
        return Number(name, written(now))
    return Number(name, written(now), signed_share(now / before - 1), f"{written(before)}, {text}")


def _cached(now: Spend, before: Spend | None, text: str) -> Number | None:
    """Return the cached share; its change is in points, because it is a share itself."""
    value = cached_share(now)
    base = cached_share(before) if before else None
    if value is None:
        return None
    name = "Input billed at the cached price"
    if base is None:
        return Number(name, share(value))
    points = round(float(value) * 100) - round(float(base) * 100)
    sign = "±" if points == 0 else "+" if points > 0 else "−"
    word = "point" if abs(points) == 1 else "points"
    return Number(name, share(value), f"{sign}{abs(points)} {word}", f"{share(base)}, {text}")


def number_row(numbers: list[Number]) -> html.Dl:
    """Return the numbers side by side."""
    return html.Dl([_card(number) for number in numbers], className="number-row")


def _card(number: Number) -> html.Div:
    parts = [
        html.Dt(number.name, className="number-name"),
        html.Dd(
            [_AT_LEAST, number.value] if number.at_least else number.value, className="number-value"
        ),
    ]
    if number.change:
        parts.append(
            html.Dd([html.Strong(number.change), f" from {number.base}"], className="number-change")
        )
    return html.Div(parts, className="card number-card")
