"""OpenAI's bill, from its Costs API and its dashboard: line items, dirt, every digit."""

from __future__ import annotations

import csv
import gzip
import io
import json
import tempfile
from datetime import UTC, datetime, timedelta
from decimal import Decimal, localcontext
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from costmodel.meters import Meter
from ingest.charges import Charge, ChargeKind
from ingest.files import sample_of
from ingest.formats import FORMATS
from ingest.line_items import line_item_of
from ingest.store import CellQuery, Store
from ingest.values import Fault, money_of
from tests.ingest.chats import adds_up
from tests.ingest.usage_pages import DAY, NOVEMBER_30, bucket, imported, page

SNAPSHOT = "gpt-4.1-mini-2025-04-14"
AMOUNT = "0.4843741800000000000000000001"


def cost(
    value: object = AMOUNT, item: object = f"{SNAPSHOT}, input", **more: object
) -> dict[str, Any]:
    usual = {"object": "organization.costs.result", "line_item": item, "project_id": "proj_shop"}
    return {**usual, "amount": {"value": value, "currency": "usd"}, **more}


def table(*rows: dict[str, str], by: str = ",", end: str = "\n") -> str:
    text = io.StringIO()
    names = list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.DictWriter(text, names, delimiter=by, lineterminator=end)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


ROW = {
    "start_time": str(NOVEMBER_30),
    "end_time": str(NOVEMBER_30 + DAY),
    "start_time_iso": "2026-11-30T00:00:00+00:00",
    "end_time_iso": "2026-12-01T00:00:00",
    "amount_value": AMOUNT,
    "amount_currency": "usd",
    "line_item": f"{SNAPSHOT}, input",
    "project_id": "proj_shop",
    "organization_id": "org-sample",
    "organization_name": "Sample",
}


def charges(store: Store) -> list[Charge]:
    return [each.charge for each in store.charges()]


def claimed(folder: Path, text: str) -> list[str]:
    path = folder / "sample"
    path.write_text(text, encoding="utf-8")
    return [each.name for each in FORMATS if each.claims(sample_of(path))]


USAGE, TOOL, OTHER = ChargeKind.USAGE, ChargeKind.TOOL, ChargeKind.OTHER


@pytest.mark.parametrize(
    ("text", "kind", "model", "meter"),
    [
        (f"{SNAPSHOT}, input", USAGE, SNAPSHOT, Meter.INPUT),
        (f"{SNAPSHOT}, cached input", USAGE, SNAPSHOT, Meter.CACHED_INPUT),
        (f"{SNAPSHOT}, output", USAGE, SNAPSHOT, Meter.OUTPUT),
        (f"{SNAPSHOT}, cache write", USAGE, SNAPSHOT, Meter.CACHE_WRITE),
        (f"{SNAPSHOT}, cache write input", USAGE, SNAPSHOT, Meter.CACHE_WRITE),
        (f"{SNAPSHOT}, batch input", USAGE, SNAPSHOT, Meter.INPUT),
        (f"{SNAPSHOT}, batch, cached input", USAGE, SNAPSHOT, Meter.CACHED_INPUT),
        (f"{SNAPSHOT} batch, output", USAGE, SNAPSHOT, Meter.OUTPUT),
        (f"{SNAPSHOT}, output (batch)", USAGE, SNAPSHOT, Meter.OUTPUT),
        ("gpt-5-nano, input_tokens", USAGE, "gpt-5-nano", Meter.INPUT),
        ("gpt-5-nano input", USAGE, "gpt-5-nano", Meter.INPUT),
        ("gpt-4o-mini-tts, audio output", USAGE, "gpt-4o-mini-tts", Meter.OUTPUT_AUDIO),
        ("gpt-image-1, cached image input", USAGE, "gpt-image-1", Meter.CACHED_INPUT_IMAGE),
        ("gpt-4o-search-preview, text input", USAGE, "gpt-4o-search-preview", Meter.INPUT),
        ("evals | gpt-4o, input", USAGE, "gpt-4o", Meter.INPUT),
        ("ft:gpt-4.1:org::id, training", USAGE, "ft:gpt-4.1:org::id", None),
        ("whisper-1", USAGE, "whisper-1", None),
        ("web search tool calls", TOOL, None, Meter.WEB_SEARCH_CALLS),
        ("file search tool calls", TOOL, None, Meter.FILE_SEARCH_CALLS),
        ("file search storage", TOOL, None, None),
        ("code interpreter containers", TOOL, None, Meter.CODE_INTERPRETER_SESSIONS),
        ("assistants api | code interpreter", TOOL, None, Meter.CODE_INTERPRETER_SESSIONS),
        ("new kind of tool calls", TOOL, None, None),
        ("GPT-4 Turbo", USAGE, None, None),
        ("Embedding models", USAGE, None, None),
        ("monthly credit", ChargeKind.CREDIT, None, None),
        ("sales tax", ChargeKind.TAX, None, None),
        ("priority support", OTHER, None, None),
        (None, USAGE, None, None),
    ],
)
def test_line_items(
    text: str | None, kind: ChargeKind, model: str | None, meter: Meter | None
) -> None:
    found = line_item_of(text)
    assert (found.kind, found.model, found.meter) == (kind, model, meter)
    assert found.known == (kind is not OTHER)


