"""Spend a day: the series behind the figure, its sentence and its table."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING

from costmodel import usage
from costmodel.number_text import count, headline_money, money, share, short_count
from dashboard.chart_card import Chart
from dashboard.figures.days import Flag, Stack, folded, spend_by_day
from dashboard.model_hues import hues_of
from dashboard.moments import day_text, short_day_text
from dashboard.pages.overview.plan_line import BUDGET, PlanLine, plan_line
from dashboard.pages.overview.saved import saved_so_far_text
from dashboard.time_words import day_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from costmodel.spend import SpendRow
    from dashboard.pages.overview.standing import Standing
    from dashboard.view import View

UNITS = ("money", "tokens")
_MOST_DAYS, _MOST_WEEKS = 92, 400
_UNKNOWN_MODEL = "no model name"


def unit_of(view: View) -> str:
    """Return what the chart counts: money unless the address says tokens."""
    asked = view.state.own.get("unit", "money")
    return asked if asked in UNITS else "money"


def days_chart(view: View, standing: Standing) -> Chart | None:
    """Return the chart for the page's period, None when no day has usage."""
    word, span = grain(view)
    rows = view.report(by=(word, "model")).rows
    if not rows:
        return None
    unit = unit_of(view)
    exact = _series(rows, unit, view.period.start.date())
    days = _every_day(view, [day for values in exact.values() for day in values], span)
    colours = hues_of(view)
    ranked = sorted(exact, key=lambda name: -sum(exact[name].values()))
    series = {name: [float(exact[name].get(day, 0)) for day in days] for name in ranked}
    line = plan_line(view, standing) if unit == "money" and span == 1 else None
    stack = Stack(
        days=days,
        series=series,
        unit=unit,
        currency_symbol=_symbol(standing.currency),
        plan=list(line.by_day.items()) if line else (),
        plan_name=line.name if line else BUDGET,
        flags=_flags(view, days),
        span_days=span,
    )
    shown = list(folded(series, colours))
    return Chart(
        sentence=_sentence(exact, days, word, unit, standing.currency)
        + _planned(line, days, standing.currency)
        + (saved_so_far_text(view, line.plan) if line and line.plan else ""),
        figure=spend_by_day(stack, colours),
        header=[
            word.capitalize(),
            *(name for name in shown if name in exact),
            *_rest(shown, exact),
            "Total",
            *([line.name] if line and line.is_adopted else []),
        ],
        rows=_beside(
            _table(exact, days, (shown, word), (unit, standing.currency)),
            [_plan_cell(line, day, standing.currency) for day in days],
        ),
    )


def _planned(line: PlanLine | None, days: list[date], currency: str) -> str:
    """Return what an adopted plan meant for the days that are shown."""
    if line is None or not line.is_adopted:
        return ""
    covered = sum(day in line.by_day for day in days)
    some = f"the {covered} of these days that it covers"
    amount = headline_money(Fraction(line.planned(days)), currency)
    when = "these days" if covered == len(days) else some
    return f" The plan \u201c{line.name}\u201d meant {amount} for {when}."


def _plan_cell(line: PlanLine | None, day: date, currency: str) -> list[str]:
    if line is None or not line.is_adopted:
        return []
    planned = line.by_day.get(day)
    return ["" if planned is None else money(Fraction(planned), currency)]


def _beside(rows: list[list[str]], more: list[list[str]]) -> list[list[str]]:
    return [[*row, *cells] for row, cells in zip(rows, more, strict=True)]


def grain(view: View) -> tuple[str, int]:
    """Return how much time a bar covers: a day, a week, or about a month."""
    start = view.period.start
    if view.facts.extent is not None:
        start = max(start, view.facts.extent[0].astimezone(start.tzinfo))
    length = (view.until - start).days
    if length <= _MOST_DAYS:
        return "day", 1
    return ("week", 7) if length <= _MOST_WEEKS else ("month", 30)


