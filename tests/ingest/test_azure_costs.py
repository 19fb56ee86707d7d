"""Azure's bill: its three spellings, its meters, and that no row of another service is lost."""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from costmodel.meters import TOKEN_METERS, Meter
from ingest.azure_meters import counts_no_tokens, token_meter, tokens_per_unit
from ingest.charges import ChargeKind
from ingest.files import sample_of
from ingest.formats import FORMATS
from ingest.imports import ImportOptions, ImportResult, import_file
from ingest.store import CellQuery, Store
from pricing import load_book
from tests.ingest.chats import adds_up
from tests.ingest.usage_pages import amounts, imported
from tests.real import needs_real, real_file

if TYPE_CHECKING:
    from pathlib import Path

USUAL = {
    "Date": "11/30/2026",
    "MeterCategory": "Foundry Models",
    "MeterSubCategory": "Azure OpenAI",
    "MeterName": "gpt 4.1 mini Inp glbl Tokens",
    "Quantity": "2",
    "UnitOfMeasure": "1K",
    "Cost": "0.0008",
    "BillingCurrency": "USD",
    "ResourceLocation": "westeurope",
    "ResourceGroup": "shop",
    "ChargeType": "Usage",
}
MACHINE = {
    **USUAL,
    "MeterCategory": "Virtual Machines",
    "MeterSubCategory": "",
    "MeterName": "B1s",
    "UnitOfMeasure": "1 Hour",
    "Cost": "3.25",
}


def table(*rows: dict[str, str], by: str = ",", mark: str = "") -> str:
    out = io.StringIO()
    header = list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.DictWriter(out, header, delimiter=by)
    writer.writeheader()
    writer.writerows(rows)
    return mark + out.getvalue()


def bill(
    folder: Path, *rows: dict[str, str], options: ImportOptions | None = None
) -> tuple[ImportResult, Store]:
    return imported(folder, table(*rows), "bill.csv", options)


def reasons(result: ImportResult) -> list[str]:
    return [each.reason for each in result.set_aside]


NAMES = [
    ("gpt 4.1 Inp glbl Tokens", "gpt-4.1", Meter.INPUT, "global", None),
    ("gpt 4.1 mini cached Inp glbl Tokens", "gpt-4.1-mini", Meter.CACHED_INPUT, "global", None),
    ("gpt 4.1 mini Outp glbl Tokens", "gpt-4.1-mini", Meter.OUTPUT, "global", None),
    ("gpt 4.1 mini Batch Inp glbl Tokens", "gpt-4.1-mini", Meter.INPUT, "global", "batch"),
    ("gpt 4.1 Inp Data Zone Tokens", "gpt-4.1", Meter.INPUT, "data_zone", None),
    ("gpt 4.1 Inp DataZone Tokens", "gpt-4.1", Meter.INPUT, "data_zone", None),
    ("gpt 4.1 cached Inp DZone Tokens", "gpt-4.1", Meter.CACHED_INPUT, "data_zone", None),
    ("gpt 4.1 Outp DZn Tokens", "gpt-4.1", Meter.OUTPUT, "data_zone", None),
    ("gpt 4.1 opt DZ Tokens", "gpt-4.1", Meter.OUTPUT, "data_zone", None),
    ("gpt 4.1 mini Inp regnl", "gpt-4.1-mini", Meter.INPUT, "regional", None),
    ("GPT 5 Mini cchd Inpt Glbl 1M Tokens", "gpt-5-mini", Meter.CACHED_INPUT, "global", None),
    ("5.4 cd inp Gl 1M Tokens", "gpt-5.4", Meter.CACHED_INPUT, "global", None),
    ("5.4 opt Gl 1M Tokens", "gpt-5.4", Meter.OUTPUT, "global", None),
    ("4.1 pp inp Dz", "gpt-4.1", Meter.INPUT, "data_zone", "priority"),
    ("gpt4.1 nano Input Tokens", "gpt-4.1-nano", Meter.INPUT, None, None),
    ("gpt aud 1.5 txt inp Gl", "gpt-audio-1.5", Meter.INPUT, "global", None),
    ("gpt aud 1.5 opt Gl", "gpt-audio-1.5", Meter.OUTPUT_AUDIO, "global", None),
    ("text-embedding-3-large-glbl", "text-embedding-3-large", Meter.INPUT, "global", None),
]


@pytest.mark.parametrize(("name", "model", "meter", "scope", "tier"), NAMES)
def test_what_the_name_of_a_meter_says(
    name: str, model: str, meter: Meter, scope: str | None, tier: str | None
) -> None:
    found = token_meter(name, "Azure OpenAI GPT5")
    assert found is not None
    assert (found.model, found.meter, found.scope, found.tier) == (model, meter, scope, tier)


