from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from costmodel.money import decimal_string, dollars, rounded_to


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (Fraction(396), "396.00"),
        (Fraction("0.00102"), "0.00102"),
        (Fraction("-3.2"), "-3.20"),
        (Fraction(0), "0.00"),
        (Fraction("1382505e-6"), "1.382505"),
        (Fraction("0.025") / 10**6, "0.000000025"),
        (Fraction(10) ** 40, "1" + "0" * 40 + ".00"),
        (Fraction(1, 3), "0.333333333333"),
        (Fraction(2, 3), "0.666666666667"),
        (Fraction(-1, 7), "-0.142857142857"),
    ],
)
def test_decimal_string(amount: Fraction, text: str) -> None:
    assert decimal_string(amount) == text


@given(
    st.decimals(
        allow_nan=False, allow_infinity=False, places=15, min_value=-(10**9), max_value=10**9
    )
)
def test_what_ends_is_written_exactly(amount: Decimal) -> None:
    assert Fraction(decimal_string(Fraction(amount))) == Fraction(amount)


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (Fraction(1188), "$1,188.00"),
        (Fraction("0.005"), "$0.00"),
        (Fraction("0.015"), "$0.02"),
        (Fraction("0.025"), "$0.02"),
        (Fraction("-3.199"), "-$3.20"),
        (Fraction("-0.001"), "$0.00"),
    ],
)
def test_dollars_round_half_to_even_and_never_show_minus_zero(amount: Fraction, text: str) -> None:
    assert dollars(amount) == text


def test_dollars_in_other_currencies_and_places() -> None:
    assert dollars(Fraction("12.3456"), "EUR", 4) == "€12.3456"
    assert dollars(Fraction(12), "CHF") == "CHF 12.00"
    assert dollars(None) == "no price"


def test_rounded_to_is_half_to_even() -> None:
    assert rounded_to(Fraction("2.5"), 0) == Decimal(2)
    assert rounded_to(Fraction("3.5"), 0) == Decimal(4)
    assert rounded_to(Fraction("1.005"), 2) == Decimal("1.00")