def test_a_line_item_of_half_a_character_is_kept_without_it(tmp_path: Path) -> None:
    found, store = imported(tmp_path, page(bucket(cost("1", "gpt-\ud8004.1, input", unit="\0"))))
    assert (found.rows_added, found.rows_set_aside) == (1, 0)
    assert [each.line_item for each in charges(store)] == ["gpt-4.1, input"]


def test_the_unit_tells_the_meter_where_the_words_do_not(tmp_path: Path) -> None:
    results = [
        cost(1, "dall-e-3", quantity=4, quantity_unit="images"),
        cost(1, "tts-1", quantity=1200, quantity_unit="characters"),
        cost(1, "whisper-1", quantity=1.5, quantity_unit="duration_minutes"),
        cost(1, f"{SNAPSHOT}, output", quantity="1.712", quantity_unit="1000_tokens"),
        cost(1, "code interpreter", quantity=2, quantity_unit="duration_hours"),
    ]
    _, store = imported(tmp_path, page(bucket(*results)))
    assert {(c.line_item, c.meter, c.quantity, c.unit) for c in charges(store)} == {
        ("dall-e-3", Meter.IMAGES, 4, "images"),
        ("tts-1", Meter.CHARACTERS, 1200, "characters"),
        ("whisper-1", Meter.AUDIO_SECONDS, 90, "duration_seconds"),
        (f"{SNAPSHOT}, output", Meter.OUTPUT, 1712, "tokens"),
        ("code interpreter", None, 7200, "duration_seconds"),
    }


def test_a_charge_has_every_digit_and_is_no_usage(tmp_path: Path) -> None:
    text = json.dumps(page(bucket(cost(), cost(0.1, "web search tool calls"))))
    found, store = imported(tmp_path, text.replace("0.1", "0.100000000000000000000000000007"))
    start = datetime(2026, 11, 30, tzinfo=UTC)
    assert (found.format, found.rows_added, store.cells(CellQuery())) == ("openai_costs", 2, [])
    by_item = {each.line_item: each for each in charges(store)}
    assert by_item[f"{SNAPSHOT}, input"] == Charge(
        1, "openai", start, start + timedelta(days=1), USAGE, Decimal(AMOUNT), "USD",
        f"{SNAPSHOT}, input", SNAPSHOT, Meter.INPUT, project="proj_shop",
        grouping="project_id,line_item",
    )  # fmt: skip
    tool = by_item["web search tool calls"]
    assert str(tool.amount) == "0.100000000000000000000000000007"


def test_api_and_dashboard_tell_the_same_bill_once(tmp_path: Path) -> None:
    key = {"api_key_id": "key_00001234"}
    imported(tmp_path, page(bucket(cost(**key), cost("1", "web search tool calls", **key))))
    rows = [
        {**ROW, **key},
        {**ROW, **key, "amount_value": "1", "line_item": "web search tool calls"},
    ]
    found, store = imported(tmp_path, table(*rows), "cost.csv")
    assert (found.format, found.rows_duplicate) == ("openai_cost_csv", 2)
    assert sorted(c.amount for c in charges(store)) == [Decimal(AMOUNT), 1]
    assert {c.api_key for c in charges(store)} == {"...1234"}