@pytest.mark.parametrize(
    "name", ["gpt 4.1 Tokens", "gpt 4.1 Inp Outp Tokens", "x cache write Tokens", "Inp Tokens"]
)
def test_a_name_that_leaves_open_which_tokens_it_counts(name: str) -> None:
    assert token_meter(name, "Azure OpenAI") is None
    assert not counts_no_tokens(name)


@pytest.mark.parametrize(
    "name", ["Provisioned Managed Global Unit", "gpt-4.1-ft training tokens", "Code Interpreter"]
)
def test_a_name_of_something_else_than_tokens(name: str) -> None:
    assert token_meter(name, "Azure OpenAI") is None
    assert counts_no_tokens(name)


def test_only_openai_s_own_products_leave_out_gpt() -> None:
    found = token_meter("4.6 Outp DZ Tokens", "Some Models")
    assert found is not None
    assert found.model == "4.6"


def test_units() -> None:
    units = ("1K", "1M", "10K", "1", "1K Tokens", "1 Hour", "1/Hour", "", None, "9" * 5_000)
    assert [tokens_per_unit(unit) for unit in units] == [
        1_000, 1_000_000, 10_000, 1, 1_000, None, None, None, None, None,
    ]  # fmt: skip


def test_a_quantity_in_thousands_and_in_millions_is_the_same(tmp_path: Path) -> None:
    _, thousands = bill(tmp_path, {**USUAL, "Quantity": "59.2"})
    (tmp_path / "m").mkdir()
    _, millions = bill(tmp_path / "m", {**USUAL, "Quantity": "0.0592", "UnitOfMeasure": "1M"})
    assert amounts(thousands) == {"gpt-4.1-mini": {Meter.INPUT: 59_200}} == amounts(millions)


def test_zones_are_those_of_the_price_book(tmp_path: Path) -> None:
    names = ("glbl", "DZ", "regnl")
    rows = [{**USUAL, "MeterName": f"gpt 4.1 mini Inp {name} Tokens"} for name in names]
    spelled = {**rows[2], "ResourceLocation": "West Europe", "Quantity": "1"}
    swapped = {**rows[2], "ResourceLocation": "", "MeterRegion": "EU West", "Quantity": "1"}
    _, store = bill(tmp_path, *rows, spelled, swapped)
    zones = {cell.key.zone for cell in store.cells(CellQuery())}
    assert zones == {"global", "data_zone", "regional:westeurope"}
    assert zones <= set(load_book().zones_of("azure", "gpt-4.1-mini"))


def test_a_bill_brings_its_money_as_charges(tmp_path: Path) -> None:
    hours = {**USUAL, "MeterName": "Provisioned Managed", "UnitOfMeasure": "1/Hour", "Cost": "24"}
    refund = {**USUAL, "ChargeType": "Refund", "Quantity": "-2", "Cost": "-0.0008"}
    tool = {**USUAL, "MeterName": "Code Interpreter Sessions", "UnitOfMeasure": "1", "Cost": ".03"}
    euro = {**USUAL, "BillingCurrency": "eur", "Cost": "0.000700000000000000000001"}
    result, store = bill(tmp_path, USUAL, hours, refund, tool, euro, MACHINE)
    charges = [each.charge for each in store.charges()]
    assert {(c.kind, c.amount, c.currency) for c in charges} == {
        (ChargeKind.USAGE, Decimal("0.0008"), "USD"),
        (ChargeKind.OTHER, Decimal(24), "USD"),
        (ChargeKind.CREDIT, Decimal("-0.0008"), "USD"),
        (ChargeKind.TOOL, Decimal("0.03"), "USD"),
        (ChargeKind.USAGE, Decimal("0.000700000000000000000001"), "EUR"),
    }
    used = next(c for c in charges if c.amount == Decimal("0.0008"))
    assert (used.model, used.meter, used.quantity, used.unit) == (
        "gpt-4.1-mini", Meter.INPUT, Decimal(2000), "tokens",
    )  # fmt: skip
    assert (used.line_item, used.grouping) == (USUAL["MeterName"], "line_item")
    assert (str(used.start), str(used.end)) == (
        "2026-11-30 00:00:00+00:00", "2026-12-01 00:00:00+00:00",
    )  # fmt: skip
    assert (result.rows_read, result.rows_added, result.rows_without_usage) == (6, 2, 4)
    # Provisioned 24, the tool 0.03, the refund 0.0008 back: 24.0292.
    assert result.notices == (
        "1 rows of other services, 3.25 USD, are no AI usage: read and left out",
        "3 rows of AI services name no tokens, 24.03 USD: kept as charges, without usage",
    )


