"""The levers of a plan file: how each is written, and what may be wrong with it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from costmodel.controls import Controls, levers_of
from costmodel.levers import (
    ORDER,
    Batch,
    Cache,
    Cascade,
    Grow,
    Lever,
    LeverError,
    Retire,
    Route,
)
from costmodel.plan import Range
from costmodel.workload import WorkloadError, model_named
from ingest.configuration_sections import CELL_CHOICES
from pricing.located_yaml import Located, nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from datetime import date

    from costmodel.book import PriceBook
    from pricing.located_yaml import Checker

LEVERS = ("grow", "route", "start_with", "cascade", "cache", "batch", "retire")
WHERE_NAMES = (*CELL_CHOICES, "provider", "model", "zone", "tier")

_SHARE = r"([+-]?\d+(?:\.\d+)?)\s*(%?)"
_ONE = re.compile(_SHARE)
_TWO = re.compile(rf"{_SHARE}\s+to\s+{_SHARE}")
_HUNDRED = 100


@dataclass(frozen=True)
class ReadLever:
    """A lever at the middle of its ranges, and the ranges by field."""

    lever: Lever
    ranges: Mapping[str, Range]


@dataclass(frozen=True)
class _Scope:
    """What every lever may say: where, and from which day."""

    where: Mapping[str, tuple[str | None, ...]]
    from_: date | None


def filters(
    located: Located | None, checker: Checker, names: Collection[str]
) -> dict[str, tuple[str | None, ...]]:
    """Return the values asked for by dimension; one value or a list of them."""
    found: dict[str, tuple[str | None, ...]] = {}
    for name, value in checker.mapping(located, optional=None).items():
        if name not in names:
            checker.note(value, f"unknown dimension {name!r}; {nearest(name, names)}")
        elif value.value is None:
            found[name] = (None,)
        else:
            found[name] = tuple(checker.text(item) for item in checker.sequence(value))
    return found


class LeverReader:
    """Reads the levers of one file; every mistake goes to the checker."""

    def __init__(self, checker: Checker, book: PriceBook) -> None:
        self.checker = checker
        self._book = book
        self._ranges: dict[str, Range] = {}
        self._readers: dict[str, Callable[[Located, _Scope], Lever | None]] = {
            "grow": self._grow,
            "route": self._route,
            "start_with": self._start_with,
            "cascade": self._cascade,
            "cache": self._cache,
            "batch": self._batch,
            "retire": self._retire,
        }

    def lever(self, located: Located) -> ReadLever | None:
        """Return one lever; ``where`` and ``from`` may stand inside it or beside it."""
        if not isinstance(located.value, dict):
            self.checker.note(located, "must be a lever, such as 'cache: {hit_rate: 60%}'")
            return None
        names = [name for name in located.value if name not in {"where", "from"}]
        if len(names) != 1:
            self.checker.note(located, "must hold exactly one lever; begin each with '- '")
            return None
        name, inner = names[0], located.value[names[0]]
        if name not in LEVERS:
            self.checker.note(inner, _why_no_lever(name))
            return None
        self._ranges = {}
        lever = self._built(name, inner, self._scope(name, inner, located))
        return ReadLever(lever, self._ranges) if lever else None

    def _built(self, name: str, inner: Located, scope: _Scope) -> Lever | None:
        try:
            return self._readers[name](inner, scope)
        except LeverError as error:
            self.checker.note(inner, str(error))
            return None

    def _scope(self, name: str, inner: Located, outer: Located) -> _Scope:
        where = inner.child("where") or outer.child("where")
        inside = inner.child("from")
        # a route's own "from" names models, unless it is a day
        is_day = inside is not None and not (name == "route" and _names_models(inside))
        start = inside if is_day else outer.child("from")
        day = self.checker.day(start)
        return _Scope(filters(where, self.checker, WHERE_NAMES), day)

    def _keys(
        self, located: Located, required: tuple[str, ...], optional: tuple[str, ...] = ()
    ) -> dict[str, Located]:
        keys = self.checker.mapping(located, required, (*optional, "where", "from"))
        for name in ("where", "from"):
            keys.pop(name, None)
        return keys

    def _grow(self, located: Located, scope: _Scope) -> Lever | None:
        keys = self._keys(located, ("requests",))
        growth = self.share(keys.get("requests"), "requests", low=-1, high=10)
        if growth is None:
            return None
        return Grow(requests=growth, where=scope.where, from_=scope.from_)

    def _route(self, located: Located, scope: _Scope) -> Lever | None:
        keys = self._keys(located, ("to",), ("share", "when"))
        if "when" in keys:
            self.checker.note(keys["when"], "rules are not there yet; give a share instead")
        to = self.model(keys.get("to"))
        share = self.share(keys["share"], "share") if "share" in keys else Fraction(1)
        inside = located.child("from")
        items = self.checker.sequence(inside if inside and _names_models(inside) else None)
        source = tuple(name for item in items if (name := self.model(item)))
        if to is None or share is None:
            return None
        return Route(to=to, share=share, source=source, where=scope.where, from_=scope.from_)

    def _start_with(self, located: Located, scope: _Scope) -> Lever | None:
        """Read What-if's mix: shares of a family's first calls by the model they start on."""
        keys = self._keys(located, ("shares", "full"), ("escalate", "sent", "family"))
        given = self.checker.mapping(keys.get("shares"), optional=None)
        shares = {name: self.share(value) for name, value in given.items()}
        names = {name: self._known(name, value) for name, value in given.items()}
        full = self.model(keys.get("full"))
        escalate = self.share(keys["escalate"]) if "escalate" in keys else Fraction(0)
        sent = self.checker.choice(keys.get("sent"), ("after a try", "directly"))
        if full is None or escalate is None or None in names.values() or None in shares.values():
            return None
        controls = Controls(
            start_with=tuple((names[n] or n, shares[n] or Fraction(0)) for n in given),
            full=full,
            escalate=escalate,
            escalation="sent_directly" if sent == "directly" else "tried_first",
            family=self.checker.text(keys.get("family")),
            where=scope.where,
        )
        [lever] = levers_of(controls) or [None]
        return replace(lever, from_=scope.from_) if lever else None

    def _cascade(self, located: Located, scope: _Scope) -> Lever | None:
        optional = ("verifier", "draft", "then_hit_rate")
        keys = self._keys(located, ("first", "then", "escalate"), optional)
        first, then = self.model(keys.get("first")), self.model(keys.get("then"))
        escalate = self.share(keys.get("escalate"), "escalate")
        verifier = self.model(keys.get("verifier"))
        if first is None or then is None or escalate is None:
            return None
        return Cascade(
            first=first,
            then=then,
            escalate=escalate,
            verifier=verifier,
            draft=bool(self.checker.flag(keys.get("draft"))),
            then_hit_rate=self.share(keys.get("then_hit_rate"), "then_hit_rate"),
            where=scope.where,
            from_=scope.from_,
        )

    def _cache(self, located: Located, scope: _Scope) -> Lever | None:
        keys = self._keys(located, ("hit_rate",), ("models",))
        hit_rate = self.share(keys.get("hit_rate"), "hit_rate")
        items = self.checker.sequence(keys.get("models"))
        models = tuple(name for item in items if (name := self.model(item)))
        if hit_rate is None:
            return None
        return Cache(hit_rate=hit_rate, models=models, where=scope.where, from_=scope.from_)

    def _batch(self, located: Located, scope: _Scope) -> Lever | None:
        share = self.share(self._keys(located, ("share",)).get("share"), "share")
        if share is None:
            return None
        return Batch(share=share, where=scope.where, from_=scope.from_)

    def _retire(self, located: Located, scope: _Scope) -> Lever | None:
        keys = self._keys(located, ("model",), ("to", "on"))
        model, to = self.model(keys.get("model")), self.model(keys.get("to"))
        on = self.checker.day(keys.get("on"))
        if model is None:
            return None
        life = model_named(model, self._book).life
        if to is None and "to" not in keys and life.successor is None:
            self.checker.note(located, f"no successor of {model} is known; add 'to'")
        if on is None and "on" not in keys and life.shutdown_on is None:
            self.checker.note(located, f"no day of shutdown of {model} is known; add 'on'")
        return Retire(model=model, to=to, on=on, where=scope.where, from_=scope.from_)

    def model(self, located: Located | None) -> str | None:
        """Return the canonical name of a model that the price book knows."""
        name = self.checker.text(located)
        return None if located is None or name is None else self._known(name, located)

    def _known(self, name: str, located: Located) -> str | None:
        try:
            return model_named(name, self._book).name
        except WorkloadError as error:
            self.checker.note(located, str(error))
            return None

    def share(
        self, located: Located | None, field: str = "", *, low: int = 0, high: int = 1
    ) -> Fraction | None:
        """Return a share; of a range, where the field may have one, its middle.

        A share is written 12%, 12.5% or 0.12, a range 10% to 20%.
        """
        if located is None or located.value is None:
            return None
        text = str(located.value)
        one, two = _ONE.fullmatch(text), _TWO.fullmatch(text)
        if one and not isinstance(located.value, bool):
            return self._checked(located, _value(one[1], one[2]), (low, high), percent=bool(one[2]))
        if two and field:
            return self._range(located, two, field, (low, high))
        ranged = ", or a range such as 10% to 20%" if field else ""
        self.checker.note(located, f"{text!r} is no share; write 12%{ranged}")
        return None

    def _range(
        self, located: Located, two: re.Match[str], field: str, bounds: tuple[int, int]
    ) -> Fraction | None:
        # "10 to 20%" means percent on both sides
        signs = [two[2] or two[4], two[4] or two[2]]
        ends = [_value(number, sign) for number, sign in zip((two[1], two[3]), signs, strict=True)]
        checked = [self._checked(located, end, bounds, percent=bool(signs[0])) for end in ends]
        if None in checked:
            return None
        if ends[0] > ends[1]:
            self.checker.note(located, "a range goes from the lower to the higher value")
            return None
        between = Range(ends[0], ends[1])
        if between.low != between.high:
            self._ranges[field] = between
        return between.middle

    def _checked(
        self, located: Located, value: Fraction, bounds: tuple[int, int], *, percent: bool
    ) -> Fraction | None:
        low, high = bounds
        if not percent and not -1 <= value <= 1:
            number = f"{float(value):g}"
            self.checker.note(located, f"{number} is no share; write {number}%")
            return None
        if not low <= value <= high:
            self.checker.note(located, f"must lie between {low:.0%} and {high:.0%}")
            return None
        return value


def _value(number: str, sign: str) -> Fraction:
    value = Fraction(Decimal(number))
    return value / _HUNDRED if sign else value


def _names_models(located: Located) -> bool:
    """Tell whether a ``from`` names models and no day."""
    return isinstance(located.value, str | tuple)


def _why_no_lever(name: str) -> str:
    there_are = f"there are {', '.join(LEVERS[:-1])} and {LEVERS[-1]}"
    if name in ORDER:
        return f"the lever {name!r} is not there yet; {there_are}"
    return f"unknown lever {name!r}; {nearest(name, LEVERS)} ({there_are})"
