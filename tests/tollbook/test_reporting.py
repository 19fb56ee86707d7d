from __future__ import annotations

import csv
import io
from fractions import Fraction
from typing import TYPE_CHECKING

import openpyxl
import pytest

from tests.tollbook.usage import NOW, write_calls

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tollbook.calling import Tollbook

ROW_KEYS = {
    "requests",
    "input_tokens",
    "uncached_input_tokens",
    "cached_input_tokens",
    "cache_write_tokens",
    "output_tokens",
    "cost",
    "list_cost",
}


def test_the_json_that_programs_rely_on(guide: Tollbook) -> None:
    ran = guide("report", "--by", "model,project", "--json")
    assert (ran.code, ran.err) == (0, "")
    assert {"rows", "total", "at_least", "unpriced"} <= ran.answer.keys()
    full, mini = ran.answer["rows"]
    assert full.keys() == {"model", "project"} | ROW_KEYS
    assert ran.answer["total"].keys() == ROW_KEYS
    assert (full["model"], full["project"], full["cost"]) == ("gpt-4.1", "proj_shop", "990.00")
    assert (mini["model"], mini["cost"], mini["list_cost"]) == ("gpt-4.1-mini", "198.00", "198.00")
    assert (mini["requests"], mini["input_tokens"], mini["output_tokens"]) == (
        150_000,
        135_000_000,
        90_000_000,
    )
    assert ran.answer["total"]["cost"] == "1188.00"
    assert (ran.answer["at_least"], ran.answer["unpriced"]) == (False, [])


def test_the_table_for_people(guide: Tollbook) -> None:
    ran = guide("report")
    lines = [" ".join(line.split()) for line in ran.out.splitlines()]
    assert (ran.code, ran.err) == (0, "")
    assert "gpt-4.1 150,000 135M 0% 90M $990.00" in lines
    assert "Total 300,000 270M 0% 180M $1,188.00" in lines


def test_what_has_no_price_is_beside_the_total(calls: Tollbook) -> None:
    answer = calls("report", "--by", "feature,model", "--json").answer
    assert answer["at_least"] is True
    [unpriced] = answer["unpriced"]
    assert (unpriced["model"], unpriced["tokens"]) == ("acme-7b", 1_500)
    rows = {(row["feature"], row["model"]): row["cost"] for row in answer["rows"]}
    assert rows == {
        (None, "gpt-4.1"): "0.006",
        ("search", "gpt-4.1-mini"): "0.0024",
        ("support", "gpt-4.1-mini"): "0.0012",
        ("support", "acme-7b"): None,
    }
    assert answer["total"]["cost"] == "0.0096"
    out = calls("report", "--by", "feature,model").out
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert "Total, at least 5 5k 0% 2.5k $0.0096" in lines
    assert "Not in this total: 1.5k tokens of acme-7b" in out
    assert "(not given)" in out
    assert "no price" in out


@pytest.mark.parametrize(
    ("words", "requests"),
    [
        ((), 300_000),
        (("--last", "30d"), 300_000),
        (("--last", "2026-10"), 110_000),
        (("--last", "2026-10-21..2026-10-22"), 20_000),
        (("--since", "2026-11-01"), 190_000),
        (("--until", "2026-11-01"), 110_000),
        (("--since", "2026-10-31", "--until", "2026-11-02"), 20_000),
        (("--since", "2026-10-31T00:00:00+00:00", "--until", "2026-11-01"), 10_000),
        (("--filter", "model=gpt-4.1"), 150_000),
        (("--filter", f"model_snapshot={'gpt-4.1-2025-04-14'}"), 150_000),
        (("--filter", "model=gpt-4.1", "--filter", "model=gpt-4.1-mini"), 300_000),
        (("--filter", "project=proj_shop", "--filter", "model=gpt-4.1"), 150_000),
        (("--filter", "feature="), 300_000),
        (("--filter", "feature=search"), 0),
    ],
)
def test_periods_and_filters(guide: Tollbook, words: tuple[str, ...], requests: int) -> None:
    assert guide(*NOW, "report", *words, "--json").answer["total"]["requests"] == requests


def test_days_are_cut_in_the_zone_asked_for(calls: Tollbook) -> None:
    def days(*words: str) -> list[str]:
        return [
            row["day"] for row in calls("report", "--by", "day", *words, "--json").answer["rows"]
        ]

    assert days() == ["2026-11-18", "2026-11-19"]
    assert days("--tz", "Pacific/Kiritimati") == ["2026-11-18", "2026-11-19"]
    assert days("--tz", "Pacific/Pago_Pago") == ["2026-11-17", "2026-11-18"]


def test_the_configured_zone_holds_unless_another_is_asked_for(calls: Tollbook, home: Path) -> None:
    (home / "tollbook.yaml").write_text("timezone: Pacific/Pago_Pago\n", encoding="utf-8")
    answer = calls("report", "--by", "day", "--json").answer
    assert (answer["timezone"], answer["rows"][0]["day"]) == ("Pacific/Pago_Pago", "2026-11-17")
    assert calls("report", "--tz", "UTC", "--json").answer["timezone"] == "UTC"


def test_rows_by_time_are_in_its_order_and_others_by_cost(guide: Tollbook) -> None:
    rows = guide("report", "--by", "month,model", "--json").answer["rows"]
    assert [(row["month"], row["model"]) for row in rows] == [
        ("2026-10", "gpt-4.1"),
        ("2026-10", "gpt-4.1-mini"),
        ("2026-11", "gpt-4.1"),
        ("2026-11", "gpt-4.1-mini"),
    ]


