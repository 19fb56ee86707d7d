from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from costmodel.meters import Meter
from ingest.charges import ChargeKind
from ingest.store import Store
from tests.ingest.bills import bring, charge, fee
from tests.tollbook.usage import FULL, MINI, chat, write_guide_month
from tollbook.numbers import parse_money

if TYPE_CHECKING:
    from ingest.charges import Charge
    from tests.tollbook.calling import Tollbook

FIRST = datetime(2026, 10, 21, tzinfo=UTC)


def guide_bill() -> list[Charge]:
    """The guide's month as OpenAI bills it: what it costs, with three changes.

    Output of full is billed at 8.80 on the first day (24.00 becomes 26.40), Mini's input of
    the last day is not on it (1.80 less), and there are 5.00 of tools and 3.00 of credit.
    """
    lines = []
    for number in range(30):
        day = FIRST + timedelta(days=number)
        full_output = "26.40" if number == 0 else "24"
        lines += [
            charge("9", 4_500_000, start=day, model=FULL),
            charge(full_output, 3_000_000, start=day, model=FULL, meter=Meter.OUTPUT),
            charge("4.8", 3_000_000, start=day, model=MINI, meter=Meter.OUTPUT),
        ]
        if number < 29:
            lines.append(charge("1.8", 4_500_000, start=day, model=MINI))
    return [
        *lines,
        fee("5", ChargeKind.TOOL, start=FIRST),
        fee("-3", ChargeKind.CREDIT, start=FIRST),
    ]


@pytest.fixture(scope="module")
def billed_store(stores: Path) -> Path:
    path = Path(shutil.copy(stores / "guide.duckdb", stores / "billed.duckdb"))
    bring(Store(path), guide_bill())
    return path


@pytest.fixture
def billed(tollbook: Tollbook, billed_store: Path, home: Path) -> Tollbook:
    """The guide's month beside its bill."""
    shutil.copy(billed_store, home / "tollbook.duckdb")
    return tollbook


def lines_of(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines()]


def test_the_gap_is_split_and_adds_up(billed: Tollbook) -> None:
    ran = billed("reconcile", "--json")
    assert (ran.code, ran.err) == (0, "")
    answer = ran.answer
    # Ours $1,188.00; the bill 1,188 + 2.40 - 1.80 + 5.00 - 3.00 = $1,190.60.
    total = answer["total"]
    assert (total["ours"], total["list_cost"], total["bill"], total["gap"]) == (
        "1188.00",
        "1188.00",
        "1190.60",
        "2.60",
    )
    assert total["causes"] == {
        "price_difference": "2.40",
        "missing_usage": "-1.80",
        "tool_fees": "5.00",
        "tax_and_credits": "-3.00",
    }
    assert sum(map(Fraction, total["causes"].values())) == Fraction(total["gap"])
    assert (total["unexplained"], total["unexplained_share"]) == ("0.00", 0.0)
    assert total["gap_share"] == pytest.approx(2.6 / 1190.6)
    assert (answer["since"], answer["until"]) == ("2026-10-21", "2026-11-20")
    assert (answer["providers"], answer["currency"], answer["by"]) == (["openai"], "USD", "model")
    assert (answer["at_least"], answer["unpriced"], answer["notes"]) == (False, [], [])
    rows = {(row["kind"], row["model"]): row for row in answer["rows"]}
    assert rows["usage", "gpt-4.1"]["gap"] == "2.40"
    assert rows["usage", "gpt-4.1-mini"]["largest_cause"] == "missing_usage"
    assert (rows["tool", None]["bill"], rows["tool", None]["provider"]) == ("5.00", "openai")


