"""How two texts are said side by side, and the prompts that usage carries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tollbook.output import Column, Table, amount, exact_money, number_column, plural

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.store import PromptSize
    from ingest.text_pairs import TextPair
    from tollbook.invocation import Invocation


@dataclass(frozen=True)
class Pair:
    """Two texts with where they come from."""

    names: tuple[str, str]
    texts: tuple[str, str]


def show_pair(invocation: Invocation, pair: Pair, found: Sequence[TextPair]) -> None:
    """Say how two texts count and what they cost as input of each model and tier."""
    if invocation.as_json:
        invocation.output.result(_answer(invocation, pair, found))
        return
    out, currency = invocation.output, invocation.book.contract.currency
    for name, text in zip(pair.names, pair.texts, strict=True):
        words = plural(len(text.split()), "word")
        out.say(f"{name}: {words}, {plural(len(text), 'character')}")
    names = ("Tokens A", "Tokens B", "Alike at first", "A", "B", "B - A", "B, prefix cached")
    table = Table([Column("Model"), Column("Tier"), *map(number_column, names)])
    for each in found:
        counts = [*each.tokens, each.shared]
        about = "about " if each.estimated else ""
        numbers = [f"{about}{count:,}" for count in counts]
        for cost in each.costs:
            amounts = (cost.first, cost.second, cost.second - cost.first, cost.cached)
            money = [exact_money(each_amount, currency) for each_amount in amounts]
            table.rows.append([each.model.name, cost.tier, *numbers, *money])
    out.table(table)
    for each in found:
        out.say(prefix_words(each))
    out.say("A is the first text, B the one of --against; money is one reading as input.")


def prefix_words(pair: TextPair) -> str:
    """Return in words how much of a shared beginning can come from a cache."""
    if pair.cacheable:
        return (
            f"{pair.model.name}: both begin with the same {pair.shared:,} tokens, of which "
            f"{pair.cacheable:,} can come from its cache."
        )
    minimum = pair.model.minimum_cacheable_tokens or 0
    return (
        f"{pair.model.name}: both begin with the same {pair.shared:,} tokens, too few for its "
        f"cache, which begins at {minimum:,}."
    )


def _answer(invocation: Invocation, pair: Pair, found: Sequence[TextPair]) -> dict[str, Any]:
    return {
        "texts": [
            {"source": name, "words": len(text.split()), "characters": len(text)}
            for name, text in zip(pair.names, pair.texts, strict=True)
        ],
        "currency": invocation.book.contract.currency,
        "models": [
            {
                "model": each.model.name,
                "tokenizer": each.tokenizer,
                "estimated": each.estimated,
                "tokens": list(each.tokens),
                "difference": each.tokens[1] - each.tokens[0],
                "shared_prefix_tokens": each.shared,
                "cacheable_prefix_tokens": each.cacheable,
                "tiers": [
                    {
                        "tier": cost.tier,
                        "first": amount(cost.first),
                        "second": amount(cost.second),
                        "difference": amount(cost.second - cost.first),
                        "second_with_cached_prefix": amount(cost.cached),
                    }
                    for cost in each.costs
                ],
            }
            for each in found
        ],
    }


def show_prompt_sizes(invocation: Invocation) -> None:
    """Say how small the input of each feature gets, over all usage."""
    sizes = invocation.store().prompt_sizes(None, None)
    if invocation.as_json:
        invocation.output.result({"features": [_size_answer(size) for size in sizes]})
        return
    if not sizes:
        invocation.output.say(
            "No single requests are in the store: buckets say nothing of prompts."
        )
        return
    names = ("Requests", "Smallest input", "Mean input", "Share")
    table = Table([Column("Feature"), *map(number_column, names)])
    for size in sizes:
        share = f"{size.smallest / size.mean:.0%}" if size.mean else ""
        numbers = [f"{size.requests:,}", f"{size.smallest:,}", f"{size.mean:,.0f}", share]
        table.rows.append([size.feature or "not given", *numbers])
    invocation.output.table(table)
    invocation.output.say(
        "What every call of a feature carries, its fixed prompt, is at most its smallest input."
    )


def _size_answer(size: PromptSize) -> dict[str, Any]:
    return {
        "feature": size.feature,
        "requests": size.requests,
        "smallest_input_tokens": size.smallest,
        "mean_input_tokens": size.mean,
    }
