"""Trees of spans: which of them only repeat the tokens of calls below them.

An agent or a workflow sums up its calls, and two instrumentations of one program record
each call twice, one inside of the other. The innermost span is the one nearest to the
provider, so it counts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

DEEPEST: Final = 200
"""How many spans above a call are looked at."""
_DAY_OF_SNAPSHOT: Final = re.compile(r"[-@]\d{4}-?\d{2}-?\d{2}$")

SpanKey = tuple[str, str]
"""Trace and span."""


@dataclass(frozen=True, slots=True)
class SpanNode:
    """A span with tokens: ``is_call`` tells one call of a model from what sums up several.

    ``answer`` is what the provider knows the call by, where the span says that.
    """

    key: SpanKey
    model: str | None
    is_call: bool
    answer: str | None = None


def repeating(nodes: Iterable[SpanNode], parents: Mapping[SpanKey, SpanKey | None]) -> set[SpanKey]:
    """Return the spans that do not count, because a span below them has their tokens.

    A call repeats one of the same model only; anything else repeats whatever is below it.
    """
    holders = {node.key: node for node in nodes}
    found: set[SpanKey] = set()
    for node in holders.values():
        at, passed = parents.get(node.key), {node.key}
        while at is not None and at not in passed and len(passed) <= DEEPEST:
            above = holders.get(at)
            if above is not None and (not above.is_call or _same_call(above, node)):
                found.add(at)
            passed.add(at)
            at = parents.get(at)
    return found


def _same_call(one: SpanNode, other: SpanNode) -> bool:
    """Tell whether two spans may be one call: its id decides, or a model and its alias."""
    if one.answer is not None and other.answer is not None:
        return one.answer == other.answer
    if one.model is None or other.model is None:
        return True
    return _alias(one.model) == _alias(other.model)


def _alias(model: str) -> str:
    return _DAY_OF_SNAPSHOT.sub("", model.rpartition("/")[2].lower())
