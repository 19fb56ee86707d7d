"""The table: cost by feature or another dimension, the same rows for screen and downloads."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from costmodel.spend import SpendRow
    from dashboard.view import View

WORDS: dict[str, str] = {
    "feature": "Feature",
    "team": "Team",
    "model": "Model",
    "project": "Project",
    "api_key": "API key",
    "environment": "Environment",
}
"""Dimensions that the table may be broken down by, with their headings."""


_PRICED_BY = ("provider", "model", "zone", "tier")
"""Usage of one of these either has a price or has none."""


@dataclass(frozen=True)
class Line:
    """One value's part: money exact, shares of the whole, change against the comparison."""

    name: str | None
    cost: Fraction | None
    share: Fraction | None
    change: Fraction | None
    before: Fraction | None
    requests: int
    cost_per_thousand: Fraction | None
    unpriced_tokens: int


def offered_words(view: View) -> list[str]:
    """Return the dimensions that the usage of the period knows; ``model`` is always one."""
    values = view.values()
    return [
        word
        for word in WORDS
        if word == "model" or any(value is not None for value in values.get(word, ()))
    ]


def word_of(view: View) -> str:
    """Return the dimension of the table: the address's, else the first that is known."""
    offered = offered_words(view)
    asked = view.state.own.get("by")
    return asked if asked in offered else offered[0]


def lines(view: View, word: str) -> list[Line]:
    """Return the lines of the table, largest cost first; they sum to the page's total."""
    spend = view.report(by=(word,))
    before: dict[str | None, Fraction] = {}
    if view.comparison is not None:
        earlier = view.report(by=(word,), period=view.comparison).rows
        before = {row.dimensions[0]: row.cost or Fraction(0) for row in earlier}
    whole = spend.total.cost or Fraction(0)
    priced = _priced_requests(view, word)
    found = [_line(row, whole, before, priced) for row in spend.rows]
    return sorted(found, key=lambda line: (-(line.cost or 0), line.name or ""))


def _priced_requests(view: View, word: str) -> dict[str | None, int]:
    """Return how many of each value's requests have a price: a cost per request is over them."""
    rows = view.report(by=tuple(dict.fromkeys((word, *_PRICED_BY)))).rows
    counted: dict[str | None, int] = {}
    for row in rows:
        if row.cost is not None:
            counted[row.dimensions[0]] = counted.get(row.dimensions[0], 0) + row.requests
    return counted


def _line(
    row: SpendRow,
    whole: Fraction,
    before: dict[str | None, Fraction],
    priced: dict[str | None, int],
) -> Line:
    name = row.dimensions[0]
    base = before.get(name, Fraction(0)) if before else None
    requests = priced.get(name, 0)
    return Line(
        name=name,
        cost=row.cost,
        share=row.cost / whole if row.cost is not None and whole else None,
        change=(row.cost or Fraction(0)) - base if base is not None else None,
        before=base,
        requests=row.requests,
        cost_per_thousand=row.cost * 1000 / requests if row.cost and requests else None,
        unpriced_tokens=row.unpriced_tokens,
    )


def total_cost(found: Sequence[Line]) -> Fraction:
    """Return the sum of the lines' money."""
    return sum((line.cost or Fraction(0) for line in found), Fraction(0))
