"""Growth by what drives it: users times requests a user times tokens a request."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

from costmodel.flows import resized
from costmodel.lever import Lever
from costmodel.meters import METERS, TOKEN_METERS
from costmodel.routing import Grow
from costmodel.scene import LeverError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from costmodel.flows import Flow
    from costmodel.scene import Scene

ONE = Fraction(1)


@dataclass(frozen=True, kw_only=True)
class GrowDrivers(Grow):
    """Each driver grows by its share a month, compounding; ``requests`` are those of one user."""

    users: Fraction = Fraction(0)
    tokens: Fraction = Fraction(0)

    def __post_init__(self) -> None:
        super().__post_init__()
        if min(self.users, self.tokens) < -1:
            raise LeverError("users and tokens cannot shrink by more than 100% a month")

    def changed(self, flow: Flow, scene: Scene) -> Iterable[Flow]:
        """Scale requests and tokens with the first two drivers, tokens with the third too."""
        if not self.touches(flow, scene):
            return (flow,)
        times = self._times(flow, scene)
        volume = ((1 + self.users) * (1 + self.requests)) ** times
        return (_driven(flow, volume, (1 + self.tokens) ** times),)


@dataclass(frozen=True, kw_only=True)
class FollowDrivers(Lever):
    """Usage follows a plan of its drivers: by month, how many times what it is today.

    ``volume`` scales requests with their tokens, ``length`` tokens a request; both
    hold from the first day of their month until the next one given.
    """

    step = "grow"

    volume: Mapping[date, Fraction] = field(default_factory=dict)
    length: Mapping[date, Fraction] = field(default_factory=dict)

    def changed(self, flow: Flow, scene: Scene) -> Iterable[Flow]:
        """Scale the flow to the month of its day; before the first month it stays."""
        if not self.touches(flow, scene):
            return (flow,)
        return (_driven(flow, _at(self.volume, flow.on), _at(self.length, flow.on)),)


def _at(factors: Mapping[date, Fraction], day: date) -> Fraction:
    begun = [month for month in factors if month <= day]
    return factors[max(begun)] if begun else ONE


def _driven(flow: Flow, volume: Fraction, length: Fraction) -> Flow:
    grown = flow.scaled(volume)
    if length == 1:
        return grown
    amounts = zip(METERS, grown.quantities, strict=True)
    longer = {meter: n * length for meter, n in amounts if n and meter in TOKEN_METERS}
    return resized(grown.with_amounts(longer))
