"""The page of the bill, and the card of other charges: over usage and a bill known by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from costmodel.meters import Meter
from dashboard.context import DashboardContext, Source
from dashboard.navigation import page_at
from dashboard.pages.bill.page import NO_BILL, ONLY_PROVIDER, is_shown, shown
from dashboard.pages.bill.words import causes_chart, headline, table_rows
from dashboard.pages.overview.other_charges import charge_lines, other_charges_card
from dashboard.state import parse
from dashboard.view import view_of
from ingest.charges import ChargeKind
from ingest.configuration import Configuration
from tests.books import BOOK
from tests.copied_store import copied
from tests.demo import demo_clock
from tests.ingest.bills import OCTOBER_17_DAY, bring, charge, fee
from tests.ingest.chats import OCTOBER_17, chat, counts, imported

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from ingest.store import Store

OCTOBER = "?range=2026-10"


MILLION = counts(1_000_000, 1_000_000)
LINE = chat(1, model="gpt-4.1-mini", usage=MILLION, created=OCTOBER_17)
BILL = [
    charge("0.40", 1_000_000),
    charge("2.00", 1_000_000, meter=Meter.OUTPUT),
    charge("0.20", model=None, meter=None),
    fee("3.00", ChargeKind.TOOL, memo="web search"),
    fee("-1.00", ChargeKind.CREDIT, provider="acme"),
    fee("60", ChargeKind.OTHER, provider="acme", memo="seats"),
]


@copied
def with_a_million(store: Store) -> None:
    imported(store, "a.jsonl", [LINE])


@copied
def with_its_bill(store: Store) -> None:
    with_a_million(store.path)
    bring(store, BILL)


def context_of(store: Store) -> DashboardContext:
    return DashboardContext(Source(store.path, BOOK, Configuration(), demo_clock))


@pytest.fixture
def context(tmp_path: Path) -> DashboardContext:
    """One million in and out on Mini on 17 October: $2.00."""
    return context_of(with_a_million(tmp_path / "own.duckdb"))


@pytest.fixture
def billed(tmp_path: Path) -> DashboardContext:
    """Beside it a bill of $5.60: output at 2.00, 3.00 of tools, 0.20 that nothing tells."""
    return context_of(with_its_bill(tmp_path / "own.duckdb"))


def test_the_page_is_named_once_there_is_a_line_of_a_bill(context: DashboardContext) -> None:
    page = page_at("/bill")
    assert page is not None
    assert (page.title, page.shortcut, page.is_shown(context)) == ("Bill", "b", False)
    bring(context.store(), [fee("1", ChargeKind.OTHER)])
    assert is_shown(context)
    assert page.is_shown(context)
    overview = page_at("/")
    assert overview is not None
    assert overview.is_shown(context)


def test_the_bill_is_said_drawn_and_listed(billed: DashboardContext) -> None:
    now = shown(billed, parse(OCTOBER))
    assert (now.problem, now.notices, now.word) == ("", (), "model")
    assert now.found is not None
    assert headline(now.found) == "The bill of openai is $3.60 (64.3%) above your usage."
    chart = causes_chart(now.found)
    assert chart.sentence == (
        "Your usage at list prices is $2.00, the bill $5.60: $3.60 (64.3%) apart, of which "
        "$3.00 tool fees and $0.40 price difference; unexplained $0.20 (3.6%)."
    )
    assert chart.rows == [
        ["Tool fees", "+$3.00", "53.6%"],
        ["Price difference", "+$0.40", "7.1%"],
        ["Unexplained", "+$0.20", "3.6%"],
    ]
    bars = chart.figure["data"]
    assert [bar["x"] for bar in bars] == [[3.0], [0.4], [0.2]]
    amounts = [each["text"] for each in chart.figure["layout"]["annotations"]]
    assert amounts == ["+$3.00", "+$0.40", "+$0.20"]
    assert ["pattern" in bar["marker"] for bar in bars] == [False, False, True]
    assert table_rows(now.found, "model") == [
        ("(tools)", "$0.00", "$3.00", "+$3.00", "tool fees"),
        ("gpt-4.1-mini", "$2.00", "$2.40", "+$0.40", "price difference"),
        ("(not placed)", "$0.00", "$0.20", "+$0.20", "unexplained"),
    ]
    assert table_rows(now.found, "day") == [
        ("2026-10-17", "$2.00", "$5.60", "+$3.60", "tool fees"),
    ]


def test_usage_without_a_price_is_no_zero_and_amounts_are_to_the_cent(
    billed: DashboardContext,
) -> None:
    million = counts(1_000_000, 0)
    lines = [
        chat(2, model="acme-7b", usage=million, created=OCTOBER_17),
        chat(3, model="gpt-4.1", usage=million, created=OCTOBER_17),
        chat(4, model="gpt-4.1", usage=million, created=OCTOBER_17, service_tier="turbo"),
    ]
    imported(billed.store(), "b.jsonl", lines)
    bring(billed.store(), [charge("1234.56", model="gpt-4.1", meter=None)])
    found = shown(billed, parse(OCTOBER)).found
    assert found is not None
    rows = {row[0]: row[1:] for row in table_rows(found, "model")}
    assert rows["acme-7b"] == ("no price", "$0.00", "$0.00", "")
    assert rows["gpt-4.1"] == ("at least $2.00", "$1,234.56", "+$1,232.56", "usage or price")


def test_bars_go_both_ways_and_an_empty_gap_is_drawn(context: DashboardContext) -> None:
    store = context.store()
    bring(store, [charge("0.40", 1_000_000), charge("1.60", 1_000_000, meter=Meter.OUTPUT)])
    equal = shown(context, parse(OCTOBER)).found
    assert equal is not None
    assert headline(equal) == "The bill of openai is what your usage costs."
    assert causes_chart(equal).figure["data"] == []
    bring(store, [fee("-0.50", ChargeKind.CREDIT), fee("0.20", ChargeKind.TOOL)])
    found = shown(context, parse(OCTOBER)).found
    assert found is not None
    assert headline(found) == "The bill of openai is $0.30 (17.6%) below your usage."
    low, high = causes_chart(found).figure["layout"]["xaxis"]["range"]
    assert low < -0.5
    assert high > 0.2


@pytest.mark.parametrize(
    ("search", "word", "notices"),
    [
        (f"{OCTOBER}&rows=day", "day", ()),
        (f"{OCTOBER}&rows=team", "model", ()),
        (f"{OCTOBER}&provider=openai", "model", ()),
        (f"{OCTOBER}&feature=search", "model", (ONLY_PROVIDER,)),
        (f"{OCTOBER}&provider=openai&provider=azure", "model", (ONLY_PROVIDER,)),
    ],
)
def test_what_the_address_may_choose(
    search: str, word: str, notices: tuple[str, ...], billed: DashboardContext
) -> None:
    now = shown(billed, parse(search, {"rows"}))
    assert (now.word, now.notices) == (word, notices)
    assert now.found is not None
    assert now.found.reconciliation.total.gap == pytest.approx(3.6)


@pytest.mark.parametrize(
    ("search", "elsewhere"),
    [
        ("?range=2026-09", OCTOBER_17_DAY.date()),
        ("?range=2026-09&provider=openai", OCTOBER_17_DAY.date()),
        ("?range=2026-10&provider=azure", None),
        ("?range=2026-10&provider=acme", None),
    ],
    ids=["before", "one provider", "no bill", "seats only"],
)
def test_a_period_without_a_bill_says_what_to_import_and_where_one_is(
    search: str, elsewhere: date | None, billed: DashboardContext
) -> None:
    now = shown(billed, parse(search))
    assert (now.found, now.problem, now.elsewhere) == (None, NO_BILL, elsewhere)


def test_a_currency_without_a_rate_is_said(context: DashboardContext) -> None:
    bring(context.store(), [charge("1", 1, currency="EUR")])
    now = shown(context, parse(OCTOBER))
    assert now.problem.startswith("The bill is in EUR and prices are in USD")


def test_other_charges_are_listed_dearest_first(billed: DashboardContext) -> None:
    bring(
        billed.store(),
        [fee("10", ChargeKind.OTHER, provider="acme", memo="seats", project="p", line=3)],
    )
    view = view_of(billed, parse(OCTOBER))
    assert charge_lines(view) == [
        ("acme: seats", "$70.00"),
        ("openai: web search", "$3.00"),
        ("acme: credit", "-$1.00"),
    ]
    narrowed = view_of(billed, parse(f"{OCTOBER}&provider=openai"))
    assert [name for name, _ in charge_lines(narrowed)] == ["openai: web search"]
    assert other_charges_card(view_of(billed, parse("?range=2026-09"))) is None


def test_many_other_charges_are_cut_and_told(context: DashboardContext) -> None:
    fees: list[Any] = [
        fee(str(number), ChargeKind.OTHER, memo=f"thing {number}", start=OCTOBER_17_DAY)
        for number in range(1, 9)
    ]
    bring(context.store(), fees)
    card = str(other_charges_card(view_of(context, parse(OCTOBER))))
    assert card.count("charge-name") == 6
    assert "2 more are in 'tollbook report --json'." in card