def test_a_page_fetched_again_restates_and_equal_groups_of_one_page_add(tmp_path: Path) -> None:
    first, again = page(bucket(cost("1"), cost("2"))), page(bucket(cost("1"), cost("3")))
    found, store = imported(tmp_path, "\n".join(map(json.dumps, (first, again))))
    assert [str(c.amount) for c in charges(store)] == ["1", "3"]
    assert (found.rows_read, found.rows_added) == (2, 2)
    assert found.notices == (
        "charges that stand in several pages or parts, of which the last counts: 2",
    )


def test_joined_tables_restate_too(tmp_path: Path) -> None:
    found, store = imported(tmp_path, table(ROW) + table({**ROW, "amount_value": "2"}), "c.csv")
    assert [str(c.amount) for c in charges(store)] == ["2"]
    assert len(found.notices) == 1


def test_people_are_told_apart_but_their_addresses_are_not_stored(tmp_path: Path) -> None:
    people = [{**ROW, "user_id": each, "user_email": each} for each in ("a@example.com", "user-2")]
    _, store = imported(tmp_path, table(*people), "cost.csv")
    assert len(charges(store)) == len({c.memo for c in charges(store)}) == 2
    assert {c.grouping for c in charges(store)} == {"project_id,line_item,user_id"}
    assert b"a@example.com" not in store.path.read_bytes()


