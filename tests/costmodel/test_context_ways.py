from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

from costmodel.context import Chunking, Compaction, Conversation, Document, Gateway, Retrieval
from costmodel.context_cost import Prices, priced
from costmodel.context_ways import (
    Setting,
    conversation_plan,
    document_ways,
    passage_ways,
)
from tests.books import BOOK

MODELS = {each.name: each for each in BOOK.models}
MINI = replace(MODELS["gpt-4.1-mini"], context_window=1_047_576, max_output_tokens=32_768)
PRICES = Prices(BOOK, MINI, date(2026, 10, 1))
SETTING = Setting(PRICES, Gateway())
PAPER = Document(200_000, 300, 1_500)
CUT = Chunking(8_000, 200, 400)


def test_one_question_of_a_document_three_ways() -> None:
    setting = replace(SETTING, prices=replace(PRICES, reader=MODELS["gpt-4.1-nano"]))
    whole, pieces, cheaper = document_ways(PAPER, CUT, 1, setting)
    assert whole.cost.total == Fraction("0.08252")
    # 26 pieces: 212,800 in and 10,400 out; then 10,700 in and 1,500 out
    assert pieces.cost.total == Fraction("0.10176") + Fraction("0.00668")
    # Nano reads them for a quarter
    assert cheaper.cost.total == Fraction("0.02544") + Fraction("0.00668")
    assert cheaper.name == "in pieces, then put together; pieces by gpt-4.1-nano"
    assert all(way.fits for way in (whole, pieces, cheaper))


def test_several_questions_of_a_document() -> None:
    whole, cached, pieces = document_ways(PAPER, CUT, 2, SETTING)
    assert whole.cost.total == 2 * Fraction("0.08252")
    # the second question reads 199,936 = 1,562 x 128 tokens from the cache
    saved = 199_936 * (Fraction("0.4") - Fraction("0.1")) / 1_000_000
    assert cached.cost.total == whole.cost.total - saved
    assert pieces.cost.total == Fraction("0.10176") + 2 * Fraction("0.00668")


def test_a_way_that_cannot_be_gone_says_why_once() -> None:
    whole, cached, pieces = document_ways(
        replace(PAPER, tokens=1_100_000), CUT, 3, replace(SETTING, gateway=Gateway(seconds=20))
    )
    for way in (whole, cached):
        window, wait = way.problems
        assert "cut 54,224 tokens" in window
        assert "write at most 1,000 tokens" in wait
    [wait] = pieces.problems
    assert not pieces.fits


def test_more_passages_cost_more() -> None:
    ways = passage_ways(Retrieval(7, 500, 250, 50, 1_500), SETTING)
    assert [way.name for way in ways] == [
        "1 passage",
        "5 passages",
        "7 passages",
        "10 passages",
        "20 passages",
        "50 passages",
    ]
    assert ways[2].cost.total == Fraction(3_800 * 4 + 1_500 * 16, 10**7)


TALK = Conversation(500, 60, 250, 200)
SUMMARY = Compaction(300, 200)


def test_a_conversation_whole_cached_and_summed_up() -> None:
    plan = conversation_plan(TALK, SUMMARY, SETTING)
    assert plan.whole.cost.total > plan.cached.cost.total > plan.compacted.cost.total
    assert [turns for turns, _, _ in plan.growth] == [10, 20, 50, 100, 200]
    assert plan.compacted.name == f"cached, and a summary every {plan.every} turns"
    fixed = conversation_plan(TALK, SUMMARY, SETTING, every=1)
    assert fixed.compacted.name == "cached, and a summary every turn"
    assert fixed.compacted.cost.total > plan.compacted.cost.total


def test_a_short_conversation_needs_no_summary() -> None:
    plan = conversation_plan(replace(TALK, turns=3), SUMMARY, SETTING)
    assert (plan.every, plan.compacted.name) == (3, "cached, no summary pays")
    assert plan.compacted.cost == plan.cached.cost


def test_no_other_interval_is_cheaper_than_the_one_found() -> None:
    from costmodel.context import cache_rule, compacted

    plan = conversation_plan(TALK, SUMMARY, SETTING)
    rule = cache_rule(MINI)
    costs = [priced(compacted(TALK, k, SUMMARY, rule), PRICES).total for k in range(1, 201)]
    assert plan.compacted.cost.total == min(costs)
