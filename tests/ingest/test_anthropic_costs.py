"""Anthropic's costs: cents and dollars, what each line is for, pages that repeat each other."""

from __future__ import annotations

import json
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from costmodel.meters import Meter
from ingest.charges import Charge, ChargeKind
from ingest.files import sample_of
from ingest.formats.anthropic_costs import AnthropicCosts
from ingest.formats.anthropic_usage import AnthropicUsage
from ingest.projection import ImportOptions
from tests.ingest.usage_pages import imported

COST = {
    "currency": "USD",
    "amount": "123.78912",
    "workspace_id": "wrkspc_1",
    "description": "Claude Opus 5 Usage - Output Tokens",
    "cost_type": "tokens",
    "model": "claude-opus-5",
    "service_tier": "batch",
    "token_type": "output_tokens",
}
HEADER = (
    "usage_date_utc,model,workspace,api_key,usage_type,context_window,token_type,cost_usd,"
    "list_price_usd,cost_type,inference_geo,speed\n"
)
RECORD = "2026-11-02,Claude Haiku 4.5,Default,shop,message,≤ 200k,output,0.02,0.03,token,us,\n"


def page(*results: object, day: int = 2) -> dict[str, Any]:
    start, end = (f"2026-11-{each:02}T00:00:00Z" for each in (day, day + 1))
    bucket = {"starting_at": start, "ending_at": end, "results": list(results)}
    return {"data": [bucket], "has_more": False, "next_page": None}


def charges(folder: Path, document: object) -> list[Charge]:
    _, store = imported(folder, document, "bill")
    return [each.charge for each in store.charges()]


def test_reports_and_tables_are_claimed_and_usage_is_not(tmp_path: Path) -> None:
    path = tmp_path / "x"
    for text, mine in (
        (json.dumps(page(COST)), True),
        (HEADER, True),
        (json.dumps(page({"output_tokens": 1, "uncached_input_tokens": 2})), False),
        ("usage_date_utc,usage_output_tokens\n", False),
        ("[1]", False),
    ):
        path.write_text(text, encoding="utf-8")
        assert AnthropicCosts().claims(sample_of(path)) is mine
        assert not (mine and AnthropicUsage().claims(sample_of(path)))


def test_a_report_counts_cents_and_keeps_their_fractions(tmp_path: Path) -> None:
    (found,) = charges(tmp_path, page(COST))
    assert str(found.amount) == "1.2378912"
    assert (found.provider, found.kind, found.meter) == (
        "anthropic",
        ChargeKind.USAGE,
        Meter.OUTPUT,
    )
    assert (found.model, found.project, found.memo) == (
        "claude-opus-5",
        "wrkspc_1",
        "service_tier batch",
    )
    assert found.line_item == "Claude Opus 5 Usage - Output Tokens"
    assert (found.end - found.start).days == 1


def test_a_table_counts_dollars_and_shows_names_of_people(tmp_path: Path) -> None:
    (found,) = charges(tmp_path, HEADER + RECORD)
    assert (str(found.amount), found.model, found.meter) == (
        "0.02",
        "claude-haiku-4-5",
        Meter.OUTPUT,
    )
    assert (found.project, found.api_key) == ("Default", "shop")
    assert found.line_item == "Claude Haiku 4.5, output"


@pytest.mark.parametrize(
    ("values", "kind", "meter"),
    [
        ({"token_type": "uncached_input_tokens"}, ChargeKind.USAGE, Meter.INPUT),
        ({"token_type": "cache_read_input_tokens"}, ChargeKind.USAGE, Meter.CACHED_INPUT),
        (
            {"token_type": "cache_creation.ephemeral_5m_input_tokens"},
            ChargeKind.USAGE,
            Meter.CACHE_WRITE,
        ),
        (
            {"token_type": "cache_creation.ephemeral_1h_input_tokens"},
            ChargeKind.USAGE,
            Meter.CACHE_WRITE_1H,
        ),
        ({"token_type": "new_tokens"}, ChargeKind.USAGE, None),
        (
            {"cost_type": "web_search", "token_type": None},
            ChargeKind.TOOL,
            Meter.WEB_SEARCH_CALLS,
        ),
        ({"cost_type": "code_execution", "token_type": None}, ChargeKind.TOOL, None),
        ({"cost_type": "promotional_credit", "token_type": None}, ChargeKind.CREDIT, None),
        ({"cost_type": "moon_rock", "token_type": None}, ChargeKind.OTHER, None),
    ],
)
def test_what_a_line_is_for(
    values: dict[str, str | None], kind: ChargeKind, meter: Meter | None, tmp_path: Path
) -> None:
    (found,) = charges(tmp_path, page({**COST, **values}))
    assert (found.kind, found.meter) == (kind, meter)


def test_without_a_description_tools_cannot_be_told(tmp_path: Path) -> None:
    found, store = imported(tmp_path, page({"currency": "USD", "amount": "5"}))
    assert "not grouped by description" in found.notices[0]
    assert [each.charge.kind for each in store.charges()] == [ChargeKind.USAGE]


def test_a_later_export_restates_and_a_repeated_page_counts_once(tmp_path: Path) -> None:
    imported(tmp_path, page(COST))
    found, _ = imported(tmp_path, page({**COST, "amount": "200"}))
    assert (found.rows_added, found.rows_replaced) == (0, 1)
    pages = [page(COST, COST), page(COST, {**COST, "amount": "300"})]
    found, store = imported(tmp_path, pages)
    assert sum(each.charge.amount for each in store.charges()) == Decimal("4.2378912")
    assert "2 charges stand in several pages: the last of each counts" in found.notices


def test_addresses_and_secrets_are_not_kept(tmp_path: Path) -> None:
    row = RECORD.replace("Default", "eve@example.com").replace("shop", "sk-ant-secret9876")
    (found,) = charges(tmp_path, HEADER + row)
    assert found.project is not None
    assert found.project.startswith("mail:")
    assert found.api_key == "...9876"
    assert b"eve@example.com" not in (tmp_path / "store.duckdb").read_bytes()


@pytest.mark.parametrize(
    ("result", "said"),
    [
        (7, "no object"),
        ({**COST, "amount": True}, "amount is 'True', not an amount of money"),
        ({**COST, "amount": "NaN"}, "amount is 'NaN', not an amount of money"),
        ({**COST, "model": ["a"]}, "model is \"['a']\", not a name"),
        ({**COST, "currency": "JPY"}, "only USD is known to be in cents"),
    ],
)
def test_what_cannot_be_right_is_set_aside(result: object, said: str, tmp_path: Path) -> None:
    found, _ = imported(tmp_path, page(result, COST))
    assert (found.rows_added, found.rows_set_aside) == (1, 1)
    assert said in found.set_aside[0].reason


def test_a_table_without_rows_says_so(tmp_path: Path) -> None:
    found, _ = imported(tmp_path, HEADER, "empty.csv")
    assert (found.rows_read, found.notices) == (
        0,
        ("the file holds no charges: nothing was imported",),
    )


@given(st.lists(st.decimals(-(10**9), 10**9, places=6), max_size=8))
@settings(max_examples=settings().max_examples // 4)  # each imports files
def test_charges_sum_to_the_report(cents: list[Decimal]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "page.json"
        results = [{**COST, "amount": str(each)} for each in cents]
        path.write_text(json.dumps(page(*results)), encoding="utf-8")
        opened = AnthropicCosts().open(sample_of(path), ImportOptions(), Path(folder))
    assert sum(each.amount for each in opened.charges) * 100 == sum(cents)
