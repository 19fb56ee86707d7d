"""Levers that send requests elsewhere: grow, route, start with, cascade, retire."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from costmodel.flows import ZERO, check_of, resized, with_cached_share
from costmodel.lever import SAME_TOKENS, Lever
from costmodel.meters import Meter
from costmodel.scene import LeverError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from costmodel.flows import Flow
    from costmodel.rules import When
    from costmodel.scene import Scene


@dataclass(frozen=True, kw_only=True)
class Grow(Lever):
    """Requests grow by a share a month, compounding; the first month ahead has grown once.

    With ``from_`` the growth begins in that month, which has grown once.
    """

    step = "grow"
    curved = ("requests",)

    requests: Fraction

    def __post_init__(self) -> None:
        if self.requests < -1:
            raise LeverError("requests cannot shrink by more than 100% a month")

    def changed(self, flow: Flow, scene: Scene) -> Iterable[Flow]:
        """Scale requests and tokens alike."""
        if not self.touches(flow, scene):
            return (flow,)
        return (flow.scaled((1 + self.requests) ** self._times(flow, scene)),)

    def _times(self, flow: Flow, scene: Scene) -> int:
        if self.from_ is None:
            return scene.months_ahead
        since = 12 * (flow.on.year - self.from_.year) + flow.on.month - self.from_.month
        return min(since + 1, scene.months_ahead)


@dataclass(frozen=True, kw_only=True)
class Route(Lever):
    """A share of the requests of ``source``, or of those that ``when`` names, goes to ``to``.

    Without ``source``: of every model in the family of ``to`` if the usage has any,
    else of the family that serves most of it. Several routes act at once on the
    requests as they were.
    """

    step = "route"
    shares = ("share",)

    to: str
    share: Fraction = Fraction(1)
    source: tuple[str, ...] = ()
    when: When | None = None

    @property
    def dimensions(self) -> tuple[str, ...]:
        """Return the dimensions that ``where`` and ``when`` name."""
        return (*self.where, *(self.when.values if self.when else ()))

    def takes_from(self, flow: Flow, scene: Scene) -> bool:
        """Tell whether requests of this flow are sent elsewhere."""
        if not self.touches(flow, scene) or scene.is_model(flow, self.to):
            return False
        return self._is_source(flow, scene) and (not self.when or self.when.holds(flow, scene))

    def _is_source(self, flow: Flow, scene: Scene) -> bool:
        if self.source:
            return scene.is_one_of(flow, self.source)
        own = scene.target(flow.provider, self.to).family
        return scene.family_of(flow) == (own if own in scene.families else scene.main_family)

    def model_names(self) -> tuple[str, ...]:
        """Return target and sources."""
        return (self.to, *self.source)


def apply_routes(routes: Sequence[Route], flows: Iterable[Flow], scene: Scene) -> list[Flow]:
    """Return the usage after all routes, each taking its share of what was there before.

    Raises ``LeverError`` where routes take more than all requests of a model.
    """
    return [moved for flow in flows for moved in _routed(flow, routes, scene)]


def _routed(flow: Flow, routes: Sequence[Route], scene: Scene) -> Iterable[Flow]:
    taking = [route for route in routes if route.share and route.takes_from(flow, scene)]
    taken = sum((route.share for route in taking), ZERO)
    if taken > 1:
        raise LeverError(f"routes take {float(taken):.0%} of the requests of {flow.model}")
    if taking:
        scene.assume(SAME_TOKENS)
    if taken < 1:
        yield flow.scaled(1 - taken)
    for route in taking:
        yield scene.moved(flow, route.to).scaled(route.share)


@dataclass(frozen=True, kw_only=True)
class StartWith(Lever):
    """What-if's mix: so much of a family's first calls starts on each model.

    What starts elsewhere than on ``full`` is called again there, to the share
    ``escalate``. The rest stays as it is. Second calls seen in the ledger go with the
    calls that they followed: of them too only the rest stays.
    """

    step = "route"
    shares = ("escalate",)

    starts: tuple[tuple[str, Fraction], ...]
    full: str
    escalate: Fraction = ZERO
    family: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if any(share < 0 for _, share in self.starts) or self._moved > 1:
            raise LeverError("shares to start with must lie between 0% and 100% together")

    @property
    def _moved(self) -> Fraction:
        return sum((share for _, share in self.starts), ZERO)

    def changed(self, flow: Flow, scene: Scene) -> Iterable[Flow]:
        """Lay first calls out on the models to start with."""
        family = self.family or scene.main_family
        if not self._moved or not self.touches(flow, scene) or scene.family_of(flow) != family:
            yield flow
            return
        if self._moved < 1:
            yield flow.scaled(1 - self._moved)
        if not flow.is_second_call:
            scene.assume(SAME_TOKENS)
            for name, share in self.starts:
                yield from self._started(flow.scaled(share), name, scene) if share else ()

    def _started(self, flow: Flow, name: str, scene: Scene) -> Iterable[Flow]:
        first = scene.moved(flow, name)
        yield first
        if self.escalate and not scene.is_model(first, self.full):
            yield _second_call(first, self.full, self.escalate, scene)

    def model_names(self) -> tuple[str, ...]:
        """Return the models to start with and the full one."""
        return (*(name for name, _ in self.starts), self.full)


def _second_call(first: Flow, then: str, share: Fraction, scene: Scene) -> Flow:
    again = scene.moved(first, then).scaled(share)
    return replace(again, escalated_from=first.model, made_by="second call")


@dataclass(frozen=True, kw_only=True)
class Cascade(Lever):
    """Every request is tried on ``first``; a share ``escalate`` is paid again on ``then``.

    Touches the requests of ``first`` and ``then``, or all traffic with ``where``. Both
    calls are paid. ``verifier`` reads every prompt and answer and writes
    ``verifier_output_tokens``; ``draft`` passes the first answer to ``then`` as input;
    ``then_hit_rate`` is the cached share of the input of second calls, whatever a
    cache lever says. Second calls already in a ledger are not tried again: the cascade
    replaces them. Those of an earlier cascade on ``first`` are tried as any request.
    """

    step = "cascade"
    shares = ("escalate", "then_hit_rate")

    first: str
    then: str
    escalate: Fraction
    verifier: str | None = None
    verifier_output_tokens: int = 50
    draft: bool = False
    then_hit_rate: Fraction | None = None

    def changed(self, flow: Flow, scene: Scene) -> Iterable[Flow]:
        """Try a request, check it, and call again."""
        if not self._tries(flow, scene):
            return () if self._replaces(flow, scene) else (flow,)
        scene.assume(SAME_TOKENS)
        first = scene.moved(flow, self.first)
        calls = [first]
        if self.escalate:
            calls.append(self._second(first, scene))
        if self.verifier:
            calls.append(self._check(first, self.verifier, scene))
        return calls

    def _in_scope(self, flow: Flow, scene: Scene) -> bool:
        named = bool(self.where) or scene.is_one_of(flow, (self.first, self.then))
        return named and self.touches(flow, scene)

    def _tries(self, flow: Flow, scene: Scene) -> bool:
        if flow.made_by == "second call":
            return scene.is_model(flow, self.first) and self.touches(flow, scene)
        is_first = flow.escalated_from is None and not flow.stands_beside
        return is_first and self._in_scope(flow, scene)

    def _replaces(self, flow: Flow, scene: Scene) -> bool:
        """Tell whether a second call of the ledger followed a request that is tried anew."""
        if flow.stands_beside or not flow.is_second_call or not self._in_scope(flow, scene):
            return False
        origin = scene.book.resolve(flow.provider, flow.escalated_from or "")
        names = (scene.target(flow.provider, name).name for name in (self.first, self.then))
        return bool(self.where) or origin is None or origin.name in names

    def _second(self, first: Flow, scene: Scene) -> Flow:
        again = _second_call(first, self.then, self.escalate, scene)
        if self.draft:
            read = again.amount(Meter.INPUT) + again.output_tokens
            again = resized(again.with_amounts({Meter.INPUT: read}))
        if self.then_hit_rate is None:
            return again
        return replace(with_cached_share(again, self.then_hit_rate), keeps_cache=True)

    def _check(self, first: Flow, verifier: str, scene: Scene) -> Flow:
        return resized(scene.moved(check_of(first, self.verifier_output_tokens), verifier))

    def model_names(self) -> tuple[str, ...]:
        """Return first, then and the verifier."""
        return (self.first, self.then, *([self.verifier] if self.verifier else []))


@dataclass(frozen=True, kw_only=True)
class Retire(Lever):
    """From ``on`` the requests of ``model`` go to ``to``.

    Without ``to``: to the successor that its provider names; without ``on``: from its
    day of shutdown.
    """

    step = "retire"

    model: str
    to: str | None = None
    on: date | None = None

    def changed(self, flow: Flow, scene: Scene) -> Iterable[Flow]:
        """Hand a model's requests to the one that follows it."""
        if not scene.is_model(flow, self.model) or not self.touches(flow, scene):
            return (flow,)
        life = scene.target(flow.provider, self.model).life
        to, on = self.to or life.successor, self.on or life.shutdown_on
        if to is None or on is None:
            raise LeverError(
                f"retire: the book names no {'day' if to else 'successor'} for "
                f"{self.model}; write '{'on' if to else 'to'}'"
            )
        if flow.on < on:
            return (flow,)
        scene.assume(SAME_TOKENS)
        return (scene.moved(flow, to),)

    def model_names(self) -> tuple[str, ...]:
        """Return the model and what follows it."""
        return (self.model, *([self.to] if self.to else []))
