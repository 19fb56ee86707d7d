"""How forecasts did lately, in a sentence: the same one wherever a forecast stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from costmodel.forecast import Backtest

TOO_FEW = "too few days of usage to tell how forecasts did lately"


def backtest_sentence(replayed: Backtest) -> str:
    """Return how forecasts did: the error, how often the range held, whether to trust it."""
    days = "day" if replayed.horizon_days == 1 else "days"
    said = (
        f"Forecasts over {replayed.horizon_days} {days}, replayed on {replayed.replays} days of "
        f"this usage, were off by {replayed.mean_error:.0%} on average"
    )
    if replayed.held is not None:
        said += f"; the likely range held {replayed.held:.0%} of them (meant to: 80%)"
    if replayed.is_forecastable or replayed.last_week_error is None:
        return f"{said}."
    return (
        f"{said}. Not forecastable: the mean of the last 7 days was off by only "
        f"{replayed.last_week_error:.0%}."
    )


def badge(replayed: Backtest) -> str:
    """Return the same in few words, for beside a forecast."""
    said = f"Such forecasts were off by {replayed.mean_error:.0%} on average lately"
    if replayed.is_forecastable:
        return f"{said}."
    return f"{said}: this usage is not forecastable."
