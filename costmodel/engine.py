"""The engine: the costs of thousands of scenarios at once, in float64.

Scenarios of one shape (the same levers on the same usage, other numbers) share exact
corner costs over usage folded to pricing keys; their costs are then one matrix product.
They agree with the exact path to 1e-9 and are meant for sweeps and bands: no amount
that somebody compares is made of them.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from costmodel.case import Case
from costmodel.flows import folded
from costmodel.inputs import entries_of, inputs_of, is_number, value_of
from costmodel.levers import Grow, Lever, LeverError
from costmodel.regimes import Regimes, month_after
from costmodel.scenario import kept_for
from costmodel.surface import holds, priced, size_of, spans_of

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence
    from datetime import date
    from fractions import Fraction

    from costmodel.book import PriceBook
    from costmodel.inputs import Input
    from costmodel.likely import Floats
    from costmodel.surface import Span, Surface
    from costmodel.workload import Baseline

BLOCK = 2_048
"""So many scenarios are multiplied at once, which bounds the memory that weights take."""

_NUMBER = object()

DAYS_TRIED = 7
"""So many days of each stretch are priced day by day, to see that folding them is right."""


def costs_of(
    baseline: Baseline,
    scenarios: Sequence[Sequence[Lever]],
    book: PriceBook,
    *,
    months_ahead: int = 1,
) -> Floats:
    """Return the cost of each scenario as ``total_cost`` gives it, to 1e-9.

    Scenarios of one shape are computed together where that takes fewer exact costs
    than there are scenarios. Raises ``LeverError`` as ``total_cost`` does.
    """
    costs = np.zeros(len(scenarios))
    for places in _by_shape(scenarios):
        group = [tuple(scenarios[place]) for place in places]
        usage = by_regime(baseline, group[0], book)
        costs[places] = _together(Case(usage, group[0], book, months_ahead), group)
    return costs


def _by_shape(scenarios: Sequence[Sequence[Lever]]) -> list[list[int]]:
    groups: dict[Hashable, list[int]] = {}
    for place, levers in enumerate(scenarios):
        groups.setdefault(tuple(map(_shape, levers)), []).append(place)
    return list(groups.values())


def _shape(lever: Lever) -> Hashable:
    """Return what levers share that differ in nothing but their numbers."""
    kind = type(lever)
    return kind, *[_words(getattr(lever, name)) for name in kind.__dataclass_fields__]


def _words(value: object) -> Hashable:
    if value is None or isinstance(value, str):
        return value
    if is_number(value):
        return _NUMBER
    return (entries_of(value) if value else ()) or repr(value)


def _together(case: Case, group: Sequence[tuple[Lever, ...]]) -> Floats:
    """Return the costs of scenarios of one shape."""
    columns = _columns(group)
    if len(group) > 2 ** len(columns):
        try:
            spans = spans_of(case, columns)
            corners = priced(case, spans) if size_of(spans) < len(group) else None
            if corners and holds(case, corners, columns):
                return interpolated(corners, list(columns.values()))
        except LeverError:
            pass  # a corner that nobody asks for is impossible: two routes of 60% each
    return np.array([float(case.having(levers).cost()) for levers in group])


def _columns(group: Sequence[tuple[Lever, ...]]) -> dict[Input, list[Fraction]]:
    """Return the inputs in which the scenarios differ, and the values of each."""
    columns = {
        asked: [value_of(levers, asked) for levers in group] for asked in inputs_of(group[0])
    }
    return {
        asked: values
        for asked, values in columns.items()
        if any(value != values[0] for value in values)
    }


def interpolated(surface: Surface, columns: Sequence[Sequence[Fraction]]) -> Floats:
    """Return the costs at many settings; ``columns`` holds the values of each input."""
    corner_costs = np.array([float(cost) for cost in surface.costs])
    floats = [np.array([float(value) for value in values]) for values in columns]
    count = len(floats[0]) if floats else 1
    blocks = (
        _weights(surface.spans, [values[start : start + BLOCK] for values in floats])
        for start in range(0, count, BLOCK)
    )
    costs: Floats = np.concatenate([weights @ corner_costs for weights in blocks])
    return costs


def _weights(spans: Sequence[Span], columns: Sequence[Floats]) -> Floats:
    """Return for each setting (rows) how much each corner counts."""
    weights: Floats = np.ones((len(columns[0]) if columns else 1, 1))
    for span, values in zip(spans, columns, strict=True):
        along = _along(span, values)
        weights = (weights[:, :, None] * along[:, None, :]).reshape(len(weights), -1)
    return weights


def _along(span: Span, values: Floats) -> Floats:
    nodes = np.array([float(node) for node in span.nodes])
    if len(nodes) == 1:
        return np.ones((len(values), 1))
    here, places = (1 + values) ** span.power, (1 + nodes) ** span.power
    return np.stack([np.interp(here, places, peak) for peak in np.eye(len(nodes))], axis=1)


def by_regime(baseline: Baseline, levers: Sequence[Lever], book: PriceBook) -> Baseline:
    """Return the same usage folded over the days between which no price changes.

    The baseline itself comes back where the levers look at the days more closely: then
    the folded usage of a week costs something else.
    """
    kept = kept_for(baseline, levers)
    days = sorted({flow.on for flow in kept.flows})
    if len(days) < 2:  # noqa: PLR2004  one day is folded already
        return kept
    starts = _starts(kept, tuple(levers), book, days)
    on = {day: max(start for start in starts if start <= day) for day in days}
    stretches = (list(stretch) for _, stretch in groupby(days, key=on.__getitem__))
    week = {day for stretch in stretches for day in stretch[:DAYS_TRIED]}
    tried = replace(kept, flows=tuple(flow for flow in kept.flows if flow.on in week))
    whole, less = (Case(each, tuple(levers), book).cost() for each in (tried, _on(tried, on)))
    return _on(kept, on) if whole == less else kept


def _on(baseline: Baseline, on: Mapping[date, date]) -> Baseline:
    return replace(baseline, flows=folded(flow.priced_on(on[flow.on]) for flow in baseline.flows))


def _starts(
    baseline: Baseline, levers: tuple[Lever, ...], book: PriceBook, days: Sequence[date]
) -> set[date]:
    """Return the first day of each stretch without a change."""
    first, last = days[0], days[-1]
    months = 12 * (last.year - first.year) + last.month - first.month + 1
    regimes = Regimes(baseline, levers, book, first.replace(day=1), months)
    starts = {first, *regimes.boundaries}
    if any(isinstance(lever, Grow) and lever.from_ for lever in levers):
        starts |= {month_after(first.replace(day=1), n) for n in range(months)}
    return starts
