"""``tollbook opportunities`` over a store of a few calls and over the guide's month."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.tollbook.usage import NOW, chat

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tollbook.calling import Tollbook


def flat(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines()]


def test_the_best_moves_of_the_guides_month(guide: Tollbook) -> None:
    # $1,188.00 today; all 300,000 on Luna $117.00
    ran = guide(*NOW, "opportunities", "--json")
    assert (ran.code, ran.err) == (0, "")
    answer = ran.answer
    assert (answer["monthly_cost"], answer["together"], answer["saving"]) == (
        "1188.00",
        "117.00",
        "1071.00",
    )
    [row] = answer["rows"]
    assert (row["feature"], row["critical"]) == (None, False)
    assert (row["move"]["kind"], row["move"]["risk"]) == ("successor", "quality not known")
    # all on Mini $396.00; half of everything in batch $594.00; a tenth of $324.00 of input
    assert {each["kind"]: each["saving"] for each in row["others"]} == {
        "smaller model": "792.00",
        "batch": "594.00",
        "shorter prompt": "32.40",
    }
    [ending] = answer["ending"]
    assert (ending["models"], ending["days_left"]) == (["gpt-4.1", "gpt-4.1-mini"], 55)
    assert (ending["cost"], ending["successor_cost"]) == ("1188.00", "117.00")


def test_the_table_for_people(calls: Tollbook) -> None:
    ran = calls(*NOW, "opportunities")
    lines = flat(ran.out)
    assert (ran.code, ran.err) == (0, "")
    assert any(line.startswith("search $") and "quality not known" in line for line in lines)
    assert any(line.startswith("All moves together save $") for line in lines)
    assert any("at least $" in line and "becomes at least $" in line for line in lines)
    assert any(line.startswith("Assumed for ") for line in lines)
    assert any(line.startswith("Ending soon: gpt-4.1 and gpt-4.1-mini") for line in lines)


def test_moves_that_are_left_out_and_none_at_all(guide: Tollbook) -> None:
    without = ("--without", "successor", "--without", "smaller model", "--without", "batch")
    ran = guide(*NOW, "opportunities", *without, "--without", "shorter prompt")
    assert ran.code == 0
    assert "No move saves 1% or more of anything." in flat(ran.out)
    assert any("nothing that saves 1% or more" in line for line in flat(ran.out))


def test_what_is_stated_of_prompts_is_used_and_a_plan_can_say_it(guide: Tollbook) -> None:
    others = ("--without", "successor", "--without", "smaller model", "--without", "batch")
    ran = guide(*NOW, "opportunities", *others, "--shorter", "20%", "--plan", "moves.yaml")
    assert ran.code == 0
    assert "Assumed for (not given): 20% of the uncached input can be left out." in flat(ran.out)
    priced = guide(*NOW, "plan", "moves.yaml", "--json").answer
    # $1,188.00 without a fifth of $324.00, for 31 days
    assert priced["scenarios"][0]["monthly_cost"] == "1160.64"


def test_critical_features_are_named_and_left_alone(calls: Tollbook, home: Path) -> None:
    (home / "tollbook.yaml").write_text("features:\n  search: {critical: true}\n")
    rows = calls(*NOW, "opportunities", "--json").answer["rows"]
    assert {row["feature"]: row["critical"] for row in rows} == {
        "search": True,
        "support": False,
        None: False,
    }
    assert any("left alone: critical" in line for line in flat(calls(*NOW, "opportunities").out))


def test_the_plan_file_costs_what_the_command_says(guide: Tollbook, home: Path) -> None:
    ran = guide(*NOW, "opportunities", "--plan", "moves.yaml")
    assert ran.code == 0
    assert "gpt-6-luna" in (home / "moves.yaml").read_text(encoding="utf-8")
    priced = guide(*NOW, "plan", "moves.yaml", "--json").answer
    # 31 days of the mean day in December: 31/30 of $117.00
    assert priced["scenarios"][0]["monthly_cost"] == "120.90"


def test_no_plan_is_written_where_nothing_saves(guide: Tollbook, home: Path) -> None:
    kinds = ("successor", "smaller model", "batch", "shorter prompt")
    without = [word for kind in kinds for word in ("--without", kind)]
    ran = guide(*NOW, "opportunities", *without, "--plan", "moves.yaml")
    assert (ran.code, ran.error) == (1, "no move saves anything, so moves.yaml was not written")
    assert not (home / "moves.yaml").exists()


def test_the_migration_inventory(calls: Tollbook) -> None:
    rows = calls(*NOW, "opportunities", "--inventory", "--json").answer["rows"]
    assert [(row["feature"], row["model"], row["requests"], row["cost"]) for row in rows] == [
        (None, "gpt-4.1", 1, "0.006"),
        ("search", "gpt-4.1-mini", 2, "0.0024"),
        ("support", "gpt-4.1-mini", 1, "0.0012"),
        ("support", "acme-7b", 1, None),
    ]
    assert rows[0]["last_seen"] == "2026-11-18T09:00:00+00:00"
    assert (rows[0]["ends_on"], rows[0]["successor"]) == ("2027-01-14", "gpt-6-luna")
    lines = flat(calls(*NOW, "opportunities", "--inventory").out)
    assert "search gpt-4.1-mini 2 $0.0024 2026-11-19 2027-01-14" in lines


def test_a_store_must_be_there_and_hold_something_with_a_price(
    tollbook: Tollbook, home: Path
) -> None:
    assert tollbook("opportunities").code == 2
    line = json.dumps(chat(1, "acme-7b", "search"))
    (home / "calls.jsonl").write_text(line + "\n", encoding="utf-8")
    tollbook("import", "calls.jsonl")
    ran = tollbook(*NOW, "opportunities")
    assert (ran.code, ran.error) == (
        1,
        "there is no usage with a price in tollbook.duckdb (Last 30 days)",
    )


def test_a_group_that_is_none_is_refused(calls: Tollbook) -> None:
    ran = calls("opportunities", "--by", "model")
    assert ran.code == 2
    assert "'feature', 'endpoint', 'team'" in ran.error
