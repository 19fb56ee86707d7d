"""``tollbook forecast``: where the open month ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tollbook.commands.reporting import misses
from tollbook.data_fitness import MINUTE
from tollbook.errors import DataUnfit
from tollbook.invocation import Invocation, with_invocation
from tollbook.options import command
from tollbook.output import amount
from tollbook.report_options import filter_values, zone_and_filters

if TYPE_CHECKING:
    from alerts.period_end import PeriodEnd
    from costmodel.budget import Budget
    from costmodel.spend import Spend


@dataclass(frozen=True)
class _Heading:
    """A month, the budget that it is held against, and what it has spent up to the watermark.

    ``budget`` has no name where nobody keeps one for just this usage.
    """

    budget: Budget
    end: PeriodEnd
    spend: Spend


@command("forecast")
@zone_and_filters
@with_invocation
def forecast_command(invocation: Invocation, tz: str | None, filters: tuple[str, ...]) -> None:
    """Show where the open month ends.

    It is the forecast of the pages and the mails. Prices that change before its end are
    counted from their day. A budget of just this usage, kept by the month, is the limit.

    Example: tollbook forecast --filter feature=search
    """
    found = _heading(invocation, tz or invocation.configuration.timezone, filters)
    if invocation.as_json:
        invocation.output.result(_answer(found))
        return
    for line in _lines(found):
        invocation.output.say(line)


def _heading(invocation: Invocation, zone: str, filters: tuple[str, ...]) -> _Heading:
    from alerts.evaluation import end_of
    from ingest.periods import Period
    from ingest.report import ReportQuery, report

    store, book, configuration = invocation.store(), invocation.book, invocation.configuration
    budget = _budget(invocation, zone, filters)
    end = end_of(budget, store, book, configuration, invocation.now)
    if end is None:
        raise DataUnfit("there is no such usage, so nothing can be forecast")
    if end.end <= invocation.now:
        last = f"{end.watermark:{MINUTE}}"
        raise DataUnfit(f"the usage ends at {last} UTC, before this month; import newer exports")
    so_far = Period(end.start, end.watermark, zone, "", "")
    return _Heading(budget, end, report(store, book, ReportQuery(so_far, (), budget.filters)))


def _budget(invocation: Invocation, zone: str, filters: tuple[str, ...]) -> Budget:
    """Return the budget by the month of just this usage, else one without a name."""
    from fractions import Fraction

    from costmodel.budget import Budget
    from dashboard.money_budgets import money_budgets
    from dashboard.source import Source

    book, configuration = invocation.book, invocation.configuration
    wanted = filter_values(filters)
    store = invocation.store()
    source = Source(store.path, book, configuration, invocation.clock)
    for each in money_budgets(store, source, wanted):
        is_month = each.period == "month" and (each.starts is None or each.starts.day == 1)
        if is_month and (each.timezone or configuration.timezone) == zone:
            return each
    currency = book.contract.currency
    return Budget("", Fraction(1), currency=currency, timezone=zone, filters=wanted)


def _answer(found: _Heading) -> dict[str, Any]:
    """Return the forecast as JSON; ``replayed`` is how the method did lately, null if unknown."""
    from alerts.forecast_json import forecast_json

    budget, end, replayed = found.budget, found.end, found.end.replayed
    return {
        "from": end.start.isoformat(),
        "until": end.end.isoformat(),
        "as_of": end.watermark.isoformat(),
        "currency": budget.currency,
        "budget": budget.name or None,
        "limit": amount(budget.amount) if budget.name else None,
        "spent": amount(found.spend.total.cost),
        "at_least": found.spend.at_least,
        "forecast": forecast_json(budget, end.ahead, end.coming),
        "replayed": replayed
        and {
            "replays": replayed.replays,
            "days": replayed.horizon_days,
            "mean_error": replayed.mean_error,
            "held": replayed.held,
        },
    }


def _lines(found: _Heading) -> list[str]:
    """Return the sentence of the overview, and what it rests on."""
    from costmodel.backtest_words import backtest_sentence
    from costmodel.coming_price import coming_price_sentences
    from costmodel.forecast import NotForecastable

    end = found.end
    lines = [_sentence(found), f"Data until {end.watermark:{MINUTE}} UTC."]
    if isinstance(end.ahead, NotForecastable):
        lines.append(f"No forecast: {end.ahead.reason}.")
    elif end.replayed is not None:
        lines.append(backtest_sentence(end.replayed))
    return [
        *lines,
        *coming_price_sentences(end.coming, found.budget.currency),
        *misses(found.spend),
    ]


def _sentence(found: _Heading) -> str:
    from costmodel.number_text import headline_money
    from costmodel.standing_words import heads_for, standing_sentence

    budget, ahead, total = found.budget, found.end.forecast, found.spend.total
    limit = f" of {headline_money(budget.amount, budget.currency)}" if budget.name else ""
    spent = f"{headline_money(total.cost or 0, budget.currency)}{limit}"
    heads = None
    if ahead is not None:
        ends = (ahead.expected, ahead.low, ahead.high)
        texts = (headline_money(each, budget.currency) for each in ends)
        heads = heads_for(*texts, at_least=found.spend.at_least)
    name = f"{found.end.start:%B %Y}"
    return standing_sentence(name, spent, heads, at_least=found.spend.at_least)
