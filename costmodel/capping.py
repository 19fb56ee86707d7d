"""The lever that refuses what lies above a limit an hour: cap."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from costmodel.charges import Refusal, refusal_in_words
from costmodel.flows import ZERO
from costmodel.lever import Lever
from costmodel.rules import HOUR_AT
from costmodel.scene import LeverError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from costmodel.charges import Measure
    from costmodel.flows import Flow
    from costmodel.scene import Scene

ONE = Fraction(1)


@dataclass(frozen=True, kw_only=True)
class Cap(Lever):
    """No hour carries more than ``per_hour`` of money, tokens or requests.

    What lies above is refused, in equal shares of all usage of the hour. Money is
    metered money, before a commitment is settled. Needs usage by the hour.
    """

    step = "cap"

    measure: Measure
    per_hour: Fraction

    def __post_init__(self) -> None:
        if self.per_hour < 0:
            raise LeverError(f"{self.measure} an hour cannot be negative")

    @property
    def dimensions(self) -> tuple[str, ...]:
        """Return the dimensions of ``where``, and single hours."""
        return (*self.where, HOUR_AT)

    def apply(self, flows: Iterable[Flow], scene: Scene) -> list[Flow]:
        """Take away what is refused, and note how much that is."""
        listed = list(flows)
        hours: dict[tuple[str, date], list[Flow]] = defaultdict(list)
        for flow in listed:
            if self.touches(flow, scene):
                hours[_hour_of(flow, scene), flow.on].append(flow)
        kept = {hour: self._kept(hour, group, scene) for hour, group in hours.items()}
        refusal = self._refusal(hours, kept, scene)
        scene.refusals[refusal] = None
        scene.warn(refusal_in_words(refusal, scene.book.contract.currency))
        return [
            flow.scaled(kept[_hour_of(flow, scene), flow.on]) if self.touches(flow, scene) else flow
            for flow in listed
        ]

    def _kept(self, hour: tuple[str, date], group: Sequence[Flow], scene: Scene) -> Fraction:
        """Return which share of an hour's usage stays below the cap."""
        volume = sum((self._measured(flow, scene) for flow in group), ZERO)
        allowed = self.per_hour * scene.baseline.repetitions(*hour)
        return allowed / volume if volume > allowed else ONE

    def _measured(self, flow: Flow, scene: Scene) -> Fraction:
        if self.measure == "requests":
            return flow.requests
        return flow.tokens if self.measure == "tokens" else scene.metered(flow)

    def _refusal(
        self,
        hours: Mapping[tuple[str, date], Sequence[Flow]],
        kept: Mapping[tuple[str, date], Fraction],
        scene: Scene,
    ) -> Refusal:
        times = {hour: scene.baseline.repetitions(*hour) for hour in hours}
        cut = [(flow, 1 - kept[hour]) for hour in hours if kept[hour] < 1 for flow in hours[hour]]
        return Refusal(
            measure=self.measure,
            per_hour=self.per_hour,
            hours=sum(times.values(), ZERO),
            hours_cut=sum((n for hour, n in times.items() if kept[hour] < 1), ZERO),
            requests=sum((flow.requests * part for flow, part in cut), ZERO),
            tokens=sum((flow.tokens * part for flow, part in cut), ZERO),
            saved=sum((scene.metered(flow) * part for flow, part in cut), ZERO),
        )


def _hour_of(flow: Flow, scene: Scene) -> str:
    hour = flow.dimensions[scene.baseline.dimension_names.index(HOUR_AT)]
    if hour is None:
        raise LeverError("cap: some usage has no hour; import an export with times")
    return hour
