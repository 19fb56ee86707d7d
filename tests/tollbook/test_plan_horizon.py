from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from tests.tollbook.test_plan import plan, write
from tests.tollbook.usage import NOW

if TYPE_CHECKING:
    from tests.tollbook.calling import Tollbook

FROM_USAGE = """\
    baseline: {ledger: {last: 30d}}
    scenarios:
      - {name: as it is, levers: []}
      - {name: half in batch, levers: [{batch: {share: 50%}}]}
    """


def test_months_of_every_scenario_side_by_side(tollbook: Tollbook) -> None:
    write(plan())
    ran = tollbook("plan", "plan.yaml", "--months", 2, "--json")
    assert ran.code == 0
    horizon = ran.answer["horizon"]
    assert horizon["months"] == ["2026-12", "2027-01"]
    baseline, mini_first = horizon["scenarios"]
    assert (baseline["name"], baseline["costs"][0]) == ("baseline", "396.00")
    assert mini_first["costs"][0] == ran.answer["scenarios"][0]["monthly_cost"] == "555.84"
    assert [event["on"] for event in baseline["events"]] == ["2027-01-14"]
    shown = tollbook("plan", "plan.yaml", "--months", 2).out
    lines = [" ".join(line.split()) for line in shown.splitlines()]
    assert "Dec 2026 $396.00 $555.84" in lines
    assert "2027-01-14: gpt-4.1-mini ends; its usage is priced at gpt-6-luna." in lines


def test_rows_sum_to_each_month_to_the_cent(guide: Tollbook) -> None:
    write(FROM_USAGE)
    ran = guide(*NOW, "plan", "plan.yaml", "--months", 3, "--by", "model", "--json")
    assert ran.code == 0
    for scenario in ran.answer["horizon"]["scenarios"]:
        assert len(scenario["rows"]) > 1
        for place, cost in enumerate(scenario["costs"]):
            parts = [Decimal(row["costs"][place]) for row in scenario["rows"]]
            assert sum(parts) == Decimal(cost)
        assert sum(map(Decimal, scenario["costs"])) == Decimal(scenario["total"])
    shown = guide(*NOW, "plan", "plan.yaml", "--months", 3, "--by", "model").out
    head = next(line.split() for line in shown.splitlines() if "Month" in line)
    assert head == ["Month", "gpt-4.1", "gpt-4.1-mini", "gpt-6-luna", "All"]


def test_levers_say_what_they_change_in_each_month(tollbook: Tollbook) -> None:
    write(plan())
    ran = tollbook("plan", "plan.yaml", "--months", 2, "--by", "lever", "--json")
    baseline, mini_first = ran.answer["horizon"]["scenarios"]
    assert [row["lever"] for row in baseline["rows"]] == ["as it is"]
    changes = {row["lever"]: Decimal(row["costs"][0]) for row in mini_first["rows"]}
    # $396, with the cascade $633.60; caching takes $48.60 of the one and $77.76 of the other
    assert changes == {
        "as it is": 396,
        "cascade": (Decimal("237.60") + Decimal("208.44")) / 2,
        "cache": -(Decimal("48.60") + Decimal("77.76")) / 2,
    }


def test_growth_is_typed_or_read_from_a_file(tollbook: Tollbook) -> None:
    write(plan())
    grown = tollbook(
        "plan", "plan.yaml", "--months", 1, "--grow", "users=10%", "--grow", "tokens=-50%", "--json"
    )
    # 396 x 1.1 x 0.5, and the plan's own month is left as it is
    assert grown.answer["horizon"]["scenarios"][0]["costs"] == ["217.80"]
    assert grown.answer["baseline"]["monthly_cost"] == "396.00"
    Path("growth.csv").write_text("month,users\n2026-11,100\n2026-12,125\n", encoding="utf-8")
    read = tollbook("plan", "plan.yaml", "--months", 1, "--growth", "growth.csv", "--json")
    assert read.answer["horizon"]["scenarios"][0]["costs"] == ["495.00"]


def test_what_makes_no_sense_is_told_in_a_sentence(tollbook: Tollbook) -> None:
    write(plan())
    Path("growth.csv").write_text("month,user\n", encoding="utf-8")
    for words, said in {
        ("--by", "team"): "--by divides or changes coming months; add --months 12",
        ("--months", "2", "--by", "teem"): "the usage has no dimension 'teem' to divide by",
        ("--months", "2", "--grow", "sessions=5%"): "names none of users, requests, tokens",
        ("--months", "2", "--grow", "users=5"): "write 5%",
        ("--months", "2", "--grow", "users=5%,feature=x"): "no dimension 'feature'",
        ("--months", "2", "--growth", "growth.csv"): "no driver; add a column of users",
    }.items():
        ran = tollbook("plan", "plan.yaml", *words)
        assert (ran.code, ran.out) == (2, ""), words
        assert said in ran.err
