"""The demo's files: made again byte for byte, and counted by a program that shares no code."""

from __future__ import annotations

import csv
import gzip
import json
import zlib
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import pytest

from pricing import located_yaml
from sample_logs import demo_story as story
from sample_logs import demo_traffic as traffic
from sample_logs import generate_demo

pytestmark = pytest.mark.xdist_group("demo files")  # who has counted them once, asks them all

DEMO = Path(__file__).parents[2] / "sample_logs" / "demo"
FILES = sorted(DEMO.glob("*.jsonl.gz"))
BILL = DEMO / "costs-2026-10.csv"
CLOCK = datetime(2026, 11, 20, 12, tzinfo=UTC)

# USD per million of uncached input, cached input, output. No source publishes a cached rate in
# batch: its full input rate is assumed.
FULL, MINI, NANO = "gpt-4.1-2025-04-14", "gpt-4.1-mini-2025-04-14", "gpt-4.1-nano-2025-04-14"
USD_PER_MILLION = {
    (FULL, "standard"): (Fraction(2), Fraction("0.5"), Fraction(8)),
    (MINI, "standard"): (Fraction("0.4"), Fraction("0.1"), Fraction("1.6")),
    (MINI, "batch"): (Fraction("0.2"), Fraction("0.2"), Fraction("0.8")),
    (NANO, "standard"): (Fraction("0.1"), Fraction("0.025"), Fraction("0.4")),
}


@dataclass(frozen=True)
class Row:
    at: datetime
    model: str
    tier: str
    input_tokens: int
    cached: int
    output: int
    metadata: dict[str, str]

    @property
    def month(self) -> str:
        return f"{self.at:%Y-%m}"

    @cached_property
    def usd(self) -> Fraction:
        rates = USD_PER_MILLION.get((self.model, self.tier), (Fraction(0),) * 3)
        counts = (self.input_tokens - self.cached, self.cached, self.output)
        return sum((n * r for n, r in zip(counts, rates, strict=True)), Fraction(0)) / 1_000_000


@dataclass(frozen=True)
class Count:
    rows: dict[str, Row]
    outcomes: Counter[str]


def unwrapped(line: dict[str, Any]) -> tuple[dict[str, Any] | None, str]:
    if "custom_id" not in line:
        return line, "standard"
    return (line["response"] or {}).get("body"), "batch"


def fault_of(body: dict[str, Any]) -> str | None:
    usage = body["usage"]
    if usage is None:
        return "without usage"
    if "created" not in body:
        return "untimed"
    if usage["completion_tokens"] < 0:
        return "negative"
    if usage["prompt_tokens_details"]["cached_tokens"] > usage["prompt_tokens"]:
        return "cached above input"
    return None


def row_of(body: dict[str, Any], tier: str) -> Row:
    usage = body["usage"]
    return Row(
        datetime.fromtimestamp(body["created"], UTC),
        body["model"],
        tier,
        usage["prompt_tokens"],
        usage["prompt_tokens_details"]["cached_tokens"],
        usage["completion_tokens"],
        body["metadata"],
    )


def take(line: str, rows: dict[str, Row]) -> str:
    """What becomes of a line; a response seen before keeps its longer answer."""
    try:
        body, tier = unwrapped(json.loads(line))
    except ValueError:
        return "cut"
    fault = fault_of(body) if body else "without usage"
    if fault or body is None:
        return str(fault)
    row = row_of(body, tier)
    before = rows.get(body["id"])
    if before is None or row.output > before.output:
        rows[body["id"]] = row
    return "added" if before is None else "replaced" if row.output > before.output else "duplicate"


@cache
def counted() -> Count:
    rows: dict[str, Row] = {}
    outcomes: Counter[str] = Counter()
    for path in FILES:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            outcomes.update(take(line, rows) for line in lines)
    return Count(rows, outcomes)


def rows_where(**metadata: str) -> list[Row]:
    rows = counted().rows.values()
    return [r for r in rows if metadata.items() <= r.metadata.items()]


