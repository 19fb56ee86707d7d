"""The ways to bring a context to a model, side by side: what each costs and whether it fits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from costmodel.context import (
    Calls,
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
from costmodel.context_cost import cheapest_interval, priced

if TYPE_CHECKING:
    from collections.abc import Sequence

    from costmodel.context import (
        Chunking,
        Compaction,
        Conversation,
        Document,
        Gateway,
        Retrieval,
    )
    from costmodel.context_cost import Priced, Prices

PASSAGES = (1, 5, 10, 20, 50)
"""The numbers of passages that are shown beside the one asked for."""
TURNS = (10, 20, 50, 100)


@dataclass(frozen=True)
class Way:
    """One way: its name, what its calls cost, and why they cannot be made (empty: they can)."""

    name: str
    cost: Priced
    problems: tuple[str, ...]

    @property
    def fits(self) -> bool:
        """Tell whether all of the calls can be made."""
        return not self.problems


@dataclass(frozen=True)
class Setting:
    """Whom the calls go to, and what lies between."""

    prices: Prices
    gateway: Gateway

    def way(self, name: str, calls: Sequence[Calls], reader: Prices | None = None) -> Way:
        """Return calls with their cost and what stands in their way."""
        prices = reader or self.prices
        said = [
            text
            for call in _extremes(calls)
            for text in problems(call, prices.of(call), self.gateway)
        ]
        return Way(name, priced(calls, prices), tuple(dict.fromkeys(said)))


def _extremes(calls: Sequence[Calls]) -> list[Calls]:
    """Return, of the calls to each model, the one that reads most and the one that writes most."""
    found: dict[Calls, None] = {}
    for first in (True, False):
        among = [call for call in calls if call.first is first]
        if among:
            found[max(among, key=lambda call: call.input_tokens + call.output_tokens)] = None
            found[max(among, key=lambda call: call.output_tokens)] = None
    return list(found)


def document_ways(document: Document, cut: Chunking, questions: int, setting: Setting) -> list[Way]:
    """Return the ways to ask so many questions of one document.

    With a reader among the prices, pieces are also read by it and answered by the model.
    """
    alone = replace(setting.prices, reader=None)
    rule = cache_rule(setting.prices.model)
    ways = [setting.way(*_whole(document, questions), alone)]
    if questions > 1:
        cached = questions_cached(document, questions, rule)
        ways.append(setting.way("whole document each time, cached", cached, alone))
    name = "in pieces, then put together" if questions == 1 else "in pieces once, then extracts"
    calls = (
        chunked(document, cut)
        if questions == 1
        else questions_on_extracts(document, cut, questions)
    )
    ways.append(setting.way(name, calls, alone))
    if setting.prices.reader is not None:
        ways.append(setting.way(f"{name}; pieces by {setting.prices.reader.name}", calls))
    return ways


def _whole(document: Document, questions: int) -> tuple[str, tuple[Calls, ...]]:
    if questions == 1:
        return "whole document in one call", one_call(document)
    return "whole document each time", questions_uncached(document, questions)


def passage_ways(retrieval: Retrieval, setting: Setting) -> list[Way]:
    """Return one question over more and fewer passages, the number asked for among them."""
    counts = sorted({*PASSAGES, retrieval.passages})
    return [
        setting.way(
            f"{count} passage{'' if count == 1 else 's'}",
            retrieved(replace(retrieval, passages=count)),
        )
        for count in counts
    ]


@dataclass(frozen=True)
class ConversationPlan:
    """A conversation whole, cached, and compacted as often as costs least."""

    whole: Way
    cached: Way
    compacted: Way
    every: int
    estimate: float
    growth: tuple[tuple[int, Way, Way], ...]
    """For some numbers of turns: whole and cached."""


def conversation_plan(
    talk: Conversation, compaction: Compaction, setting: Setting, every: int | None = None
) -> ConversationPlan:
    """Return what a conversation costs; ``every`` fixes the turns between summaries."""
    rule = cache_rule(setting.prices.model)
    best = cheapest_interval(talk, compaction, setting.prices, rule)
    chosen = every or best.every
    lengths = sorted({turns for turns in TURNS if turns < talk.turns} | {talk.turns})
    growth = tuple((n, *_plain(replace(talk, turns=n), setting)) for n in lengths)
    _, whole, cached = growth[-1]
    return ConversationPlan(
        whole,
        cached,
        setting.way(
            "cached, no summary pays" if chosen >= talk.turns else _every_words(chosen),
            compacted(talk, chosen, compaction, rule),
        ),
        chosen,
        best.estimate,
        growth,
    )


def _every_words(turns: int) -> str:
    return f"cached, and a summary {f'every {turns} turns' if turns > 1 else 'every turn'}"


def _plain(talk: Conversation, setting: Setting) -> tuple[Way, Way]:
    rule = cache_rule(setting.prices.model)
    return (
        setting.way("all turns each time, nothing cached", conversation(talk)),
        setting.way("all turns each time, cached", conversation(talk, rule)),
    )
