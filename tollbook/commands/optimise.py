"""``tollbook optimise``: the cheapest mix of models, tiers, cache and batch for segments."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tollbook.invocation import Invocation, with_invocation
from tollbook.options import command
from tollbook.output import Column, Table, amount, number_column, share_words
from tollbook.spend_words import money_words
from tollbook.usage_period import usage_period

if TYPE_CHECKING:
    from fractions import Fraction

    from costmodel.mixes import ConditionPrice, Optimum, Part, Problem, Solution
    from ingest.mix_file import MixFile


@command("optimise")
@click.argument(
    "file", type=click.Path(path_type=Path, exists=True, dir_okay=False), metavar="FILE.yaml"
)
@with_invocation
def optimise_command(invocation: Invocation, file: Path) -> None:
    """Find the cheapest mix of models that is good and quick enough.

    The file says which segments there are, how good and how quick their answers must be,
    and which models may serve them; docs/optimise.md explains it. Says too what each of
    these conditions costs.
    """
    from costmodel.optimise import optimum
    from ingest.mix_file import read_mix

    mix = read_mix(file, invocation.book)
    problem = _problem(invocation, mix)
    found = optimum(problem)
    if invocation.as_json:
        invocation.output.result(_answer(found, problem, invocation.book.contract.currency))
    else:
        _show(invocation, found, problem)


def _problem(invocation: Invocation, mix: MixFile) -> Problem:
    from ingest.mixes import problem_of

    book, today = invocation.book, invocation.now.date()
    if not mix.needs_usage:
        return problem_of(mix, book, today=today)
    store = invocation.store()
    period = usage_period(invocation, store, mix.last)
    return problem_of(mix, book, today=today, store=store, period=period)


def _answer(found: Optimum, problem: Problem, currency: str) -> dict[str, Any]:
    return {
        "currency": currency,
        "today": amount(_today(problem)),
        "whole": _solution_answer(found.whole) if found.whole else None,
        "mixed": _solution_answer(found.mixed),
        "prices": [_price_answer(each, currency) for each in found.prices],
    }


def _today(problem: Problem) -> Fraction | None:
    """Return what all segments cost today, None where one of them was typed."""
    from fractions import Fraction

    costs = [segment.today for segment in problem.segments]
    known = [cost for cost in costs if cost is not None]
    return sum(known, Fraction(0)) if len(known) == len(costs) else None


def _solution_answer(solution: Solution) -> dict[str, Any]:
    return {
        "monthly_cost": amount(solution.cost),
        "quality": _number(solution.quality),
        "parts": [_part_answer(part) for part in solution.parts],
    }


def _part_answer(part: Part) -> dict[str, Any]:
    cached = part.way.cached_share
    return {
        "segment": part.segment.name,
        "model": part.way.model,
        "tier": part.way.tier,
        "cached_share": _number(cached),
        "share": float(part.share),
        "monthly_cost": amount(part.cost),
        "quality": _number(part.way.quality),
        "p95_seconds": _number(part.way.p95_seconds),
    }


def _number(value: Fraction | None) -> float | None:
    return None if value is None else float(value)


def _price_answer(price: ConditionPrice, currency: str) -> dict[str, Any]:
    return {
        "kind": price.kind,
        "subject": price.subject,
        "monthly_cost": amount(price.amount.limit_denominator(10**6)),
        "text": price.words(currency),
    }


def _show(invocation: Invocation, found: Optimum, problem: Problem) -> None:
    out, currency = invocation.output, invocation.book.contract.currency
    today = _today(problem)
    if found.whole is not None:
        _show_solution(invocation, "One way for each segment", found.whole, today)
    else:
        out.say("No single way for each segment meets all conditions; a mix does.")
    if found.whole is None or round(found.whole.cost - found.mixed.cost, 2) > 0:
        _show_solution(invocation, "With segments split", found.mixed, today)
    if found.prices:
        out.say("What the conditions cost:")
    for price in found.prices:
        out.say(f"  {price.words(currency)}")
    out.say("Assumes as many tokens an answer on every model; quality is as the file says.")


def _show_solution(
    invocation: Invocation, title: str, solution: Solution, today: Fraction | None
) -> None:
    currency = invocation.book.contract.currency
    numbers = ("Share", "A month", "Quality", "95 of 100 within")
    table = Table([Column("Segment"), Column("Way"), *map(number_column, numbers)], title=title)
    table.rows += [_row(part, currency) for part in solution.parts]
    quality = "" if solution.quality is None else share_words(solution.quality)
    table.total = ["Together", "", "", money_words(solution.cost, currency), quality, ""]
    invocation.output.table(table)
    if today is not None:
        change = today - solution.cost
        word = "less" if change >= 0 else "more"
        text = f"{money_words(abs(change), currency)} {word} than today's"
        invocation.output.say(f"{text} {money_words(today, currency)}.")


def _row(part: Part, currency: str) -> list[str]:
    way = part.way
    return [
        part.segment.name,
        way.name,
        share_words(part.share),
        money_words(part.cost, currency),
        "" if way.quality is None else share_words(way.quality),
        "" if way.p95_seconds is None else f"{float(way.p95_seconds):g} s",
    ]
