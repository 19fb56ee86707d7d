from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from costmodel.engine import by_regime, costs_of
from costmodel.levers import Batch, Cache, Cascade, Grow, Lever, LeverError, Route, StartWith
from costmodel.scenario import total_cost
from costmodel.workload import Baseline, ledger_baseline
from tests.books import BOOK, book_with, card
from tests.workloads import cell, guide

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from costmodel.flows import Flow
    from costmodel.scene import Scene

MINI, FULL, NANO = "gpt-4.1-mini", "gpt-4.1", "gpt-4.1-nano"
FIRST = date(2026, 10, 1)


def usage(days: int = 30) -> Baseline:
    cells = [
        cell(
            name,
            input_tokens=size,
            cached=size // 3,
            requests=10 + n,
            dimensions=(feature,),
            on=FIRST + timedelta(n),
        )
        for n in range(days)
        for name, size, feature in ((MINI, 300, "a"), (MINI, 5_000, "b"), (FULL, 2_000, "a"))
    ]
    return ledger_baseline(cells, BOOK, days=days, dimension_names=("feature",))


def scenarios(count: int) -> list[tuple[Lever, ...]]:
    dice = random.Random(1)

    def share() -> Fraction:
        return Fraction(dice.randint(0, 1_000), 1_000)

    return [
        (
            Grow(requests=share() / 5),
            Cascade(first=MINI, then=FULL, escalate=share(), where={"feature": ("a",)}),
            Cache(hit_rate=share()),
            Batch(share=share()),
        )
        for _ in range(count)
    ]


def check(base: Baseline, asked: Sequence[Sequence[Lever]], months: int = 1) -> None:
    found = costs_of(base, asked, BOOK, months_ahead=months)
    for levers, cost in zip(asked, found, strict=True):
        exact = total_cost(base, levers, BOOK, months_ahead=months)
        assert cost == pytest.approx(float(exact), rel=1e-9, abs=1e-9)


def test_one_matrix_product_is_the_exact_path() -> None:
    check(usage(6), scenarios(40))
    check(usage(3), scenarios(40), months=5)


def test_far_fewer_exact_costs_than_scenarios(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four inputs, the cached share with a bend: 24 corners, and some costs to try lines."""
    counted: list[int] = []

    def counting(*args: object, **words: object) -> Fraction:
        counted.append(1)
        return total_cost(*args, **words)  # type: ignore[arg-type]

    monkeypatch.setattr("costmodel.case.total_cost", counting)
    costs_of(usage(), scenarios(2_000), BOOK)
    assert 24 <= len(counted) < 80


def test_scenarios_of_several_shapes_keep_their_places() -> None:
    mixed: list[tuple[Lever, ...]] = []
    for n in range(20):
        mixed.append((Batch(share=Fraction(n, 20)),))
        mixed.append(())
        mixed.append(
            (
                Route(to=(MINI, FULL, NANO)[n % 3], share=Fraction(n, 20)),
                Cache(hit_rate=Fraction(1, 2)),
            )
        )
        shares = ((MINI, Fraction(n, 40)), (NANO, Fraction(1, 2)))
        mixed.append((StartWith(starts=shares, full=FULL, escalate=Fraction(n, 20)),))
    check(usage(4), mixed)
    assert len(costs_of(usage(1), [], BOOK)) == 0


def test_corners_that_nobody_asks_for_need_not_be_possible() -> None:
    """Two routes of up to 60% are no more than everything together, their corners are."""
    asked = [
        (
            Route(to=FULL, share=Fraction(n, 20), source=(MINI,)),
            Route(to=NANO, share=Fraction(12 - n, 20), source=(MINI,)),
        )
        for n in range(13)
    ]
    check(guide(), asked)
    with pytest.raises(LeverError, match="routes take"):
        costs_of(guide(), [(*asked[0], Route(to="gpt-6-luna", share=Fraction(1, 2)))], BOOK)


def test_days_are_folded_between_changes_of_prices() -> None:
    assert len(by_regime(usage(), (), BOOK).flows) == 3
    dearer = book_with(card(MINI, "standard", "0.8/0.2/3.2", since=FIRST + timedelta(10)))
    base = usage()
    folded = by_regime(base, (Cache(hit_rate=Fraction(1, 2)),), dearer)
    assert {flow.on for flow in folded.flows} == {FIRST, FIRST + timedelta(10)}
    assert total_cost(folded, (), dearer) == total_cost(base, (), dearer)


@dataclass(frozen=True, kw_only=True)
class ClosedOn(Lever):
    """A lever that looks at single days: nothing is asked on one day of the week."""

    step = "grow"

    weekday: int = 0

    def changed(self, flow: Flow, scene: Scene) -> Iterable[Flow]:
        """Leave the flows of one weekday out."""
        is_closed = self.touches(flow, scene) and flow.on.weekday() == self.weekday
        return () if is_closed else (flow,)


def test_a_lever_that_looks_at_days_gets_days() -> None:
    base = usage(14)
    assert by_regime(base, (ClosedOn(),), BOOK) is base.keeping(())
    check(base, [(ClosedOn(weekday=n % 7),) for n in range(20)])