def test_rows_add_up_to_the_total(guide: Tollbook) -> None:
    answer = guide("report", "--by", "day,model", "--json").answer
    assert sum(Fraction(row["cost"]) for row in answer["rows"]) == Fraction(1188)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--by", "modle"), "--by does not know 'modle'; did you mean 'model'?"),
        (("--by", "day,week"), "--by takes one of hour, day, week, month, not day and week"),
        (("--filter", "feature"), "'feature' has no value; write it as feature=search"),
        (("--filter", "featur=x"), "--filter does not know 'featur'; did you mean 'feature'?"),
        (("--last", "fortnight"), "is no range of time"),
        (("--last", "30d", "--since", "2026-11-01"), "exclude each other"),
        (("--since", "soon"), "'soon' is no moment"),
        (("--since", "2026-11-02", "--until", "2026-11-01"), "does not come after"),
        (("--tz", "Mars"), "'Mars'"),
        (("--require-fresh", "old"), "'old' is no age"),
    ],
)
def test_wrong_use_is_one_sentence(guide: Tollbook, words: tuple[str, ...], said: str) -> None:
    ran = guide("report", *words)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.error


def test_an_empty_store_is_fine(calls: Tollbook) -> None:
    calls("undo", "1")
    ran = calls("report", "--json")
    assert ran.code == 0
    assert (ran.answer["rows"], ran.answer["total"]["cost"]) == ([], None)
    assert ran.err == "The store holds no usage yet; 'tollbook import FILE' brings some.\n"
    assert calls("report").code == 0


def test_a_period_without_usage_says_where_usage_is(guide: Tollbook) -> None:
    ran = guide("report", "--last", "2024", "--json")
    assert (ran.code, ran.answer["rows"], ran.answer["total"]["cost"]) == (0, [], None)
    assert "the store holds usage from 2026-10-21 00:00 to 2026-11-20 00:00 UTC" in ran.err


def test_a_store_that_is_not_there(tollbook: Tollbook) -> None:
    for words in (("report",), ("undo",), ("export", "csv"), ("whatif",)):
        ran = tollbook("--db", "missing.duckdb", *words)
        assert (ran.code, ran.out) == (2, "")
        assert "there is no store missing.duckdb" in ran.error


def test_usage_that_is_too_old_is_unfit(guide: Tollbook) -> None:
    assert guide(*NOW, "report", "--require-fresh", "12h").code == 0
    ran = guide(*NOW, "report", "--require-fresh", "11h", "--json")
    assert (ran.code, ran.answer["total"]["cost"]) == (4, "1188.00")
    assert '"kind": "data"' in ran.err
    assert "usage ends at 2026-11-20 00:00 UTC, 12 hours ago" in ran.err


def test_usage_without_a_price_is_unfit_where_one_says_so(calls: Tollbook) -> None:
    ran = calls("report", "--require-priced", "--filter", "feature=support")
    assert (ran.code, "1.5k tokens of acme-7b" in ran.error) == (4, True)
    assert calls("report", "--require-priced", "--filter", "feature=search").code == 0


def test_an_empty_store_is_not_fresh(calls: Tollbook) -> None:
    calls("undo", "1")
    assert calls("report", "--require-fresh", "1d").code == 4


def test_csv_holds_the_same_amounts(guide: Tollbook, home: Path) -> None:
    ran = guide("export", "csv", "--by", "model")
    rows = list(csv.DictReader(io.StringIO(ran.out)))
    assert [(row["model"], row["cost"], row["currency"]) for row in rows] == [
        ("gpt-4.1", "990.00", "USD"),
        ("gpt-4.1-mini", "198.00", "USD"),
        ("Total", "1188.00", "USD"),
    ]
    answer = guide("export", "csv", "--out", "report.csv", "--json").answer
    assert answer == {"path": "report.csv", "rows": 2}
    assert (home / "report.csv").read_bytes().decode() == ran.out.replace("\n", "\r\n").replace(
        "\r\r", "\r"
    )
    assert guide("export", "csv", "--json").code == 2


def test_csv_says_at_least_and_holds_no_formula(tollbook: Tollbook, home: Path) -> None:
    calls = write_calls(home / "calls.jsonl")
    calls.write_text(calls.read_text().replace('"search"', '"=1+1"'), encoding="utf-8")
    tollbook("import", "calls.jsonl")
    rows = list(csv.DictReader(io.StringIO(tollbook("export", "csv", "--by", "feature").out)))
    assert rows[-1]["feature"] == "Total, at least"
    assert "'=1+1" in [row["feature"] for row in rows]


def test_xlsx_holds_the_same_amounts(guide: Tollbook, home: Path) -> None:
    write_calls(home / "calls.jsonl")
    guide("import", "calls.jsonl", "--organisation", "another")
    ran = guide("export", "xlsx", "--out", "report.xlsx", "--by", "model,feature")
    assert (ran.code, ran.out) == (0, "")
    book = openpyxl.load_workbook(home / "report.xlsx")
    titles, *rows = book["Report"].iter_rows(values_only=True)
    assert titles[:3] == ("model", "feature", "requests")
    by_name = {row[:2]: dict(zip(titles, row, strict=True)) for row in rows}
    assert by_name["gpt-4.1", None]["cost (USD)"] == pytest.approx(990.006, abs=1e-9)
    assert by_name["acme-7b", "support"]["cost (USD)"] is None
    assert by_name["Total, at least", None]["requests"] == 300_005
    notes = [row[0] for row in book["Notes"].iter_rows(values_only=True)]
    assert any("1500 tokens of acme-7b" in str(note) for note in notes)
