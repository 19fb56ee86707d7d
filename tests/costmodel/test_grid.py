from __future__ import annotations

from fractions import Fraction

import pytest

from costmodel.case import Case
from costmodel.grid import GridError, grid, side_by_side
from costmodel.inputs import VOLUME, Input, named
from costmodel.levers import Batch, Cache, Cascade, Grow, Lever, LeverError, Route
from costmodel.scenario import evaluate
from costmodel.surface import size_of, spans_of, surface
from costmodel.workload import ledger_baseline
from tests.books import BOOK
from tests.workloads import cell, guide

MINI, FULL = "gpt-4.1-mini", "gpt-4.1"
CASCADE = Cascade(first=MINI, then=FULL, escalate=Fraction(12, 100))
CACHE = Cache(hit_rate=Fraction(60, 100))


def tenths(*numbers: int) -> list[Fraction]:
    return [Fraction(number, 10) for number in numbers]


def case(*levers: Lever, months: int = 1) -> Case:
    return Case(guide(), levers, BOOK, months)


def test_escalation_by_cached_share() -> None:
    """Mini 396 - 81 h and full five times that, to the share e: (396 - 81 h)(1 + 5 e)."""
    both = case(CASCADE, CACHE)
    escalate, cached = named(both.levers, "escalate"), named(both.levers, "hit_rate")
    table = grid(both, (escalate, tenths(0, 1, 2, 5)), (cached, tenths(0, 5, 10)))
    assert (table.down, table.across) == ("cascade.escalate", "cache.hit_rate")
    assert table.rows == tuple(tenths(0, 1, 2, 5))
    assert table.costs == tuple(
        tuple((396 - 81 * h) * (1 + 5 * e) for h in table.columns) for e in table.rows
    )
    assert table.costs[2][0] == 792


def test_growth_is_followed_along_its_curve() -> None:
    growing = case(Grow(requests=Fraction(0)), CASCADE, months=6)
    grow, escalate = named(growing.levers, "requests"), named(growing.levers, "escalate")
    table = grid(growing, (grow, tenths(0, 1, 2, 3)), (escalate, tenths(0, 5, 10)))
    assert table.costs[2] == tuple(
        396 * (1 + 5 * e) * Fraction(12, 10) ** 6 for e in tenths(0, 5, 10)
    )
    spans = spans_of(growing, {grow: tenths(0, 1, 2, 3), escalate: tenths(0, 5, 10)})
    assert [(len(span.nodes), span.power) for span in spans] == [(2, 6), (2, 1)]


def test_growth_that_begins_on_a_day_gets_every_value() -> None:
    """Two months of usage grow once and twice: no power of one number."""
    usage = ledger_baseline(
        [
            cell(on=day, requests=1_000)
            for day in (guide().flows[0].on, guide().flows[0].on.replace(month=12))
        ],
        BOOK,
        days=60,
    )
    lever = Grow(requests=Fraction(0), from_=guide().flows[0].on)
    two = Case(usage, (lever,), BOOK, 12)
    asked = Input(0, "requests")
    corners = surface(two, {asked: tenths(0, 1, 2, 3)})
    assert corners.spans[0].nodes == tuple(tenths(0, 1, 2, 3))
    once = two.cost_at({asked: Fraction(0)}) / 2
    assert corners.cost_at([Fraction(2, 10)]) == once * (Fraction(12, 10) + Fraction(144, 100))


def test_a_cached_share_bends_where_long_requests_are_cached_whole() -> None:
    usage = ledger_baseline(
        [cell(input_tokens=300, requests=100), cell(input_tokens=10_000, requests=1)],
        BOOK,
        days=30,
    )
    bent = Case(usage, (CACHE, Batch(share=Fraction(0))), BOOK)
    cached, batch = named(bent.levers, "hit_rate"), named(bent.levers, "batch.share")
    table = grid(bent, (cached, tenths(0, 1, 2, 3, 4)), (batch, tenths(0, 5, 10)))
    for row, costs in zip(table.rows, table.costs, strict=True):
        for column, cost in zip(table.columns, costs, strict=True):
            assert cost == bent.cost_at({cached: row, batch: column})
    assert table.costs[3] == table.costs[4] != table.costs[2]


def test_few_corners_hold_many_values() -> None:
    wanted = {VOLUME: tenths(*range(1, 30)), Input(0, "escalate"): tenths(*range(11))}
    assert size_of(spans_of(case(CASCADE), wanted)) == 4
    one = {VOLUME: tenths(10), Input(0, "escalate"): tenths(2)}
    assert surface(case(CASCADE), one).cost_at([Fraction(1), Fraction(2, 10)]) == 792


def test_tables_that_nobody_could_read() -> None:
    asked = Input(0, "escalate")
    with pytest.raises(GridError, match="two different inputs"):
        grid(case(CASCADE), (asked, tenths(1)), (asked, tenths(2)))
    with pytest.raises(GridError, match="at least one value"):
        grid(case(CASCADE), (asked, []), (VOLUME, tenths(2)))
    with pytest.raises(GridError, match="51 values are too many: give at most 50"):
        grid(case(CASCADE), (asked, tenths(1)), (VOLUME, tenths(*range(51))))
    assert len(grid(case(CASCADE), (asked, tenths(1)), (VOLUME, tenths(*range(50)))).costs[0]) == 50
    with pytest.raises(LeverError, match="escalate"):
        grid(case(CASCADE), (asked, tenths(11)), (VOLUME, tenths(1)))


def test_scenarios_side_by_side() -> None:
    settings: dict[str, tuple[Lever, ...]] = {
        "as it is": (),
        "mini first": (Cascade(first=MINI, then=FULL, escalate=Fraction(20, 100)),),
        "half cached": (Cache(hit_rate=Fraction(1, 2)),),
    }
    found = side_by_side({name: evaluate(guide(), each, BOOK) for name, each in settings.items()})
    assert found.names == tuple(settings)
    assert found.costs == (396, 792, Fraction("355.50"))
    assert {line.name: line.amounts for line in found.by_model} == {
        MINI: (396, 396, Fraction("355.50")),
        FULL: (0, 396, 0),
    }
    assert {line.name: line.amounts for line in found.by_meter} == {
        "input": (108, 216, 54),
        "cached_input": (0, 0, Fraction("13.50")),
        "output": (288, 576, 288),
    }
    assert found.at_least == (False, False, False)


def test_eight_scenarios_and_no_more() -> None:
    outcome = evaluate(guide(), (Route(to=FULL),), BOOK)
    assert len(side_by_side({str(n): outcome for n in range(8)}).costs) == 8
    with pytest.raises(GridError, match="9 scenarios are too many to compare: choose at most 8"):
        side_by_side({str(n): outcome for n in range(9)})