def cached_share(rows: list[Row]) -> float:
    return sum(r.cached for r in rows) / sum(r.input_tokens for r in rows)


def daily_usd(rows: list[Row]) -> dict[date, float]:
    days: dict[date, Fraction] = defaultdict(Fraction)
    for row in rows:
        days[row.at.date()] += row.usd
    return {day: float(usd) for day, usd in days.items()}


def cents(usd: Fraction) -> str:
    whole, part = divmod(round(usd * 100), 100)
    return f"{whole:,}.{part:02d}"


def written_totals() -> dict[tuple[str, ...], list[str]]:
    """The table of the demo's README by month, model and tier."""
    text = (DEMO / "README.md").read_text(encoding="utf-8")
    cells = [
        [c.strip() for c in line.strip("|").split("|")] for line in text.splitlines() if "|" in line
    ]
    return {tuple(c[:3]): c[3:] for c in cells if c[0].startswith("2026-")}


def test_the_generator_writes_the_committed_lines() -> None:
    made = dict(generate_demo.demo_files())
    assert sorted(made) == [*(path.name for path in FILES), BILL.name]
    assert made[BILL.name] == BILL.read_text(encoding="utf-8").splitlines()
    for path in FILES:
        committed = gzip.decompress(path.read_bytes()).decode().splitlines()
        assert made[path.name] == committed, path.name


def billed() -> dict[str, Fraction]:
    """Dollars of the bill by model, searches under their own name."""
    usd: dict[str, Fraction] = defaultdict(Fraction)
    with BILL.open(encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file):
            name = line["line_item"].partition(",")[0].removesuffix(" batch")
            usd[name] += Fraction(line["amount_value"])
    return usd


def test_the_bill_charges_what_the_files_do_not_tell_and_little_more() -> None:
    october: dict[str, Fraction] = defaultdict(Fraction)
    for row in counted().rows.values():
        if row.month == "2026-10":
            october[row.model] += row.usd
    bill = billed()
    assert bill.pop("web search tool calls") == Fraction("6.82")  # 22 weekdays, 31 at a cent
    assert bill.keys() == october.keys() == {FULL, MINI, NANO}
    assert {model for model in bill if bill[model] < october[model]} == set()
    hidden = sum(bill.values()) - sum(october.values())  # 14 streams, 4 spoiled lines
    assert 0 < hidden < sum(october.values()) / 1_000


def test_the_readme_states_the_bill() -> None:
    text = (DEMO / "README.md").read_text(encoding="utf-8")
    assert f"${cents(sum(billed().values(), Fraction(0)))}" in text


def test_two_runs_write_the_same_bytes(tmp_path: Path) -> None:
    lines = [generate_demo.text({"day": n}) for n in range(1_000)]
    for name in ("first.gz", "second.gz"):
        generate_demo.write_gzip(tmp_path / name, lines)
    first, second = ((tmp_path / name).read_bytes() for name in ("first.gz", "second.gz"))
    assert first == second
    assert first[3:8] == bytes(5)  # neither a file name nor a time
    assert zlib.decompress(first, wbits=31).decode().splitlines() == lines


def test_a_day_can_be_made_alone() -> None:
    day = date(2026, 10, 8)
    alone = list(traffic.workload_day(story.LEGAL_CHECK, day))
    rows = counted().rows
    assert len(alone) > 50
    assert all(rows[call.call_id].input_tokens == call.prompt_tokens for call in alone)


def test_the_folder_stays_under_five_megabytes() -> None:
    assert sum(path.stat().st_size for path in DEMO.iterdir()) < 5_000_000


def test_usage_begins_on_the_first_day_and_reaches_into_the_last_quarter_of_an_hour() -> None:
    times = [row.at for row in counted().rows.values()]
    assert min(times).date() == date(2026, 9, 21)
    assert CLOCK - timedelta(minutes=15) < max(times) < CLOCK
    assert {at.date() for at in times} == set(traffic.days())


