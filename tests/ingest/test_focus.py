"""FOCUS bills: which rows are of AI services, who serves them, and what the money is for."""

from __future__ import annotations

import csv
import io
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from costmodel.meters import Meter
from ingest.charges import Charge, ChargeKind
from ingest.files import sample_of
from ingest.formats import FORMATS
from ingest.formats.focus import Focus
from ingest.imports import import_file
from ingest.projection import ImportOptions
from ingest.store import Store
from tests.ingest.chats import accounting
from tests.ingest.usage_pages import imported
from tests.real import real_file

if TYPE_CHECKING:
    from ingest.imports import ImportResult

ROW = {
    "BilledCost": "1.50",
    "BillingCurrency": "USD",
    "ChargeCategory": "Usage",
    "ChargeDescription": "Claude Opus 5 Input Tokens",
    "ChargePeriodStart": "2026-11-02T00:00:00Z",
    "ChargePeriodEnd": "2026-11-03T00:00:00Z",
    "ProviderName": "AWS",
    "ServiceCategory": "AI and Machine Learning",
    "ServiceName": "Amazon Bedrock",
    "SubAccountName": "Shop",
}


def table(*rows: dict[str, str], by: str = ",") -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), delimiter=by)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def brought(
    folder: Path, *rows: dict[str, str], by: str = ","
) -> tuple[ImportResult, list[Charge]]:
    found, store = imported(folder, table(*rows, by=by), "bill.csv")
    return found, [each.charge for each in store.charges()]


def test_every_version_is_claimed_and_only_by_this_format(tmp_path: Path) -> None:
    newer = {k: v for k, v in ROW.items() if k != "ProviderName"} | {"ServiceProviderName": "AWS"}
    for number, row in enumerate((ROW, newer, {**ROW, "Cost": "1", "MeterName": "x"})):
        path = tmp_path / f"{number}.csv"
        path.write_text("\ufeff" + table(row), encoding="utf-8")
        assert [f.name for f in FORMATS if f.claims(sample_of(path))] == ["focus"]
    path = tmp_path / "other.csv"
    path.write_text("Cost,MeterName,ServiceName\n", encoding="utf-8")
    assert not Focus().claims(sample_of(path))


@pytest.mark.parametrize("by", [",", ";", "\t"])
def test_a_row_of_an_ai_service_is_a_charge(by: str, tmp_path: Path) -> None:
    found, (charge,) = brought(tmp_path, ROW, by=by)
    assert accounting(found) == {"read": 1, "without_usage": 1}
    assert (charge.provider, charge.kind, str(charge.amount), charge.currency) == (
        "bedrock",
        ChargeKind.USAGE,
        "1.50",
        "USD",
    )
    assert (charge.line_item, charge.project) == ("Claude Opus 5 Input Tokens", "Shop")
    assert (charge.end - charge.start).days == 1


SERVICES: list[tuple[dict[str, str], bool]] = [
    ({"ServiceName": "Azure Machine Learning", "ChargeDescription": "Compute"}, False),
    ({"ServiceName": "Amazon SageMaker", "ChargeDescription": "Hosting"}, False),
    ({"ServiceName": "Amazon Rekognition", "ChargeDescription": "Pictures"}, False),
    ({"ServiceName": "LLM Inference", "ChargeDescription": "Requests"}, True),
    ({"ServiceCategory": "Other", "ServiceName": "Claude Sonnet (Bedrock Edition)"}, True),
    ({"ServiceCategory": "Other", "ServiceName": "X", "ChargeDescription": "gpt4o in"}, True),
    ({"ServiceCategory": "Compute", "ServiceName": "EC2", "ChargeDescription": "vm"}, False),
    ({"ServiceCategory": "NULL", "ServiceName": "NULL", "ChargeDescription": "NULL"}, False),
]


def test_which_services_are_ours(tmp_path: Path) -> None:
    rows = [
        {**ROW, "BilledCost": str(number), **words} for number, (words, _) in enumerate(SERVICES, 1)
    ]
    found, charges = brought(tmp_path, *rows)
    ours = [number for number, (_, is_ours) in enumerate(SERVICES, 1) if is_ours]
    assert sorted(each.amount for each in charges) == ours
    assert found.rows_without_usage == len(SERVICES)


CATEGORIES = [
    ("Usage", ChargeKind.USAGE),
    ("purchase", ChargeKind.OTHER),
    ("Tax", ChargeKind.TAX),
    ("Credit", ChargeKind.CREDIT),
    ("Adjustment", ChargeKind.CREDIT),
    ("Something", ChargeKind.OTHER),
]


def test_what_the_money_is_for(tmp_path: Path) -> None:
    rows = [
        {**ROW, "BilledCost": str(number), "ChargeCategory": category}
        for number, (category, _) in enumerate(CATEGORIES, 1)
    ]
    _, charges = brought(tmp_path, *rows)
    assert {each.amount: each.kind for each in charges} == {
        number: kind for number, (_, kind) in enumerate(CATEGORIES, 1)
    }


@pytest.mark.parametrize(
    ("names", "provider"),
    [
        ({"ProviderName": "Microsoft"}, "azure"),
        ({"ProviderName": "Google Cloud"}, "google"),
        ({"ProviderName": "OpenAI"}, "openai"),
        ({"ProviderName": "NULL", "PublisherName": "Anthropic"}, "anthropic"),
        ({"ServiceProviderName": "Microsoft", "ProviderName": "Somebody"}, "azure"),
        ({"ProviderName": "Somebody"}, "somebody"),
        ({"ProviderName": ""}, "unknown"),
    ],
)
def test_who_serves_it(names: dict[str, str], provider: str, tmp_path: Path) -> None:
    _, (charge,) = brought(tmp_path, {**ROW, **names})
    assert charge.provider == provider


