"""Sensitivity: what matters most, input by input, largest effect first.

Each input is moved alone: through its range where it has one, else by a stated step, so
that the effects can be held against each other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Protocol

from costmodel.contract import ContractTerm
from costmodel.controls import with_slider, with_start
from costmodel.corners import interpolate
from costmodel.flows import ZERO
from costmodel.inputs import VOLUME, inputs_of, is_share, is_whole, name_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from costmodel.case import Case
    from costmodel.controls import Controls, Slider
    from costmodel.corners import CornerTable
    from costmodel.inputs import Input


class Ends(Protocol):
    """Between which values somebody expects an input."""

    @property
    def low(self) -> Fraction:
        """Return the lowest value expected."""

    @property
    def high(self) -> Fraction:
        """Return the highest value expected."""


@dataclass(frozen=True)
class Steps:
    """How far an input is moved up and down that has no range.

    ``points`` is added to and taken from shares; ``part`` is a part of the value, for
    volume, prices and all other numbers.
    """

    points: Fraction = Fraction(1, 10)
    part: Fraction = Fraction(1, 10)


@dataclass(frozen=True)
class Effect:
    """What one input does to the cost between ``low`` and ``high``.

    Volume and prices are multiples of what they are. ``is_range``: the ends are those
    that were given, not a step.
    """

    name: str
    low: Fraction
    high: Fraction
    cost_at_low: Fraction
    cost_at_high: Fraction
    is_share: bool
    is_range: bool

    @property
    def size(self) -> Fraction:
        """Return how far apart the costs at both ends are."""
        return abs(self.cost_at_high - self.cost_at_low)

    def of(self, step: Fraction) -> Fraction:
        """Return what a step up costs: the mean between both ends, less than nothing if it saves.

        Inputs near an end are moved less far than others; steps can be held against each other.
        """
        apart = self.high - self.low
        return (self.cost_at_high - self.cost_at_low) * step / apart if apart else ZERO


def sensitivity(
    case: Case,
    ranges: Mapping[tuple[int, str], Ends] | None = None,
    steps: Steps | None = None,
) -> tuple[Effect, ...]:
    """Return the effect of every input on the cost of a case, largest first.

    ``ranges`` gives the ends of fields by the place of their lever. A price is that of
    all token types of one model.
    """
    given, by = ranges or {}, steps or Steps()
    effects = [_effect(case, asked, given, by) for asked in (*inputs_of(case.levers), VOLUME)]
    effects += price_effects(case, by)
    return tuple(sorted(effects, key=lambda effect: -effect.size))


def _effect(
    case: Case, asked: Input, ranges: Mapping[tuple[int, str], Ends], steps: Steps
) -> Effect:
    ends = None if asked.entry else ranges.get((asked.place, asked.field))
    low, high = (ends.low, ends.high) if ends else _stepped(case, asked, steps)
    return Effect(
        name=name_of(case.levers, asked),
        low=low,
        high=high,
        cost_at_low=case.cost_at({asked: low}),
        cost_at_high=case.cost_at({asked: high}),
        is_share=is_share(case.levers, asked),
        is_range=ends is not None,
    )


def _stepped(case: Case, asked: Input, steps: Steps) -> tuple[Fraction, Fraction]:
    value = case.value(asked)
    step = steps.points if is_share(case.levers, asked) else abs(value) * steps.part
    if is_whole(case.levers, asked):
        step = Fraction(round(step))
    lowest, highest = case.bounds(asked)
    high = value + step if highest is None else min(highest, value + step)
    return max(lowest, value - step), high


def price_effects(case: Case, steps: Steps) -> list[Effect]:
    """Return what dearer or cheaper models do, whatever a contract makes of their prices."""
    names = dict.fromkeys((model.provider, model.model) for model in case.outcome().models)
    return [
        Effect(
            name=f"price of {model}",
            low=1 - steps.part,
            high=1 + steps.part,
            cost_at_low=_at_price(case, provider, model, 1 - steps.part),
            cost_at_high=_at_price(case, provider, model, 1 + steps.part),
            is_share=False,
            is_range=False,
        )
        for provider, model in names
    ]


def _at_price(case: Case, provider: str, model: str, times: Fraction) -> Fraction:
    """Return the cost of a case with all rates of one model multiplied."""
    contract = case.book.contract
    term = ContractTerm("tried", provider=provider, model=model, discount=1 - times)
    book = case.book.with_contract(replace(contract, terms=(*contract.terms, term)))
    return replace(case, book=book).cost()


SLIDERS: tuple[Slider, ...] = ("escalate", "cache", "batch", "growth")


def slider_effects(
    table: CornerTable, controls: Controls, cached_today: Fraction, steps: Steps
) -> list[Effect]:
    """Return what each slider does to the cost, and each share of a mix to start with.

    Named as the slider, a share as its model. A cached share left as today is moved from
    ``cached_today``.
    """
    effects = []
    for slider in SLIDERS:
        value = getattr(controls, slider)
        around = cached_today if value is None else value
        knots = table.knots(slider)
        ends = max(knots[0], around - steps.points), min(knots[-1], around + steps.points)
        settings = [with_slider(controls, slider, end) for end in ends]
        effects.append(_of_share(table, slider, ends, settings))
    return effects + _of_starts(table, controls, steps)


def _of_starts(table: CornerTable, controls: Controls, steps: Steps) -> list[Effect]:
    shares = {model: share for model, share in controls.start_with if share}
    whole = sum(shares.values(), ZERO)
    effects = []
    for model, share in shares.items() if len(shares) > 1 else ():
        ends = max(ZERO, share - steps.points), min(whole, share + steps.points)
        settings = [with_start(controls, model, end) for end in ends]
        effects.append(_of_share(table, model, ends, settings))
    return effects


def _of_share(
    table: CornerTable, name: str, ends: tuple[Fraction, Fraction], settings: Sequence[Controls]
) -> Effect:
    low, high = (interpolate(table, setting) for setting in settings)
    return Effect(name, *ends, low, high, is_share=True, is_range=False)
