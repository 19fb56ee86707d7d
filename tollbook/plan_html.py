"""A plan file as one HTML file to hand on: bars, tables, assumptions."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from costmodel.money import MILLION, dollars
from costmodel.number_text import count
from costmodel.plan import MONTHLY_COST
from dashboard.chart_card import Chart
from dashboard.figures.palette import EXPECTED, SPENT
from dashboard.figures.whatif import Bar, bars, bars_height
from dashboard.moments import day_text, moment_text
from dashboard.one_file import Document, Drawing, Listing
from dashboard.pages.whatif.breakdown import rate_text
from dashboard.token_types import sized, token_type
from tollbook.output import at_least, share_words
from tollbook.spend_words import money_words

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from fractions import Fraction

    from costmodel.plan_result import PlanResult, ScenarioResult
    from dashboard.plan_workbook import LivePlan, LiveScenario
    from tollbook.plan_changes import Version

BASELINE = "baseline"
LONGEST_NAME = 22
"""So many letters stand beside a bar on a narrow screen."""


def document(head: Version, plan: LivePlan, now: datetime, until: datetime | None) -> Document:
    """Return what the file shows; ``until`` is how far usage reaches, None for typed numbers."""
    result = head.result
    computed = f"Computed on {day_text(now.date())}"
    data = f", data until {moment_text(until, 'UTC')}" if until else ""
    return Document(
        title=f"Tollbook: plan for {_month(result)}",
        sentence=_sentence(result),
        second=_second(result),
        as_of=f"{computed}{data}",
        drawings=(_bars(result, head.plan.limits.get(MONTHLY_COST)),),
        listings=(_scenarios(result), _token_types(plan)),
        assumptions=plan.assumptions,
    )


def _sentence(result: PlanResult) -> str:
    """Return the cheapest scenario beside the baseline."""
    base = _cost(result.baseline, result)
    known = [each for each in result.scenarios if each.delta is not None]
    if not known:
        return f"The baseline costs {base} in {_month(result)}."
    best = min(known, key=lambda each: each.monthly_cost)
    return (
        f"In {_month(result)} the baseline costs {base}. The cheapest scenario, “{best.name}”, "
        f"costs {_cost(best, result)}."
    )


def _month(result: PlanResult) -> str:
    return f"{date.fromisoformat(f'{result.period}-01'):%B %Y}"


def _second(result: PlanResult) -> str:
    over = ", ".join(f"“{each.scenario}”" for each in result.violations)
    crossed = f"Over the limit: {over}." if over else ""
    ranged = "" if result.baseline.p10 is not None else "No range: typed numbers."
    return " ".join(text for text in (crossed, ranged) if text)


def _bars(result: PlanResult, limit: Fraction | None) -> Drawing:
    every = (result.baseline, *result.scenarios)
    rows = [
        Bar(name, each.monthly_cost, EXPECTED if each.name == BASELINE else SPENT)
        for name, each in zip(_short_names([each.name for each in every]), every, strict=True)
    ]
    chart = Chart(
        sentence=f"What {_month(result)} costs under each scenario, on one scale.",
        figure=bars(rows, limit, result.currency),
        header=("Scenario", "Cost"),
        rows=[(each.name, _cost(each, result)) for each in every],
    )
    return Drawing("What the month costs", chart, bars_height(len(rows)))


def _short_names(names: Sequence[str]) -> list[str]:
    """Return names that have room beside bars, no two of them the same."""
    found: list[str] = []
    for place, name in enumerate(names):
        short = name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"
        found.append(f"{short} ({place})" if short in found else short)
    return found


def _scenarios(result: PlanResult) -> Listing:
    over = {each.scenario for each in result.violations}
    rows = [
        (
            each.name,
            "over the limit" if each.name in over else "",
            _cost(each, result),
            _range(each, result),
            "" if each.name == BASELINE else money_words(each.delta, result.currency),
            _share(each),
        )
        for each in (result.baseline, *result.scenarios)
    ]
    header = ("Scenario", "", "A month", "Likely (8 in 10)", "Against the baseline", "Share")
    return Listing("Scenarios", header, rows, words=2)


def _range(each: ScenarioResult, result: PlanResult) -> str:
    if each.p10 is None or each.p90 is None:
        return ""
    low, high = (money_words(amount, result.currency) for amount in (each.p10, each.p90))
    return f"{low} to {high}"


def _share(each: ScenarioResult) -> str:
    if each.name == BASELINE or each.delta_share is None:
        return ""
    return share_words(each.delta_share)


def _cost(each: ScenarioResult, result: PlanResult) -> str:
    return at_least(money_words(each.monthly_cost, result.currency), is_lower_bound=each.at_least)


def _token_types(plan: LivePlan) -> Listing:
    header = ("Scenario", "Model", "Tier", "Token type", "Quantity", "Per million", "Cost")
    rows = [row for each in plan.scenarios for row in _parts(each, plan.currency)]
    return Listing("Every scenario by token type", header, rows, words=4)


def _parts(scenario: LiveScenario, currency: str) -> list[tuple[str, ...]]:
    return [
        (
            scenario.name,
            part.model,
            part.tier,
            sized(token_type(part.meter), part.above_input_tokens),
            count(round(amount)),
            rate_text(part.rate_per_million, currency),
            dollars(amount * part.rate_per_million / MILLION, currency),
        )
        for part, amount in scenario.live.quantities().items()
        if amount
    ]
