"""Try rule sets on simulated months: false alarms, what is found, how late, at what cost.

Run: ``python -m benchmarks.alert_curves [months] [incidents] [seed]``. Months have a profile
of hours and weekends, correlated noise, a random effect of each day and odd hours. Exits
with an error where the default set misses what it must hold.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np

from alerts.rule_sets import load_rule_sets
from costmodel.burn.facts import Facts
from costmodel.burn.incidents import Incident, with_incident
from costmodel.burn.plan import plan_for
from costmodel.burn.series import DAY, HOUR, Series, hours_of_week
from costmodel.burn.trial import Month, Outcome, outcome, states, tallied, whole_set

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from costmodel.burn.rules import RuleSet
    from costmodel.burn.series import Amounts
    from costmodel.burn.trial import Tally

HISTORY_DAYS, MONTH_DAYS = 56, 30
START = datetime(2026, 6, 1, tzinfo=UTC)
FIRST = START - HISTORY_DAYS * DAY
HOURS = (HISTORY_DAYS + MONTH_DAYS) * 24
CALENDAR = hours_of_week(FIRST, HOUR, HOURS, ZoneInfo("UTC"))
PHI = 0.8
INCIDENTS = {
    "1.5x": ("multiplier", 1.5),
    "2x": ("multiplier", 2.0),
    "3x": ("multiplier", 3.0),
    "loop 10x": ("loop", 9.0),
    "ramp 2x": ("ramp", 2.0),
}
MOST_FALSE, LEAST_FOUND, MOST_MEDIAN, MOST_P90, MOST_OVERSPENT = 0.3, 0.98, 22.0, 50.0, 0.026
LINEAR = "linear forecast"


def hourly(dice: np.random.Generator) -> Amounts:
    """Return the hours of history and month of one client."""
    hour_of_day, weekend = CALENDAR % 24, CALENDAR // 24 >= 5
    profile = 0.25 + 1.6 * np.exp(-(((hour_of_day - 14) / 4) ** 2) / 2)
    profile = profile * np.where(weekend, dice.uniform(0.25, 0.7), 1.0)
    sd = dice.uniform(0.15, 0.45)
    shocks = dice.normal(0, sd * np.sqrt(1 - PHI**2), HOURS)
    noise = np.empty(HOURS)
    noise[0] = dice.normal(0, sd)
    for place in range(1, HOURS):
        noise[place] = PHI * noise[place - 1] + shocks[place]
    days = np.repeat(dice.normal(0, 0.12, HOURS // 24), 24)
    odd = np.where(dice.uniform(size=HOURS) < 0.002, dice.uniform(2, 6, HOURS), 1.0)
    spent: Amounts = profile * np.exp(noise + days - sd**2 / 2) * odd
    return spent


def months(count: int, seed: int, incident: tuple[str, float] | None) -> Iterator[Month]:
    """Return seeded months, each with its own client; the same clients for every rule set."""
    dice = np.random.default_rng([seed, 0 if incident is None else int(incident[1] * 100)])
    before = HISTORY_DAYS * 24
    for _ in range(count):
        spent, headroom = hourly(dice), dice.uniform(1.1, 1.3)
        at = int(dice.uniform(1, 24) * 24)
        means = np.bincount(CALENDAR[:before], weights=spent[:before]) / (HISTORY_DAYS / 7)
        amount = float(means[CALENDAR[before:]].sum()) * headroom
        if incident is not None:
            spent = with_incident(spent, Incident(incident[0], incident[1], before + at))  # type: ignore[arg-type]
        series = Series(FIRST, HOUR, spent, CALENDAR)
        end = START + timedelta(days=MONTH_DAYS)
        plan = plan_for(series, START, end, amount)
        yield Month(Facts(START, end, amount, series, plan), None if incident is None else at)


def heard(sets: Mapping[str, RuleSet], month: Month) -> dict[str, Outcome]:
    """Return what each set, each of its rules and the linear forecast say of one month."""
    facts = month.facts
    told = {}
    for name, rules in sets.items():
        own = facts
        if rules.plan == "uniform":
            plan = plan_for(facts.series, facts.start, facts.end, facts.amount, "uniform")
            own = Facts(facts.start, facts.end, facts.amount, facts.series, plan)
        by_rule = states(rules, own)
        told[name] = outcome(whole_set(by_rule.values(), MONTH_DAYS * 24), month)
        for rule, firing in by_rule.items():
            told[f"{name}: {rule}"] = outcome(firing, month)
    spent = np.cumsum(facts.series.amounts[HISTORY_DAYS * 24 :])
    elapsed = np.arange(1, len(spent) + 1)
    linear = (spent / elapsed * len(spent) > facts.amount) & (elapsed > 72)
    told[LINEAR] = outcome(linear, month)
    return told


def tried(
    sets: Mapping[str, RuleSet], count: int, seed: int, incident: tuple[str, float] | None
) -> dict[str, list[Outcome]]:
    found: dict[str, list[Outcome]] = {}
    for month in months(count, seed, incident):
        for name, told in heard(sets, month).items():
            found.setdefault(name, []).append(told)
    return found


def misses(false_a_month: float, doubling: Tally, loop: Tally) -> list[str]:
    """Return what the default set does not hold, in words."""
    lines = {
        "false alarms a month": (false_a_month, MOST_FALSE),
        "doublings missed": (1 - doubling.found, 1 - LEAST_FOUND),
        "median hours": (doubling.median_hours or np.inf, MOST_MEDIAN),
        "hours for 9 in 10": (doubling.p90_hours or np.inf, MOST_P90),
        "overspent": (doubling.overspent or np.inf, MOST_OVERSPENT),
        "hours of a tenfold loop": (np.inf if loop.found < 1 else loop.p90_hours or 0.0, 1.0),
    }
    return [
        f"{name} {value:.3f} > {most}"
        for name, (value, most) in lines.items()
        if value > most + 1e-9
    ]


def shown(tally: Tally) -> str:
    hours = [f"{x:.0f}" if x is not None else "-" for x in (tally.median_hours, tally.p90_hours)]
    lost = f"{tally.overspent:.1%}" if tally.overspent is not None else "-"
    return f"{tally.found:4.0%} {hours[0]:>4} {hours[1]:>4} {lost:>6}"


def main() -> None:
    """Try all shipped sets and print their figures side by side."""
    count, each, seed = (*map(int, sys.argv[1:]), *(300, 150, 1)[len(sys.argv) - 1 :])
    sets = load_rule_sets()
    quiet = tried(sets, count, seed, None)
    with_incidents = {name: tried(sets, each, seed, what) for name, what in INCIDENTS.items()}
    print(f"{count} quiet months, {each} incidents of each kind, seed {seed}")
    print("found, median and 90% delay in hours, share of the budget overspent before")
    print(f"{'':18} false " + "".join(f"{name:>24}" for name in INCIDENTS))
    tallies = {}
    for name, told in quiet.items():
        rate = sum(len(o.edges) for o in told) / count
        tallies[name] = [tallied(found[name]) for found in with_incidents.values()]
        print(f"{name:18} {rate:5.2f} " + "".join(f"{shown(t):>24}" for t in tallies[name]))
    rate = sum(len(o.edges) for o in quiet["default"]) / count
    missed = misses(rate, tallies["default"][1], tallies["default"][3])
    if missed:
        sys.exit("the default set does not hold: " + "; ".join(missed))


if __name__ == "__main__":
    main()
