"""How the coming month may come out under the plan on screen: as ``tollbook plan`` says it.

The month on screen has 30 days as they came. The range is that of the coming month of the
calendar, whose weekdays are laid on it, and is drawn from past days and sessions.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from typing import TYPE_CHECKING

from costmodel.controls import levers_of
from costmodel.money import dollars
from costmodel.plan import LedgerBaseline, Plan, PlanError, Scenario, plan_runner
from dashboard.pages.whatif.words import cents, sentence_money
from dashboard.remembered import remembered
from ingest.baseline import plan_history, plan_period

if TYPE_CHECKING:
    from datetime import date
    from fractions import Fraction

    from costmodel.controls import Controls
    from costmodel.plan import PlanRunner
    from costmodel.plan_result import ScenarioResult
    from dashboard.pages.whatif.board import Board
    from dashboard.view import View

NO_RANGE_TYPED = "No range: typed numbers."
NO_RANGE_SHORT = "No range: less than two weeks of history."
_TENTHS = 10
_SMALL = 100
"""Below this an amount is said with its cents."""


@dataclass(frozen=True)
class Likely:
    """What a plan may cost in ``month``; None where the past is too short for a range.

    ``above_limit`` is the share of outcomes above the limit, None without one.
    """

    month: date
    expected: Fraction
    low: Fraction | None
    high: Fraction | None
    above_limit: float | None


def likely_of(
    usage: View, board: Board, controls: Controls, limit: Fraction | None
) -> Likely | None:
    """Return what the coming month may cost; None where the usage has no whole day to tell."""
    levers = levers_of(controls)
    names = tuple(board.base.where)
    filters = tuple(sorted(usage.filters.items()))
    books = id(usage.source.book), id(usage.source.configuration)
    asked = board.usage.range_words, usage.zone, filters, names, board.today, *books

    def runner() -> PlanRunner | None:
        return remembered(usage.store, ("plan runner", *asked), lambda: _runner(usage, board))

    def priced() -> Likely | None:
        found = runner()
        if found is None:
            return None
        return _likely(found, found.result(Scenario("this plan", levers), limit))

    try:
        return remembered(usage.store, ("likely", repr(levers), limit, *asked), priced)
    except PlanError:
        return None


def _runner(usage: View, board: Board) -> PlanRunner | None:
    period = plan_period(board.usage.range_words, usage.now, usage.zone)
    store, book, names = usage.store, usage.source.book, tuple(board.base.where)
    history = plan_history(store, book, period, usage.filters, names)
    if history is None:
        return None
    plan = Plan(LedgerBaseline(board.usage.range_words, usage.filters), ())
    return plan_runner(plan, book, today=board.today, history=history)


def _likely(runner: PlanRunner, found: ScenarioResult) -> Likely:
    return Likely(
        runner.month, found.monthly_cost, found.p10, found.p90, found.probability_over_limit
    )


def likely_text(likely: Likely | None, limit: Fraction | None, currency: str) -> str:
    """Return the range and the chance of crossing the limit, or why there is none."""
    if likely is None or likely.low is None or likely.high is None:
        return NO_RANGE_SHORT
    places = 2 if likely.high < _SMALL else 0
    low, high, expected = (
        dollars(amount, currency, places) for amount in (likely.low, likely.high, likely.expected)
    )
    days = monthrange(likely.month.year, likely.month.month)[1]
    text = f"Likely {low} to {high} in {likely.month:%B} ({days} days, {expected} expected)"
    if limit is None or likely.above_limit is None:
        return f"{text}."
    name = sentence_money(cents(limit), currency)
    return f"{text}; {chance_text(likely.above_limit)} chance to cross {name}."


def chance_text(chance: float) -> str:
    """Return a chance in tenths; what rounds to none or all of them is never called certain."""
    tenths = round(chance * _TENTHS)
    if tenths == 0:
        return "less than 1 in 10"
    return "more than 9 in 10" if tenths == _TENTHS else f"{tenths} in 10"
