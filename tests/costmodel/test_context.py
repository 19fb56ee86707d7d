"""Context planning against the facts: documents, questions, passages, conversations."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from costmodel.context import (
    EXACT,
    NO_CACHE,
    CacheRule,
    Calls,
    Chunking,
    Compaction,
    Conversation,
    Document,
    Gateway,
    Retrieval,
    best_interval,
    cache_rule,
    chunked,
    compacted,
    conversation,
    one_call,
    problems,
    questions_cached,
    questions_on_extracts,
    questions_uncached,
    retrieved,
)
from costmodel.context_cost import (
    NoPriceError,
    Prices,
    cheapest_interval,
    estimated_interval,
    priced,
    rate,
    without_compaction,
)
from costmodel.meters import Meter
from tests.books import BOOK

DAY = date(2026, 11, 2)
MODELS = {each.name: each for each in BOOK.models}
MINI = Prices(BOOK, MODELS["gpt-4.1-mini"], DAY)
FULL = Prices(BOOK, MODELS["gpt-4.1"], DAY)
NANO_READS = replace(MINI, reader=MODELS["gpt-4.1-nano"], on=date(2026, 10, 1))
MINI_READS = replace(FULL, reader=MODELS["gpt-4.1-mini"])
PAPER = Document(tokens=200_000, prompt=300, output=1_500)


def cut(chunk: int) -> Chunking:
    return Chunking(chunk, overlap=200, extract=400)


def cost(calls: tuple[Calls, ...], prices: Prices = MINI) -> float:
    return float(priced(calls, prices).total)


def test_a_document_in_one_call() -> None:
    # 200,300 x 0.40 + 1,500 x 1.60 dollars a million
    assert priced(one_call(PAPER), MINI).total == Fraction("0.08252")
    assert cost(one_call(PAPER), FULL) == pytest.approx(0.4126, abs=1e-4)


@pytest.mark.parametrize(
    ("prices", "expected"),
    [
        (MINI, {4_000: 0.1354, 8_000: 0.1084, 32_000: 0.0894}),
        (NANO_READS, {4_000: 0.0421, 8_000: 0.0321, 32_000: 0.0251}),
        (MINI_READS, {4_000: 0.1794, 8_000: 0.1352, 32_000: 0.1040}),
        (FULL, {4_000: 0.677, 8_000: 0.542, 32_000: 0.447}),
    ],
    ids=["mini", "nano reads", "mini reads for full", "full"],
)
def test_a_document_piece_by_piece(prices: Prices, expected: dict[int, float]) -> None:
    for chunk, money in expected.items():
        # full alone is given to three places
        tolerance = 5e-4 if prices is FULL else 1e-4
        assert cost(chunked(PAPER, cut(chunk)), prices) == pytest.approx(money, abs=tolerance)


def test_what_the_pieces_read_and_write() -> None:
    found = priced(chunked(PAPER, cut(4_000)), MINI)
    # 53 pieces: 53 x 300 + 200,000 + 52 x 200; then 300 + 53 x 400
    assert (found.calls, found.input_tokens) == (54, 226_300 + 21_500)
    assert found.output_tokens == 53 * 400 + 1_500
    assert found.by_step.keys() == {"extract", "synthesise"}
    assert found.largest_input == 21_500


@given(st.integers(1, 50_000), st.integers(201, 9_000))
def test_pieces_hold_the_document_and_what_they_share(tokens: int, chunk: int) -> None:
    document = Document(tokens, 0, 10)
    pieces = cut(chunk).pieces(tokens)
    read = sum(each.count * each.input_tokens for each in chunked(document, cut(chunk))[:-1])
    assert read == tokens + (pieces - 1) * 200
    assert all(each.input_tokens <= chunk for each in chunked(document, cut(chunk))[:-1])


def test_a_short_document_is_one_piece() -> None:
    assert cut(4_000).pieces(4_000) == 1
    assert cut(4_000).pieces(4_001) == 2
    with pytest.raises(ValueError, match="make pieces longer"):
        Chunking(200, 200, 10)


@pytest.mark.parametrize(("questions", "money"), [(2, 0.105), (5, 0.173), (10, 0.285), (50, 1.186)])
def test_questions_on_one_cached_document(questions: int, money: float) -> None:
    calls = questions_cached(PAPER, questions, EXACT)
    assert cost(calls) == pytest.approx(money, abs=5e-4)
    assert cost(questions_uncached(PAPER, questions)) == pytest.approx(0.08252 * questions)


@pytest.mark.parametrize(("questions", "money"), [(2, 0.115), (3, 0.122), (10, 0.169), (50, 0.436)])
def test_questions_on_extracts(questions: int, money: float) -> None:
    found = cost(questions_on_extracts(PAPER, cut(8_000), questions))
    assert found == pytest.approx(money, abs=5e-4)


def test_from_three_questions_on_extracts_are_cheaper_than_the_cache() -> None:
    for questions, cheaper in ((2, False), (3, True)):
        extracts = cost(questions_on_extracts(PAPER, cut(8_000), questions))
        assert (extracts < cost(questions_cached(PAPER, questions, EXACT))) is cheaper


def test_passages_cost_by_the_piece() -> None:
    twenty = Retrieval(passages=20, passage_tokens=500, prompt=250, question=50, output=1_500)
    assert cost(retrieved(twenty)) == pytest.approx(0.0065, abs=5e-5)
    more = replace(twenty, passages=21)
    added = (
        priced(retrieved(more, 1_000), MINI).total - priced(retrieved(twenty, 1_000), MINI).total
    )
    assert added == Fraction("0.20")


@pytest.mark.parametrize(
    ("turns", "tokens"), [(10, 19_550), (20, 70_100), (50, 407_750), (100, 1_590_500)]
)
def test_a_conversation_grows(turns: int, tokens: int) -> None:
    talk = Conversation(500, 60, 250, turns)
    assert talk.input_tokens == tokens
    assert sum(each.input_tokens for each in conversation(talk)) == tokens


TALK = Conversation(500, 60, 250, 200)
SUMMARY = Compaction(summary=300, instruction=200)


def test_a_warm_prefix_leaves_the_new_question_and_the_last_answer() -> None:
    first, second, third = conversation(replace(TALK, turns=3), EXACT)
    assert (first.input_tokens, first.cached_tokens) == (560, 0)
    assert (second.input_tokens, second.cached_tokens) == (870, 560)
    assert (third.input_tokens, third.cached_tokens) == (1_180, 870)
    assert cost(conversation(TALK, EXACT)) == pytest.approx(0.727, abs=5e-4)
    assert cost(conversation(TALK)) == pytest.approx(2.592, abs=5e-4)


@pytest.mark.parametrize(
    ("rule", "every", "money"), [(EXACT, 7, 0.161), (NO_CACHE, 4, 0.253)], ids=["cached", "not"]
)
def test_when_to_compact(rule: CacheRule, every: int, money: float) -> None:
    found = cheapest_interval(TALK, SUMMARY, MINI, rule)
    assert found.every == every
    assert float(found.cost.total) == pytest.approx(money, abs=5e-4)
    assert round(found.estimate) == every


def test_the_estimate_by_hand() -> None:
    # uncached: (300 x 1.60 + (200 + 500 + 300) x 0.40) a million; each turn holds 310 x 0.40
    assert estimated_interval(TALK, SUMMARY, MINI) == pytest.approx((2 * 880 / 124) ** 0.5)
    assert best_interval(2, 1) == 2
    assert best_interval(2, 0) == float("inf")


def test_a_compacted_conversation_call_by_call() -> None:
    calls = compacted(Conversation(500, 60, 250, 3), 2, SUMMARY, EXACT)
    assert [(c.step, c.input_tokens, c.cached_tokens) for c in calls] == [
        ("turn", 560, 0),
        ("turn", 870, 560),
        ("summary", 500 + 2 * 310 + 200, 870),
        ("turn", 500 + 300 + 60, 500),
    ]
    assert compacted(Conversation(500, 60, 250, 2), 2, SUMMARY) == conversation(
        Conversation(500, 60, 250, 2)
    )


@pytest.mark.parametrize(
    ("prefix", "cached"), [(1_023, 0), (1_024, 1_024), (1_151, 1_024), (1_152, 1_152)]
)
def test_prefixes_are_cached_from_a_minimum_on_and_in_steps(prefix: int, cached: int) -> None:
    assert cache_rule(MODELS["gpt-4.1-mini"]).cached(prefix) == cached


def test_other_vendors_cache_to_the_token() -> None:
    rule = cache_rule(MODELS["haiku"])
    assert (rule.cached(4_095), rule.cached(4_096), rule.cached(4_097)) == (0, 4_096, 4_097)


def test_writing_to_a_cache_costs_where_it_has_a_price() -> None:
    calls = (Calls("first question", 1, 2_000, 0, written_tokens=1_920),)
    # gpt-6-luna: 80 at 0.10 and 1,920 at 0.125 a million; Mini writes for nothing
    luna = Prices(BOOK, MODELS["gpt-6-luna"], DAY)
    assert priced(calls, luna).total == Fraction(80 * 100 + 1_920 * 125, 10**9)
    assert priced(calls, MINI).total == Fraction(2_000 * 4, 10**7)


@pytest.mark.parametrize(("tokens", "rate_of_size"), [(272_000, 1), (272_001, 2)])
def test_each_call_has_the_price_of_its_size(tokens: int, rate_of_size: int) -> None:
    luna = Prices(BOOK, MODELS["gpt-6-luna"], DAY)
    total = priced((Calls("turn", 1, tokens, 0), Calls("turn", 1, 10, 0)), luna).total
    assert total == Fraction(tokens * rate_of_size + 10, 10**7)


def test_what_has_no_price_says_why() -> None:
    for ask in (lambda p: priced(one_call(PAPER), p), lambda p: rate(Meter.INPUT, p)):
        with pytest.raises(NoPriceError, match="tier 'flex' is not offered"):
            ask(replace(MINI, tier="flex"))


def test_a_conversation_that_is_never_compacted() -> None:
    cold, warm = (without_compaction(TALK, MINI, cached=c) for c in (False, True))
    assert (cold.cached_tokens, cold.input_tokens) == (0, TALK.input_tokens)
    assert 0 < warm.total < cold.total


WINDOW = replace(MODELS["gpt-4.1-mini"], context_window=10_000, max_output_tokens=500)


@pytest.mark.parametrize(("read", "fits"), [(9_500, True), (9_501, False)])
def test_a_call_fits_the_window_or_says_what_to_cut(read: int, fits: bool) -> None:
    said = problems(Calls("one call", 1, read, 500), WINDOW)
    assert (said == ()) is fits
    if not fits:
        assert "cut 1 tokens" in said[0]


def test_an_answer_may_be_too_long() -> None:
    [said] = problems(Calls("one call", 1, 10, 501), WINDOW)
    assert "writes at most 500 tokens: ask for 1 fewer" in said


def test_a_gateway_bears_so_much_and_waits_so_long() -> None:
    gateway = Gateway(body_bytes=4_000, seconds=10)
    assert problems(Calls("one call", 1, 1_000, 500), WINDOW, gateway) == ()
    body, wait = problems(
        Calls("one call", 1, 1_001, 500), WINDOW, replace(gateway, tokens_per_second=49)
    )
    assert "exceeds the gateway's 4,000: cut 1 tokens" in body
    assert "write at most 490 tokens, or stream" in wait