@pytest.mark.parametrize("by", [",", "\t", ";"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_tables_in_any_dress(by: str, mark: str, tmp_path: Path) -> None:
    turned = {name: ROW[name] for name in reversed(ROW)}
    text = mark + table(turned, by=by, end="\r\n").replace("\r\n", "\r\n\r\n", 1)
    path = tmp_path / "cost.csv"
    path.write_bytes(gzip.compress(text.encode()))
    assert [each.name for each in FORMATS if each.claims(sample_of(path))] == ["openai_cost_csv"]
    found, store = imported(tmp_path, text, "cost.csv")
    assert (found.rows_added, found.notices, found.set_aside) == (1, (), ())
    assert [str(c.amount) for c in charges(store)] == [AMOUNT]


def test_times_without_a_zone_or_an_end(tmp_path: Path) -> None:
    only_iso = {**ROW, "start_time": "", "end_time": "", "end_time_iso": ""}
    rows = [
        {**only_iso, "start_time_iso": "2026-11-30T00:00:00"},
        {**ROW, "end_time": ROW["start_time"]},
    ]
    found, store = imported(tmp_path, table(*rows), "cost.csv")
    (charge,) = charges(store)
    assert charge.end - charge.start == timedelta(days=1)
    assert charge.start == datetime(2026, 11, 30, tzinfo=UTC)
    assert [(each.line, each.reason) for each in found.set_aside] == [
        (3, "end_time 2026-11-30 00:00 is not after start_time 2026-11-30 00:00")
    ]


def test_what_is_claimed_and_what_is_not(tmp_path: Path) -> None:
    times = "start_time,end_time,start_time_iso,end_time_iso"
    assert claimed(tmp_path, f"{times}\n") == ["openai_activity"]
    assert claimed(tmp_path, f"{times},amount_value,amount_currency\n") == ["openai_cost_csv"]
    assert claimed(tmp_path, "date,name,currency,cost_in_major\n") == ["openai_cost_csv"]
    assert claimed(tmp_path, "amount_value,line_item\n") == []
    bare = cost()
    del bare["object"]
    for document in (page(bucket(cost())), bucket(cost()), page(bucket(), bucket(bare))):
        assert claimed(tmp_path, json.dumps(document)) == ["openai_costs"]
        assert claimed(tmp_path, json.dumps([document], indent=4)) == ["openai_costs"]
    talk = {"object": "chat.completion", "model": "m", "text": json.dumps(page(bucket(cost())))}
    assert claimed(tmp_path, json.dumps(talk)) == ["api_objects"]


WRONG: list[tuple[object, str]] = [
    (cost("0,484"), "amount_value is '0,484': a spreadsheet wrote it with a comma"),
    (cost("much"), "amount_value is 'much', not an amount of money"),
    (cost("NaN"), "amount_value is 'NaN', not an amount of money"),
    (cost("1e400"), "amount_value is '1e400', too large or too small to be right"),
    (cost(True), "amount_value is 'True', not an amount of money"),
    (cost(["1"]), "amount_value is \"['1']\", not an amount of money"),
    (cost(None), "no amount with a value"),
    (cost(item=["a"]), "line_item is \"['a']\", not a name"),
    (cost(quantity="x"), "quantity is 'x', not a number"),
    (cost(amount={"value": 1, "currency": "US dollars"}), "amount_currency is 'US dollars'"),
    (None, "no object"),
]


def test_what_cannot_be_right_is_set_aside(tmp_path: Path) -> None:
    wrong = [result for result, _ in WRONG]
    found, store = imported(tmp_path, page(bucket(cost("1", "a-1, input"), *wrong)))
    assert len(found.set_aside) == len(WRONG)
    for number, (aside, (_, reason)) in enumerate(zip(found.set_aside, WRONG, strict=True), 2):
        assert aside.reason.startswith(f"bucket 1, result {number}: {reason}")
    assert [str(c.amount) for c in charges(store)] == ["1"]
    assert adds_up(found)


def test_credits_are_below_zero_and_stay(tmp_path: Path) -> None:
    _, store = imported(tmp_path, page(bucket(cost("-3.50", "promotional credit"))))
    assert [(c.kind, c.amount) for c in charges(store)] == [(ChargeKind.CREDIT, Decimal("-3.50"))]


def test_damaged_pages_do_not_stop_the_others(tmp_path: Path) -> None:
    lines = [json.dumps(page(bucket(cost("1")), 7)), '{"object": "page", "data": [', "7"]
    deep = '{"a":' * 200_000
    found, store = imported(tmp_path, "\n".join([*lines, deep]))
    assert [(each.line, each.reason) for each in found.set_aside] == [
        (1, "bucket 2: no bucket with a list of results"),
        (2, "cannot be read as JSON"),
        (3, "neither a page nor a bucket of costs"),
        (4, "cannot be read as JSON"),
    ]
    assert len(charges(store)) == 1


def test_rows_without_a_line_item_beside_some_with_one_are_told(tmp_path: Path) -> None:
    found, _ = imported(tmp_path, page(bucket(cost("1"), cost("1", None))))
    assert found.notices[0].startswith("rows without a line item: 1 of 2; if exports grouped")


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1,234.50", "1234.50"),
        ("-$1,234,567", "-1234567"),
        ("$0.10", "0.10"),
        ("1e-06", "0.000001"),
    ],
)
def test_amounts_of_money(text: str, amount: str) -> None:
    assert money_of("amount", text) == Decimal(amount)


@pytest.mark.parametrize("text", ["0,484", "1,23", "1,2345", "12,34.5", ",123", "1e15", "1e-41"])
def test_a_comma_that_groups_no_thousands_never_makes_an_amount_larger(text: str) -> None:
    with pytest.raises(Fault):
        money_of("amount", text)


AMOUNTS = st.one_of(
    st.decimals(min_value=-1000, max_value=1000, places=28).map(str),
    st.sampled_from(["", "x", "1,5", "1e99"]),
)


@settings(max_examples=settings().max_examples // 4)  # each imports files
@given(st.lists(AMOUNTS, min_size=1, max_size=12))
def test_the_money_of_good_rows_is_all_there_and_bad_rows_are_aside(values: list[str]) -> None:
    rows = [{**ROW, "amount_value": value} for value in values]
    with tempfile.TemporaryDirectory() as folder, localcontext(prec=60):
        found, store = imported(Path(folder), table(*rows), "cost.csv")
        good = [Decimal(value) for value in values if value not in {"", "x", "1,5", "1e99"}]
        assert sum(c.amount for c in charges(store)) == sum(good)
        assert found.rows_set_aside == len(values) - len(good)
        assert adds_up(found)