def test_the_table_for_people(billed: Tollbook) -> None:
    ran = billed("reconcile")
    assert (ran.code, ran.err) == (0, "")
    lines = lines_of(ran.out)
    assert lines[0] == "2026-10-21 to 2026-11-19, UTC: openai"
    assert "(tools) $0.00 $5.00 $5.00 tool fees" in lines
    assert "gpt-4.1 $990.00 $992.40 $2.40 price difference" in lines
    assert "gpt-4.1-mini $198.00 $196.20 -$1.80 missing usage" in lines
    assert "Total $1,188.00 $1,190.60 $2.60" in lines
    assert "Missing usage -$1.80 0.2% tokens that only one side has, at our rate" in lines
    assert lines[-1] == (
        "Your usage at list prices is $1,188.00, the bill $1,190.60: $2.60 (0.2%) apart, of "
        "which $5.00 tool fees, -$3.00 tax and credits, $2.40 price difference and -$1.80 "
        "missing usage; unexplained $0.00 (0%)."
    )


def test_rows_by_day_and_meter_and_only_some_days(billed: Tollbook) -> None:
    words = ("reconcile", "--since", "2026-10-22", "--until", "2026-10-24", "--json")
    answer = billed(*words, "--by", "day").answer
    assert [(row["day"], row["ours"], row["gap"]) for row in answer["rows"]] == [
        ("2026-10-22", "39.60", "0.00"),
        ("2026-10-23", "39.60", "0.00"),
    ]
    assert answer["sentence"] == (
        "Your usage at list prices is $79.20, the bill $79.20: nothing lies between them."
    )
    meters = billed(*words, "--by", "meter").answer["rows"]
    assert {row["meter"]: row["bill"] for row in meters} == {"input": "21.60", "output": "57.60"}
    month = billed("reconcile", "--last", "2026-10", "--json").answer
    assert (month["since"], month["until"], month["total"]["ours"]) == (
        "2026-10-21",
        "2026-11-01",
        "435.60",
    )


def test_other_charges_stand_beside_a_report_and_in_no_total(billed: Tollbook) -> None:
    answer = billed("report", "--json").answer
    assert answer["total"]["cost"] == "1188.00"
    assert [(each["kind"], each["amount"]) for each in answer["other_charges"]] == [
        ("credit", "-3"),
        ("tool", "5"),
    ]
    first = answer["other_charges"][0]
    assert (first["provider"], first["currency"], first["start"]) == (
        "openai",
        "USD",
        "2026-10-21T00:00:00+00:00",
    )
    later = billed("report", "--since", "2026-10-22", "--json").answer
    elsewhere = billed("report", "--filter", "team=legal", "--json").answer
    assert later["other_charges"] == elsewhere["other_charges"] == []
    own = billed("report", "--filter", "provider=openai", "--json").answer
    assert len(own["other_charges"]) == 2


def test_an_invoice_against_usage_alone_is_usage_or_price(guide: Tollbook) -> None:
    ran = guide("reconcile", "--invoice", "$1,200.00")
    assert ran.code == 0
    lines = lines_of(ran.out)
    assert "(all models) $1,188.00 $1,200.00 $12.00 usage or price" in lines
    assert lines[-1].endswith(
        "$12.00 (1%) apart, of which $12.00 usage or price; unexplained $0.00 (0%)."
    )
    refused = guide("reconcile", "--invoice", "1200", "--currency", "EUR")
    assert refused.code == 2
    assert refused.error.startswith("the bill is in EUR and prices are in USD: write in toll")


def test_an_invoice_beside_its_lines_leaves_a_rest(billed: Tollbook) -> None:
    answer = billed("reconcile", "--invoice", "1196.60", "--json").answer
    assert answer["total"]["unexplained"] == "6.00"
    assert answer["total"]["unexplained_share"] == pytest.approx(6 / 1196.6)
    assert "; unexplained $6.00 (0.5%)." in answer["sentence"]


def test_no_bill_in_the_store_says_which_export_to_import(guide: Tollbook) -> None:
    ran = guide("reconcile")
    assert (ran.code, ran.out) == (2, "")
    assert ran.error.startswith(
        "the store holds no bill for usage: import one with 'tollbook import"
    )
    assert "OpenAI's cost export" in ran.error
    as_json = guide("reconcile", "--provider", "anthropic", "--json")
    told = json.loads(as_json.err)["error"]
    assert (as_json.code, told["code"], told["kind"]) == (2, 2, "usage")
    assert "no bill of anthropic" in told["message"]


