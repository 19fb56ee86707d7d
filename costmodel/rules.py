"""Rules: which requests a ``when`` names, as far as usage can tell it exactly."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

from costmodel.meters import MINIMUM_CACHEABLE_EDGE, SIZE_BAND_EDGES, UNKNOWN_BAND
from costmodel.scene import LeverError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from costmodel.flows import Flow
    from costmodel.scene import Scene

HOUR, WEEKDAY = "hour", "weekday"
"""Dimensions of the clock: the hour of the day as 00 to 23, the day of the week."""

HOUR_AT = "hour_at"
"""The dimension that names one single hour of the past, as ISO text."""

WITHOUT_CLOCK = (
    "the hours of this usage are not known, so no cap an hour and no rule by hour or weekday "
    "can be computed; start from stored usage with times"
)

HOURLY_NAMES = (HOUR, HOUR_AT)
CLOCK_NAMES = (*HOURLY_NAMES, WEEKDAY)
HOURS = tuple(f"{hour:02}" for hour in range(24))
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

CUTS = tuple(
    # a request of exactly 1,024 tokens opens its band, all other edges belong to the band below
    edge - 1 if edge == MINIMUM_CACHEABLE_EDGE else edge
    for edge in SIZE_BAND_EDGES[1:]
)
"""Lengths for which a ledger can tell shorter requests (or equal ones) from longer ones."""

_BAND_ABOVE = dict(zip(CUTS, SIZE_BAND_EDGES[1:], strict=True))


def clock_problem(names: Collection[str], days: int, *, knows_hours: bool) -> str | None:
    """Return why usage of so many days cannot tell the hours or weekdays asked for, if so."""
    if set(names) & set(HOURLY_NAMES) and not knows_hours:
        return WITHOUT_CLOCK
    if WEEKDAY in names and days < len(WEEKDAYS):
        return "a rule by weekday needs usage of at least a week; take a longer range"
    return None


@dataclass(frozen=True, kw_only=True)
class When:
    """Conditions that must all hold: a length of the input, and values of dimensions.

    A request is longer than ``above`` input tokens and not longer than ``up_to``.
    ``values`` may name the clock: ``hour`` and ``weekday``.
    """

    above: int | None = None
    up_to: int | None = None
    values: Mapping[str, tuple[str | None, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.above is None and self.up_to is None and not self.values:
            raise LeverError("when: holds no condition; name input_tokens or a dimension")
        if None not in {self.above, self.up_to} and (self.above or 0) >= (self.up_to or 0):
            raise LeverError("when: no request is longer and shorter than that; swap the numbers")

    def __str__(self) -> str:
        """Return the rule in words."""
        lengths = {"above": self.above, "up to": self.up_to}
        words = [f"input tokens {name} {n:,}" for name, n in lengths.items() if n is not None]
        words += [
            f"{name} {', '.join(value or 'not given' for value in values)}"
            for name, values in self.values.items()
        ]
        return " and ".join(words)

    def holds(self, flow: Flow, scene: Scene) -> bool:
        """Tell whether the rule names the requests of a flow.

        Raises ``LeverError`` where the usage cannot tell.
        """
        return scene.matches(flow, self.values) and self._has_length(flow, scene)

    def _has_length(self, flow: Flow, scene: Scene) -> bool:
        longer = self.above is None or _is_longer(flow, self.above, scene)
        return longer and not (self.up_to is not None and _is_longer(flow, self.up_to, scene))


def _is_longer(flow: Flow, cut: int, scene: Scene) -> bool:
    if scene.baseline.kind == "typed":
        return flow.input_tokens > Fraction(cut) * flow.requests
    if flow.size_band == UNKNOWN_BAND:
        raise LeverError(
            "when: some of this usage came as sums, without the size of single requests; "
            "route by another condition, or import an export with one row a request"
        )
    if flow.mean_sized:
        raise LeverError(
            "when: how long single requests are is not known after 'compress'; leave one of "
            "them out, or limit them to different usage"
        )
    return flow.size_band >= _BAND_ABOVE[checked_cut(cut)]


def checked_cut(cut: int) -> int:
    """Return a length that a ledger can tell; raises ``LeverError`` naming those it can."""
    if cut not in _BAND_ABOVE:
        raise LeverError(
            f"when: stored usage cannot tell requests of more than {cut:,} input tokens from "
            f"shorter ones; it can for {', '.join(f'{each:,}' for each in CUTS)}"
        )
    return cut
