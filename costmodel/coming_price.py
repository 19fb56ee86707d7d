"""Coming prices: what a forecast of the rest of a period knows of rates that change in it.

The same tokens cost something else from the day on which an announced price, a term of the
contract or an exchange rate begins, and where a model ends and its successor answers.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from costmodel.meters import Meter
from costmodel.number_text import listed, rate_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date, datetime
    from fractions import Fraction

    Rates = Mapping[Meter, Fraction]

MOST_NAMES = 4
_NAMED = ((Meter.INPUT, "input"), (Meter.OUTPUT, "output"))


@dataclass(frozen=True)
class ComingPrice:
    """A model whose tokens cost something else from a day on, per million before and after.

    ``successor`` is the model that answers from then on, None where only the price changes.
    """

    on: date
    model: str
    successor: str | None
    before: Rates
    after: Rates


@dataclass(frozen=True)
class PricePath:
    """What the same tokens cost over what they cost now, from each of ``steps`` on; 1 before.

    ``told`` are the changes behind it.
    """

    steps: tuple[tuple[datetime, float], ...] = ()
    told: tuple[ComingPrice, ...] = ()

    def factors(self, edges: Sequence[datetime]) -> tuple[float, ...]:
        """Return the mean over time between each two edges; none where no price changes."""
        if not self.steps:
            return ()
        days = [at.timestamp() for at, _ in self.steps]
        place = np.searchsorted(days, [edge.timestamp() for edge in edges], side="right")
        means: list[float] = np.array([1.0, *(factor for _, factor in self.steps)])[place].tolist()
        for number in np.flatnonzero(np.diff(place)).tolist():
            begin, end = (edge.astimezone(UTC) for edge in edges[number : number + 2])
            means[number] = self._mean(begin, end)
        return tuple(means[:-1])

    def _mean(self, begin: datetime, end: datetime) -> float:
        cuts = [begin, *(at for at, _ in self.steps if begin < at < end), end]
        parts = ((self._at(at) * ((after - at) / (end - begin))) for at, after in pairwise(cuts))
        return sum(parts)

    def _at(self, moment: datetime) -> float:
        return next((factor for at, factor in reversed(self.steps) if at <= moment), 1.0)


NO_CHANGE = PricePath()


def coming_price_sentences(prices: Iterable[ComingPrice], currency: str = "USD") -> list[str]:
    """Return what a forecast counts, a sentence for each change, the soonest first."""
    found: dict[tuple[date, str], list[str]] = defaultdict(list)
    for each in prices:
        found[each.on, _how(each, currency)].append(each.model)
    return [
        f"The forecast counts {_names(models)} from {on.day} {on:%b %Y} on at {how}."
        for (on, how), models in sorted(found.items())
    ]


def _how(price: ComingPrice, currency: str) -> str:
    if price.successor is not None:
        return f"the price of {price.successor}, which follows"
    changes = ", ".join(_changes(price, currency))
    return f"the new price ({changes} per million tokens)" if changes else "the new price"


def _changes(price: ComingPrice, currency: str) -> Iterator[str]:
    for meter, word in _NAMED:
        before, after = price.before.get(meter), price.after.get(meter)
        if before is not None and after is not None and before != after:
            yield f"{word} {rate_text(before, currency)} → {rate_text(after, currency)}"


def _names(models: list[str]) -> str:
    names = sorted(dict.fromkeys(models))
    more = len(names) - MOST_NAMES
    return listed([*names[:MOST_NAMES], f"{more} more models"] if more > 1 else names)