def test_no_line_of_any_kind_is_later_than_the_clock() -> None:
    for path in FILES:
        for line in gzip.decompress(path.read_bytes()).decode().splitlines():
            _, found, rest = line.partition('"created":')
            assert not found or int(rest.partition(",")[0]) < CLOCK.timestamp()


def test_every_line_is_accounted_for() -> None:
    outcomes = counted().outcomes
    faults = {kind: outcomes[kind] for kind in ("cut", "cached above input", "untimed", "negative")}
    assert faults == {"cut": 5, "cached above input": 3, "untimed": 3, "negative": 3}
    assert outcomes["replaced"] == 3
    assert outcomes["without usage"] == 42
    assert outcomes["added"] == len(counted().rows)
    assert 60_000 < outcomes["added"] < 90_000


def test_the_readme_states_the_tokens_and_the_money_of_each_month_and_model() -> None:
    totals: dict[tuple[str, ...], list[Any]] = defaultdict(lambda: [0, 0, 0, 0, Fraction(0)])
    for row in counted().rows.values():
        of_group = totals[row.month, row.model, row.tier]
        for place, n in enumerate((1, row.input_tokens, row.cached, row.output, row.usd)):
            of_group[place] += n
    expected = {
        key: [*(f"{n:,}" for n in t[:4]), cents(t[4]) if key[1:] in USD_PER_MILLION else "no price"]
        for key, t in totals.items()
    }
    assert written_totals() == expected


def test_november_stands_near_790_and_october_ended_near_1030() -> None:
    months: dict[str, Fraction] = defaultdict(Fraction)
    for row in counted().rows.values():
        months[row.month] += row.usd
    assert 770 < months["2026-11"] < 810
    assert 1_000 < months["2026-10"] < 1_100


def test_the_last_three_weeks_lead_to_a_month_end_near_1190() -> None:
    days = daily_usd(list(counted().rows.values()))
    until = date(2026, 11, 20)
    past = [until - timedelta(days=n) for n in range(1, 22)]
    mean = {w: sum(days[d] for d in past if d.weekday() == w) / 3 for w in range(7)}
    spent = sum(usd for day, usd in days.items() if day >= date(2026, 11, 1))
    ahead = sum(mean[date(2026, 11, n).weekday()] for n in range(21, 31)) + mean[4] / 2
    assert spent + ahead == pytest.approx(1_190, abs=25)


def test_weekends_are_quieter_than_weekdays() -> None:
    days = daily_usd(list(counted().rows.values()))
    weekend = [usd for day, usd in days.items() if day.weekday() >= 5]
    weekday = [usd for day, usd in days.items() if day.weekday() < 5 and day != CLOCK.date()]
    assert max(weekend) < min(weekday)


def test_offices_work_by_day() -> None:
    hours = Counter(row.at.hour for row in rows_where(feature="contract-rag"))
    assert hours[10] > 20 * max(hours[3], 1)


def test_contract_rag_starts_on_6_october() -> None:
    assert min(row.at for row in rows_where(feature="contract-rag")).date() == date(2026, 10, 6)


def test_nano_ends_on_23_october_and_its_work_moves_to_mini() -> None:
    bulk = rows_where(endpoint="preprocess")
    ends = date(2026, 10, 23)
    assert {row.model for row in bulk if row.at.date() < ends} == {NANO}
    assert {row.model for row in bulk if row.at.date() >= ends} == {MINI}
    assert max(r.at for r in counted().rows.values() if r.model == NANO).date() == date(
        2026, 10, 22
    )


def test_search_caches_nothing_from_3_to_5_november() -> None:
    steps = rows_where(endpoint="plan-step")
    by_version = {
        version: cached_share([r for r in steps if r.metadata["prompt_version"] == version])
        for version in ("plan-step-7", "plan-step-8", "plan-step-9")
    }
    assert by_version["plan-step-8"] < 0.05
    assert by_version["plan-step-7"] > 0.8
    assert by_version["plan-step-9"] > 0.8
    days = {r.at.date() for r in steps if r.metadata["prompt_version"] == "plan-step-8"}
    assert (
        {date(2026, 11, n) for n in (3, 4, 5)} <= days <= {date(2026, 11, n) for n in range(3, 7)}
    )


