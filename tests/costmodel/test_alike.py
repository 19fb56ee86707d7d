"""Flows that stand for many: what levers look at stays apart, the rest is summed."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from costmodel.alike import ALIKE, grouped_alike
from costmodel.book import PriceBook
from costmodel.controls import Controls, levers_of
from costmodel.corners import corner_table, interpolate
from costmodel.levers import Compress
from costmodel.rates import Model
from costmodel.scenario import evaluate
from costmodel.workload import Baseline, ledger_baseline
from tests.books import BOOK, card
from tests.workloads import cell

MINI = "gpt-4.1-mini"
LONG_ONLY = PriceBook(
    (Model("openai", "m", family="f", display="m", minimum_cacheable_tokens=4_096),),
    (card("m", "standard", "1/0.1/2"),),
)
SHORTER = Compress(input=Fraction(1, 5))


def usage(model: str, book: PriceBook, **sizes: int) -> Baseline:
    cells = [
        cell(model, input_tokens=size, output=10, requests=100, dimensions=(name,))
        for name, size in sizes.items()
    ]
    return ledger_baseline(cells, book, days=30, dimension_names=("feature",))


@pytest.mark.parametrize("cached", [Fraction(1, 10), Fraction(1, 2), Fraction(1)])
def test_features_too_short_to_cache_stay_apart_from_long_ones(cached: Fraction) -> None:
    """Between 1,024 and 32k tokens the mean decides: 1,100 are too few for 4,096, 30,000 not."""
    baseline = usage("m", LONG_ONLY, a=1_100, b=30_000, c=30_000)
    controls = Controls(full="m", cache=cached, where={"feature": ("a", "b")})
    table = corner_table(baseline, ("m",), controls, LONG_ONLY)
    assert interpolate(table, controls) == evaluate(baseline, levers_of(controls), LONG_ONLY).cost


def test_prompts_that_get_too_short_to_cache_stay_apart() -> None:
    baseline = usage(MINI, BOOK, a=1_100, b=30_000, c=30_000)  # a has 880 tokens afterwards
    controls = Controls(
        full=MINI, cache=Fraction(1, 2), more=(SHORTER,), where={"feature": ("a", "b")}
    )
    table = corner_table(baseline, (MINI,), controls, BOOK)
    for plan in (controls, replace(controls, more=())):
        assert interpolate(table, plan) == evaluate(baseline, levers_of(plan), BOOK).cost


def test_what_is_alike_is_summed() -> None:
    baseline = usage(MINI, BOOK, a=1_400, b=1_250, c=30_000, d=20_000)
    grouped, where = grouped_alike(baseline, (), BOOK)
    assert [flow.requests for flow in grouped.flows] == [200, 200]
    assert list(where) == [ALIKE]
    grouped, _ = grouped_alike(baseline, (SHORTER,), BOOK)  # 1,250 become 1,000, 1,400 stay above
    assert [flow.requests for flow in grouped.flows] == [100, 100, 200]
    assert sum(flow.tokens for flow in grouped.flows) == sum(flow.tokens for flow in baseline.flows)
    grouped, where = grouped_alike(usage(MINI, BOOK, c=30_000, d=20_000), (), BOOK)
    assert (len(grouped.flows), where) == (1, {})
