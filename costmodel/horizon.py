"""The horizon: what a scenario costs in each of the next months."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date
    from fractions import Fraction

    from costmodel.book import PriceBook
    from costmodel.levers import Lever
    from costmodel.rates import Assumption
    from costmodel.workload import Baseline


@dataclass(frozen=True)
class HorizonEvent:
    """A day on which the line changes: a shutdown (traffic goes to the successor) or a price."""

    on: date
    kind: Literal["shutdown", "price"]
    provider: str
    model: str
    successor: str | None = None


@dataclass(frozen=True)
class HorizonMonth:
    """One month's cost; ``is_dashed`` from the first shutdown on: the successor's price."""

    month: date
    cost: Fraction
    is_dashed: bool
    events: tuple[HorizonEvent, ...]
    at_least: bool


@dataclass(frozen=True)
class Horizon:
    """Twelve months and what they rest on."""

    months: tuple[HorizonMonth, ...]
    events: tuple[HorizonEvent, ...]
    assumptions: tuple[Assumption, ...]
    warnings: tuple[str, ...]


def horizon(
    baseline: Baseline,
    levers: Iterable[Lever],
    book: PriceBook,
    first_month: date,
    months: int = 12,
) -> Horizon:
    """Return the cost of each month: every month carries the volume of 30 days.

    Growth compounds from the first month on. From a model's day of shutdown its
    traffic is priced at its successor; announced prices count from their day; months
    that a change divides are weighed by days.
    """
    raise NotImplementedError
