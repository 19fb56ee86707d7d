from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest

from alerts.evaluation import situations
from costmodel.budget import Budget
from costmodel.burn.rules import ActualRule, HourlyLimit, SloRule
from costmodel.contract import Contract
from costmodel.forecast import Forecast
from ingest.configuration import Configuration
from ingest.imports import import_file
from ingest.periods import Period
from ingest.report import ReportQuery, report
from ingest.settings import UsageSource
from ingest.store import Store
from pricing import load_book

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from alerts.situation import Situation
    from costmodel.budget import Measure
    from costmodel.burn.finding import Finding

BOOK = load_book().with_contract(Contract())
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FIRST = datetime(2026, 9, 1, tzinfo=UTC)
NOON = datetime(2026, 11, 10, 12, tzinfo=UTC)
MINI, GONE_BOOK = "gpt-4.1-mini", "acme-7b"


def call(at: datetime, million: float = 1, model: str = MINI, **metadata: object) -> dict[str, Any]:
    """Return an answer with so many million tokens of input: $0.40 each on gpt-4.1-mini."""
    return {
        "object": "chat.completion",
        "created": int(at.timestamp()),
        "model": model,
        "usage": {
            "prompt_tokens": round(million * 1_000_000),
            "completion_tokens": 0,
            "total_tokens": round(million * 1_000_000),
        },
        "metadata": metadata,
    }


def hourly(
    first: datetime, until: datetime, million: float = 1, model: str = MINI, **rest: object
) -> list[dict[str, Any]]:
    hours = int((until - first) / HOUR)
    return [call(first + hour * HOUR, million, model, **rest) for hour in range(hours)]


def store_with(folder: Path, calls: Iterable[dict[str, Any]]) -> Store:
    path = folder / "calls.jsonl"
    numbered = ({**each, "id": f"chatcmpl-{number}"} for number, each in enumerate(calls))
    path.write_text("".join(json.dumps(each) + "\n" for each in numbered), encoding="utf-8")
    store = Store(folder / "store.duckdb")
    import_file(store, path)
    return store


def looked(store: Store, *budgets: Budget, now: datetime = NOON, **rest: Any) -> list[Situation]:  # noqa: ANN401
    return list(situations(store, BOOK, Configuration(budgets=budgets, **rest), now))


def finding(situation: Situation, rule: str, level: str | None = None) -> Finding:
    [found] = [
        each for each in situation.findings if each.rule == rule and level in {None, each.level}
    ]
    return found


