"""Not in this total: what a total misses, with its volume."""

from __future__ import annotations

from typing import TYPE_CHECKING

from costmodel.number_text import count, short_count

if TYPE_CHECKING:
    from costmodel.spend import Spend
    from dashboard.view import View

MOST_MODELS = 5


def missing(view: View) -> list[str]:
    """Return one sentence for each thing that the page's total does not hold."""
    found = missing_sentences(view.report())
    lines = view.facts.lines_set_aside
    if lines:
        noun = "line" if lines == 1 else "lines"
        found.append(f"{count(lines)} {noun} set aside on import, in all periods.")
    return found


def missing_sentences(spend: Spend) -> list[str]:
    """Return what usage has no price, and what came without a count."""
    found = _unpriced_sentences(spend)
    requests = spend.total.unmetered_requests
    if requests:
        noun = "request" if requests == 1 else "requests"
        found.append(f"{count(requests)} {noun} came without any token count.")
    return found


def _unpriced_sentences(spend: Spend) -> list[str]:
    """Return what has no price, largest first; many models are summed up at the end."""
    tokens: dict[str, int] = {}
    for volume in spend.unpriced:
        tokens[volume.model] = tokens.get(volume.model, 0) + volume.tokens
    ranked = sorted(tokens, key=lambda model: -tokens[model])
    shown = [
        f"{short_count(tokens[model])} tokens of {model} have no price yet."
        for model in ranked[:MOST_MODELS]
        if tokens[model]
    ]
    rest = ranked[MOST_MODELS:]
    if rest:
        amount = short_count(sum(tokens[model] for model in rest))
        shown.append(f"{amount} tokens of {len(rest)} more models have no price yet.")
    return shown
