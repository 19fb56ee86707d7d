"""Usage against the bill in the store: whose, which days, in which money."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest

from costmodel.contract import Contract, ExchangeRate
from costmodel.meters import Meter
from costmodel.reconciliation import Cause
from ingest.bill import BillQuery, Invoice, against_bill, bill_charges
from ingest.charges import ChargeKind
from ingest.errors import BillError, NoBillError
from ingest.imports import ImportOptions
from ingest.store import CellQuery, Store
from pricing.contract_file import read_contract_file
from tests.books import BOOK
from tests.copied_store import copied
from tests.ingest.bills import OCTOBER_17_DAY, bring, charge, fee
from tests.ingest.chats import OCTOBER_17, chat, counts, imported

if TYPE_CHECKING:
    from pathlib import Path

    from costmodel.book import PriceBook

MILLION = counts(1_000_000, 1_000_000)
DAY = 86_400
CLAUDE = ImportOptions(provider="anthropic")
SEVENTEENTH = date(2026, 10, 17)
INPUT, OUTPUT = "0.40", "1.60"
"""What a million of each costs on Mini."""


def mini(number: int, days: int = 0, **values: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    usual = {"model": "gpt-4.1-mini", "usage": MILLION, "created": OCTOBER_17 + days * DAY}
    return chat(number, **{**usual, **values})


with_a_million = copied(lambda store: imported(store, "a.jsonl", [mini(1)]))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """One million in and out on Mini on 17 October: $2.00."""
    return with_a_million(tmp_path / "store.duckdb")


def causes(store: Store, query: BillQuery | None = None) -> dict[Cause, Fraction]:
    found = against_bill(store, BOOK, query or BillQuery()).reconciliation.total
    assert sum(found.causes.values()) == found.gap
    return dict(found.causes)


def test_a_bill_under_the_served_name_meets_usage_of_the_model(tmp_path: Path) -> None:
    store = Store(tmp_path / "full.duckdb")
    imported(store, "full.jsonl", [mini(1, model="gpt-4.1")])
    served = "gpt-4.1-2025-04-14"
    bring(
        store,
        [
            charge("2.20", 1_000_000, model=served),
            charge("16", 2_000_000, meter=Meter.OUTPUT, model=served),
        ],
    )
    found = against_bill(store, BOOK, BillQuery())
    assert (found.first, found.until) == (SEVENTEENTH, date(2026, 10, 18))
    assert (found.providers, found.currency, found.notes) == (("openai",), "USD", ())
    total = found.reconciliation.total
    assert (total.ours, total.list_cost, total.theirs) == (10, 10, Fraction("18.2"))
    assert total.causes == {Cause.PRICE_DIFFERENCE: Fraction("0.2"), Cause.MISSING_USAGE: 8}
    assert [line.key.model for line in found.reconciliation.lines] == ["gpt-4.1"] * 2


def test_a_bill_cut_elsewhere_is_a_day_shift(store: Store) -> None:
    imported(store, "b.jsonl", [mini(2, 1)])
    next_day = OCTOBER_17_DAY + timedelta(days=1)
    outputs = [
        charge(OUTPUT, 1_000_000, start=day, meter=Meter.OUTPUT)
        for day in (OCTOBER_17_DAY, next_day)
    ]
    bring(store, [charge("0.44", 1_100_000), charge("0.36", 900_000, start=next_day), *outputs])
    found = against_bill(store, BOOK, BillQuery()).reconciliation
    assert found.total.causes == {}
    assert [row.causes for row in found.by("day")] == [
        {Cause.DAY_SHIFT: Fraction("0.04")},
        {Cause.DAY_SHIFT: Fraction("-0.04")},
    ]


def test_fees_tax_and_seats_are_named_and_a_bill_of_one_sum_is_not_taken_apart(
    store: Store,
) -> None:
    whole = charge("2.50", model=None, meter=None, unit=None)
    bring(
        store,
        [
            whole,
            fee("1.00", ChargeKind.TOOL),
            fee("-0.30", ChargeKind.CREDIT),
            fee("0.70", ChargeKind.TAX),
            fee("60", ChargeKind.OTHER, memo="seats"),
        ],
    )
    assert causes(store) == {
        Cause.TOOL_FEES: 1,
        Cause.TAX_AND_CREDITS: Fraction("0.4"),
        Cause.OTHER_CHARGES: 60,
        Cause.USAGE_OR_PRICE: Fraction("0.5"),
    }


def test_a_bill_for_a_month_is_compared_over_its_month(store: Store) -> None:
    imported(store, "b.jsonl", [mini(2, 3)])
    month = OCTOBER_17_DAY.replace(day=1)
    bring(
        store,
        [
            charge("0.80", 2_000_000, start=month, days=31),
            charge("3.20", 2_000_000, start=month, days=31, meter=Meter.OUTPUT),
        ],
    )
    found = against_bill(store, BOOK, BillQuery())
    assert (found.first, found.until) == (date(2026, 10, 1), date(2026, 11, 1))
    assert found.reconciliation.total.causes == {}
    assert {line.key.day for line in found.reconciliation.lines} == {None}


def test_a_model_known_to_nobody_and_a_unit_that_we_do_not_count(store: Store) -> None:
    lines = [
        charge(INPUT, 1_000_000),
        charge(OUTPUT, 5, meter=Meter.OUTPUT, unit="gibibyte_hours"),
        charge("7", 100, model="acme-7b"),
    ]
    bring(store, lines)
    assert causes(store) == {Cause.UNPRICED: 7}
    found = against_bill(store, BOOK, BillQuery()).reconciliation.lines
    assert [line.bill_quantity for line in found if line.key.meter is Meter.OUTPUT] == [None]


def test_a_model_without_usage_or_meter_is_not_called_unpriced(store: Store) -> None:
    bring(
        store,
        [
            charge(INPUT, 1_000_000),
            charge(OUTPUT, 1_000_000, meter=Meter.OUTPUT),
            charge("5", model="gpt-4.1", meter=None),
        ],
    )
    assert causes(store) == {Cause.USAGE_OR_PRICE: 5}


def test_the_days_of_the_bill_are_compared_and_the_others_told(store: Store) -> None:
    imported(store, "b.jsonl", [mini(2, -1), mini(3, 1), mini(4, 2)])
    lines = [charge(INPUT, 1_000_000), charge(OUTPUT, 1_000_000, meter=Meter.OUTPUT)]
    bring(store, lines)
    found = against_bill(store, BOOK, BillQuery())
    assert (found.reconciliation.total.gap, found.spend.total.cost) == (0, 2)
    span = "the days of its bill (2026-10-17 to 2026-10-17)"
    assert found.notes == (
        f"Not compared: $2.00 of usage of openai before {span}.",
        f"Not compared: $4.00 of usage of openai after {span}.",
    )
    asked = BillQuery(since=SEVENTEENTH, until=date(2026, 10, 19))
    assert against_bill(store, BOOK, asked).notes == (
        f"Not compared: $2.00 of usage of openai after {span}.",
    )


def test_a_charge_over_the_edge_of_the_days_is_told(store: Store) -> None:
    bring(store, [charge("9", days=4, start=OCTOBER_17_DAY - timedelta(days=1)), charge("1")])
    early = against_bill(store, BOOK, BillQuery(until=date(2026, 10, 18)))
    assert early.reconciliation.total.theirs == 10
    goes_on = "a charge of openai from 2026-10-16 to 2026-10-19, which goes on after these days."
    assert early.notes[0] == f"Compared as a whole: {goes_on}"
    late = against_bill(store, BOOK, BillQuery(since=SEVENTEENTH))
    assert late.reconciliation.total.theirs == 1
    assert "which begins before these days" in late.notes[0]


def test_a_provider_without_a_bill_is_left_out_and_told(store: Store) -> None:
    imported(store, "c.jsonl", [chat(9, model="haiku", usage=MILLION)], CLAUDE)
    bring(store, [charge(INPUT, 1_000_000)])
    found = against_bill(store, BOOK, BillQuery())
    assert found.reconciliation.total.ours == 2
    assert found.notes == ("Not compared: $6.00 of usage of anthropic, which has no bill here.",)
    assert against_bill(store, BOOK, BillQuery(provider="openai")).notes == ()
    with pytest.raises(NoBillError, match="no bill of anthropic for usage: import one"):
        against_bill(store, BOOK, BillQuery(provider="anthropic"))


def test_only_an_organisation_is_compared(store: Store) -> None:
    imported(store, "b.jsonl", [mini(2), mini(3)], ImportOptions(organisation="acme"))
    bring(store, [charge("1.00", 1_000_000)], "acme")
    query = BillQuery(organisation="acme")
    assert against_bill(store, BOOK, query).reconciliation.total.ours == 4
    assert len(bill_charges(store, query)) == 1
    assert bill_charges(store, BillQuery(organisation="default")) == []
    requests = [
        sum(cell.requests for cell in store.cells(CellQuery(organisation=name)))
        for name in ("acme", "default", "other", None)
    ]
    assert requests == [2, 1, 0, 3]


def test_no_bill_says_what_to_import_and_seats_alone_are_none(store: Store) -> None:
    bring(store, [fee("60", ChargeKind.OTHER)])
    query = BillQuery(since=date(2026, 10, 1), until=date(2026, 11, 1))
    with pytest.raises(NoBillError) as raised:
        against_bill(store, BOOK, query)
    said = str(raised.value)
    assert said.startswith("the store holds no bill for usage from 2026-10-01 before 2026-11-01:")
    assert "cost export by line item" in said


EURO = BOOK.with_contract(
    Contract(
        currency="EUR",
        exchange_rates=(
            ExchangeRate(date(2026, 10, 1), Fraction("0.8"), "bank"),
            ExchangeRate(date(2026, 10, 18), Fraction("0.9"), "bank"),
        ),
    )
)


def test_a_bill_in_dollars_is_put_into_the_money_of_the_contract(store: Store) -> None:
    next_day = OCTOBER_17_DAY + timedelta(days=1)
    bring(
        store, [charge("1.00", 1), charge("1.00", 1, start=next_day), charge("1", currency="eur")]
    )
    found = against_bill(store, EURO, BillQuery())
    assert (found.currency, found.reconciliation.total.theirs) == ("EUR", Fraction("2.7"))
    assert found.reconciliation.total.ours == Fraction("1.6")


@pytest.mark.parametrize("currency", ["EUR", "gbp"])
def test_a_currency_without_a_rate_is_refused(store: Store, currency: str) -> None:
    bring(store, [charge("1.00", 1, currency=currency)])
    with pytest.raises(BillError, match=f"the bill is in {currency.upper()} and prices are in USD"):
        against_bill(store, BOOK, BillQuery())


@pytest.mark.parametrize("book", [BOOK, EURO])
def test_the_refusal_says_what_to_write_and_that_is_enough(
    book: PriceBook, store: Store, tmp_path: Path
) -> None:
    bring(store, [charge("1.00", 1, currency="GBP"), charge("1.00", 1)])
    with pytest.raises(BillError) as raised:
        against_bill(store, book, BillQuery())
    said = str(raised.value).partition("write in tollbook.yaml ")[2].partition("; bills in EUR")[0]
    assert said == (
        "contract: {currency: GBP, exchange_rates: [{from: 2026-10-17, "
        "per_usd: <GBP that one dollar costs>, source: <who says so>}]}"
    )
    path = tmp_path / "tollbook.yaml"
    path.write_text(
        said.replace("<GBP that one dollar costs>", "0.75").replace("<who says so>", "bank")
    )
    mended = BOOK.with_contract(read_contract_file(path, BOOK))
    found = against_bill(store, mended, BillQuery())
    assert (found.currency, found.reconciliation.total.theirs) == ("GBP", Fraction("1.75"))


def test_an_invoice_without_lines_is_one_sum(store: Store) -> None:
    query = BillQuery(invoice=Invoice(Fraction("2.50"), "USD"))
    found = against_bill(store, BOOK, query)
    assert found.reconciliation.total.causes == {Cause.USAGE_OR_PRICE: Fraction("0.5")}
    assert (found.first, found.until) == (SEVENTEENTH, date(2026, 10, 18))
    cents = BillQuery(invoice=Invoice(Fraction("2.005"), "USD"))
    assert causes(store, cents) == {Cause.ROUNDING: Fraction("0.005")}


def test_an_invoice_beside_lines_leaves_a_rest_that_nothing_explains(store: Store) -> None:
    bring(store, [charge("0.44", 1_000_000), charge(OUTPUT, 1_000_000, meter=Meter.OUTPUT)])
    query = BillQuery(invoice=Invoice(Fraction("3.04"), "USD"))
    found = against_bill(store, BOOK, query).reconciliation
    assert found.total.theirs == Fraction("3.04")
    assert found.total.causes == {Cause.PRICE_DIFFERENCE: Fraction("0.04"), Cause.UNEXPLAINED: 1}
    assert found.unexplained_share == Fraction(1, 1) / Fraction("3.04")


def test_an_invoice_is_somebodys_and_over_all_days_asked_for(store: Store, tmp_path: Path) -> None:
    empty = Store(tmp_path / "empty.duckdb")
    with pytest.raises(NoBillError, match="no usage to hold an invoice against"):
        against_bill(empty, BOOK, BillQuery(invoice=Invoice(Fraction(1), "USD")))
    imported(store, "c.jsonl", [chat(9, model="haiku", usage=MILLION)], CLAUDE)
    invoice = Invoice(Fraction(1), "USD")
    with pytest.raises(BillError, match="choose one with --provider: anthropic, openai"):
        against_bill(store, BOOK, BillQuery(invoice=invoice))
    query = BillQuery(date(2026, 10, 1), date(2026, 11, 1), "anthropic", None, invoice)
    found = against_bill(store, BOOK, query)
    assert (found.first, found.until) == (date(2026, 10, 1), date(2026, 11, 1))
    assert found.reconciliation.total.gap == -5
