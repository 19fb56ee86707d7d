"""The levers of a plan file: which there are, and what stands in and beside each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from costmodel.levers import LeverError
from ingest import effort_levers, routing_levers, terms_levers
from ingest.lever_values import LeverValues, Scope
from pricing.located_yaml import nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from costmodel.levers import Lever
    from costmodel.plan import Range
    from pricing.located_yaml import Located

READERS: Mapping[str, Callable[[Located, Scope, LeverValues], Lever | None]] = {
    "grow": routing_levers.grow,
    "retry": effort_levers.retry,
    "compress": effort_levers.compress,
    "route": routing_levers.route,
    "start_with": routing_levers.start_with,
    "cascade": routing_levers.cascade,
    "verify": effort_levers.verify,
    "review": effort_levers.review,
    "cache": effort_levers.cache,
    "tier": effort_levers.tier,
    "batch": effort_levers.batch,
    "retire": routing_levers.retire,
    "reprice": terms_levers.reprice,
    "commit": terms_levers.commit,
    "cap": terms_levers.cap,
}
LEVERS = tuple(READERS)


@dataclass(frozen=True)
class ReadLever:
    """A lever at the middle of its ranges, and the ranges by field."""

    lever: Lever
    ranges: Mapping[str, Range]


def read_lever(located: Located, values: LeverValues) -> ReadLever | None:
    """Return one lever; ``where`` and ``from`` may stand inside it or beside it."""
    if not isinstance(located.value, dict):
        values.checker.note(located, "must be a lever, such as 'cache: {hit_rate: 60%}'")
        return None
    names = [name for name in located.value if name not in {"where", "from"}]
    if len(names) != 1:
        values.checker.note(located, "must hold exactly one lever; begin each with '- '")
        return None
    name, inner = names[0], located.value[names[0]]
    if name not in READERS:
        values.checker.note(inner, f"unknown lever {name!r}; {_there_are(name)}")
        return None
    values.ranges = {}
    lever = _built(name, inner, _scope(name, inner, located, values), values)
    return ReadLever(lever, values.ranges) if lever else None


def _built(name: str, inner: Located, scope: Scope, values: LeverValues) -> Lever | None:
    try:
        return READERS[name](inner, scope, values)
    except LeverError as error:
        values.checker.note(inner, str(error))
        return None


def _scope(name: str, inner: Located, outer: Located, values: LeverValues) -> Scope:
    where = inner.child("where") or outer.child("where")
    inside = inner.child("from")
    # a route's own "from" names models, unless it is a day
    is_day = inside is not None and not (name == "route" and routing_levers.names_models(inside))
    start = inside if is_day else outer.child("from")
    return Scope(values.where(where), values.checker.day(start))


def _there_are(name: str) -> str:
    return f"{nearest(name, LEVERS)} (there are {', '.join(LEVERS[:-1])} and {LEVERS[-1]})"
