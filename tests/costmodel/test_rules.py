from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from costmodel.levers import Compress, LeverError, Route, When
from costmodel.meters import UNKNOWN_BAND
from costmodel.rules import CUTS, WEEKDAYS, checked_cut, clock_problem
from costmodel.scenario import evaluate
from tests.books import BOOK
from tests.workloads import cell, guide, ledger

if TYPE_CHECKING:
    from costmodel.workload import Baseline

MINI, FULL = "gpt-4.1-mini", "gpt-4.1"


def routed(baseline: Baseline, when: When, **others: object) -> Fraction:
    """How many requests go to the full model."""
    lever = Route(to=FULL, when=when, **others)  # type: ignore[arg-type]
    outcome = evaluate(baseline, (lever,), BOOK)
    return sum((each.requests for each in outcome.models if each.model == FULL), Fraction(0))


@pytest.mark.parametrize("cut", CUTS)
def test_a_rule_by_length_is_exact_on_both_sides_of_its_edge(cut: int) -> None:
    sizes = [cell(input_tokens=cut, requests=3), cell(input_tokens=cut + 1, requests=5)]
    assert routed(ledger(*sizes), When(above=cut)) == 5
    assert routed(ledger(*sizes), When(up_to=cut)) == 3


def test_every_single_request_goes_where_the_rule_sends_it() -> None:
    lengths = [1, 900, 1_023, 1_024, 5_000, 31_999, 32_000, 32_001, 99_000, 150_000, 600_000]
    baseline = ledger(*(cell(input_tokens=n, output=100) for n in lengths))
    outcome = evaluate(baseline, (Route(to=FULL, when=When(above=1_023, up_to=128_000)),), BOOK)
    rates = {True: (Fraction(2), Fraction(8)), False: (Fraction("0.4"), Fraction("1.6"))}
    expected = Fraction(0)
    for length in lengths:
        price_in, price_out = rates[1_023 < length <= 128_000]
        expected += length * price_in + 100 * price_out
    assert outcome.cost * 1_000_000 == expected


def test_a_rule_names_values_of_dimensions() -> None:
    baseline = ledger(
        cell(requests=1, dimensions=("a", "09", "mon")),
        cell(requests=2, dimensions=("a", "23", "mon")),
        cell(requests=4, dimensions=("b", "23", "sun")),
        cell(requests=8, dimensions=(None, "23", "sun")),
        names=("feature", "hour", "weekday"),
    )
    assert routed(baseline, When(values={"feature": ("a", None)})) == 11
    assert routed(baseline, When(values={"hour": ("22", "23")})) == 14
    assert routed(baseline, When(values={"hour": ("23",), "weekday": ("mon",)})) == 2
    assert routed(baseline, When(values={"hour": ("23",)}, above=32_000)) == 0
    assert routed(baseline, When(values={"hour": ("23",)}), where={"feature": ("b",)}) == 4


def test_rules_that_name_different_requests_do_not_crowd_each_other() -> None:
    baseline = ledger(cell(input_tokens=500, requests=3), cell(requests=5))
    levers = (
        Route(to=FULL, when=When(above=1_023)),
        Route(to="gpt-4.1-nano", when=When(up_to=1_023)),
    )
    outcome = evaluate(baseline, levers, BOOK)
    assert {m.model: m.requests for m in outcome.models} == {FULL: 5, "gpt-4.1-nano": 3}
    with pytest.raises(LeverError, match="200% of the requests"):
        evaluate(baseline, (*levers, Route(to="gpt-6-luna", source=(MINI,))), BOOK)


def test_a_share_beside_a_rule_is_one_of_the_requests_that_it_names() -> None:
    sizes = [cell(input_tokens=32_000, requests=3), cell(input_tokens=32_001, requests=6)]
    assert routed(ledger(*sizes), When(above=32_000), share=Fraction(1, 3)) == 2


def test_typed_sessions_are_all_of_one_length() -> None:
    assert routed(guide(), When(above=899)) == 300_000
    assert routed(guide(), When(above=900)) == 0
    assert routed(guide(), When(up_to=900)) == 300_000


def test_a_length_that_usage_cannot_tell_is_refused() -> None:
    with pytest.raises(LeverError, match=r"more than 5,000 input tokens .* 1,023, 32,000, 100,000"):
        routed(ledger(cell()), When(above=5_000))
    assert checked_cut(32_000) == 32_000
    summed = replace(cell(), key=replace(cell().key, size_band=UNKNOWN_BAND))
    with pytest.raises(LeverError, match="came as sums, without the size"):
        routed(ledger(summed), When(above=32_000))


def test_lengths_are_not_known_after_compressing() -> None:
    baseline = ledger(cell(input_tokens=40_000))
    levers = Route(to=FULL, when=When(above=32_000)), Compress(input=Fraction(1, 2))
    with pytest.raises(LeverError, match="not known after 'compress'"):
        evaluate(baseline, levers, BOOK)
    by_feature = ledger(
        cell(input_tokens=40_000, dimensions=("a",)),
        cell(input_tokens=40_000, dimensions=("b",)),
        names=("feature",),
    )
    apart = (
        Route(to=FULL, when=When(above=32_000), where={"feature": ("a",)}),
        Compress(input=Fraction(1, 2), where={"feature": ("b",)}),
    )
    outcome = evaluate(by_feature, apart, BOOK)
    assert {each.model: each.requests for each in outcome.models} == {FULL: 1, MINI: 1}


def test_hours_that_are_not_known_are_refused() -> None:
    with pytest.raises(LeverError, match="the hours of this usage are not known"):
        routed(guide(), When(values={"hour": ("09",)}))
    assert clock_problem({"hour"}, 30, knows_hours=True) is None
    assert "hours" in (clock_problem({"hour_at"}, 30, knows_hours=False) or "")
    assert clock_problem({"weekday"}, len(WEEKDAYS), knows_hours=False) is None
    assert "at least a week" in (clock_problem({"weekday"}, 6, knows_hours=True) or "")


def test_a_rule_in_words() -> None:
    rule = When(above=32_000, up_to=128_000, values={"feature": ("a", None), "hour": ("09",)})
    assert str(rule) == (
        "input tokens above 32,000 and input tokens up to 128,000 and feature a, not given "
        "and hour 09"
    )


def test_a_rule_that_says_nothing_or_too_much_is_none() -> None:
    with pytest.raises(LeverError, match="holds no condition"):
        When()
    with pytest.raises(LeverError, match="longer and shorter"):
        When(above=32_000, up_to=32_000)
