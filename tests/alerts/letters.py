"""A situation with everything in it, as messages are tested on."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from alerts.situation import Cause, DayOfBudget, Exhaustion, Situation
from alerts.transition import AlertKey, Move, Transition
from costmodel.budget import Budget
from costmodel.burn.finding import Finding, Severity
from costmodel.forecast import Backtest, Forecast

BERLIN = ZoneInfo("Europe/Berlin")
WATERMARK = datetime(2026, 11, 20, 11, 45, tzinfo=UTC)
NOW = WATERMARK + timedelta(minutes=17)
START, END = datetime(2026, 11, 1, tzinfo=BERLIN), datetime(2026, 12, 1, tzinfo=BERLIN)
FORECAST = Forecast(841.2, 1290.6, 1221.0, 1391.0, 10.5, "weekday profile", (-0.1, 0.0, 0.1))


def days() -> tuple[DayOfBudget, ...]:
    """Return thirty days: $42 a day until the 20th, then a forecast."""
    found = []
    for number in range(30):
        day, planned = START + timedelta(days=number), 40.0 * (number + 1)
        spent = 42.0 * (number + 1)
        if number < 20:
            found.append(DayOfBudget(day, planned, spent))
        else:
            found.append(DayOfBudget(day, planned, None, spent, spent - 20, spent + 40))
    return tuple(found)


def situation(name: str = "All models", **changes: object) -> Situation:
    """Return a budget of $1,200 that heads above it."""
    fields: dict[str, object] = {
        "budget": Budget(name, Fraction(1200), owners=("finance@example.com",)),
        "value": "",
        "start": START,
        "end": END,
        "watermark": WATERMARK,
        "age": timedelta(minutes=17),
        "state": "critical",
        "spent": Fraction("841.20"),
        "planned_so_far": 760.0,
        "days": days(),
        "ahead": FORECAST,
        "replayed": Backtest(30, 10, 0.06, 0.8),
        "exhaustion": Exhaustion(*(datetime(2026, 11, d, tzinfo=UTC) for d in (27, 25, 29))),
        "causes": (Cause("search", 61.0, "Search: 2.1x its usual requests"),),
    }
    return Situation(**(fields | changes))  # type: ignore[arg-type]


def transition(
    sentence: str = "Spending moved to 2.4x about 14 hours ago, beyond the budget",
    severity: Severity = "critical",
    move: Move = "fired",
    edge: int = 1,
) -> Transition:
    """Return an edge of the change rule."""
    since = datetime(2026, 11, 19, 21, tzinfo=UTC)
    finding = Finding("change", "change", severity, "firing", sentence, since=since)
    key = AlertKey("All models", "", "change", "", date(2026, 11, 1))
    return Transition(f"t{edge}", key, edge, move, severity, WATERMARK, NOW, finding)