def test_the_broken_cache_costs_tens_of_dollars() -> None:
    days = daily_usd(rows_where(feature="search"))
    broken = sum(days[date(2026, 11, n)] for n in (3, 4, 5))
    week_later = sum(days[date(2026, 11, n)] for n in (10, 11, 12))
    assert 30 < broken - week_later < 60


def test_one_session_loops_for_eighty_minutes() -> None:
    loop = [row for row in rows_where(feature="code-review") if "retries" in row.metadata]
    assert len({row.metadata["session"] for row in loop}) == 1
    assert min(row.at for row in loop) == datetime(2026, 11, 11, 2, 10, tzinfo=UTC)
    assert max(row.at for row in loop) < datetime(2026, 11, 11, 3, 30, tzinfo=UTC)
    assert len(loop) == 1_000
    assert 10 < sum(row.usd for row in loop) < 20


def test_an_eighth_of_the_mini_answers_is_asked_again_of_the_full_model() -> None:
    last_30_days = [r for r in counted().rows.values() if r.at.date() >= date(2026, 10, 21)]
    escalated = [r for r in last_30_days if "escalated_from" in r.metadata]
    assert {r.model for r in escalated} == {FULL}
    assert {r.metadata["escalated_from"] for r in escalated} == {MINI}
    assert all(float(r.metadata["confidence"]) < 0.6 for r in escalated)
    share = len(escalated) / sum(r.model == MINI for r in last_30_days)
    assert share == pytest.approx(0.12, abs=0.002)


def test_each_escalation_follows_a_mini_answer_of_its_session() -> None:
    first: dict[str, datetime] = {}
    for row in sorted(counted().rows.values(), key=lambda row: row.at):
        session = row.metadata["session"]
        if "escalated_from" in row.metadata:
            assert first[session] < row.at
        elif row.model == MINI:
            first.setdefault(session, row.at)


def test_the_critical_feature_runs_on_the_full_model_alone() -> None:
    assert {row.model for row in rows_where(feature="legal-check")} == {FULL}


def test_summaries_run_at_night_in_batch() -> None:
    nightly = rows_where(feature="summaries")
    assert {row.tier for row in nightly} == {"batch"}
    assert {row.at.hour for row in nightly} == {1, 2}
    assert sum(row.tier == "batch" for row in counted().rows.values()) == len(nightly)


def test_a_model_without_price_used_about_1_2_million_tokens_in_november() -> None:
    trial = [r for r in counted().rows.values() if r.model == "acme-7b"]
    assert {r.month for r in trial} == {"2026-11"}
    assert 1_150_000 < sum(r.input_tokens + r.output for r in trial) < 1_350_000


def test_tokens_lie_in_every_size_band_up_to_256_thousand() -> None:
    sizes = [row.input_tokens for row in counted().rows.values()]
    for low, high in ((1_024, 32_000), (32_000, 100_000), (100_000, 128_000), (128_000, 200_000)):
        assert sum(low <= size <= high for size in sizes) > 500


def test_the_configuration_names_the_features_of_the_data_and_days_inside_it() -> None:
    # not yaml.safe_load, which reads the key `on` as true
    settings = located_yaml.read(DEMO / "tollbook.yaml").plain()
    assert set(settings["features"]) == {r.metadata["feature"] for r in counted().rows.values()}
    owners = {feature: entry["owner"] for feature, entry in settings["features"].items()}
    teams = {r.metadata["feature"]: r.metadata["team"] for r in counted().rows.values()}
    assert owners == teams
    assert [f for f, entry in settings["features"].items() if entry.get("critical")] == [
        "legal-check"
    ]
    assert all(date(2026, 9, 21) <= note["on"] < CLOCK.date() for note in settings["notes"])
    assert settings["budgets"][0]["amount"] == 1200
