"""What a plan's scenarios pay beside their meters, and how commitments and caps do, to read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tollbook.output import Column, Table, number_column
from tollbook.spend_words import money_words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from costmodel.plan_result import PlanResult, ScenarioResult
    from costmodel.plan_terms import CommitmentView
    from tollbook.invocation import Invocation


def show_terms(invocation: Invocation, result: PlanResult) -> None:
    """Print a table for each commitment, and a sentence for money that no meter counts."""
    for each in result.scenarios:
        for view in each.terms.commitments:
            invocation.output.table(_commitment(each.name, view, result.currency))
        for text in _sentences(each, result.currency):
            invocation.output.say(text)


def _commitment(name: str, view: CommitmentView, currency: str) -> Table:
    table = Table(
        [
            Column(f"{name}: commitment at"),
            number_column("Usage"),
            number_column("Paid"),
            number_column("For nothing"),
            number_column("Saving"),
            number_column("Paid per 1.00 used"),
            number_column("Per million tokens"),
        ]
    )
    points = {"low volume": view.low, "middle": view.middle, "high volume": view.high}
    for words, point in points.items():
        money = (point.usage, point.paid, point.shortfall, point.saving)
        price = "" if point.effective_price is None else f"{float(point.effective_price):.3f}"
        row = [words, *(money_words(amount, currency) for amount in money), price]
        rate = point.effective_rate
        table.rows.append([*row, "" if rate is None else money_words(rate, currency)])
    return table


def _sentences(each: ScenarioResult, currency: str) -> Iterable[str]:
    for view in each.terms.commitments:
        even = view.settlement.commitment.break_even_usage
        pays = "never pays: there is no discount"
        if even is not None:
            pays = f"pays from {money_words(even, currency)} of usage a month on"
        yield f"{each.name}: the commitment {pays}."
    people = [charge.amount for charge in each.terms.charges if charge.kind == "people"]
    for amount in people:
        yield f"{each.name}: {money_words(amount, currency)} of this is for people, not for tokens."
