from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.tollbook.usage import MINI, NOW, chat, write_calls, write_guide_month

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tollbook.calling import Tollbook


def costs(answer: dict[str, Any]) -> dict[str, str]:
    return {row["name"]: row["monthly_cost"] for row in answer["rows"]}


def test_the_month_of_the_guide_from_a_csv_without_a_store(tollbook: Tollbook, home: Path) -> None:
    write_guide_month(home / "usage.csv")
    words = ("whatif", "usage.csv", "--all-on", "gpt-4.1-mini", "--escalate", "12%")
    ran = tollbook(*NOW, *words, "--json")
    assert (ran.code, ran.err) == (0, "")
    assert costs(ran.answer) == {
        "today": "1188.00",
        "all GPT-4.1": "1980.00",
        "all GPT-4.1 Mini": "396.00",
        "all GPT-4.1 Nano": "99.00",
        "all GPT-6 Luna": "117.00",
        "GPT-4.1 Mini first": "633.60",
    }
    rows = {row["name"]: row for row in ran.answer["rows"]}
    assert (rows["all GPT-4.1 Mini"]["saving"], rows["all GPT-4.1"]["saving"]) == (
        "792.00",
        "-792.00",
    )
    assert rows["GPT-4.1 Mini first"]["saving_share"] == pytest.approx(554.4 / 1188)
    assert rows["all GPT-4.1 Nano"]["gone_since"] == "2026-10-23"
    assert (ran.answer["escalate"], ran.answer["escalation_source"]) == (0.12, "set")
    assert ran.answer["currency"] == "USD"
    assert not (home / "tollbook.duckdb").exists()


def test_the_one_table_for_people(tollbook: Tollbook, home: Path) -> None:
    write_guide_month(home / "usage.csv")
    ran = tollbook(*NOW, "whatif", "usage.csv", "--all-on", "claude-haiku-4-5", "--escalate", "12%")
    lines = [" ".join(line.split()) for line in ran.out.splitlines()]
    assert (ran.code, ran.err) == (0, "")
    assert "Today $1,188.00" in lines
    assert "All GPT-4.1 Mini $396.00 $792.00 67%" in lines
    assert "GPT-4.1 Mini first, 12% escalated $633.60 $554.40 47%" in lines
    assert any(line.startswith("All Claude Haiku 4.5 $") for line in lines)
    [assumed] = [line for line in lines if line.startswith("Assumes ")]
    assert "quality is not known" in assumed
    assert "12% asked again of GPT-4.1 (set)" in assumed


def test_without_a_file_the_store_is_read_and_today_is_what_report_says(guide: Tollbook) -> None:
    whatif = guide(*NOW, "whatif", "--json").answer
    report = guide(*NOW, "report", "--last", "30d", "--json").answer
    assert whatif["rows"][0]["monthly_cost"] == report["total"]["cost"] == "1188.00"
    assert (whatif["escalate"], whatif["escalation_source"]) == (0.2, "assumed")
    assert costs(whatif)["GPT-4.1 Mini first"] == "792.00"


def test_where_nothing_happened_lately_the_last_30_days_with_usage_are_shown(
    guide: Tollbook,
) -> None:
    answer = guide("--now", "2027-02-01", "whatif", "--json").answer
    assert costs(answer)["today"] == "1188.00"
    assert answer["period"] == "21 Oct 2026 to 19 Nov 2026"


def test_a_part_of_the_usage(calls: Tollbook) -> None:
    answer = calls(*NOW, "whatif", "--filter", "feature=search", "--json").answer
    # two calls at $0.0012 in the day and a quarter of an hour that all usage spans, as 30 days
    assert costs(answer)["today"] == "0.072"
    assert answer["at_least"] is False


def test_what_has_no_price_is_named(calls: Tollbook) -> None:
    ran = calls(*NOW, "whatif")
    assert "A month, at least" in ran.out
    # four priced calls of $0.0096 together in a day, as 30 days
    assert "$0.29" in ran.out
    assert "Not in these amounts: 45k tokens of acme-7b (the price book" in ran.out
    assert calls(*NOW, "whatif", "--json").answer["at_least"] is True


def test_an_hour_of_usage_is_a_day(tollbook: Tollbook, home: Path) -> None:
    (home / "calls.jsonl").write_text(json.dumps(chat(1, MINI, None)), encoding="utf-8")
    answer = tollbook(*NOW, "whatif", "calls.jsonl", "--json").answer
    assert (answer["days"], costs(answer)["today"]) == (1.0, "0.036")
    assert "1 day of usage scaled to a month of 30 days" in answer["assumptions"]


def test_the_escalation_seen_in_the_usage(tollbook: Tollbook, home: Path) -> None:
    seen = [chat(n, MINI, None) for n in range(9)]
    again = chat(9, "gpt-4.1", None, metadata={"escalated_from": "gpt-4.1-mini"})
    text = "\n".join(json.dumps(each) for each in [*seen, again])
    (home / "calls.jsonl").write_text(text, encoding="utf-8")
    answer = tollbook(*NOW, "whatif", "calls.jsonl", "--json").answer
    assert answer["escalation_source"] == "seen in your logs"
    assert answer["escalate"] == pytest.approx(1 / 9)


def test_usage_older_than_its_prices_is_priced_as_of_a_day(tollbook: Tollbook, home: Path) -> None:
    old = chat(1, MINI, None, at="2023-11-16T18:00:00+00:00")
    (home / "calls.jsonl").write_text(json.dumps(old), encoding="utf-8")
    ran = tollbook(*NOW, "whatif", "calls.jsonl")
    assert (ran.code, ran.out) == (4, "")
    assert "none of this usage has a price: 45k tokens of gpt-4.1-mini" in ran.error
    assert "no price before 2025-04-14" in ran.error
    answer = tollbook(*NOW, "whatif", "calls.jsonl", "--price-at", "2026-11-01", "--json").answer
    assert costs(answer)["today"] == "0.036"


def test_lines_set_aside_are_said(tollbook: Tollbook, home: Path) -> None:
    write_calls(home / "calls.jsonl")
    ran = tollbook(*NOW, "whatif", "calls.jsonl", "--json")
    assert ran.answer["rows"]
    assert ran.err == "1 line set aside; 'tollbook import' says why.\n"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("missing.csv",), 2, "there is no file missing.csv"),
        (("--all-on", "gpt-4.1-mni"), 2, "nearest: gpt-4.1-mini"),
        (("--escalate", "12"), 2, "12 is more than everything; write 12%"),
        (("--escalate", "120%"), 2, "a share lies between 0% and 100%, not 120%"),
        (("--escalate", "some"), 2, "'some' is no share; write one such as 12%"),
        (("--last", "2024"), 1, "there is no usage to compare"),
        (("--filter", "feature=none"), 1, "there is no usage to compare"),
        (("poem.csv",), 1, "no format knows this file"),
    ],
)
def test_what_cannot_be_compared(
    guide: Tollbook, home: Path, words: tuple[str, ...], code: int, said: str
) -> None:
    (home / "poem.csv").write_text("roses,are\nred,too\n", encoding="utf-8")
    ran = guide(*NOW, "whatif", *words)
    assert (ran.code, ran.out) == (code, "")
    assert said in ran.error