def test_a_store_that_is_not_there_and_wrong_words(tollbook: Tollbook) -> None:
    assert tollbook("reconcile").code == 2
    for words in (("--by", "team"), ("--invoice", "much"), ("--since", "2026-13-01")):
        ran = tollbook("reconcile", *words)
        assert ran.code == 2, words


def test_usage_without_a_price_makes_ours_a_lower_bound(calls: Tollbook) -> None:
    day = datetime(2026, 11, 19, tzinfo=UTC)
    acme = charge("7", 1_500, start=day, model="acme-7b")
    bring(Store(Path("tollbook.duckdb")), [acme, charge("1", 3_000, start=day, model=MINI)])
    answer = calls("reconcile", "--json").answer
    assert answer["at_least"] is True
    assert [each["model"] for each in answer["unpriced"]] == ["acme-7b"]
    rows = {row["model"]: row for row in answer["rows"]}
    assert (rows["acme-7b"]["ours_at_least"], rows["acme-7b"]["causes"]) == (
        True,
        {"unpriced": "7.00"},
    )
    assert rows["gpt-4.1-mini"]["ours_at_least"] is False
    assert "Your usage at list prices is at least $0.00" in answer["sentence"]
    out = calls("reconcile").out
    assert "acme-7b no price $7.00 $7.00 unpriced" in lines_of(out)
    assert any(line.startswith("Total at least $0.0036 $8.00") for line in lines_of(out))
    assert "Not in this total: 1.5k tokens of acme-7b" in out
    assert "Not compared: $0.01 of usage of openai before the days of its bill" in out


def test_requests_without_a_count_make_ours_a_lower_bound(tollbook: Tollbook, home: Path) -> None:
    choice = {"delta": {"content": "x"}, "index": 0, "finish_reason": "stop"}
    streamed = chat(2, MINI, None, object="chat.completion.chunk", choices=[choice], usage=None)
    lines = "".join(json.dumps(each) + "\n" for each in (chat(1, MINI, None), streamed))
    home.joinpath("calls.jsonl").write_text(lines, encoding="utf-8")
    assert tollbook("import", "calls.jsonl").code == 0
    day = datetime(2026, 11, 19, tzinfo=UTC)
    bring(Store(home / "tollbook.duckdb"), [charge("1", 1_000, start=day, model=MINI)])
    assert tollbook("reconcile", "--json").answer["unmetered_requests"] == 1
    out = tollbook("reconcile").out
    assert "Not in this total: 1 request that came without a token count." in out
    assert "Your usage at list prices is at least $0.00" in out


def test_the_contract_is_what_ours_is_priced_at(tollbook: Tollbook, home: Path) -> None:
    text = "contract:\n  terms:\n    - {source: order form, discount: 10%}\n"
    home.joinpath("tollbook.yaml").write_text(text, encoding="utf-8")
    assert tollbook("import", write_guide_month(home / "usage.csv")).code == 0
    bring(Store(home / "tollbook.duckdb"), guide_bill())
    total = tollbook("reconcile", "--json").answer
    assert (total["total"]["ours"], total["total"]["list_cost"]) == ("1069.20", "1188.00")
    assert total["sentence"].startswith("Your usage at your contract's prices is $1,069.20")


@pytest.mark.parametrize(
    ("text", "money"),
    [("1234.56", "1234.56"), ("$1,234.56", "1234.56"), ("-3", "-3"), ("€0.000000001", "1e-9")],
)
def test_money_is_read_with_every_digit(text: str, money: str) -> None:
    assert parse_money(text) == Fraction(money)


@pytest.mark.parametrize("text", ["", "1,23", "1.2.3", "nan", "1e3", "USD"])
def test_what_is_no_money_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no amount of money"):
        parse_money(text)
