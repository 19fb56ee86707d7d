"""Facts: all that the rules may look at for one budget in one period."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from costmodel.burn.plan import Plan
    from costmodel.burn.rules import SloMeasure
    from costmodel.burn.series import Series
    from costmodel.forecast import Forecast, NotForecastable


@dataclass(frozen=True, eq=False)
class Facts:
    """One budget in one period, as far as the data reaches.

    ``start`` and ``end`` are the period's aware edges; ``amount`` is the budget in its
    ``measure`` (a currency, "tokens" or "requests"), ``period`` the word for it. ``slo`` holds
    what each measure reads and of how many requests. ``spent`` is the exact sum where the
    caller knows it better than the series.
    """

    start: datetime
    end: datetime
    amount: float
    series: Series
    plan: Plan
    ahead: Forecast | NotForecastable | None = None
    slo: Mapping[SloMeasure, tuple[float, int]] = field(default_factory=dict)
    period: str = "month"
    measure: str = "USD"
    spent: float | None = None

    @property
    def watermark(self) -> datetime:
        """Return the moment at which all windows end."""
        return self.series.watermark

    @property
    def spent_so_far(self) -> float:
        """Return what the period cost up to the watermark."""
        if self.spent is not None:
            return self.spent
        return self.series.spent_between(self.start, min(self.watermark, self.end))
