from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from costmodel.book import Quote
from costmodel.caching import (
    Basis,
    CachePolicy,
    HourShare,
    KeepRule,
    Reuse,
    block_tokens,
    caching,
    input_change,
    seen_shares,
    writes_pay_from,
)
from costmodel.meters import Meter
from costmodel.usage import PricingKey
from costmodel.workload import Baseline, ledger_baseline
from tests.books import BOOK
from tests.workloads import DAY, cell

POLICY = CachePolicy((300, 600), {"openai": KeepRule(128, 15)})


def baseline(*, cached: int = 0, days: int = 30, model: str = "gpt-4.1-mini") -> Baseline:
    """1,000 requests of 2,000 tokens each: 2M input tokens."""
    used = cell(model, input_tokens=2_000, cached=cached, requests=1_000, dimensions=("search",))
    batch = cell(model, input_tokens=9_000, requests=7, dimensions=("search",), tier="batch")
    return ledger_baseline([used, batch], BOOK, days=days, dimension_names=("feature",))


def reuse(*kept: int, basis: Basis = Basis.PREFIXES, tokens: int = 2_000_000) -> Reuse:
    return Reuse("search", "openai", "gpt-4.1-mini", basis, 1_000, tokens, tokens // 10, kept)


def quote(model: str, provider: str = "openai") -> Quote:
    found = BOOK.quote(PricingKey(provider, model, "global", "standard", 0, DAY))
    assert isinstance(found, Quote)
    return found


@pytest.mark.parametrize(
    ("least", "most", "size"),
    [(512, 512, 512), (500, 520, 512), (500, 511, 500), (129, 128, None), (0, 5, None), (1, 9, 1)],
)
def test_the_size_of_a_block(least: int, most: int, size: int | None) -> None:
    assert block_tokens(least, most) == size


@given(st.integers(1, 4_096), st.lists(st.integers(1, 300_000), min_size=1, max_size=30))
def test_the_size_found_explains_every_count(size: int, prompts: list[int]) -> None:
    counts = [-(-tokens // size) for tokens in prompts]
    pairs = list(zip(prompts, counts, strict=True))
    least = max(-(-tokens // n) for tokens, n in pairs)
    most = min((t - 1) // (n - 1) if n > 1 else max(prompts) for t, n in pairs)
    found = block_tokens(least, max(most, least))
    assert found is not None
    assert all(-(-tokens // found) == n for tokens, n in pairs)


def test_where_writes_cost_more_a_share_of_reads_is_needed() -> None:
    # gpt-6-luna: 0.1 plain, 0.01 read, 0.125 written; (1.25 - 1) / (1.25 - 0.1) = 5/23
    assert writes_pay_from(quote("gpt-6-luna")) == Fraction(5, 23)
    assert float(Fraction(5, 23)) == pytest.approx(0.2174, abs=1e-4)
    twice = replace(quote("haiku", "anthropic"), rates={
        Meter.INPUT: Fraction(1), Meter.CACHED_INPUT: Fraction(1, 10),
        Meter.CACHE_WRITE_1H: Fraction(2),
    })  # fmt: skip
    found = writes_pay_from(twice, Meter.CACHE_WRITE_1H)
    assert found == Fraction(10, 19)
    assert float(Fraction(10, 19)) == pytest.approx(0.5263, abs=1e-4)
    assert writes_pay_from(quote("gpt-4.1-mini")) == 0  # writes are free


@pytest.mark.parametrize(("share", "sign"), [("4/23", 1), ("5/23", 0), ("6/23", -1)])
def test_at_the_break_even_a_cache_costs_what_none_costs(share: str, sign: int) -> None:
    flows = ledger_baseline([cell("gpt-6-luna", input_tokens=2_000)], BOOK, days=30).flows
    change = input_change(flows, Fraction(share), 300, BOOK)
    assert change is not None
    assert (change > 0) - (change < 0) == sign


def test_possible_shares_and_their_money_a_month() -> None:
    [row] = caching(baseline(), [reuse(500_000, 1_000_000, 1_500_000)], (), POLICY, BOOK)
    # 2M tokens at $0.40 are $0.80; half of them at $0.10 instead saves 1M x $0.30
    assert [(each.seconds, each.share, each.change) for each in row.possible] == [
        (300, Fraction(1, 4), Fraction("-0.15")),
        (600, Fraction(1, 2), Fraction("-0.30")),
        (None, Fraction(3, 4), Fraction("-0.45")),
    ]
    # a tenth was read: 40% of what 5 minutes make possible
    assert [each.reached for each in row.possible][:2] == [Fraction(2, 5), Fraction(1, 5)]
    assert (row.requests, row.input_tokens, row.share) == (1_000, 2_000_000, 0)  # no batches
    assert row.best is not None
    assert row.best.seconds is None


def test_three_days_are_made_a_month_and_a_part_stands_for_the_whole() -> None:
    told = reuse(250_000, 250_000, 250_000, tokens=500_000)
    [row] = caching(baseline(days=3), [told], (), POLICY, BOOK)
    assert (row.known_share, row.possible[0].share) == (Fraction(1, 4), Fraction(1, 2))
    assert row.possible[0].change == Fraction(-3)
    assert row.best is not None
    assert row.best.seconds == 300  # no longer one saves a cent more


def test_what_is_cached_today_is_no_saving() -> None:
    [row] = caching(baseline(cached=1_000), [reuse(0, 1_000_000, 0)], (), POLICY, BOOK)
    assert row.share == Fraction(1, 2)
    assert [each.change for each in row.possible] == [Fraction("0.30"), 0, Fraction("0.30")]
    assert row.best is None


def test_dearer_writes_lose_money_at_a_small_share() -> None:
    flows = ledger_baseline([cell("gpt-6-luna", input_tokens=1_000_000)], BOOK, days=30).flows
    # above 272,000 tokens: 0.9M written at $0.25 and 0.1M read at $0.02, $0.20 before
    assert input_change(flows, Fraction(1, 10), 300, BOOK) == Fraction("0.027")


def test_prefixes_are_believed_before_sessions() -> None:
    by_session = reuse(0, 0, 0, basis=Basis.SESSIONS)
    for given_in in ([by_session, reuse(1, 1, 1)], [reuse(1, 1, 1), by_session]):
        [row] = caching(baseline(), given_in, (), POLICY, BOOK)
        assert row.basis is Basis.PREFIXES


def test_without_prefix_or_session_the_hours_are_all_that_is_known() -> None:
    hours = [hour(90, 10), hour(50, 30), hour(10, 60)]
    [row] = caching(baseline(), (), hours, POLICY, BOOK)
    assert (row.basis, row.possible, row.best) == (Basis.HOURS, (), None)
    assert row.seen is not None
    assert (row.seen.low, row.seen.middle, row.seen.high, row.seen.highest) == (
        Fraction(10, 100),
        Fraction(10, 100),
        Fraction(50, 100),
        Fraction(90, 100),
    )


def hour(cached: int, requests: int) -> HourShare:
    """An hour of 100 input tokens a request."""
    return HourShare(
        "search", "openai", "gpt-4.1-mini", requests, 100 * requests, cached * requests
    )


def test_small_hours_count_only_where_there_is_little_else() -> None:
    lucky = hour(100, 9)
    seen = seen_shares([hour(20, 10), lucky])
    assert seen is not None
    assert (seen.highest, seen.hours) == (Fraction(1, 5), 1)
    seen = seen_shares([lucky, hour(50, 2)])
    assert seen is not None
    assert (seen.highest, seen.hours) == (1, 2)
    assert seen_shares([]) is None


def test_without_a_price_there_is_a_share_and_no_money() -> None:
    unpriced = ledger_baseline(
        [cell("acme-7b", requests=3, dimensions=("search",))],
        BOOK,
        days=30,
        dimension_names=("feature",),
    )
    told = replace(reuse(3_000, 3_000, 3_000, tokens=6_000), model="acme-7b")
    [row] = caching(unpriced, [told], (), POLICY, BOOK)
    assert [(each.share, each.change) for each in row.possible] == [(Fraction(1, 2), None)] * 3
    assert (row.write_break_even, row.best) == (None, None)
