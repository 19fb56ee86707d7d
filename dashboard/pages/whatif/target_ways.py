"""Ways to a target: where each setting alone makes a month cost so much, all else as it is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from math import ceil, floor
from typing import TYPE_CHECKING

from costmodel.controls import with_slider
from costmodel.corners import interpolate
from costmodel.flows import ZERO
from costmodel.goal import seek, seek_start
from costmodel.money import dollars
from costmodel.sensitivity import SLIDERS
from dashboard.pages.whatif.address_values import percent_text
from dashboard.pages.whatif.names import short_name
from dashboard.pages.whatif.settings import linked_shares
from dashboard.pages.whatif.sliders import title_of
from dashboard.pages.whatif.words import cents, share_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from costmodel.controls import Controls, Slider
    from costmodel.goal import Goal
    from dashboard.pages.whatif.screen import Screen

MIX = "mix"
NO_CHANGE = "changes nothing here"
ANY = "any setting"
NOT_ALONE = "not alone"
_ONE = Fraction(1)
_STEPS = {"growth": Fraction(1, 200), MIX: Fraction(1, 100)}
_STEP = Fraction(1, 1_000)
"""Controls are set in tenths of a percent, growth in halves, the shares of a mix in whole ones."""
_TRIES = 100


@dataclass(frozen=True)
class Way:
    """What one setting alone does for a target, in words.

    ``meets`` says where it meets the target, ``cost`` what a month costs then.
    ``percent`` is what ``control`` is to be set to, for a mix the share of ``model``;
    None where there is nothing to set.
    """

    title: str
    now: str
    meets: str
    cost: str
    control: str
    model: str = ""
    percent: str | None = None


@dataclass(frozen=True)
class _Handle:
    """A setting that can be moved alone; ``at`` gives the plan with it elsewhere.

    Between ``knots`` the cost is a straight line; ``now`` is where it stands.
    """

    title: str
    control: str
    now: Fraction
    knots: tuple[Fraction, ...]
    at: Callable[[Fraction], Controls]
    goal: Callable[[Fraction], Goal]
    model: str = ""
    is_as_today: bool = False


def ways(screen: Screen, target: Fraction) -> list[Way]:
    """Return what each setting of the plan on screen does for a target, in their order.

    A setting that is offered costs the target or less, to the cent.
    """
    mixed = [model for model, share in screen.controls.start_with if share]
    handles = [_slider(screen, name) for name in SLIDERS]
    handles += [_share(screen, model) for model in mixed if len(mixed) > 1]
    return [_way(screen, handle, target) for handle in handles]


def _slider(screen: Screen, name: Slider) -> _Handle:
    controls, table = screen.controls, screen.board.table
    value: Fraction | None = getattr(controls, name)
    return _Handle(
        title=title_of(screen.board, name),
        control=name,
        now=screen.board.cached_share if value is None else value,
        knots=table.knots(name),
        at=partial(with_slider, controls, name),
        goal=partial(seek, table, controls, name),
        is_as_today=value is None,
    )


def _share(screen: Screen, model: str) -> _Handle:
    controls = screen.controls

    def at(share: Fraction) -> Controls:
        return replace(controls, start_with=linked_shares(controls.start_with, model, share))

    return _Handle(
        title=f"Share of {short_name(model, screen.board.comparison.family)}",
        control=MIX,
        now=dict(controls.start_with)[model],
        knots=(ZERO, _ONE),
        at=at,
        goal=partial(seek_start, screen.board.table, controls, model),
        model=model,
    )


def _way(screen: Screen, handle: _Handle, target: Fraction) -> Way:
    table, currency = screen.board.table, screen.board.currency

    def cost(value: Fraction) -> Fraction:
        return interpolate(table, handle.at(value))

    def way(meets: str, amount: str, setting: Fraction | None = None) -> Way:
        percent = None if setting is None else percent_text(setting)
        is_there = percent == percent_text(handle.now)
        return Way(
            title=handle.title,
            now=share_text(handle.now) + (", as today" if handle.is_as_today else ""),
            meets=meets,
            cost=amount,
            control=handle.control,
            model=handle.model,
            percent=None if is_there else percent,
        )

    ends = [cost(knot) for knot in handle.knots]
    goal = handle.goal(target)
    if min(ends) == max(ends):
        return way(NO_CHANGE, dollars(ends[0], currency))
    if goal.met == "always":
        return way(ANY, f"at most {dollars(max(ends), currency)}")
    setting = _step_within(handle, goal, lambda value: cents(cost(value)) <= cents(target))
    if setting is None:
        amount = dollars(cost(goal.setting), currency)
        return way(NOT_ALONE, f"{amount} at best, at {share_text(goal.setting)}")
    bound = "or less" if goal.is_upper else "or more"
    return way(f"{share_text(setting)} {bound}", dollars(cost(setting), currency), setting)


def _step_within(
    handle: _Handle, goal: Goal, is_within: Callable[[Fraction], bool]
) -> Fraction | None:
    """Return the first step of a control from the sought setting on that keeps to the target.

    None where none does: the setting is then the cheapest one.
    """
    step = _STEPS.get(handle.control, _STEP)
    rounding, direction = (floor, -1) if goal.is_upper else (ceil, 1)
    start, low, high = rounding(goal.setting / step), handle.knots[0], handle.knots[-1]
    tried = ((start + direction * number) * step for number in range(_TRIES + 1))
    return next((each for each in tried if low <= each <= high and is_within(each)), None)