def _series(rows: tuple[SpendRow, ...], unit: str, first: date) -> dict[str, dict[date, Fraction]]:
    """Return each model's amount by day; what begins before the period counts on its first day."""
    series: dict[str, dict[date, Fraction]] = defaultdict(dict)
    for row in rows:
        label, model = row.dimensions
        day = day_of(label) if label else first
        tokens = Fraction(usage.all_tokens(row.quantities))
        amount = (row.cost or Fraction(0)) if unit == "money" else tokens
        if amount:
            by_day = series[model or _UNKNOWN_MODEL]
            by_day[day] = by_day.get(day, Fraction(0)) + amount
    return dict(series)


def _every_day(view: View, seen: list[date], span: int) -> list[date]:
    """Return the days to draw: those with usage and the empty ones between them."""
    if span > 1:
        return sorted(set(seen))
    first = max(view.period.start.date(), min(seen))
    last = max((view.until - timedelta(microseconds=1)).date(), *seen)
    if view.period.start.date() < first and (first - view.period.start.date()).days < _MOST_DAYS:
        first = view.period.start.date()
    return [first + timedelta(n) for n in range((last - first).days + 1)]


def _flags(view: View, days: list[date]) -> list[Flag]:
    notes = view.source.configuration.notes
    return [Flag(note.on, note.text) for note in notes if days[0] <= note.on <= days[-1]]


def _sentence(
    series: Mapping[str, Mapping[date, Fraction]],
    days: list[date],
    word: str,
    unit: str,
    currency: str,
) -> str:
    """Return what the chart shows: the total, who has most of it, and the largest day."""
    totals = {name: sum(values.values(), Fraction(0)) for name, values in series.items()}
    whole = sum(totals.values(), Fraction(0))
    if not whole:
        return "No usage in this period has a price."
    by_day = {
        day: sum((v.get(day, Fraction(0)) for v in series.values()), Fraction(0)) for day in days
    }
    top = max(by_day, key=lambda day: by_day[day])
    most = max(totals, key=lambda name: totals[name])
    amount = _written(by_day[top], unit, currency)
    return (
        f"{_written(whole, unit, currency)} in {_counted(len(days), word)}; {most} is "
        f"{share(totals[most] / whole)} of it. "
        f"The largest {word} is {_named(top, word)} with {amount}."
    )


def _counted(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _named(first: date, word: str) -> str:
    if word == "day":
        return short_day_text(first)
    return f"{first:%b %Y}" if word == "month" else f"that of {day_text(first)}"


def _written(amount: Fraction, unit: str, currency: str) -> str:
    return (
        headline_money(amount, currency)
        if unit == "money"
        else f"{short_count(int(amount))} tokens"
    )


def _rest(shown: list[str], exact: Mapping[str, object]) -> list[str]:
    return [name for name in shown if name not in exact]


def _table(
    exact: Mapping[str, Mapping[date, Fraction]],
    days: list[date],
    heads: tuple[list[str], str],
    units: tuple[str, str],
) -> list[list[str]]:
    (shown, word), (unit, currency) = heads, units
    named = [name for name in shown if name in exact]
    folded_names = [name for name in exact if name not in shown]
    rows = []
    for day in days:
        amounts = [exact[name].get(day, Fraction(0)) for name in named]
        if folded_names:
            rest = (exact[name].get(day, Fraction(0)) for name in folded_names)
            amounts.append(sum(rest, Fraction(0)))
        cells = [_cell(amount, unit, currency) for amount in (*amounts, sum(amounts, Fraction(0)))]
        first = f"{day:%a} {short_day_text(day)}" if word == "day" else _named(day, word)
        rows.append([first, *cells])
    return rows


def _cell(amount: Fraction, unit: str, currency: str) -> str:
    return money(amount, currency) if unit == "money" else count(int(amount))


def _symbol(currency: str) -> str:
    return {"USD": "$", "EUR": "€", "GBP": "£"}.get(currency, f"{currency} ")