def test_money_of_a_row_stays_where_its_quantity_cannot_be_right(tmp_path: Path) -> None:
    bad = ("-1", "0.0001", "1,5", "5.92E+04", "many", "", "999999999999")
    result, store = bill(tmp_path, *({**USUAL, "Quantity": each} for each in bad))
    assert reasons(result) == [
        "Quantity is '-1', below 0",
        "Quantity is '0.0001' of 1K, not a whole number of tokens",
        "Quantity is '1,5': whether its comma parts thousands is not known",
        "Quantity is '5.92E+04', not all of its digits",
        "Quantity is 'many', not an amount of money",
        "no Quantity",
        "Quantity is '999999999999' of 1K, too large to be right",
    ]
    assert result.rows_set_aside == result.rows_read == len(store.charges()) == 7


def test_a_row_without_cost_or_day_is_set_aside(tmp_path: Path) -> None:
    bad: tuple[dict[str, str], ...] = (
        {"Cost": ""}, {"Cost": "0,0008"}, {"Cost": "NaN"}, {"Date": ""}, {"Date": "31/12/2026"},
        {"Date": "12/31/1999"},
    )  # fmt: skip
    result, store = bill(tmp_path, *({**USUAL, **each} for each in bad), {**MACHINE, "Cost": "x"})
    assert [each.split(" is ")[0] for each in reasons(result)] == [
        "no Cost", "Cost", "Cost", "no time: name the day with --date", "Date", "Date", "Cost",
    ]  # fmt: skip
    assert result.rows_set_aside == 7
    assert store.charges() == []


def test_a_day_named_by_a_person_dates_usage_and_money(tmp_path: Path) -> None:
    day = date(2026, 11, 29)
    result, store = bill(tmp_path, {**USUAL, "Date": ""}, options=ImportOptions(date=day))
    assert result.rows_added == 1
    assert store.charges()[0].charge.start.date() == day


def test_an_export_without_units_keeps_its_costs(tmp_path: Path) -> None:
    bare = {name: USUAL[name] for name in ("Date", "MeterName", "Cost", "BillingCurrency")}
    costs = {**bare, "ServiceName": "Foundry Models"}
    result, store = bill(tmp_path, costs, {**costs, "Quantity": "3"})
    assert (result.rows_without_usage, result.rows_set_aside) == (1, 1)
    assert reasons(result)[0].startswith("the export has no UnitOfMeasure")
    assert [each.charge.kind for each in store.charges()] == [ChargeKind.USAGE] * 2


def test_currency_is_assumed_aloud(tmp_path: Path) -> None:
    result, _ = bill(tmp_path, {**USUAL, "BillingCurrency": ""})
    assert "1 rows name no currency: taken for USD" in result.assumptions


def test_tags_are_dimensions_and_addresses_stay_out(tmp_path: Path) -> None:
    enterprise = {"Tags": '"env": "prod", "Team": "night"', "CostCenter": "c1"}
    customer = {"Tags": '{"squad": "blue"}', "ResourceGroup": "a@example.com"}
    broken = {"Tags": '{"env"', "CostCenter": "c2", "ResourceGroup": ""}
    options = ImportOptions(dimensions={"squad": "team"})
    rows = [{**USUAL, **each} for each in (enterprise, customer, broken)]
    _, store = bill(tmp_path, *rows, options=options)
    cells = store.cells(CellQuery(by=("team", "environment")))
    assert {cell.dimensions for cell in cells} == {
        ("night", "prod"), ("blue", None), ("c2", None),
    }  # fmt: skip
    assert b"a@example.com" not in store.path.read_bytes()


def test_a_later_export_restates_the_day(tmp_path: Path) -> None:
    bill(tmp_path, USUAL, {**USUAL, "MeterName": "gpt 4.1 mini Outp glbl Tokens"})
    later = {**USUAL, "Quantity": "3", "Cost": "0.0012", "ResourceGroup": "SHOP"}
    result, store = bill(tmp_path, later, {**later, "MeterName": "gpt 4.1 mini Outp glbl Tokens"})
    assert (result.rows_added, result.rows_replaced) == (0, 2)
    assert amounts(store) == {"gpt-4.1-mini": {Meter.INPUT: 3_000, Meter.OUTPUT: 3_000}}


