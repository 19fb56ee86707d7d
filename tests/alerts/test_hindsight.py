"""What forecasts and single calls would have told of the past: as the tick tells it, no more."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from alerts import hindsight
from alerts.budgets import Share
from alerts.delivery import House
from alerts.evaluation import rules_of, situations_of
from alerts.records import transition_of
from alerts.rehearsal import Rehearsal, Rise, rehearsed
from alerts.tick import tick
from alerts.usage import Usage
from costmodel.budget import Budget
from costmodel.burn.incidents import Incident, struck
from costmodel.burn.rules import ActualRule, ForecastRule, SloRule
from costmodel.burn.sentences import TOO_COARSE
from costmodel.burn.trial import states
from costmodel.contract import Contract, ContractTerm
from ingest.configuration import Configuration
from ingest.store import Store
from pricing import load_book
from tests.alerts.test_daily_usage import days_until
from tests.alerts.test_evaluation import BOOK, DAY, HOUR, MINI, call, hourly, store_with

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from costmodel.book import PriceBook

FIRST = datetime(2026, 9, 1, tzinfo=UTC)
NOVEMBER = datetime(2026, 11, 1, tzinfo=UTC)
NOW = datetime(2026, 11, 20, tzinfo=UTC)


def dearer(at: datetime, until: datetime, million: float) -> list[dict[str, Any]]:
    """Return a million tokens an hour from September on, and other hours from a moment on."""
    return [*hourly(FIRST, at), *hourly(at, until, million)]


@pytest.fixture(scope="module")
def shifted(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """$9.60 a day until 6 November at nine, and half as much again until the 15th."""
    at, back = datetime(2026, 11, 6, 9, tzinfo=UTC), datetime(2026, 11, 15, tzinfo=UTC)
    calls = [*dearer(at, back, 1.5), *hourly(back, NOW, 0.7)]
    return store_with(tmp_path_factory.mktemp("shifted"), calls)


def levels(*chances: float) -> tuple[ForecastRule, ...]:
    return tuple(ForecastRule("forecast", "warning", chance) for chance in chances)


def past(
    store: Store, budget: Budget, until: datetime, book: PriceBook = BOOK
) -> tuple[hindsight.Stretch, hindsight.Past]:
    """Return the period of a moment up to it, and what its hours told."""
    since = FIRST - DAY
    quarters = store.quarters(since)
    assert quarters is not None
    usage, share = Usage(quarters, book, since), Share(budget, "", budget.filters)
    zone = ZoneInfo(budget.timezone or "UTC")
    stretch = next(hindsight.stretches_of(share, usage, zone, since, until))
    calls = hindsight.calls_needed([budget], store, since, until)
    return stretch, hindsight.past_of(rules_of(budget), [stretch], calls)


def chances(store: Store, budget: Budget, until: datetime, book: PriceBook = BOOK) -> np.ndarray:
    _, found = past(store, budget, until, book)
    assert found.known[0].chances is not None
    return found.known[0].chances


def rehearse(store: Store, budget: Budget, now: datetime = NOW) -> Rehearsal:
    found = rehearsed(budget, store, BOOK, Configuration(), now)
    assert found is not None
    return found


def rises(found: Rehearsal, rule: str) -> list[datetime]:
    return [each.at for each in found.rises if each.rule == rule]


@pytest.mark.parametrize(
    ("amount", "chance", "first"),
    [
        # Even spending heads for 30 days of $9.60, $288. The 56 whole days before November let
        # 30 days be replayed from 13 of them, all of which end there: the chance is 13.5/14
        # just below that sum and 0.5/14 just above it.
        (287.9, 0.96, NOVEMBER + HOUR),
        (287.9, 0.97, NOVEMBER + 2 * DAY),  # two days later 28 are replayed from 17: 17.5/18
        (288.1, 0.96, None),
        (288.1, 0.03, NOVEMBER + HOUR),  # 0.5/14 is .036
    ],
)
def test_a_chance_worked_out_by_hand_fires_on_one_side_of_its_line(
    tmp_path: Path, amount: float, chance: float, first: datetime | None
) -> None:
    store = store_with(tmp_path, hourly(FIRST, NOW))
    budget = Budget("All", Fraction(str(amount)), levels=levels(chance))
    told = [each for each in rises(rehearse(store, budget), "forecast") if each > NOVEMBER]
    assert told[:1] == ([first] if first else [])


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata", "America/New_York"])
def test_an_hour_is_told_the_chance_that_a_look_at_it_finds(shifted: Store, zone: str) -> None:
    budget = Budget("All", Fraction(290), timezone=zone, levels=levels(0.8))
    stretch, found = past(shifted, budget, NOW - DAY)
    assert found.known[0].chances is not None
    told = dict(zip(stretch.moments, found.known[0].chances.tolist(), strict=True))
    for moment in stretch.moments[::11]:
        [live] = situations_of([budget], shifted, BOOK, Configuration(), moment)
        assert live.watermark == moment
        assert told[moment] == live.chance_above
    assert len({*told.values()}) > 10


@pytest.fixture(scope="module")
def discounted() -> PriceBook:
    """The same model for 30% less from 9 November on, and for 60% less from the 24th on."""
    terms = [
        ContractTerm(
            provider="openai",
            model=MINI,
            discount=Fraction(discount, 100),
            in_force_from=day,
            source="agreement",
        )
        for day, discount in ((date(2026, 11, 9), 30), (date(2026, 11, 24), 60))
    ]
    return load_book().with_contract(Contract(terms=tuple(terms)))


def test_days_between_two_price_changes_share_what_usage_costs_on_them(
    shifted: Store, discounted: PriceBook
) -> None:
    stretch, _ = past(shifted, Budget("All", Fraction(230)), NOW - DAY, discounted)
    usage, part = stretch.ends.usage, stretch.ends.part
    third, eighth, ninth = (usage.money_at(part, date(2026, 11, day)) for day in (3, 8, 9))
    assert third is eighth
    assert ninth.sum() == pytest.approx(0.7 * eighth.sum())


def test_a_price_that_changes_on_the_way_is_forecast_as_a_look_does(
    shifted: Store, discounted: PriceBook
) -> None:
    book = discounted
    budget = Budget("All", Fraction(230), levels=levels(0.8))
    stretch, found = past(shifted, budget, NOW - DAY, book)
    assert found.known[0].chances is not None
    told = dict(zip(stretch.moments, found.known[0].chances.tolist(), strict=True))
    for moment in stretch.moments[::13]:
        [live] = situations_of([budget], shifted, book, Configuration(), moment)
        assert told[moment] == live.chance_above
    assert list(told.values()) != chances(shifted, budget, NOW - DAY).tolist()


def test_what_came_later_changes_nothing(tmp_path: Path, shifted: Store) -> None:
    budget, at = Budget("All", Fraction(290), levels=levels(0.8)), NOVEMBER + 10 * DAY
    shift = datetime(2026, 11, 6, 9, tzinfo=UTC)
    wild = [*dearer(shift, at, 1.5), *hourly(at, at + 5 * DAY, 200)]
    known = chances(store_with(tmp_path, wild), budget, at + 5 * DAY)[: 10 * 24]
    assert known.tolist() == chances(shifted, budget, at).tolist()


def test_ticks_replayed_hour_by_hour_record_the_same_transitions(
    tmp_path: Path, shifted: Store
) -> None:
    budget = Budget("All", Fraction(345), levels=levels(0.8))
    stretch, found = past(shifted, budget, NOW - DAY)
    flags = states(rules_of(budget), stretch.facts, found.known[0])["forecast"]
    moves = np.flatnonzero(np.diff(flags.astype(int), prepend=0))
    assert len(moves) >= 2, "it fires and recovers"
    configuration = Configuration(budgets=(budget,))
    own = Store(tmp_path / "own.duckdb")
    first, last = max(int(moves[0]) - 20, 0), int(moves[-1]) + 3
    near = [n for n in range(first, last) if np.abs(moves - n).min() <= 20 or n % 6 == 0]
    for hour in near:
        house = House(
            own, configuration, partial(_same, stretch.moments[hour]), _no_secret, _no_pause
        )
        tick(house, lambda now: situations_of([budget], shifted, BOOK, configuration, now))
    recorded = {
        each.at: each.move
        for each in map(transition_of, own.alerts().transitions(None))
        if each.key.rule == "forecast"
    }
    assert recorded == {
        stretch.moments[hour]: "fired" if flags[hour] else "recovered" for hour in moves
    }


def test_an_incident_is_forecast_as_if_it_were_stored(tmp_path: Path, shifted: Store) -> None:
    budget = Budget("All", Fraction(331), levels=levels(0.8))
    doubled_from = datetime(2026, 11, 5, 6, tzinfo=UTC)
    shift, until = datetime(2026, 11, 6, 9, tzinfo=UTC), NOVEMBER + 12 * DAY
    calls = [
        *hourly(FIRST, doubled_from),
        *hourly(doubled_from, shift, 2),
        *hourly(shift, until, 3),
    ]
    stored = chances(store_with(tmp_path, calls), budget, until)
    stretch, _ = past(shifted, budget, until)
    facts = stretch.ends.facts
    incident = Incident("multiplier", 2.0, round((doubled_from - facts.series.start) / HOUR))
    facts = replace(facts, series=struck(facts.series, incident))
    found = hindsight.chances_of(stretch.ends.struck(facts, incident), stretch.moments)
    assert found.values.tolist() == stored.tolist()
    assert found.values.tolist() != chances(shifted, budget, until).tolist()


def _same(at: datetime) -> datetime:
    return at


def _no_secret(_name: str) -> None:
    return None


def _no_pause(_seconds: float) -> None:
    return None


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/New_York", "Pacific/Kiritimati"])
def test_usage_by_the_day_tells_at_an_hour_what_its_last_day_told(
    tmp_path: Path, zone: str
) -> None:
    store = days_until(tmp_path, date(2026, 11, 15), on_11_07=100)
    # $38.40 in four whole days of $9.60, which begin at another hour in each zone
    shares = tuple(ActualRule("actual", "notice", share) for share in (0.127, 0.129))
    budget = Budget("All", Fraction(300), timezone=zone, levels=(*levels(0.8), *shares))
    until = datetime(2026, 11, 14, tzinfo=UTC)
    stretch, found = past(store, budget, until)
    assert found.known[0].chances is not None
    known = dict(zip(stretch.moments, found.known[0].chances.tolist(), strict=True))
    firing = states(rules_of(budget), stretch.facts, found.known[0])
    seen = set()
    for place, moment in list(enumerate(stretch.moments))[30::7]:
        [live] = situations_of([budget], store, BOOK, Configuration(), moment)
        assert known[moment] == live.chance_above
        seen.add(live.chance_above)
        for each in live.findings:
            if each.rule == "actual":
                assert firing[f"actual {each.level}"][place] == each.is_firing, moment
    assert len(seen) > 2
    assert 0 < firing["actual 12.7%"].sum() < len(stretch.moments)
    assert found.left_out == dict.fromkeys(("fast", "two hours", "change"), TOO_COARSE)


def test_too_few_days_to_forecast_from_are_named(tmp_path: Path) -> None:
    store = store_with(tmp_path, hourly(NOW - 9 * DAY, NOW))
    found = rehearse(store, Budget("All", Fraction(300), levels=levels(0.5, 0.9)))
    too_few = "8 complete days of usage are too few: 14 are needed"
    assert f"The rules 'forecast 50%' and 'forecast 90%' are left out: {too_few}" in found.left_out


def test_each_line_of_one_name_is_tried(shifted: Store) -> None:
    found = rehearse(shifted, Budget("All", Fraction(340), levels=levels(0.1, 0.9)))
    low, high = rises(found, "forecast 10%"), rises(found, "forecast 90%")
    assert low[0] < high[0]


def calls(
    at: datetime,
    count: int,
    failed: int = 0,
    **rest: Any,  # noqa: ANN401
) -> Iterable[dict[str, Any]]:
    """Return calls a second apart, of which the first ones failed."""
    for number in range(count):
        status = "failed" if number < failed else "completed"
        yield call(at + timedelta(seconds=number), 0.001, status=status, **rest)


ERRORS = SloRule("error rate 1h", "warning", "error_rate", 0.05, HOUR, 20)
SLOW = SloRule("p95 latency 1h", "warning", "p95_seconds", 8.0, HOUR, 20)
GOOD = SloRule("quality 1h", "warning", "quality", 0.8, HOUR, 20)


@pytest.mark.parametrize(
    ("failed", "told"),
    [
        (1, []),  # 1 of 20 is 5%, the limit
        (2, [NOVEMBER + 34 * HOUR]),
    ],
)
def test_calls_that_fail_are_told_at_the_end_of_their_hour(
    tmp_path: Path, failed: int, told: list[datetime]
) -> None:
    bad = calls(NOVEMBER + 33 * HOUR, 20, failed)
    calm = [each for day in range(5) for each in calls(NOVEMBER + day * DAY, 20)]
    store = store_with(tmp_path, [*calm, *bad, *calls(NOVEMBER + 35 * HOUR, 19, 19)])
    found = rehearse(store, Budget("All", Fraction(300), levels=(ERRORS,)))
    assert rises(found, ERRORS.name) == told
    assert ERRORS.name in found.tried
    assert not any("error rate" in each for each in found.left_out)


@pytest.mark.parametrize(
    ("level", "measured", "fires"),
    [
        (SLOW, {"latency_seconds": 8.1}, True),
        (SLOW, {"latency_seconds": 7.9}, False),
        (GOOD, {"quality": 0.79}, True),
        (GOOD, {"quality": 0.81}, False),
    ],
)
def test_latency_and_quality_are_told_on_the_wrong_side_of_their_limit(
    tmp_path: Path, level: SloRule, measured: dict[str, Any], fires: bool
) -> None:
    at = NOVEMBER + 5 * HOUR
    store = store_with(tmp_path, [*calls(at, 20, **measured), *calls(at + 50 * HOUR, 1)])
    found = rehearse(store, Budget("All", Fraction(300), levels=(level,)))
    assert rises(found, level.name) == ([at + HOUR] if fires else [])


def test_an_alert_about_calls_goes_on_into_the_next_period(tmp_path: Path) -> None:
    # they fail from 30 October on, and nothing is told again on 1 November
    first = datetime(2026, 10, 30, tzinfo=UTC)
    bad = [each for hour in range(96) for each in calls(first + hour * HOUR, 20, 5)]
    store = store_with(tmp_path, bad)
    found = rehearse(store, Budget("All", Fraction(300), levels=(ERRORS,)))
    assert rises(found, ERRORS.name) == [first + HOUR]
    assert found.rises == (Rise(first + HOUR, ERRORS.name),)


def test_an_hour_reads_the_calls_that_a_look_at_it_reads(tmp_path: Path) -> None:
    bad = [
        each
        for hour in range(48)
        for each in calls(NOVEMBER + hour * HOUR, 30, hour * 7 % 5, latency_seconds=hour % 11)
    ]
    store = store_with(tmp_path, bad)
    budget = Budget("All", Fraction(300), levels=(ERRORS, SLOW))
    stretch, found = past(store, budget, NOVEMBER + 2 * DAY)
    firing = states(rules_of(budget), stretch.facts, found.known[0])
    for place, moment in enumerate(stretch.moments):
        [live] = situations_of([budget], store, BOOK, Configuration(), moment)
        readings = {each.rule: each.reading for each in live.findings if each.kind == "slo"}
        for rule, reading in readings.items():
            if reading != "between":
                assert firing[rule][place] == (reading == "firing"), (rule, moment)
    assert 0 < firing[ERRORS.name].sum() < 47


@pytest.mark.parametrize(
    ("level", "why"),
    [
        (SLOW, "'p95 latency 1h' is left out: no call says how long it took"),
        (GOOD, "'quality 1h' is left out: no call says how good its answer was"),
        (
            SloRule("error rate 1h", "warning", "error_rate", 0.05, HOUR, 21),
            "'error rate 1h' is left out: never did 21 calls of the last hour tell of it",
        ),
    ],
)
def test_what_no_call_tells_is_said(tmp_path: Path, level: SloRule, why: str) -> None:
    store = store_with(tmp_path, [*calls(NOVEMBER, 20), *calls(NOVEMBER + DAY, 1)])
    found = rehearse(store, Budget("All", Fraction(300), levels=(level,)))
    assert f"The rule {why}" in found.left_out
    assert level.name not in found.tried


def test_sums_of_days_hold_no_calls(tmp_path: Path) -> None:
    store = days_until(tmp_path, date(2026, 11, 9))
    found = rehearse(store, Budget("All", Fraction(300), levels=(ERRORS,)))
    assert "The rule 'error rate 1h' is left out: the usage holds no single calls" in found.left_out
