"""Moves: single changes that may save money for one group of usage, as levers of a plan.

A move says what it assumes and what it puts at risk; whether it saves anything is
found out by pricing it (``costmodel.opportunities``).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from costmodel.comparison import family_of
from costmodel.flows import ZERO, total_of
from costmodel.levers import Batch, Cache, Compress, StartWith
from costmodel.meters import CACHED_METERS
from costmodel.workload import WorkloadError, model_named

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    from costmodel.book import PriceBook
    from costmodel.comparison import Family
    from costmodel.flows import Flow
    from costmodel.levers import Lever
    from costmodel.rates import Model
    from costmodel.workload import Baseline

Where = dict[str, tuple[str | None, ...]]
GroupAndModel = tuple[str | None, str]
Kind = Literal["smaller model", "successor", "cache", "batch", "shorter prompt"]
Risk = Literal["quality not known", "quality known", "latency", "none"]

KINDS: tuple[Kind, ...] = ("smaller model", "successor", "cache", "batch", "shorter prompt")
ASSUMED_SHORTENING = Fraction(1, 10)
"""How much shorter a prompt can be made where nobody says."""
BATCH = "batch"
TENTHS = 1_000
"""Shares are rounded to tenths of a percent, so that a plan file can say them."""
ENOUGH_ANSWERS = 30
"""Fewer rated answers of a model say nothing about its quality."""


@dataclass(frozen=True)
class Quality:
    """Ratings of one model's answers as the usage carries them: their mean, and how many."""

    mean: float
    answers: int


@dataclass(frozen=True)
class Hints:
    """What is known beside tokens and prices.

    ``highest_cached`` is the highest share of input seen at the cached price on a day,
    ``possible_cached`` the share that calls repeat soon enough; both, and the ratings in
    ``quality``, by group and canonical model. ``shorter_prompt`` is the share by which
    prompts can shrink, None where nobody said.
    """

    highest_cached: Mapping[GroupAndModel, Fraction] = field(default_factory=dict)
    possible_cached: Mapping[GroupAndModel, Fraction] = field(default_factory=dict)
    quality: Mapping[GroupAndModel, Quality] = field(default_factory=dict)
    shorter_prompt: Fraction | None = None
    kinds: tuple[Kind, ...] = KINDS


@dataclass(frozen=True)
class Move:
    """One change: what it is called, its levers, what it assumes and what it risks.

    ``model`` is where requests go, ``share`` the cached, batched or saved share,
    ``escalate`` the share that is asked again; None where the move has none.
    """

    kind: Kind
    name: str
    levers: tuple[Lever, ...]
    assumption: str
    risk: Risk
    model: str | None = None
    share: Fraction | None = None
    escalate: Fraction | None = None


@dataclass(frozen=True)
class Group:
    """The usage of one group that may be touched: its value, its flows and where they are."""

    value: str | None
    usage: Baseline
    where: Where


def moves_for(group: Group, book: PriceBook, hints: Hints, today: date) -> Iterator[Move]:
    """Return the moves that this usage allows, whether they save anything or not."""
    family = family_of(group.usage, book, today)
    makers: dict[Kind, Iterator[Move]] = {
        "smaller model": _smaller(group, family, hints, today),
        "successor": _successors(group, family, book, hints, today),
        "cache": _cached(group, hints),
        "batch": _batched(group),
        "shorter prompt": _shortened(group, hints),
    }
    for kind in KINDS:
        if kind in hints.kinds:
            yield from makers[kind]


def _smaller(group: Group, family: Family | None, hints: Hints, today: date) -> Iterator[Move]:
    """Return the next smaller model below the largest one that requests start on."""
    if family is None:
        return
    started = {flow.model for flow in group.usage.flows if not flow.is_second_call}
    larger = next((model for model in family.ladder if model.name in started), None)
    if larger is None:
        return
    below = family.ladder[family.ladder.index(larger) + 1 :]
    smaller = next((model for model in below if not model.life.is_gone(today)), None)
    if smaller is None:
        return
    again = Fraction(round((group.usage.escalation_seen or ZERO) * TENTHS), TENTHS)
    asked = f"; {_percent(again)} asked again of {family.full.display}, as now" if again else ""
    ends = f"; it ends on {smaller.life.shutdown_on}" if smaller.life.shutdown_on else ""
    lever = StartWith(
        starts=((smaller.name, Fraction(1)),),
        full=family.full.name,
        escalate=again,
        family=family.name,
        where=group.where,
    )
    yield Move(
        kind="smaller model",
        name=f"{smaller.display} for everything" if not again else f"{smaller.display} first",
        levers=(lever,),
        assumption=f"as many tokens an answer as today{asked}{ends}",
        risk=_risk(group, smaller, hints),
        model=smaller.name,
        escalate=again,
    )


