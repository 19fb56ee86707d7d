"""Two texts side by side, and how small the input of a feature gets."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from costmodel.text_cost import pair_costs
from ingest.errors import TokenizerError
from ingest.imports import import_file
from ingest.store import PromptSize, Store
from ingest.text_pairs import compare
from ingest.tokens import shared_prefix
from pricing import load_book
from tests.tollbook.usage import MINI, chat, write_guide_month

if TYPE_CHECKING:
    from pathlib import Path

    from costmodel.rates import Model

BOOK = load_book()
DAY = date(2026, 11, 20)


def model(name: str, provider: str = "openai") -> Model:
    found = BOOK.resolve(provider, name)
    assert found is not None
    return found


# o200k_base: " word" is one token, and so is "word" at the beginning
def words(count: int) -> str:
    return " ".join(["word"] * count)


@pytest.mark.parametrize(
    ("first", "second", "alike"),
    [
        ("Hello, world! How many", "Hello, world! How much", 5),
        ("Hello", "Hello", 1),
        ("", "Hello", 0),
        ("Good", "Bad", 0),
    ],
)
def test_how_far_two_texts_begin_alike(first: str, second: str, alike: int) -> None:
    assert shared_prefix(first, second, "o200k_base") == alike
    assert shared_prefix(second, first, "o200k_base") == alike


@pytest.mark.parametrize(("alike", "held"), [(1_023, 0), (1_024, 1_024), (1_200, 1_152)])
def test_a_prefix_is_cached_from_the_minimum_on_in_steps(alike: int, held: int) -> None:
    shared = words(alike)
    pair = compare((f"{shared} and", f"{shared} or else"), model("gpt-4.1-mini"), BOOK, DAY)
    assert (pair.tokens, pair.shared) == ((alike + 1, alike + 2), alike)
    assert pair.cacheable == held
    standard, *_ = pair.costs
    # 0.40 uncached and 0.10 cached a million
    assert standard.first == Fraction((alike + 1) * 4, 10**7)
    assert standard.second == Fraction((alike + 2) * 4, 10**7)
    assert standard.cached == standard.second - Fraction(held * 3, 10**7)


def test_each_tier_has_its_price() -> None:
    costs = pair_costs(model("gpt-4.1-mini"), (1_000, 2_000), 1_024, BOOK, DAY)
    assert [each.tier for each in costs] == ["standard", "batch", "priority"]
    # batch 0.20 with or without a cache, priority 0.70
    assert (costs[1].second, costs[1].cached) == (Fraction("0.0004"), Fraction("0.0004"))
    assert costs[2].first == Fraction("0.0007")
    assert pair_costs(model("gpt-4.1-mini"), (1, 2), 0, BOOK, date(2024, 1, 1)) != costs


def test_without_a_public_tokenizer_an_estimate_is_asked_for() -> None:
    haiku = model("claude-haiku-4-5", "anthropic")
    with pytest.raises(TokenizerError, match="no public tokenizer"):
        compare(("a", "b"), haiku, BOOK, DAY)
    assert compare(("a", "b"), haiku, BOOK, DAY, estimate=True).estimated


def test_the_smallest_input_of_each_feature(tmp_path: Path) -> None:
    def call(number: int, feature: str | None, tokens: int) -> str:
        usage = {"prompt_tokens": tokens, "completion_tokens": 1, "total_tokens": tokens + 1}
        return json.dumps(chat(number, MINI, feature, usage=usage))

    path = tmp_path / "calls.jsonl"
    lines = [call(1, "search", 900), call(2, "search", 700), call(3, None, 50)]
    path.write_text("\n".join(lines), encoding="utf-8")
    store = Store(tmp_path / "tollbook.duckdb")
    assert store.prompt_sizes(None, None) == []
    import_file(store, path)
    import_file(store, write_guide_month(tmp_path / "usage.csv"))
    until = datetime(2026, 11, 19, 9, tzinfo=UTC)
    assert store.prompt_sizes(None, until) == []
    store = Store(tmp_path / "alone.duckdb")
    import_file(store, path)
    assert store.prompt_sizes(None, None) == [
        PromptSize("search", 2, 700, 800.0),
        PromptSize(None, 1, 50, 50.0),
    ]
