"""Where a period heads, for programs: the API, webhooks and commands say it in one shape."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from costmodel.coming_price import coming_price_sentences
from costmodel.forecast import Forecast, NotForecastable
from costmodel.money import decimal_string, rounded_to

if TYPE_CHECKING:
    from collections.abc import Iterable

    from costmodel.budget import Budget
    from costmodel.coming_price import ComingPrice

_CENTS = 2


def forecast_json(
    budget: Budget, ahead: Forecast | NotForecastable | None, coming: Iterable[ComingPrice]
) -> dict[str, Any]:
    """Return a forecast in the budget's measure, to the cent, the token or the request.

    ``low`` to ``high`` holds the end 8 times in 10. Where nothing is forecast all three are
    null and ``reason`` says why. ``assumptions`` are the coming prices that it counts.
    """
    ends: dict[str, str | None] = {"expected": None, "low": None, "high": None}
    if isinstance(ahead, Forecast):
        places = _CENTS if budget.measure == "money" else 0
        known = {"expected": ahead.expected, "low": ahead.low, "high": ahead.high}
        ends = {
            name: decimal_string(Fraction(rounded_to(Fraction(end), places)))
            for name, end in known.items()
        }
    return {
        **ends,
        "reason": ahead.reason if isinstance(ahead, NotForecastable) else None,
        "assumptions": coming_price_sentences(coming, budget.currency),
    }
