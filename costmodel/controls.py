"""The five controls of What-if, and what else a plan changes there, as levers."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from costmodel.flows import ZERO
from costmodel.levers import Batch, Cache, Grow, StartWith

if TYPE_CHECKING:
    from collections.abc import Mapping

    from costmodel.levers import Lever

Escalation = Literal["tried_first", "sent_directly"]
Slider = Literal["escalate", "cache", "batch", "growth"]


@dataclass(frozen=True)
class Controls:
    """Settings of the five controls.

    ``start_with`` gives shares of the family's first calls by model; they sum to at
    most 1 and the rest stays as today. ``escalate`` is the share of what starts
    elsewhere that goes to ``full``: paid again there after a try, or sent there
    directly. ``cache`` None leaves the cached share as today. ``growth`` is a share a
    month. ``more`` holds further levers, each at most once, without limits of their own.
    ``where`` limits all of them; ``family`` None is the one with most tokens.
    """

    start_with: tuple[tuple[str, Fraction], ...] = ()
    full: str = "gpt-4.1"
    escalate: Fraction = Fraction(0)
    escalation: Escalation = "tried_first"
    cache: Fraction | None = None
    batch: Fraction = Fraction(0)
    growth: Fraction = Fraction(0)
    more: tuple[Lever, ...] = ()
    family: str | None = None
    where: Mapping[str, tuple[str | None, ...]] = field(default_factory=dict)


def with_slider(controls: Controls, slider: Slider, value: Fraction) -> Controls:
    """Return the controls with one slider elsewhere."""
    settings: dict[str, Fraction] = {slider: value}
    return replace(controls, **settings)  # type: ignore[arg-type]


def with_start(controls: Controls, model: str, share: Fraction) -> Controls:
    """Return the controls with one share of a mix changed: the others give way in proportion.

    Raises ``ValueError`` where no other model has a share that could give way.
    """
    others = sum((part for name, part in controls.start_with if name != model), ZERO)
    if not others:
        raise ValueError(f"{model} starts alone: no other share could give way")
    left = others + dict(controls.start_with).get(model, ZERO) - share
    starts = ((n, share if n == model else p * left / others) for n, p in controls.start_with)
    return replace(controls, start_with=tuple(starts))


def levers_of(controls: Controls) -> tuple[Lever, ...]:
    """Return the levers that these settings mean; a control left as today gives none."""
    levers: list[Lever] = []
    where = controls.where
    if controls.growth:
        levers.append(Grow(requests=controls.growth, where=where))
    if any(share for _, share in controls.start_with):
        levers.append(_start(controls))
    if controls.cache is not None:
        levers.append(Cache(hit_rate=controls.cache, where=where))
    if controls.batch:
        levers.append(Batch(share=controls.batch, where=where))
    return (*levers, *(replace(lever, where=where) for lever in controls.more))


def _start(controls: Controls) -> StartWith:
    tried = controls.escalation == "tried_first"
    return StartWith(
        starts=controls.start_with if tried else _sent_directly(controls),
        full=controls.full,
        escalate=controls.escalate if tried else ZERO,
        family=controls.family,
        where=controls.where,
    )


def _sent_directly(controls: Controls) -> tuple[tuple[str, Fraction], ...]:
    """Return shares after the escalated part of each was handed to the full model."""
    kept = {
        name: share if name == controls.full else share * (1 - controls.escalate)
        for name, share in controls.start_with
    }
    handed = sum((share for _, share in controls.start_with), ZERO) - sum(kept.values(), ZERO)
    kept[controls.full] = kept.get(controls.full, ZERO) + handed
    return tuple(kept.items())