def _successors(
    group: Group, family: Family | None, book: PriceBook, hints: Hints, today: date
) -> Iterator[Move]:
    """Return the models that providers name as successors of those in use."""
    if family is None:
        return
    used = [m for m in group.usage.served_models(book) if m.family == family.name]
    names = dict.fromkeys(m.life.successor for m in used if m.life.successor)
    for name in names:
        try:
            successor = model_named(name, book, used[0].provider)
        except WorkloadError:
            continue
        if not successor.life.is_gone(today):
            yield _onto_successor(group, family, successor, hints)


def _onto_successor(group: Group, family: Family, successor: Model, hints: Hints) -> Move:
    lever = StartWith(
        starts=((successor.name, Fraction(1)),),
        full=successor.name,
        family=family.name,
        where=group.where,
    )
    falls = "; second calls fall away" if group.usage.escalation_seen else ""
    return Move(
        kind="successor",
        name=f"{successor.display} for everything",
        levers=(lever,),
        assumption=f"as many tokens an answer as today{falls}",
        risk=_risk(group, successor, hints),
        model=successor.name,
        escalate=ZERO,
    )


def _cached(group: Group, hints: Hints) -> Iterator[Move]:
    """Return the cached share of each model raised to what was seen or is possible.

    The levers stop where requests are too short to be cached, and leave batches alone.
    """
    levers, texts = [], []
    models = dict.fromkeys(flow.model for flow in group.usage.flows)
    for model in models:
        flows = [flow for flow in group.usage.flows if flow.model == model]
        live = [flow for flow in flows if flow.tier != BATCH]
        share, why = _reachable(group, model, hints)
        if share > _cached_share(live):
            where: Where = {**group.where, "model": (model,)}
            if len(live) < len(flows):
                where["tier"] = tuple(dict.fromkeys(flow.tier for flow in live))
            levers.append(Cache(hit_rate=share, where=where))
            texts.append(f"{_percent(share)} on {model} ({why})")
    if not levers:
        return
    most = max(lever.hit_rate for lever in levers)
    up_to = "" if len(models) == 1 else "up to "
    yield Move(
        kind="cache",
        name=f"{up_to}{_percent(most)} of input at the cached price",
        levers=tuple(levers),
        assumption=f"every day {', '.join(texts)}",
        risk="none",
        share=most if len(models) == 1 and "tier" not in levers[0].where else None,
    )


def _reachable(group: Group, model: str, hints: Hints) -> tuple[Fraction, str]:
    """Return the highest cached share that is known of, and how it is known."""
    key = group.value, model
    seen, possible = hints.highest_cached.get(key, ZERO), hints.possible_cached.get(key, ZERO)
    why = "seen on one day" if seen >= possible else "so much repeats within minutes; untested"
    return Fraction(int(max(seen, possible) * TENTHS), TENTHS), why


def _cached_share(flows: Sequence[Flow]) -> Fraction:
    total = sum((flow.input_tokens for flow in flows), ZERO)
    cached = sum((total_of(flow.quantities, CACHED_METERS) for flow in flows), ZERO)
    return cached / total if total else Fraction(1)


def _batched(group: Group) -> Iterator[Move]:
    if not any(flow.tier == "standard" for flow in group.usage.flows):
        return
    yield Move(
        kind="batch",
        name="everything in batch",
        levers=(Batch(share=Fraction(1), where=group.where),),
        assumption="every answer may come up to 24 hours later",
        risk="latency",
        share=Fraction(1),
    )


def _shortened(group: Group, hints: Hints) -> Iterator[Move]:
    """Return prompts shorter in what is not cached: a cached beginning stays as it is."""
    stated = hints.shorter_prompt
    share = ASSUMED_SHORTENING if stated is None else stated
    said = " (assumed)" if stated is None else ""
    yield Move(
        kind="shorter prompt",
        name=f"prompts {_percent(share)} shorter",
        levers=(Compress(input=share, keeps_prefix=True, where=group.where),),
        assumption=f"{_percent(share)} of the uncached input can be left out{said}",
        risk="quality not known",
        share=share,
    )


def _risk(group: Group, model: Model, hints: Hints) -> Risk:
    rated = hints.quality.get((group.value, model.name))
    return "quality known" if rated and rated.answers >= ENOUGH_ANSWERS else "quality not known"


def _percent(share: Fraction) -> str:
    return f"{float(share) * 100:.1f}".removesuffix(".0") + "%"
