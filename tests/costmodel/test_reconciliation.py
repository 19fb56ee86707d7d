"""Reconciliation: every cause by hand, both ways; and the causes always add up to the gap."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from costmodel.bill_matching import day_shifts, our_usage, reconcile
from costmodel.meters import Meter
from costmodel.reconciliation import BillLine, Cause, LineKey, OurUsage, Reconciliation, share_of
from costmodel.usage import Cell, PricingKey, quantities
from tests.books import BOOK

DAY = date(2026, 10, 1)
MINI, FULL = "gpt-4.1-mini", "gpt-4.1"
INPUT_RATE = Fraction("0.4")


def ours(
    quantity: int = 1_000_000,
    rate: str = "0.4",
    *,
    day: date | None = DAY,
    model: str = MINI,
    meter: Meter = Meter.INPUT,
    unpriced: int = 0,
) -> OurUsage:
    cost = quantity * Fraction(rate) / 1_000_000
    return OurUsage(day, "openai", model, meter, quantity, cost, cost, unpriced)


def bill(amount: str, quantity: int | None = 1_000_000, **values: Any) -> BillLine:  # noqa: ANN401
    usual = {"day": DAY, "provider": "openai", "kind": "usage", "model": MINI}
    number = None if quantity is None else Fraction(quantity)
    meter = None if values.get("kind", "usage") != "usage" else Meter.INPUT
    given = {"meter": meter, "rate_per_million": INPUT_RATE, **usual, **values}
    return BillLine(amount=Fraction(amount), quantity=number, **given)


def causes(usage: list[OurUsage], lines: list[BillLine]) -> dict[str, str]:
    """The causes of the total, as text."""
    found = reconcile(usage, lines)
    assert sum(found.total.causes.values()) == found.total.gap
    return {str(cause): f"{float(amount):.6g}" for cause, amount in found.total.causes.items()}


def test_a_bill_that_is_ours_has_no_cause() -> None:
    found = reconcile([ours()], [bill("0.40")])
    assert (found.total.gap, found.total.causes, found.total.largest_cause) == (0, {}, None)
    assert (found.unexplained, found.unexplained_share) == (0, 0)


@pytest.mark.parametrize(("amount", "gap"), [("0.44", "0.04"), ("0.36", "-0.04")])
def test_the_same_quantity_at_another_rate_is_a_price_difference(amount: str, gap: str) -> None:
    assert causes([ours()], [bill(amount)]) == {"price_difference": gap}


@pytest.mark.parametrize(
    ("quantity", "amount", "gap"), [(1_500_000, "0.60", "0.2"), (250_000, "0.10", "-0.3")]
)
def test_another_quantity_at_our_rate_is_missing_usage(
    quantity: int, amount: str, gap: str
) -> None:
    assert causes([ours()], [bill(amount, quantity)]) == {"missing_usage": gap}


def test_quantity_and_price_together_take_the_price_at_the_quantity_of_the_bill() -> None:
    # 2 M at 0.50 a million against 1 M at 0.40: 1 M more x 0.40, and 2 M x 0.10.
    assert causes([ours()], [bill("1.00", 2_000_000)]) == {
        "price_difference": "0.2",
        "missing_usage": "0.4",
    }


def test_usage_that_only_one_side_has_is_missing_at_our_rate() -> None:
    assert causes([], [bill("0.40")]) == {"missing_usage": "0.4"}
    assert causes([ours(meter=Meter.OUTPUT, rate="1.6"), ours()], [bill("0.40")]) == {
        "missing_usage": "-1.6"
    }


def test_usage_in_several_tiers_is_compared_at_its_average_rate() -> None:
    # 1 M at 0.40 and 1 M in batch at 0.20: 0.60 for 2 M, as the one line of the bill says.
    assert causes([ours(), ours(rate="0.2")], [bill("0.60", 2_000_000)]) == {}


@pytest.mark.parametrize("sign", [1, -1])
def test_what_a_day_has_too_much_and_the_next_too_little_is_a_day_shift(sign: int) -> None:
    next_day = DAY + timedelta(days=1)
    usage = [ours(), ours(day=next_day)]
    more, less = bill("0.50", 1_250_000), bill("0.30", 750_000)
    first, second = (more, less) if sign > 0 else (less, more)
    lines = [first, BillLine(**{**_values(second), "day": next_day})]
    found = reconcile(usage, lines)
    assert found.total.causes == {}
    shifted = Fraction("0.10") * sign
    assert [dict(line.causes) for line in found.lines] == [
        {Cause.DAY_SHIFT: shifted},
        {Cause.DAY_SHIFT: -shifted},
    ]


def _values(line: BillLine) -> dict[str, Any]:
    return {name: getattr(line, name) for name in BillLine.__slots__}


def test_a_shift_is_matched_before_missing_usage_and_only_as_far_as_it_goes() -> None:
    next_day = DAY + timedelta(days=1)
    # The bill has 0.5 M more on the first day and 0.2 M less on the second: 0.3 M are missing.
    lines = [bill("0.60", 1_500_000), bill("0.32", 800_000, day=next_day)]
    found = reconcile([ours(), ours(day=next_day)], lines)
    assert [dict(line.causes) for line in found.lines] == [
        {Cause.MISSING_USAGE: Fraction("0.12"), Cause.DAY_SHIFT: Fraction("0.08")},
        {Cause.DAY_SHIFT: Fraction("-0.08")},
    ]


def test_a_shift_over_a_change_of_our_rate_costs_the_difference() -> None:
    next_day = DAY + timedelta(days=1)
    # 0.1 M move from a day at 0.40 to one at 0.20: 0.04 less there, 0.02 more here.
    lines = [bill("0.36", 900_000), bill("0.22", 1_100_000, day=next_day)]
    found = reconcile([ours(), ours(day=next_day, rate="0.2")], lines)
    assert found.total.causes == {Cause.DAY_SHIFT: Fraction("-0.02")}


def test_days_apart_other_meters_and_the_same_direction_are_no_shift() -> None:
    def key(days: int, meter: Meter = Meter.INPUT) -> LineKey:
        return LineKey(DAY + timedelta(days=days), "openai", "usage", MINI, meter)

    assert day_shifts({key(0): Fraction(5), key(2): Fraction(-5)}) == {}
    assert day_shifts({key(0): Fraction(5), key(1): Fraction(5)}) == {}
    assert day_shifts({key(0): Fraction(5), key(1, Meter.OUTPUT): Fraction(-5)}) == {}
    whole = LineKey(None, "openai", "usage", MINI, Meter.INPUT)
    assert day_shifts({whole: Fraction(5)}) == {}
    assert day_shifts({key(0): Fraction(5), key(1): Fraction(-8), key(2): Fraction(3)}) == {
        key(0): 5,
        key(1): -8,
        key(2): 3,
    }


@pytest.mark.parametrize(
    ("kind", "amount", "cause"),
    [
        ("tool", "3.00", "tool_fees"),
        ("tool", "-3.00", "tool_fees"),
        ("tax", "1.90", "tax_and_credits"),
        ("credit", "-5.00", "tax_and_credits"),
        ("other", "60.00", "other_charges"),
        ("other", "-60.00", "other_charges"),
        ("rest", "0.006", "unexplained"),
        ("rest", "-0.006", "unexplained"),
        ("rest", "0.005", "rounding"),
        ("rest", "-0.005", "rounding"),
    ],
)
def test_money_that_is_for_no_tokens_has_its_own_cause(kind: str, amount: str, cause: str) -> None:
    found = causes([ours()], [bill("0.40"), bill(amount, None, kind=kind, model=None)])
    assert found == {cause: f"{float(amount):.6g}"}


def test_fees_of_tools_are_compared_with_the_calls_that_we_price() -> None:
    searches = ours(200, "10000", meter=Meter.WEB_SEARCH_CALLS)
    tool = bill("2.50", 250, kind="tool", model=None, meter=Meter.WEB_SEARCH_CALLS)
    found = reconcile([ours(), searches], [bill("0.40"), tool])
    (line,) = [line for line in found.lines if line.key.kind == "tool"]
    assert (line.ours, line.theirs) == (2, Fraction("2.5"))
    assert found.total.causes == {Cause.TOOL_FEES: Fraction("0.5")}


@pytest.mark.parametrize("amount", ["7.00", "-7.00"])
def test_a_model_that_the_book_has_no_price_for_is_unpriced(amount: str) -> None:
    acme = bill(amount, model="acme-7b", rate_per_million=None)
    assert causes([ours()], [bill("0.40"), acme]) == {"unpriced": f"{float(amount):.6g}"}
    counted = ours(0, model="acme-7b", unpriced=900_000)
    assert causes([ours(), counted], [bill("0.40"), acme]) == {"unpriced": f"{float(amount):.6g}"}
    without = bill(amount, None, model="acme-7b", rate_per_million=None, meter=None)
    assert causes([ours()], [bill("0.40"), without]) == {"unpriced": f"{float(amount):.6g}"}


def test_a_share_of_a_model_without_a_price_takes_its_share_of_the_bill() -> None:
    # 1 M priced and 0.5 M in a tier that we cannot price; the bill has 1.5 M for 0.66.
    # 0.22 of it is unpriced; the other 1 M costs 0.44 there and 0.40 here.
    assert causes([ours(unpriced=500_000)], [bill("0.66", 1_500_000)]) == {
        "price_difference": "0.04",
        "unpriced": "0.22",
    }


@pytest.mark.parametrize(
    ("amount", "lines", "cause"),
    [
        ("0.405", 1, "rounding"),
        ("0.395", 1, "rounding"),
        ("0.4051", 1, "price_difference"),
        ("0.3949", 1, "price_difference"),
        ("0.41", 2, "rounding"),
        ("0.4102", 2, "price_difference"),
    ],
)
def test_half_a_cent_a_line_is_rounding_and_more_is_not(
    amount: str, lines: int, cause: str
) -> None:
    each = Fraction(amount) / lines
    parts = [bill(str(each), 1_000_000 // lines) for _ in range(lines)]
    assert list(causes([ours()], parts)) == [cause]


def test_tokens_that_differ_are_no_rounding_however_few_they_are() -> None:
    assert causes([ours()], [bill("0.4004", 1_001_000)]) == {"missing_usage": "0.0004"}


@pytest.mark.parametrize("amount", ["5.00", "1.00"])
def test_one_sum_a_day_cannot_tell_usage_from_price(amount: str) -> None:
    usage = [ours(), ours(model=FULL, rate="2")]
    day = bill(amount, None, model=None, meter=None, rate_per_million=None)
    found = reconcile(usage, [day])
    assert found.total.causes == {Cause.USAGE_OR_PRICE: Fraction(amount) - Fraction("2.4")}
    assert len(found.lines) == 1


def test_a_model_without_meters_is_compared_as_a_model() -> None:
    usage = [ours(), ours(meter=Meter.OUTPUT, rate="1.6"), ours(model=FULL, rate="2")]
    lines = [
        bill("2.50", None, meter=None, rate_per_million=None),
        bill("2.20", model=FULL, rate_per_million=Fraction(2)),
    ]
    found = reconcile(usage, lines)
    assert found.total.causes == {
        Cause.PRICE_DIFFERENCE: Fraction("0.2"),
        Cause.USAGE_OR_PRICE: Fraction("0.5"),
    }
    assert {line.key.model: line.gap for line in found.lines} == {
        MINI: Fraction("0.5"),
        FULL: Fraction("0.2"),
    }


def test_an_amount_without_quantity_on_a_line_of_its_meter_is_usage_or_price() -> None:
    assert causes([ours()], [bill("0.50", None)]) == {"usage_or_price": "0.1"}


def test_what_cannot_be_placed_is_unexplained_with_its_share_of_the_bill() -> None:
    stray = bill("0.10", 5, model=None, meter=None, rate_per_million=None)
    found = reconcile([ours()], [bill("0.40"), stray])
    assert found.unexplained == Fraction("0.1")
    assert found.unexplained_share == Fraction("0.2")
    assert causes([], [bill("0.30", 0)]) == {"unexplained": "0.3"}
    assert causes([], [bill("-0.30", 0)]) == {"unexplained": "-0.3"}
    assert causes([ours()], [bill("0.30", 0)]) == {"missing_usage": "-0.4", "unexplained": "0.3"}


def test_a_share_of_nothing_is_not_told() -> None:
    assert share_of(Fraction(1), Fraction(0)) is None
    assert share_of(Fraction(-1), Fraction(4)) == Fraction(1, 4)


def test_groups_add_up_and_say_which_cause_is_largest() -> None:
    next_day = DAY + timedelta(days=1)
    usage = [ours(), ours(model=FULL, rate="2"), ours(day=next_day)]
    lines = [
        bill("0.50"),
        bill("2.00", model=FULL),
        bill("0.38", 950_000, day=next_day),
        bill("1.00", None, kind="tax", model=None, day=next_day),
    ]
    found = reconcile(usage, lines)
    assert [(row.key.day, row.gap, row.largest_cause) for row in found.by("day")] == [
        (DAY, Fraction("0.1"), Cause.PRICE_DIFFERENCE),
        (next_day, Fraction("0.98"), Cause.TAX_AND_CREDITS),
    ]
    by_model = [(row.key.kind, row.key.model, row.gap) for row in found.by("model")]
    assert by_model == [
        ("tax", None, Fraction(1)),
        ("usage", MINI, Fraction("0.08")),
        ("usage", FULL, Fraction(0)),
    ]
    assert [row.key.meter for row in found.by("meter")] == [None, Meter.INPUT]
    assert [row.key.provider for row in found.by("provider")] == ["openai"]


def test_cells_become_usage_by_day_model_and_meter() -> None:
    def cell(model: str, tier: str, **amounts: int) -> Cell:
        key = PricingKey("openai", model, "global", tier, 0, DAY)
        counted = quantities({Meter(name): count for name, count in amounts.items()})
        return Cell(key, ("2026-10-01T00:00:00+00:00",), 1, counted)

    usage = our_usage(
        [
            cell("gpt-4.1-2025-04-14", "standard", input=1_000_000, output=10),
            cell("gpt-4.1", "batch", input=1_000_000),
            cell("gpt-4.1", "turbo", input=7),
            cell("acme-7b", "standard", output=5),
            cell("gpt-4.1", "standard", images=3),
        ],
        BOOK,
    )
    assert {(each.model, each.meter): each for each in usage} == {
        (FULL, Meter.INPUT): OurUsage(
            DAY, "openai", FULL, Meter.INPUT, 2_000_000, Fraction(3), Fraction(3), 7
        ),
        (FULL, Meter.OUTPUT): OurUsage(
            DAY, "openai", FULL, Meter.OUTPUT, 10, Fraction("0.00008"), Fraction("0.00008")
        ),
        (FULL, Meter.IMAGES): OurUsage(
            DAY, "openai", FULL, Meter.IMAGES, 0, Fraction(0), Fraction(0), 3
        ),
        ("acme-7b", Meter.OUTPUT): OurUsage(
            DAY, "openai", "acme-7b", Meter.OUTPUT, 0, Fraction(0), Fraction(0), 5
        ),
    }


DAYS = st.sampled_from([None, *(DAY + timedelta(days=n) for n in range(4))])
MODELS = st.sampled_from([MINI, FULL, "acme-7b"])
SOME_METERS = st.sampled_from([Meter.INPUT, Meter.OUTPUT, Meter.WEB_SEARCH_CALLS])
AMOUNTS = st.decimals(-100, 100, places=5).map(Fraction)
USAGE = st.builds(
    ours,
    st.integers(0, 5_000_000),
    st.sampled_from(["0", "0.4", "2", "0.333"]),
    day=DAYS,
    model=MODELS,
    meter=SOME_METERS,
    unpriced=st.sampled_from([0, 0, 1_000, 900_000]),
)
LINES = st.builds(
    BillLine,
    day=DAYS,
    provider=st.just("openai"),
    kind=st.sampled_from(["usage", "usage", "usage", "tool", "credit", "tax", "other", "rest"]),
    amount=AMOUNTS,
    model=st.none() | MODELS,
    meter=st.none() | SOME_METERS,
    quantity=st.none() | st.integers(-10, 5_000_000).map(Fraction),
    rate_per_million=st.none() | st.just(INPUT_RATE),
)


@given(st.lists(USAGE, max_size=12), st.lists(LINES, max_size=12))
def test_causes_add_up_to_theirs_minus_ours(usage: list[OurUsage], lines: list[BillLine]) -> None:
    found = reconcile(usage, lines)
    assert found.total.ours == sum(each.cost for each in usage)
    assert found.total.theirs == sum(line.amount for line in lines)
    for line in found.lines:
        assert sum(line.causes.values()) == line.gap == line.theirs - line.ours
    for word in ("day", "provider", "model", "meter"):
        _check_groups(found, word)


def _check_groups(found: Reconciliation, word: Any) -> None:  # noqa: ANN401 - one of four words
    rows = found.by(word)
    assert sum(row.gap for row in rows) == found.total.gap
    for row in rows:
        assert sum(row.causes.values()) == row.gap
        assert all(row.causes.values())


@given(st.lists(USAGE, max_size=12), st.lists(LINES, max_size=12))
def test_the_order_of_lines_means_nothing(usage: list[OurUsage], lines: list[BillLine]) -> None:
    forwards, backwards = reconcile(usage, lines), reconcile(usage[::-1], lines[::-1])
    assert [(line.key, line.gap) for line in forwards.lines] == [
        (line.key, line.gap) for line in backwards.lines
    ]
