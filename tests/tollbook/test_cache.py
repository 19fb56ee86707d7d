from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.tollbook.usage import MINI, NOW, chat

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tollbook.calling import Tollbook

HAIKU = "claude-haiku-4-5"


def write_prefixes(path: Path) -> Path:
    """Two calls of 2,048 tokens 400 seconds apart, which share 1,024 tokens in their blocks."""
    lines = []
    for number, (at, hashes) in enumerate((("09:00:00", "a b c d"), ("09:06:40", "a b x y"))):
        usage = {"prompt_tokens": 2_048, "completion_tokens": 10, "total_tokens": 2_058}
        labels = {"feature": "search", "prefix_hashes": hashes.split()}
        stamp = f"2026-11-19T{at}+00:00"
        lines.append(chat(number, MINI, None, at=stamp, usage=usage, metadata=labels))
    path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    return path


def test_shares_and_money_at_every_time_that_prefixes_are_kept(
    tollbook: Tollbook, home: Path
) -> None:
    write_prefixes(home / "calls.jsonl")
    assert tollbook("import", "calls.jsonl").code == 0
    ran = tollbook(*NOW, "cache", "--json")
    assert (ran.code, ran.err, ran.answer["currency"]) == (0, "", "USD")
    [row] = ran.answer["rows"]
    assert (row["feature"], row["model"], row["known_from"]) == (
        "search",
        "gpt-4.1-mini",
        "prefixes",
    )
    assert (row["requests"], row["input_tokens"], row["cached_share"]) == (2, 4_096, 0)
    # 1,024 tokens at $0.30 less per million; one day is made a month of 30
    saved = "-0.009216"
    assert [(e["kept_seconds"], e["share"], e["monthly_change"]) for e in row["possible"]] == [
        (300, 0.0, "0.00"),
        (600, 0.25, saved),
        (1_800, 0.25, saved),
        (3_600, 0.25, saved),
        (86_400, 0.25, saved),
        (None, 0.25, saved),
    ]
    assert [e["reached"] for e in row["possible"]] == [None, *[0.0] * 5]
    assert (row["busiest_minute"], row["busy_prefixes"]) == (1, 0)
    assert (row["write_break_even"], row["hours"]["highest_seen"]) == (0.0, 0.0)


def test_the_table_for_people(tollbook: Tollbook, home: Path) -> None:
    write_prefixes(home / "calls.jsonl")
    tollbook("import", "calls.jsonl")
    ran = tollbook(*NOW, "cache", "--last", "2026-11")
    lines = [" ".join(line.split()) for line in ran.out.splitlines()]
    assert lines[0] == "November 2026, UTC; batches left aside"
    assert "search gpt-4.1-mini 4.1k 0% 0% 25% 25% 25% 25% 25% 0% 10 min -$0.0092" in lines
    assert any("blocks of prompts that came before" in line for line in lines)


def test_usage_without_prefix_or_session_says_what_is_missing(guide: Tollbook) -> None:
    ran = guide(*NOW, "cache")
    assert ran.code == 0
    assert "No request tells its prefix or its session" in ran.out
    [full, mini] = guide(*NOW, "cache", "--json").answer["rows"]
    assert {full["model"], mini["model"]} == {"gpt-4.1", "gpt-4.1-mini"}
    assert (full["known_from"], full["possible"]) == ("hours", [])
    assert full["hours"] == {
        "count": 30, "low": 0.0, "middle": 0.0, "high": 0.0, "highest_seen": 0.0,
    }  # fmt: skip


def test_dearer_writes_and_their_break_even(tollbook: Tollbook, home: Path) -> None:
    usage = {"input_tokens": 900, "cache_creation_input_tokens": 100, "output_tokens": 10}
    call = {
        "id": "msg_1", "type": "message", "role": "assistant", "model": HAIKU, "usage": usage,
        "timestamp": "2026-11-19T09:00:00Z", "metadata": {"session": "s"},
    }  # fmt: skip
    (home / "calls.jsonl").write_text(json.dumps(call), encoding="utf-8")
    tollbook("import", "calls.jsonl")
    [row] = tollbook(*NOW, "cache", "--json").answer["rows"]
    assert row["write_break_even"] == pytest.approx(0.2174, abs=1e-4)
    assert row["write_break_even_1h"] == pytest.approx(0.5263, abs=1e-4)
    assert "from a cached share of 21.7%, of one that lasts an hour 52.6%" in (
        tollbook(*NOW, "cache").out
    )


def test_nothing_in_a_period(guide: Tollbook) -> None:
    assert guide(*NOW, "cache", "--last", "2025").out.endswith("No usage with input here.\n")
    assert guide(*NOW, "cache", "--last", "2025", "--json").answer["rows"] == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--last", "soon"), "soon"),
        (("--filter", "colour=red"), "colour"),
        (("--db", "none.duckdb"), "there is no store none.duckdb"),
    ],
)
def test_what_cannot_be_asked(guide: Tollbook, words: tuple[str, ...], said: str) -> None:
    ran = guide(*NOW, "cache", *words)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.error
