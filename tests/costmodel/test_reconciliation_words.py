"""The sentence of a reconciliation: every form of it, word by word."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest

from costmodel.bill_matching import reconcile
from costmodel.meters import Meter
from costmodel.reconciliation import BillLine, Cause, LineKey, OurUsage, Reconciliation
from costmodel.reconciliation_words import (
    CAUSE_MEANINGS,
    CAUSE_NAMES,
    KIND_NAMES,
    percent,
    row_name,
    sentence,
    told_causes,
)

DAY = date(2026, 10, 1)
TWO = Fraction(2)


def usage(cost: str = "2", listed: str = "2") -> OurUsage:
    amounts = Fraction(cost), Fraction(listed)
    return OurUsage(DAY, "openai", "gpt-4.1", Meter.INPUT, 1_000_000, *amounts)


def against(amount: str, *fees: tuple[str, str]) -> Reconciliation:
    line = BillLine(
        DAY, "openai", "usage", Fraction(amount), "gpt-4.1", Meter.INPUT, Fraction(1_000_000), TWO
    )
    others = [BillLine(DAY, "openai", kind, Fraction(fee)) for kind, fee in fees]  # type: ignore[arg-type]
    return reconcile([usage()], [line, *others])


def test_every_cause_and_kind_has_its_words() -> None:
    assert CAUSE_NAMES.keys() == CAUSE_MEANINGS.keys() == set(Cause)
    assert KIND_NAMES.keys() == {"usage", "tool", "tax", "credit", "other", "rest"}


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (
            against("2"),
            "Your usage at list prices is $2.00, the bill $2.00: nothing lies between them.",
        ),
        (
            against("2.004"),
            (
                "Your usage at list prices is $2.00, the bill $2.00: less than a cent apart; "
                "unexplained $0.00 (0%)."
            ),
        ),
        (
            against("2.50"),
            (
                "Your usage at list prices is $2.00, the bill $2.50: $0.50 (20%) apart, of which "
                "$0.50 price difference; unexplained $0.00 (0%)."
            ),
        ),
        (
            against("2", ("tool", "1"), ("credit", "-1")),
            (
                "Your usage at list prices is $2.00, the bill $2.00: nothing in sum, of which "
                "$1.00 tool fees and -$1.00 tax and credits; unexplained $0.00 (0%)."
            ),
        ),
        (
            against("2.10", ("tool", "3"), ("tax", "2"), ("other", "1"), ("rest", "0.9")),
            (
                "Your usage at list prices is $2.00, the bill $9.00: $7.00 (77.8%) apart, of which "
                "$3.00 tool fees, $2.00 tax and credits, $1.00 other charges and $0.10 price "
                "difference; unexplained $0.90 (10%)."
            ),
        ),
    ],
)
def test_the_sentence(found: Reconciliation, said: str) -> None:
    assert sentence(found, "USD") == said


def test_many_causes_are_summed_at_the_end_of_the_sentence() -> None:
    book_less = BillLine(DAY, "openai", "usage", Fraction("0.2"), "acme", Meter.INPUT)
    line = BillLine(
        DAY, "openai", "usage", Fraction("2.1"), "gpt-4.1", Meter.INPUT, Fraction(1_000_000), TWO
    )
    fees = [
        BillLine(DAY, "openai", "tool", Fraction(3)),
        BillLine(DAY, "openai", "tax", Fraction(2)),
        BillLine(DAY, "openai", "other", Fraction(1)),
    ]
    said = sentence(reconcile([usage()], [line, book_less, *fees]), "USD")
    assert "$1.00 other charges and $0.30 for 2 other causes; unexplained" in said


@pytest.mark.parametrize(("credit", "is_told"), [("-0.0051", True), ("-0.0049", False)])
def test_causes_below_half_a_cent_are_not_told(credit: str, is_told: bool) -> None:
    total = against("2", ("tool", "3"), ("credit", credit)).total
    assert Cause.TAX_AND_CREDITS in total.causes
    expected = [Cause.TOOL_FEES, *([Cause.TAX_AND_CREDITS] if is_told else [])]
    assert list(told_causes(total)) == expected


def test_the_contract_a_lower_bound_and_a_bill_of_nothing() -> None:
    found = reconcile([usage("1.8")], [])
    said = sentence(found, "EUR", at_least=True)
    assert said == (
        "Your usage at your contract's prices is at least €1.80, the bill €0.00: €1.80 apart, "
        "of which -€1.80 missing usage; unexplained €0.00."
    )


@pytest.mark.parametrize(
    ("key", "word", "name"),
    [
        (LineKey(DAY, "", "usage"), "day", "2026-10-01"),
        (LineKey(None, "", "usage"), "day", "(whole period)"),
        (LineKey(None, "openai", "usage"), "provider", "openai"),
        (LineKey(None, "openai", "usage", "gpt-4.1"), "model", "gpt-4.1"),
        (LineKey(None, "openai", "usage"), "model", "(all models)"),
        (LineKey(None, "", "usage", None, Meter.CACHED_INPUT), "meter", "cached_input"),
        (LineKey(None, "", "usage"), "meter", "(all meters)"),
        (LineKey(None, "", "tax"), "meter", "(tax)"),
    ],
)
def test_rows_are_named(key: LineKey, word: str, name: str) -> None:
    assert row_name(key, word) == name


@pytest.mark.parametrize(
    ("share", "text"),
    [("0", "0%"), ("0.0004", "under 0.1%"), ("0.0005", "0.1%"), ("0.125", "12.5%"), ("2", "200%")],
)
def test_shares_are_short(share: str, text: str) -> None:
    assert percent(Fraction(share)) == text