@pytest.mark.parametrize("by", [",", "\t", ";"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_every_container_and_spelling_is_claimed_by_this_format_only(
    by: str, mark: str, tmp_path: Path
) -> None:
    api = {"PreTaxCost": "1", "UsageDate": "20261130", "ServiceName": "x", "Meter": "y"}
    customer = {"costInBillingCurrency": "1", "date": "x", "meterName": "y", "meterCategory": "z"}
    document = {"columns": [{"name": name} for name in api], "rows": []}
    texts = [table(row, by=by, mark=mark) for row in (USUAL, api, customer)]
    for text in (*texts, json.dumps({"properties": document})):
        path = tmp_path / "x"
        path.write_text(text, encoding="utf-8")
        assert [each.name for each in FORMATS if each.claims(sample_of(path))] == ["azure_costs"]


def test_focus_and_others_are_not_claimed(tmp_path: Path) -> None:
    for header in (
        "BilledCost,ChargePeriodStart,ServiceName,SkuMeter,x_SkuMeterCategory",
        "cost,model,date",
        "MeterName,Quantity",
    ):
        path = tmp_path / "x.csv"
        path.write_text(header + "\n", encoding="utf-8")
        assert "azure_costs" not in [each.name for each in FORMATS if each.claims(sample_of(path))]


DOCUMENTS: list[Any] = [
    {"columns": "PreTaxCost", "rows": 7, "Meter": 1},
    {"properties": {"columns": [{"name": "PreTaxCost"}, {"name": "Meter"}, 3, None], "rows": [
        [1, "gpt", [], {}], None, {}, [True, "\ud800\u0000", 1e300, "x"], ["1e999", None, 2, 3]]}},
    {"properties": {"columns": None, "rows": [], "PreTaxCost": 1, "Meter": 1}},
]  # fmt: skip


@pytest.mark.parametrize("document", DOCUMENTS)
def test_documents_of_the_wrong_shape_are_set_aside(document: object, tmp_path: Path) -> None:
    result, _ = imported(tmp_path, document, "x.json", ImportOptions(format="azure_costs"))
    assert adds_up(result)
    assert result.rows_added == 0
    cut = json.dumps(document)[:-4]
    result, _ = imported(tmp_path, cut, "cut.json", ImportOptions(format="azure_costs"))
    assert result.set_aside[0].reason == "cannot be read as JSON"


COUNTS = st.integers(min_value=0, max_value=10**11)
WORDS = ("Inp", "cached Inp", "Outp", "cchd Inp", "opt")
ROWS = st.tuples(COUNTS, st.sampled_from(WORDS), st.sampled_from(("glbl", "DZ", "regnl")),
                 st.sampled_from(("1K", "1M")), st.booleans())  # fmt: skip


@settings(max_examples=settings().max_examples // 4)  # each imports files
@given(rows=st.lists(ROWS, min_size=1, max_size=12))
def test_tokens_sum_to_the_bill_and_every_row_is_accounted_for(
    rows: list[tuple[int, str, str, str, bool]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    lines = [
        {
            **(USUAL if ai else MACHINE),
            "MeterName": f"gpt 4.1 {word} {zone} Tokens",
            "UnitOfMeasure": unit,
            "Quantity": f"{Decimal(count).scaleb(-3 if unit == '1K' else -6):f}",
            "Cost": "0.01",
        }
        for count, word, zone, unit, ai in rows
    ]
    result, store = bill(tmp_path_factory.mktemp("bill"), *lines)
    expected = sum(count for count, *_, ai in rows if ai)
    stored = sum(sum(by.get(m, 0) for m in TOKEN_METERS) for by in amounts(store).values())
    assert stored == expected
    assert adds_up(result)
    assert sum(each.charge.amount for each in store.charges()) == Decimal("0.01") * sum(
        ai for *_, ai in rows
    )


@needs_real
@pytest.mark.parametrize(
    ("name", "rows", "said"),
    [
        ("EA_ActualCost_Small.csv", 11, "11 rows of other services, 8.55 USD, are no AI usage"),
        ("EA_AmortizedCost_Small.csv", 28, "28 rows of other services, 16.30 USD, are no AI usage"),
        ("EA_NoRows.csv", 0, "the export holds no rows: it covers a time without costs"),
    ],
)
def test_real_exports_without_ai_import_cleanly(
    name: str, rows: int, said: str, tmp_path: Path
) -> None:
    store = Store(tmp_path / "store.duckdb")
    result = import_file(store, real_file(f"exports/{name}"))
    assert (result.rows_read, result.rows_without_usage) == (rows, rows)
    assert (result.rows_set_aside, store.charges(), store.cells(CellQuery())) == (0, [], [])
    (notice,) = result.notices
    assert notice.startswith(said)
