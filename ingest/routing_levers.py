"""How plan files write the levers that send requests elsewhere."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from costmodel.controls import Controls, levers_of
from costmodel.levers import Cascade, Grow, Lever, LeverError, Retire, Route, When
from costmodel.rules import checked_cut
from costmodel.workload import model_named
from ingest.lever_values import WHERE_NAMES

if TYPE_CHECKING:
    from ingest.lever_values import LeverValues, Scope
    from pricing.located_yaml import Located

LENGTHS = ("above", "at_least", "up_to", "below")


def grow(located: Located, scope: Scope, values: LeverValues) -> Lever | None:
    """Read the growth of requests a month."""
    keys = values.keys(located, ("requests",))
    growth = values.share(keys.get("requests"), "requests", low=-1, high=10)
    if growth is None:
        return None
    return Grow(requests=growth, where=scope.where, from_=scope.from_)


def route(located: Located, scope: Scope, values: LeverValues) -> Lever | None:
    """Read a route, of a share or of what a rule names."""
    keys = values.keys(located, ("to",), ("share", "when"))
    if {"share", "when"} <= keys.keys():
        values.checker.note(keys["when"], "give a share or 'when', not both")
    to = values.model(keys.get("to"))
    share = values.share(keys["share"], "share") if "share" in keys else Fraction(1)
    rule = _when(keys["when"], values) if "when" in keys else None
    inside = located.child("from")
    source = values.models(inside if inside and names_models(inside) else None)
    if to is None or share is None or ("when" in keys and (rule is None or "share" in keys)):
        return None
    return Route(to=to, share=share, source=source, when=rule, where=scope.where, from_=scope.from_)


def names_models(located: Located) -> bool:
    """Tell whether a ``from`` names models and no day."""
    return isinstance(located.value, str | tuple)


def _when(located: Located, values: LeverValues) -> When | None:
    """Read a rule: input_tokens, and values of dimensions."""
    keys = values.checker.mapping(located, optional=("input_tokens", *WHERE_NAMES))
    problems = len(values.checker.problems)
    lengths = values.checker.mapping(keys.pop("input_tokens", None), optional=LENGTHS)
    numbers = {name: _length(name, value, values) for name, value in lengths.items()}
    named = values.where(replace(located, value=keys)) if keys else {}
    for one, other in (("above", "at_least"), ("up_to", "below")):
        if one in lengths and other in lengths:
            values.checker.note(lengths[other], f"give {one!r} or {other!r}, not both")
    if len(values.checker.problems) > problems:
        return None
    return When(
        above=numbers.get("above", numbers.get("at_least")),
        up_to=numbers.get("up_to", numbers.get("below")),
        values=named,
    )


def _length(name: str, located: Located, values: LeverValues) -> int | None:
    """Return a length as the longest of the shorter requests."""
    number = values.whole(located)
    if number is None:
        return None
    cut = number - 1 if name in {"at_least", "below"} else number
    if values.kind == "ledger":
        try:
            checked_cut(cut)
        except LeverError as error:
            values.checker.note(located, str(error).removeprefix("when: "))
    return cut


def start_with(located: Located, scope: Scope, values: LeverValues) -> Lever | None:
    """Read What-if's mix: shares of a family's first calls by the model they start on."""
    keys = values.keys(located, ("shares", "full"), ("escalate", "sent", "family"))
    given = values.checker.mapping(keys.get("shares"), optional=None)
    shares = {name: values.share(value) for name, value in given.items()}
    names = {name: values.known(name, value) for name, value in given.items()}
    full = values.model(keys.get("full"))
    escalate = values.share(keys["escalate"]) if "escalate" in keys else Fraction(0)
    sent = values.checker.choice(keys.get("sent"), ("after a try", "directly"))
    if full is None or escalate is None or None in names.values() or None in shares.values():
        return None
    controls = Controls(
        start_with=tuple((names[n] or n, shares[n] or Fraction(0)) for n in given),
        full=full,
        escalate=escalate,
        escalation="sent_directly" if sent == "directly" else "tried_first",
        family=values.checker.text(keys.get("family")),
        where=scope.where,
    )
    [lever] = levers_of(controls) or [None]
    return replace(lever, from_=scope.from_) if lever else None


def cascade(located: Located, scope: Scope, values: LeverValues) -> Lever | None:
    """Read a cascade: tried on one model, then called again on another."""
    optional = ("verifier", "draft", "then_hit_rate")
    keys = values.keys(located, ("first", "then", "escalate"), optional)
    first, then = values.model(keys.get("first")), values.model(keys.get("then"))
    escalate = values.share(keys.get("escalate"), "escalate")
    verifier = values.model(keys.get("verifier"))
    if first is None or then is None or escalate is None:
        return None
    return Cascade(
        first=first,
        then=then,
        escalate=escalate,
        verifier=verifier,
        draft=bool(values.checker.flag(keys.get("draft"))),
        then_hit_rate=values.share(keys.get("then_hit_rate"), "then_hit_rate"),
        where=scope.where,
        from_=scope.from_,
    )


def retire(located: Located, scope: Scope, values: LeverValues) -> Lever | None:
    """Read which model ends, what follows it, and when."""
    keys = values.keys(located, ("model",), ("to", "on"))
    model, to = values.model(keys.get("model")), values.model(keys.get("to"))
    on = values.checker.day(keys.get("on"))
    if model is None:
        return None
    life = model_named(model, values.book).life
    if to is None and "to" not in keys and life.successor is None:
        values.checker.note(located, f"no successor of {model} is known; add 'to'")
    if on is None and "on" not in keys and life.shutdown_on is None:
        values.checker.note(located, f"no day of shutdown of {model} is known; add 'on'")
    return Retire(model=model, to=to, on=on, where=scope.where, from_=scope.from_)
