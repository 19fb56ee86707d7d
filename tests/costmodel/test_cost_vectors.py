"""The shipped tables against amounts worked out by hand and against the project's vectors."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from pricing.located_yaml import read
from tests.shipped import NOVEMBER, cost_of, usd

VECTORS = Path(__file__).parents[3] / "shared" / "facts" / "vectors.yaml"
SESSIONS = 300_000
GUIDE_INPUT = SESSIONS * 900
GUIDE_OUTPUT = SESSIONS * 600
M = 1_000_000


@pytest.mark.parametrize(
    ("model", "amounts", "dollars"),
    [
        # 400 x 0.40 + 600 x 0.10 + 500 x 1.60 = 160 + 60 + 800 = 1,020 per million
        ("gpt-4.1-mini", {"input": 400, "cached_input": 600, "output": 500}, "0.00102"),
        # five times Mini
        ("gpt-4.1", {"input": 400, "cached_input": 600, "output": 500}, "0.0051"),
        # a quarter of Mini
        ("gpt-4.1-nano", {"input": 400, "cached_input": 600, "output": 500}, "0.000255"),
        # 1,000 x 0.80 + 1,000 x 3.20
        ("ft:gpt-4.1-mini-2025-04-14:acme::x", {"input": 1000, "output": 1000}, "0.004"),
        # 500 x 0.30 + 500 x 0.15 + 1,000 x 1.20
        (
            "ft:gpt-4o-mini-2024-07-18:acme::x",
            {"input": 500, "cached_input": 500, "output": 1000},
            "0.001425",
        ),
        # 10,637 x 2 + 50 x 8 and 11,733 x 0.40 + 42 x 1.60, as a coding assistant recorded them
        ("gpt-4.1", {"input": 10_637, "output": 50}, "0.021674"),
        ("gpt-4.1-mini", {"input": 11_733, "output": 42}, "0.0047604"),
        # text 10 x 2.50, sound 100 x 32, out 20 x 10 + 50 x 64 = 25 + 3,200 + 200 + 3,200
        (
            "gpt-audio",
            {"input": 10, "input_audio": 100, "output": 20, "output_audio": 50},
            "0.006625",
        ),
        # 2 calls at 10 per thousand, 1 at 2.50, beside 1,000 x 0.40
        (
            "gpt-4.1-mini",
            {"input": 1000, "web_search_calls": 2, "file_search_calls": 1},
            "0.0229",
        ),
    ],
)
def test_a_request_costs_what_one_works_out_by_hand(
    model: str, amounts: dict[str, int], dollars: str
) -> None:
    assert cost_of(model, amounts).total == usd(dollars)


@pytest.mark.parametrize(
    ("tier", "provider", "zone", "dollars"),
    [
        # 400k x input + 600k x cached + 1M x output
        ("standard", "openai", "global", "1.82"),  # 0.16 + 0.06 + 1.60
        ("batch", "openai", "global", "1.00"),  # 0.08 + 0.12 + 0.80, no cached price in batch
        ("priority", "openai", "global", "3.185"),  # 0.28 + 0.105 + 2.80
        ("standard", "azure", "global", "1.82"),
        ("batch", "azure", "global", "1.00"),
        ("standard", "azure", "data_zone", "2.002"),  # 0.176 + 0.066 + 1.76
        ("standard", "azure", "regional:westeurope", "2.4024"),  # 1.82 x 1.32
    ],
)
def test_mini_by_tier_and_zone(tier: str, provider: str, zone: str, dollars: str) -> None:
    amounts = {"input": 400_000, "cached_input": 600_000, "output": M}
    found = cost_of("gpt-4.1-mini", amounts, tier=tier, provider=provider, zone=zone)
    assert found.total == usd(dollars)
    assumed = {assumption.name for assumption in found.assumptions}
    assert ("cached-in-batch" in assumed) is (tier == "batch")


@pytest.mark.parametrize(
    ("model", "tier", "edge", "at_the_edge", "above"),
    [
        # 272,000 x 2.50 + 1,000 x 15 = 0.68 + 0.015; 272,001 x 5 + 1,000 x 22.50
        ("gpt-5.4", "standard", 272_000, "0.695", "1.382505"),
        # 1.25 and 7.50; 2.50 and 11.25
        ("gpt-5.4", "batch", 272_000, "0.3475", "0.6912525"),
        # one price for every length: 5 and 30
        ("gpt-5.4", "priority", 272_000, "1.39", "1.390005"),
        # 0.10 and 0.50; 0.20 and 0.75
        ("gpt-6-luna", "standard", 272_000, "0.0277", "0.0551502"),
        # 1.25 and 10; 2.50 and 15
        ("gemini-2.5-pro", "standard", 200_000, "0.26", "0.5150025"),
        # 0.625 and 5; 1.25 and 7.50
        ("gemini-2.5-pro", "flex", 200_000, "0.13", "0.25750125"),
        # 0.10 and 0.50; 0.50 and 2.50
        ("claude-haiku-5-5", "standard", 100_000, "0.0105", "0.0525005"),
        # 0.05 and 0.25; 0.25 and 1.25
        ("claude-haiku-5-5", "batch", 100_000, "0.00525", "0.02625025"),
        # no step at all: 2 and 8
        ("gpt-4.1", "standard", 272_000, "0.552", "0.552002"),
    ],
)
def test_a_long_request_is_dear_from_one_token_above_the_edge(
    model: str, tier: str, edge: int, at_the_edge: str, above: str
) -> None:
    same = cost_of(model, tier=tier, input=edge, output=1000)
    more = cost_of(model, tier=tier, input=edge + 1, output=1000)
    assert (same.total, more.total) == (usd(at_the_edge), usd(above))


def test_cached_and_written_tokens_count_for_the_edge() -> None:
    parts = {"input": 100_000, "cached_input": 100_000, "cache_write": 72_000}
    # 100,000 x (4 + 0.40) + 72,000 x 5; then the long rates 8, 0.80 and 10
    assert cost_of("gpt-5.6-sol", parts).total == usd("0.80")
    more = {**parts, "cached_input": 100_001}
    assert cost_of("gpt-5.6-sol", more).total == usd("1.6000008")


@pytest.mark.parametrize(
    ("model", "day", "before", "after"),
    [
        # 1M in, 1M cached, 1M out on the last day of the old price and the first of the new
        ("o3", date(2025, 6, 10), "52.50", "10.50"),  # 10 + 2.50 + 40; 2 + 0.50 + 8
        ("gpt-5.6-luna", date(2026, 7, 30), "7.10", "1.42"),  # 1 + .1 + 6; .2 + .02 + 1.2
        ("gpt-5.6-terra", date(2026, 7, 30), "17.75", "14.20"),  # 2.5 + .25 + 15; 2 + .2 + 12
        ("gpt-5.6-sol", date(2026, 8, 21), "35.50", "24.40"),  # 5 + .5 + 30; 4 + .4 + 20
        ("gemini-4-argon", date(2026, 12, 1), "12.10", "24.20"),
        ("gemini-3.6-flash", date(2027, 1, 1), "4.575", "9.15"),
        ("gemini-3.7-flash", date(2027, 1, 1), "4.575", "9.15"),
        ("gemini-3.8-flash", date(2027, 1, 1), "4.575", "9.15"),
        ("gemini-flash-latest", date(2027, 1, 1), "4.575", "9.15"),
        ("claude-sonnet-5", date(2026, 9, 1), "12.20", "12.20"),  # the rise was withdrawn
    ],
)
def test_the_price_of_a_day(model: str, day: date, before: str, after: str) -> None:
    amounts = {"input": M // 10, "cached_input": M // 10, "output": M // 10}
    last = cost_of(model, amounts, on=date.fromordinal(day.toordinal() - 1))
    first = cost_of(model, amounts, on=day)
    assert (last.total * 10, first.total * 10) == (usd(before), usd(after))


def test_an_announced_price_says_so() -> None:
    argon = cost_of("gemini-4-argon", on=date(2026, 12, 1), input=1000)
    assert argon.warnings == ("this price of gemini-4-argon is announced, not yet in force",)


@pytest.mark.parametrize(
    ("day", "dollars"), [(date(2026, 3, 12), "1.50"), (date(2026, 3, 13), "0.75")]
)
def test_sonnet_dropped_its_surcharge_for_long_requests(day: date, dollars: str) -> None:
    found = cost_of("claude-sonnet-4-6", on=day, input=250_000)
    assert found.total == usd(dollars)


def test_anthropic_writes_and_reads_by_lifetime_and_tier() -> None:
    amounts = {"input": M // 20, "cached_input": M // 20, "cache_write": M // 20}
    amounts |= {"cache_write_1h": M // 20, "output": M}
    # 0.05 x (5 + 0.50 + 6.25 + 10) + 25
    one = cost_of("claude-opus-5", amounts)
    assert one.total == usd("26.0875")
    batch = cost_of("claude-opus-5", amounts, tier="batch")
    assert batch.total == one.total / 2
    fast = cost_of("claude-opus-5", amounts, tier="priority")
    assert fast.total == one.total * 2
    home = cost_of("claude-opus-5", amounts, zone="regional:us")
    assert home.total == one.total * Fraction("1.1")


def test_data_residency_costs_a_tenth_more() -> None:
    home = cost_of("gpt-5.5", zone="regional:eu", input=1000, output=1000)
    assert home.total == usd("0.0385")  # (5 + 30) x 1.1


@pytest.mark.parametrize("day", [date(2025, 4, 14), NOVEMBER, date(2027, 6, 1)])
@pytest.mark.parametrize(
    ("model", "tier", "dollars"),
    [
        ("gpt-4.1-mini", "standard", 396),
        ("gpt-4.1", "standard", 1980),
        ("gpt-4.1-nano", "standard", 99),
        ("gpt-6-luna", "standard", 117),
        ("gpt-4.1-mini", "batch", 198),
    ],
)
def test_the_guides_workload_on_any_day(model: str, tier: str, dollars: int, day: date) -> None:
    per_session = cost_of(model, tier=tier, on=day, input=900, output=600)
    assert per_session.total * SESSIONS == dollars


def test_the_guides_workload_with_half_of_the_input_cached() -> None:
    half = cost_of("gpt-4.1-mini", input=450, cached_input=450, output=600)
    assert half.total * SESSIONS == usd("355.50")


def test_a_conversation_trace_as_mini() -> None:
    # 22,361,870 x 0.40 + 4,088,665 x 1.60, over requests that are all short
    rates = cost_of("gpt-4.1-mini", on=date(2026, 11, 1), input=1, output=1).rates
    total = 22_361_870 * rates[next(iter(rates))] + 4_088_665 * list(rates.values())[1]
    assert total / M == usd("15.486612")


def vectors() -> dict[str, Any]:
    if not VECTORS.exists():
        pytest.skip("the project's vectors (../shared/facts) are not beside this checkout")
    found: dict[str, Any] = read(VECTORS).plain()
    return found


def test_every_cost_of_the_vectors() -> None:
    cases = vectors()["cost"]
    assert cases
    for case in cases:
        cached = case.get("cached", 0)
        found = cost_of(
            case["model"],
            tier=case.get("tier", "standard"),
            on=case.get("on", NOVEMBER),
            input=case["input"] - cached,
            cached_input=cached,
            output=case["output"],
        )
        assert found.total == Fraction(case["expected"]), case


def test_the_guides_workload_of_the_vectors() -> None:
    guide = vectors()["guide_workload"]
    names = {"mini": "gpt-4.1-mini", "full": "gpt-4.1", "nano": "gpt-4.1-nano"}
    amounts = {"input": guide["input_per_session"], "output": guide["output_per_session"]}
    for word in ("mini", "full", "nano", "gpt-6-luna"):
        found = cost_of(names.get(word, word), amounts).total * guide["sessions"]
        assert found == Fraction(guide[word]), word
    batch = cost_of("gpt-4.1-mini", amounts, tier="batch")
    assert batch.total * guide["sessions"] == Fraction(guide["mini_batch"])
