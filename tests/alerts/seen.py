"""Findings, looks and situations made by hand, for tests of what follows from them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING

from alerts.situation import Situation
from alerts.states import Look
from costmodel.budget import Budget
from costmodel.burn.finding import Finding

if TYPE_CHECKING:
    from alerts.situation import State
    from costmodel.burn.finding import Kind, Reading, Severity

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
NOVEMBER, DECEMBER, JANUARY = date(2026, 11, 1), date(2026, 12, 1), date(2027, 1, 1)


def finding(
    rule: str = "burn 6h",
    reading: Reading = "firing",
    severity: Severity = "warning",
    *,
    kind: Kind = "burn",
    level: str = "",
) -> Finding:
    sentence = f"Spending is {'4.6' if reading == 'firing' else '0.9'}x plan"
    return Finding(rule, kind, severity, reading, sentence, level, 4.6, 3.0, 12.5)


def look(
    *findings: Finding,
    budget: str = "Search",
    value: str = "",
    start: date = NOVEMBER,
    end: date = DECEMBER,
    at: datetime = NOON,
    is_complete: bool = True,
) -> Look:
    return Look(budget, value, start, end, at, findings, is_complete)


def situation(
    *findings: Finding,
    name: str = "Search",
    value: str = "",
    owners: tuple[str, ...] = (),
    state: State = "warning",
    at: datetime = NOON,
    start: date = NOVEMBER,
    end: date = DECEMBER,
) -> Situation:
    return Situation(
        budget=Budget(name, Fraction(900), owners=owners),
        value=value,
        start=datetime(start.year, start.month, start.day, tzinfo=UTC),
        end=datetime(end.year, end.month, end.day, tzinfo=UTC),
        watermark=at,
        age=timedelta(minutes=15),
        state=state,
        spent=Fraction(640),
        planned_so_far=585.0,
        findings=findings,
    )


def calm(each: Finding) -> Finding:
    return replace(each, reading="clear", sentence="Spending is on plan")
