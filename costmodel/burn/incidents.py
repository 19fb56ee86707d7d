"""Labelled incidents to try rules on: what spending would have been had something gone wrong."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from costmodel.burn.series import HOUR

if TYPE_CHECKING:
    from costmodel.burn.series import Amounts, Series

IncidentKind = Literal["multiplier", "loop", "ramp", "price change", "cache loss"]
INPUT_SHARE = 0.5
"""Share of the cost that is input, where the caller does not know it."""
RAMP_HOURS = 7 * 24


@dataclass(frozen=True)
class Incident:
    """Something that goes wrong at hour ``begin`` of the series and lasts to its end.

    ``size`` is the factor on spending (multiplier, price change), the factor at the end of a
    week (ramp), the factor on the input part (cache loss), or how many mean hours a loop adds
    to each hour. A price change begins at once and is a multiplier with another name.
    """

    kind: IncidentKind
    size: float
    begin: int

    @property
    def name(self) -> str:
        """Return kind and size in words."""
        return f"{self.kind} {self.size:g}x" if self.kind != "loop" else f"loop {self.size + 1:g}x"


def with_incident(
    amounts: Amounts, incident: Incident, input_share: float = INPUT_SHARE
) -> Amounts:
    """Return hourly amounts as they would have been with the incident; the argument is kept."""
    changed = amounts.copy()
    begin = incident.begin
    if incident.kind == "loop":
        changed[begin:] += incident.size * float(amounts[:begin].mean())
    elif incident.kind == "ramp":
        hours = np.arange(1, len(amounts) - begin + 1)
        changed[begin:] *= 1 + (incident.size - 1) * np.minimum(hours / RAMP_HOURS, 1.0)
    elif incident.kind == "cache loss":
        changed[begin:] *= 1 + (incident.size - 1) * input_share
    else:
        changed[begin:] *= incident.size
    return changed


def struck(series: Series, incident: Incident) -> Series:
    """Return a series as it would have been with an incident, whatever its steps are.

    What an incident adds to an hour is spread evenly over the steps in it; an hour of a step
    that is longer has an even part of it.
    """
    amounts = series.amounts
    if series.step > HOUR:
        each = round(series.step / HOUR)
        hourly = with_incident(np.repeat(amounts / each, each), incident)
        return replace(series, amounts=hourly.reshape(-1, each).sum(axis=1))
    each = round(HOUR / series.step)
    hourly = by_hour(series)
    added = np.repeat((with_incident(hourly, incident) - hourly) / each, each)
    return replace(series, amounts=amounts + np.pad(added, (0, len(amounts) - len(added))))


def by_hour(series: Series) -> Amounts:
    """Return what the whole hours of a series of steps within an hour spent."""
    each = round(HOUR / series.step)
    whole = len(series.amounts) // each
    hourly: Amounts = series.amounts[: whole * each].reshape(whole, each).sum(axis=1)
    return hourly