def test_azures_meters_name_model_and_tokens(tmp_path: Path) -> None:
    azure = {
        **ROW,
        "ProviderName": "Microsoft",
        "ServiceName": "Foundry Models",
        "SkuMeter": "gpt 4.1 cached Inp glbl Tokens",
        "ConsumedQuantity": "2.5",
        "ConsumedUnit": "1K",
    }
    _, (charge,) = brought(tmp_path, azure)
    assert (charge.model, charge.meter) == ("gpt-4.1", Meter.CACHED_INPUT)
    assert (charge.quantity, charge.unit) == (Decimal(2500), "tokens")


def test_tags_name_teams_and_addresses_are_not_kept(tmp_path: Path) -> None:
    tags = '{"team": "search", "project": "eve@example.com"}'
    _, (charge,) = brought(tmp_path, {**ROW, "Tags": tags, "SubAccountName": "x"})
    assert charge.team == "search"
    assert charge.project is not None
    assert charge.project.startswith("mail:")
    _, both = brought(tmp_path, {**ROW, "Tags": "[not json", "ResourceId": "a/b/key-1"})
    assert {each.memo for each in both} == {None, "key-1"}


def test_a_later_export_restates(tmp_path: Path) -> None:
    brought(tmp_path, ROW)
    _, (charge,) = brought(tmp_path, {**ROW, "BilledCost": "2.25"})
    assert charge.amount == Decimal("2.25")


WRONG = [
    ({"BilledCost": "NULL"}, "no BilledCost"),
    ({"BilledCost": "1e400"}, "BilledCost is '1e400'"),
    ({"BillingCurrency": ""}, "no BillingCurrency"),
    ({"BillingCurrency": "dollars"}, "not the three letters of a currency"),
    ({"ChargePeriodStart": "NULL"}, "no ChargePeriodStart"),
    ({"ChargePeriodStart": "soon"}, "ChargePeriodStart is 'soon'"),
    ({"ChargePeriodEnd": "2026-11-02"}, "is not after ChargePeriodStart"),
    ({"ConsumedQuantity": "much"}, "ConsumedQuantity is 'much'"),
]


def test_what_cannot_be_right_is_set_aside(tmp_path: Path) -> None:
    full = {**ROW, "ConsumedQuantity": "1"}
    found, charges = brought(tmp_path, full, *({**full, **words} for words, _ in WRONG))
    assert (len(charges), found.rows_set_aside) == (1, len(WRONG))
    assert [each.line for each in found.set_aside] == [3 + n for n in range(len(WRONG))]
    for each, (_, said) in zip(found.set_aside, WRONG, strict=True):
        assert said in each.reason


def test_an_export_without_rows_says_so(tmp_path: Path) -> None:
    header = table(ROW).splitlines()[0] + "\n"
    found, _ = imported(tmp_path, header, "empty.csv")
    assert (found.rows_read, found.notices) == (
        0,
        ("the export holds no rows: it covers a time without costs",),
    )


def test_parquet_holds_the_same(tmp_path: Path) -> None:
    path = tmp_path / "bill.parquet"
    with duckdb.connect() as session:
        session.execute(
            f"""COPY (SELECT 1.50::DECIMAL(18, 6) AS "BilledCost", 'USD' AS "BillingCurrency",
            'Usage' AS "ChargeCategory", 'Claude' AS "ServiceName", 'AWS' AS "ProviderName",
            TIMESTAMPTZ '2026-11-02 00:00:00+00' AS "ChargePeriodStart",
            TIMESTAMP '2026-11-03 00:00:00' AS "ChargePeriodEnd",
            MAP {{'team': 'search'}} AS "Tags", NULL::VARCHAR AS "SkuMeter")
            TO '{path}' (FORMAT parquet)"""
        )
    assert [f.name for f in FORMATS if f.claims(sample_of(path))] == ["focus"]
    store = Store(tmp_path / "p.duckdb")
    found = import_file(store, path)
    (charge,) = (each.charge for each in store.charges())
    assert accounting(found) == {"read": 1, "without_usage": 1}
    assert (charge.amount, charge.team, charge.line_item) == (Decimal("1.5"), "search", "Claude")
    assert (charge.end - charge.start).days == 1


def test_the_plain_sample_has_nothing_for_us_and_says_so(tmp_path: Path) -> None:
    found = import_file(Store(tmp_path / "s.duckdb"), real_file("exports/focus-1.0-sample.csv"))
    assert accounting(found) == {"read": 1000, "without_usage": 1000}
    assert found.notices == (
        (
            "1000 rows of other services, 20.52 USD, are no AI usage: read and left out, "
            "and there are no others"
        ),
    )


@given(st.lists(st.tuples(st.decimals(-(10**6), 10**6, places=6), st.booleans()), max_size=10))
@settings(max_examples=settings().max_examples // 4)  # each imports files
def test_charges_and_what_is_left_out_are_the_bill(lines: list[tuple[Decimal, bool]]) -> None:
    other = {"ServiceCategory": "Compute", "ServiceName": "EC2", "ChargeDescription": "vm"}
    rows = [{**ROW, "BilledCost": str(a), **({} if ours else other)} for a, ours in lines]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bill.csv"
        path.write_text(table(ROW, *rows), encoding="utf-8")
        opened = Focus().open(sample_of(path), ImportOptions(), Path(folder))
    wanted = Decimal("1.50") + sum(amount for amount, ours in lines if ours)
    assert sum(each.amount for each in opened.charges) == wanted
    left_out = sum(not ours for _, ours in lines)
    noted = any(n.startswith(f"{left_out} rows of other") for n in opened.projection.notices)
    assert noted == bool(left_out)
