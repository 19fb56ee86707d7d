from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.tollbook.usage import FULL, MINI, NOW, chat

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tollbook.calling import Tollbook


def write_tries(path: Path, *, rated: bool = False) -> Path:
    """Four tries of $0.0012, the one with least confidence asked again for $0.006."""
    calls = []
    for number, confidence in enumerate((0.3, 0.7, 0.8, 0.9)):
        labels = {"feature": "search", "session": f"s{number}", "confidence": str(confidence)}
        if rated:
            labels |= {"quality": "0" if number == 0 else "1", "task": f"q{number}"}
        calls.append(chat(number, MINI, None, metadata=labels))
    again = {"feature": "search", "session": "s0", "escalated_from": MINI}
    if rated:
        again["quality"] = "1"
    calls.append(chat(9, FULL, None, at="2026-11-19T09:00:05+00:00", metadata=again))
    path.write_text("\n".join(map(json.dumps, calls)), encoding="utf-8")
    return path


def test_every_threshold_with_its_cost(tollbook: Tollbook, home: Path) -> None:
    write_tries(home / "calls.jsonl")
    assert tollbook("import", "calls.jsonl").code == 0
    ran = tollbook(*NOW, "escalation", "--json")
    assert (ran.code, ran.err) == (0, "")
    [pair] = ran.answer["pairs"]
    assert (pair["first"], pair["full"], pair["tries"]) == ("gpt-4.1-mini", "gpt-4.1", 4)
    # one day is made a month: $0.0048 of tries, $0.006 for each asked again, times 30
    assert [(o["kind"], o["threshold"], o["monthly_cost"]) for o in pair["options"]] == [
        ("first_only", None, "0.144"),
        ("threshold", 0.7, "0.324"),
        ("threshold", 0.8, "0.504"),
        ("threshold", 0.9, "0.684"),
        ("full_only", None, "0.72"),
    ]
    assert pair["today"] == {"share": 0.25, "cost_share": 0.25, "monthly_cost": "0.324"}
    assert pair["break_even"] == pytest.approx(0.8)
    assert all(option["quality"] is None for option in pair["options"])
    assert ran.answer["missing"] == ["quality"]


def test_the_table_for_people(tollbook: Tollbook, home: Path) -> None:
    write_tries(home / "calls.jsonl")
    tollbook("import", "calls.jsonl")
    ran = tollbook(*NOW, "escalation")
    lines = [" ".join(line.split()) for line in ran.out.splitlines()]
    assert "0.7 25% 25% $0.32" in lines
    assert "all on gpt-4.1 100% 100% $0.72" in lines
    assert (
        "Today 25% of 4 tries are asked again, 25% by cost; up to 80% by cost this is " in ran.out
    )
    assert "Quality not known: send 'quality'" in ran.out


def test_with_ratings_the_price_of_one_more_right_answer(tollbook: Tollbook, home: Path) -> None:
    write_tries(home / "calls.jsonl", rated=True)
    tollbook("import", "calls.jsonl")
    [pair] = tollbook(*NOW, "escalation", "--json").answer["pairs"]
    first, best, *_ = pair["options"]
    assert (first["quality"], first["cost_per_right_answer"]) == (0.75, "0.0016")
    assert (best["quality"], best["price_of_one_more"]) == (1.0, "0.006")
    # the others' second answers were not rated
    assert [option["quality"] for option in pair["options"][2:]] == [None] * 3
    out = tollbook(*NOW, "escalation").out
    assert "Of 1 question rated for both: both right 0" in out
    assert "$0.0060" in out


def test_without_confidence_the_marks_still_tell_whether_it_pays(
    tollbook: Tollbook, home: Path
) -> None:
    tried = [chat(n, MINI, "search") for n in range(4)]
    again = chat(9, FULL, None, metadata={"feature": "search", "escalated_from": MINI})
    (home / "calls.jsonl").write_text("\n".join(map(json.dumps, [*tried, again])), encoding="utf-8")
    tollbook("import", "calls.jsonl")
    ran = tollbook(*NOW, "escalation")
    assert "25% of tries were asked again, about 25% by cost; up to 80% by cost" in ran.out
    assert "it pays." in ran.out
    assert "No call tells its confidence" in ran.out
    assert "Quality not known" not in ran.out
    answer = tollbook(*NOW, "escalation", "--json").answer
    assert (answer["pairs"], answer["marked"][0]["pays"]) == ([], True)


def test_usage_that_tells_nothing_names_the_fields(calls: Tollbook) -> None:
    ran = calls(*NOW, "escalation")
    assert ran.code == 0
    assert "send 'confidence' with the metadata of each try" in ran.out
    assert "send 'escalated_from' with the metadata of second calls" in ran.out
    assert calls(*NOW, "escalation", "--json").answer["missing"] == [
        "confidence",
        "escalated_from",
        "quality",
    ]


@pytest.mark.parametrize(
    ("words", "said"),
    [(("--last", "soon"), "soon"), (("--filter", "colour=red"), "colour")],
)
def test_what_cannot_be_asked(calls: Tollbook, words: tuple[str, ...], said: str) -> None:
    ran = calls(*NOW, "escalation", *words)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.error
