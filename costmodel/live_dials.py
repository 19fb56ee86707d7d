"""Dials: the shares of a scenario that may be turned in a spreadsheet, with their corners."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from costmodel.controls import levers_of
from costmodel.flows import ZERO
from costmodel.knots import cache_knots
from costmodel.levers import Batch, Cache, Cascade, Grow, Route, StartWith

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from costmodel.book import PriceBook
    from costmodel.controls import Controls
    from costmodel.levers import Lever
    from costmodel.workload import Baseline

ONE = Fraction(1)
Levers = tuple["Lever", ...]


@dataclass(frozen=True)
class Dial:
    """One share that may be turned.

    ``knots`` are the values between which the cost is a straight line. With
    ``can_be_empty`` there is one corner more, before the knots: "as today", set None.
    ``compounds`` is how often a growth has compounded, 0 for a plain share.
    """

    name: str
    setting: Fraction | None
    knots: tuple[Fraction, ...] = (ZERO, ONE)
    can_be_empty: bool = False
    compounds: int = 0

    @property
    def corners(self) -> tuple[Fraction | None, ...]:
        """Return the values that the corners stand for."""
        return (None, *self.knots) if self.can_be_empty else self.knots

    def weights(self) -> tuple[Fraction, ...]:
        """Return how much each corner counts at the setting."""
        if self.setting is None:
            return (ONE, *(ZERO for _ in self.knots))
        lead = (ZERO,) if self.can_be_empty else ()
        if self.compounds:
            high = ((1 + self.setting) ** self.compounds - 1) / (Fraction(2) ** self.compounds - 1)
            return (*lead, 1 - high, high)
        return (*lead, *(self._weight(place, self.setting) for place in range(len(self.knots))))

    def _weight(self, place: int, value: Fraction) -> Fraction:
        knots, last = self.knots, len(self.knots) - 1
        sides = []
        if place > 0:
            sides.append((value - knots[place - 1]) / (knots[place] - knots[place - 1]))
        if place < last:
            sides.append((knots[place + 1] - value) / (knots[place + 1] - knots[place]))
        low = min(sides)
        # between two knots alone the line goes on beyond them
        return low if last == 1 else max(ZERO, low)


def dials_of_levers(
    levers: Sequence[Lever], baseline: Baseline, book: PriceBook, months_ahead: int = 1
) -> tuple[tuple[Dial, ...], Callable[[Sequence[object]], Levers]]:
    """Return the dials of a scenario's levers, and its levers at settings of the dials."""
    places: list[tuple[int, str]] = []
    dials: list[Dial] = []
    routes = sum(isinstance(lever, Route) for lever in levers)
    for place, lever in enumerate(levers):
        for field, dial in _dials(lever, baseline, book, months_ahead, one_route=routes == 1):
            places.append((place, field))
            dials.append(_named_apart(dial, dials))

    def at(settings: Sequence[object]) -> Levers:
        changed = list(levers)
        for (place, field), value in zip(places, settings, strict=True):
            varied: dict[str, Any] = {field: value}
            changed[place] = replace(changed[place], **varied)
        return tuple(changed)

    return tuple(dials), at


def _named_apart(dial: Dial, others: Sequence[Dial]) -> Dial:
    alike = sum(other.name.startswith(dial.name) for other in others)
    return replace(dial, name=f"{dial.name} ({alike + 1})") if alike else dial


def _dials(
    lever: Lever, baseline: Baseline, book: PriceBook, months_ahead: int, *, one_route: bool
) -> list[tuple[str, Dial]]:
    top = ONE if one_route or not isinstance(lever, Route) else lever.share or ONE
    found: list[tuple[str, Dial]] = []
    match lever:
        case Grow() if lever.from_ is None:
            found = [("requests", Dial("Growth a month", lever.requests, compounds=months_ahead))]
        case Route():
            found = [("share", Dial(f"Share sent to {lever.to}", lever.share, (ZERO, top)))]
        case StartWith():
            found = [("escalate", Dial(f"Escalated to {lever.full}", lever.escalate))]
        case Cascade():
            found = [("escalate", Dial(f"Escalated to {lever.then}", lever.escalate))]
        case Cache():
            knots = _knots(lever, baseline, book)
            found = [("hit_rate", Dial("Cached share of input", lever.hit_rate, knots))]
        case Batch():
            found = [("share", Dial("Batch share", lever.share))]
    return found


def _knots(lever: Cache, baseline: Baseline, book: PriceBook) -> tuple[Fraction, ...]:
    """Return where the cost bends: where some origin can cache no more."""
    names = [model.name for model in book.models]
    return (ZERO, *cache_knots(baseline, lever.where, names, book), ONE)


def dials_of_controls(
    controls: Controls, baseline: Baseline, choices: Sequence[str], book: PriceBook
) -> tuple[tuple[Dial, ...], Callable[[Sequence[object]], Levers]]:
    """Return What-if's shares as dials, and its levers at settings of them.

    A mix of several models to start with stays as it is; the cached share may be left
    empty for "as today".
    """
    others = (name for lever in controls.more for name in lever.model_names())
    names, where = (*choices, controls.full, *others), controls.where
    knots = (ZERO, *cache_knots(baseline.keeping(where), where, names, book), ONE)
    fields = ["escalate", "cache", "batch", "growth"]
    dials = [
        Dial(f"Escalated to {controls.full or 'full'}", controls.escalate),
        Dial("Cached share of input", controls.cache, knots, can_be_empty=True),
        Dial("Batch share", controls.batch),
        Dial("Growth a month", controls.growth, compounds=1),
    ]
    starts = [(name, share) for name, share in controls.start_with if share]
    if len(starts) == 1:
        [(first, share)] = starts
        fields.insert(0, "start_with")
        dials.insert(0, Dial(f"Starts on {first}", share))

    def at(settings: Sequence[object]) -> Levers:
        values: dict[str, Any] = dict(zip(fields, settings, strict=True))
        if "start_with" in values:
            values["start_with"] = ((starts[0][0], values["start_with"]),)
        return levers_of(replace(controls, **values))

    return tuple(dials), at
