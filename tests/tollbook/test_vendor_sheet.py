from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

import openpyxl

from tests.tollbook.usage import NOW, chat

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tollbook.calling import Ran, Tollbook

Key = tuple[str, str, str]


def rows_of(ran: Ran) -> dict[Key, tuple[int, str]]:
    """Requests and cost by model, month and kind."""
    assert ran.code == 0
    rows = csv.DictReader(io.StringIO(ran.out))
    return {(r["model"], r["month"], r["kind"]): (int(r["requests"]), r["cost"]) for r in rows}


def test_months_used_and_expected(guide: Tollbook) -> None:
    ran = guide("export", "vendors", *NOW, "--ahead", "2")
    # 5,000 requests a day on each: $33.00 on full and $6.60 on Mini, 21 October to 19 November
    assert rows_of(ran) == {
        ("gpt-4.1", "2026-10", "used"): (55_000, "363.00"),
        ("gpt-4.1", "2026-11", "used so far"): (95_000, "627.00"),
        # ten days and a half are left
        ("gpt-4.1", "2026-11", "expected rest"): (52_500, "346.50"),
        ("gpt-4.1", "2026-12", "expected"): (155_000, "1023.00"),
        # 13 days, then both are gone: 18 days of $3.90 on the successor
        ("gpt-4.1", "2027-01", "expected"): (65_000, "429.00"),
        ("gpt-4.1-mini", "2026-10", "used"): (55_000, "72.60"),
        ("gpt-4.1-mini", "2026-11", "used so far"): (95_000, "125.40"),
        ("gpt-4.1-mini", "2026-11", "expected rest"): (52_500, "69.30"),
        ("gpt-4.1-mini", "2026-12", "expected"): (155_000, "204.60"),
        ("gpt-4.1-mini", "2027-01", "expected"): (65_000, "85.80"),
        ("gpt-6-luna", "2027-01", "expected"): (180_000, "70.20"),
    }
    assert "every day like the mean of the last 30 days, at the prices announced today" in ran.err


def test_growth_counts_from_the_next_month_on(guide: Tollbook) -> None:
    words = ("export", "vendors", *NOW, "--ahead", "2", "--back", "0", "--growth", "10%")
    ran = guide(*words)
    rows = rows_of(ran)
    assert rows["gpt-4.1", "2026-11", "expected rest"] == (52_500, "346.50")
    assert rows["gpt-4.1", "2026-12", "expected"] == (170_500, "1125.30")
    # 13 days x 5,000 x 1.21
    assert rows["gpt-4.1", "2027-01", "expected"] == (78_650, "519.09")
    assert ("gpt-4.1", "2026-10", "used") not in rows
    assert "growing 10% a month" in ran.err


def test_the_workbook(guide: Tollbook, home: Path) -> None:
    ran = guide("export", "vendors", *NOW, "--ahead", "2", "--out", "vendors.xlsx", "--json")
    assert ran.answer == {"path": "vendors.xlsx", "rows": 11}
    book = openpyxl.load_workbook(home / "vendors.xlsx", read_only=True)
    totals = [list(row) for row in book["Vendors"].iter_rows(values_only=True)]
    assert totals[0][3] == "Cost used (USD)"
    # 150,000 x 1,500 tokens and $990.00 used; 346.50 + 1,023.00 + 429.00 to come
    assert totals[1] == ["openai", "gpt-4.1", 225_000_000, 990.0, 408_750_000, 1_798.5]
    assert totals[3][:4] == ["openai", "gpt-6-luna", 0, None]
    months = list(book["Months"].iter_rows(values_only=True))
    assert len(months) == 12
    assert months[1][:5] == ("openai", "gpt-4.1", "2026-10", "used", 55_000)
    assert "Expected: every day" in str(book["Notes"]["A2"].value)
    book.close()


def test_a_csv_file(guide: Tollbook, home: Path) -> None:
    ran = guide("export", "vendors", *NOW, "--ahead", "0", "--out", "vendors.csv")
    assert (ran.code, ran.out) == (0, "")
    assert (home / "vendors.csv").read_text(encoding="utf-8").startswith("vendor,model,month,kind")


def test_what_has_no_price_has_no_cost(calls: Tollbook) -> None:
    rows = rows_of(calls("export", "vendors", *NOW, "--ahead", "1"))
    assert rows["acme-7b", "2026-11", "used so far"] == (1, "")
    assert rows["acme-7b", "2026-12", "expected"][1] == ""


def test_a_model_that_is_gone_without_a_successor_is_named(guide: Tollbook, home: Path) -> None:
    assert "has no successor" not in guide("export", "vendors", *NOW).err
    nano = chat(9, "gpt-4.1-nano", "search", at="2026-10-22T09:00:00+00:00")
    (home / "nano.jsonl").write_text(json.dumps(nano) + "\n", encoding="utf-8")
    assert guide("import", "nano.jsonl", "--organisation", "other").code == 0
    said = "gpt-4.1-nano is gone since 2026-10-23 and has no successor in the price book"
    assert said in guide("export", "vendors", *NOW).err


def test_json_needs_a_file(guide: Tollbook) -> None:
    ran = guide("export", "vendors", *NOW, "--json")
    assert (ran.code, ran.out) == (2, "")
    assert "--json needs --out FILE" in ran.err
    ran = guide("export", "vendors", *NOW, "--tz", "Mars/Olympus")
    assert (ran.code, "is no time zone" in ran.error) == (2, True)