@pytest.fixture(scope="module")
def steady(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A million tokens an hour from September on: $9.60 a day."""
    return store_with(tmp_path_factory.mktemp("steady"), hourly(FIRST, NOON))


def test_a_month_on_plan(steady: Store) -> None:
    [found] = looked(steady, Budget("All", Fraction(288)))
    assert (found.start, found.end) == (
        datetime(2026, 11, 1, tzinfo=UTC),
        datetime(2026, 12, 1, tzinfo=UTC),
    )
    assert found.watermark == NOON - 45 * timedelta(minutes=1)
    assert found.spent == Fraction(4, 10) * 24 * 9 + Fraction(4, 10) * 12
    assert found.planned_so_far == pytest.approx(288 * (9.5 - 1 / 32) / 30, rel=1e-4)
    assert isinstance(found.ahead, Forecast)
    assert found.ahead.expected == pytest.approx(288, rel=0.02)
    assert [each for each in found.findings if each.is_firing and each.kind != "ending"] == []
    assert found.state == "ok"


def test_what_was_spent_is_what_reports_say_to_the_last_digit(steady: Store) -> None:
    [found] = looked(steady, Budget("All", Fraction(288), starts=date(2026, 1, 31)))
    assert found.watermark is not None
    period = Period(found.start, found.watermark, "UTC", "", "")
    assert found.spent == report(steady, BOOK, ReportQuery(period)).total.cost


@pytest.mark.parametrize(("amount", "reading"), [(1139, "firing"), (1141, "between")])
def test_a_level_fires_from_its_share_on(steady: Store, amount: int, reading: str) -> None:
    # 228 hours at $0.40 are $91.20: 8% of $1,140
    level = ActualRule("actual", "notice", 0.08)
    [found] = looked(steady, Budget("All", Fraction(amount), levels=(level,)))
    assert finding(found, "actual").reading == reading
    assert [each.kind for each in found.findings].count("actual") == 1


@pytest.mark.parametrize(("floor", "state"), [(0.39, "critical"), (0.41, "ok")])
def test_an_hourly_limit_needs_no_history(steady: Store, floor: float, state: str) -> None:
    limit = HourlyLimit("hourly limit", "critical", floor)
    [found] = looked(steady, Budget("All", Fraction(2880), levels=(limit,)))
    assert found.state == state


@pytest.mark.parametrize(
    ("measure", "spent"), [("tokens", 228_000_000), ("requests", 228), ("money", Fraction(456, 5))]
)
def test_every_measure_is_counted_by_the_same_engine(
    steady: Store,
    measure: Measure,
    spent: Fraction | int,
) -> None:
    [found] = looked(steady, Budget("All", Fraction(10**9), measure=measure))
    assert found.spent == spent
    assert found.days[8].spent == pytest.approx(float(spent) * 216 / 228)
    assert found.days[-1].planned == pytest.approx(10**9)


@pytest.mark.parametrize(("later", "state"), [(23 * HOUR, "ok"), (25 * HOUR, "stale")])
def test_late_data_is_never_ok(steady: Store, later: timedelta, state: str) -> None:
    [found] = looked(steady, Budget("All", Fraction(288)), now=NOON + later)
    assert found.state == state
    assert finding(found, "stale data").is_firing == (state == "stale")
    assert found.watermark == NOON - 45 * timedelta(minutes=1)


def test_how_late_data_may_be_is_said_by_source(steady: Store) -> None:
    source = UsageSource("production", "openai", allowed_lag=2 * DAY)
    [found] = looked(steady, Budget("All", Fraction(288)), now=NOON + DAY + HOUR, sources=(source,))
    assert found.state == "ok"


def test_without_usage_there_is_no_peace(tmp_path: Path) -> None:
    [found] = looked(Store(tmp_path / "none.duckdb"), Budget("All", Fraction(288)))
    assert (found.state, found.watermark, found.spent) == ("stale", None, 0)


def test_a_value_of_its_own_for_each(tmp_path: Path) -> None:
    calls = hourly(NOON - 20 * DAY, NOON, feature="search") + hourly(
        NOON - DAY, NOON, 5, feature="support"
    )
    budget = Budget("Each", Fraction(100), each="feature")
    found = {each.value: each for each in looked(store_with(tmp_path, calls), budget)}
    assert {name: each.spent for name, each in found.items()} == {
        "search": Fraction(456, 5),
        "support": Fraction(2) * 24,
    }
    assert found["support"].filters == {"feature": ("support",)}
    assert found["search"].share_spent == pytest.approx(0.912)


def test_above_two_hundred_values_the_rest_is_one(tmp_path: Path) -> None:
    names = [f"house-{number}" for number in range(203)]
    calls = [call(NOON - HOUR, model=name) for name in [*names, *names[:150]]]
    budget = Budget("Each", Fraction(100), each="model_snapshot", measure="requests")
    found = looked(store_with(tmp_path, calls), budget)
    assert len(found) == 201
    assert sum(each.spent for each in found) == 353
    assert [each.spent for each in found if each.value == "other"] == [3]


def test_a_budget_that_cannot_be_looked_at_stays_alone(steady: Store) -> None:
    broken = Budget("Euros", Fraction(10), currency="EUR")
    lost, fine = looked(steady, broken, Budget("All", Fraction(288)))
    assert (lost.state, fine.state) == ("failed", "ok")
    assert "prices are in USD" in finding(lost, "evaluation").sentence


def test_usage_without_a_price_is_told(tmp_path: Path) -> None:
    calls = [*hourly(NOON - 20 * DAY, NOON), call(NOON - HOUR, 2, model=GONE_BOOK)]
    store = store_with(tmp_path, calls)
    [found] = looked(store, Budget("All", Fraction(288)))
    told = finding(found, "unpriced usage")
    assert (told.is_firing, found.at_least) == (True, True)
    assert told.sentence.startswith("2,000,000 tokens have no price (openai acme-7b: ")
    assert told.severity == "notice"  # 2 of 230 million tokens
    [tokens] = looked(store, Budget("All", Fraction(10**9), measure="tokens"))
    assert (tokens.at_least, tokens.spent) == (False, 230_000_000)


@pytest.mark.parametrize(
    ("day", "level", "others"),
    [
        (date(2026, 10, 15), None, []),  # 91 days before its end on 14 January
        (date(2026, 10, 16), "90 days", []),
        (date(2026, 12, 14), "90 days", []),
        (date(2026, 12, 15), "30 days", ["90 days"]),
        (date(2027, 1, 6), "30 days", ["90 days"]),
        (date(2027, 1, 7), "7 days", ["90 days", "30 days"]),
        (date(2027, 1, 14), None, []),
    ],
)
def test_a_model_that_ends(tmp_path: Path, day: date, level: str | None, others: list[str]) -> None:
    now = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    store = store_with(tmp_path, [call(now - HOUR)])
    [found] = looked(store, Budget("All", Fraction(288)), now=now)
    told = [each for each in found.findings if each.kind == "ending"]
    assert [each.level for each in told if each.is_firing] == ([level] if level else [])
    assert [each.level for each in told if each.reading == "between"] == others
    assert found.state == "ok"


@pytest.mark.parametrize(
    ("budget", "now", "edges", "hours"),
    [
        (  # the clock goes back on 25 October: a day of 25 hours
            Budget("Day", Fraction(30), period="day", timezone="Europe/Berlin"),
            datetime(2026, 10, 25, 22, tzinfo=UTC),
            (datetime(2026, 10, 24, 22, tzinfo=UTC), datetime(2026, 10, 25, 23, tzinfo=UTC)),
            24,
        ),
        (  # the 31st of a month that has none is its last day
            Budget("Odd", Fraction(300), starts=date(2026, 1, 31)),
            datetime(2026, 10, 31, 6, tzinfo=UTC),
            (datetime(2026, 10, 31, tzinfo=UTC), datetime(2026, 11, 30, tzinfo=UTC)),
            6,
        ),
        (
            Budget("Odd", Fraction(300), starts=date(2026, 1, 31)),
            datetime(2026, 10, 30, 6, tzinfo=UTC),
            (datetime(2026, 9, 30, tzinfo=UTC), datetime(2026, 10, 31, tzinfo=UTC)),
            30 * 24 + 6,
        ),
        (
            Budget("Half", Fraction(300), period="week", timezone="Asia/Kolkata"),
            datetime(2026, 11, 9, 6, tzinfo=UTC),
            (datetime(2026, 11, 8, 18, 30, tzinfo=UTC), datetime(2026, 11, 15, 18, 30, tzinfo=UTC)),
            11,
        ),
    ],
)
def test_periods_on_the_real_calendar(
    steady: Store, budget: Budget, now: datetime, edges: tuple[datetime, datetime], hours: int
) -> None:
    [found] = looked(steady, budget, now=now)
    assert (found.start.astimezone(UTC), found.end.astimezone(UTC)) == edges
    assert found.watermark == now
    assert found.spent == Fraction(4, 10) * hours
    assert found.days[-1].planned == pytest.approx(float(budget.amount))


def test_a_loop_is_found_with_its_cause(tmp_path: Path) -> None:
    calls = hourly(FIRST, NOON, feature="search") + hourly(
        NOON - 3 * HOUR, NOON, 30, feature="support", team="desk"
    )
    [found] = looked(store_with(tmp_path, calls), Budget("All", Fraction(300)))
    fast = finding(found, "fast")
    assert (fast.is_firing, fast.severity, found.state) == (True, "critical", "critical")
    assert [each.name for each in found.causes] == ["feature support"]
    assert found.causes[0].amount == pytest.approx(36)
    assert "$36.00 more in 3 days" in found.causes[0].sentence


def test_two_budgets_of_one_look_do_not_share_their_history(steady: Store) -> None:
    month = Budget("Month", Fraction(288))
    [alone] = looked(steady, month)
    both = looked(steady, Budget("Year", Fraction(3500), period="year"), month)
    assert replace(both[1]) == alone


@pytest.mark.parametrize(
    ("level", "reading"),
    [
        (SloRule("errors", "warning", "error_rate", 0.09, HOUR, 20), "firing"),
        (SloRule("errors", "warning", "error_rate", 0.11, HOUR, 20), "between"),
        (SloRule("errors", "warning", "error_rate", 0.01, HOUR, 21), None),
        (SloRule("slow", "warning", "p95_seconds", 19.0, HOUR, 20), "firing"),
        (SloRule("slow", "warning", "p95_seconds", 19.2, HOUR, 20), "between"),
        (SloRule("good", "warning", "quality", 0.76, HOUR, 20), "firing"),
        (SloRule("good", "warning", "quality", 0.75, HOUR, 20), "between"),
    ],
)
def test_what_single_calls_say(tmp_path: Path, level: SloRule, reading: str | None) -> None:
    # of the last hour's 20 calls 2 failed; they took 1 to 20 seconds and are rated 0.5 or 1
    calls = hourly(NOON - DAY, NOON - HOUR, 0.1, status="failed", latency_seconds=99)
    calls += [
        call(
            NOON - HOUR + timedelta(minutes=number // 2),
            0.1,
            status="failed" if number < 2 else "completed",
            latency_seconds=number + 1,
            quality=1 if number % 2 else 0.5,
        )
        for number in range(20)
    ]
    store = store_with(tmp_path, calls)
    budget = Budget("All", Fraction(10**6), levels=(level,))
    [found] = looked(store, budget)
    told = [each.reading for each in found.findings if each.kind == "slo"]
    assert told == ([reading] if reading else [])
