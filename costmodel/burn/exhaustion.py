"""Exhaustion: when a budget's amount will be used up, along the profile, with its range."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from costmodel.forecast import HIGH, LOW, Forecast

if TYPE_CHECKING:
    from datetime import datetime

    from costmodel.burn.facts import Facts


@dataclass(frozen=True)
class UsedUp:
    """When the amount is used up; None where that lies behind the period's end.

    ``earliest`` to ``latest`` hold it 8 times in 10.
    """

    expected: datetime | None
    earliest: datetime | None
    latest: datetime | None


def used_up(facts: Facts) -> UsedUp | None:
    """Return when the amount will be used up; None where nothing can be forecast.

    What the forecast expects to the period's end is laid on the hours that are left as the
    plan lays them: nights and weekends move the date. The range comes from the forecast's
    own errors. A budget that is used up already says when it was.
    """
    already = _crossed(facts)
    if already is not None:
        return UsedUp(already, already, already)
    if not isinstance(facts.ahead, Forecast):
        return None
    rest = facts.ahead.expected - facts.ahead.spent
    errors = np.asarray(facts.ahead.log_errors)
    low, high = np.quantile(errors, [LOW, HIGH], method="weibull")
    factors = (1.0, float(np.exp(high)), float(np.exp(low)))
    return UsedUp(*(_reached(facts, rest * factor) for factor in factors))


def _crossed(facts: Facts) -> datetime | None:
    if facts.spent_so_far < facts.amount:
        return None
    series = facts.series
    end = min(len(series.amounts), series.position(facts.end))
    edges = np.append(np.arange(float(series.edges(series.position(facts.start))), end), end)
    spent = series.spent_before(edges) - series.spent_before(edges[:1])
    place = min(int(np.searchsorted(spent, facts.amount)), len(edges) - 1)
    return series.moment(float(edges[place]))


def _reached(facts: Facts, rest: float) -> datetime | None:
    left = facts.amount - facts.spent_so_far
    before = facts.plan.share_before(facts.watermark)
    if rest <= left:
        return None
    wanted = before + (1 - before) * left / rest
    shares = facts.plan.cumulated
    place = int(np.searchsorted(shares, wanted, side="left"))
    below, above = float(shares[place - 1]), float(shares[place])
    part = (wanted - below) / (above - below)
    return facts.series.moment(place - 1 + part)
