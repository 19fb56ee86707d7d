from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from tests.tollbook.test_plan import plan, write
from tests.tollbook.usage import NOW, write_guide_month

if TYPE_CHECKING:
    from tests.tollbook.calling import Tollbook

# the guide's month: 5,000 requests a day on full ($33.00) and as many on Mini ($6.60)
NOVEMBER_ON = """\
    period: 2026-11
    baseline: {ledger: {last: 2026-10-21..2026-10-31}}
    scenarios:
      - {name: as it is, levers: []}
      - name: all on mini in batch
        levers:
          - route: {from: gpt-4.1, to: gpt-4.1-mini}
          - batch: {share: 50%}
    """
BUDGET = "Budget 2027"


def adopt(guide: Tollbook, scenario: str, name: str = BUDGET) -> dict[str, object]:
    write(NOVEMBER_ON)
    ran = guide(*NOW, "plan", "plan.yaml", "--adopt", name, "--scenario", scenario, "--json")
    assert ran.code == 0, ran.err
    answer: dict[str, object] = ran.answer["adopted"]
    return answer


def test_an_adopted_plan_stands_in_the_store_with_its_months(guide: Tollbook) -> None:
    first = adopt(guide, "as it is")
    assert (first["version"], first["scenario"]) == (1, "as it is")
    assert first["months"]["2026-11"] == "1188.00"  # type: ignore[index]
    assert len(first["months"]) == 12  # type: ignore[arg-type]
    assert adopt(guide, "all on mini in batch")["version"] == 2
    found = guide("plans", "list", "--json").answer["plans"]
    assert [(each["name"], each["version"]) for each in found] == [(BUDGET, 2), (BUDGET, 1)]
    shown = guide("plans", "list").out
    assert "all on mini in batch" in shown
    assert "Nov 2026" in shown


def test_a_plan_that_nobody_followed_saved_nothing(guide: Tollbook) -> None:
    adopt(guide, "all on mini in batch")
    answer = guide(*NOW, "plans", "show", BUDGET, "--json").answer
    assert answer["days"] == ["2026-11-01", "2026-11-19"]
    saved = answer["saved"]
    # 19 days at $39.60; on Mini they would have been $13.20, and half of that in batch half off
    assert saved["without_the_plan"] == saved["actual"] == "752.40"
    assert saved["as_planned"] == "188.10"
    assert saved["so_far"] == "0.00"
    parts = {each["lever"]: Decimal(each["saved"]) for each in saved["by_lever"]}
    assert sum(parts.values()) == Decimal("564.30")
    assert Decimal(saved["other_than_planned"]) == Decimal("-564.30")
    # the route alone saves $501.60, after batch three quarters of it
    assert parts["route"] == (Decimal("501.60") + Decimal("376.20")) / 2
    assert answer["same_prices"] is True
    assert answer["actual"] == {"2026-11": "752.40"}


def test_the_table_says_where_the_saving_comes_from(guide: Tollbook) -> None:
    adopt(guide, "all on mini in batch")
    shown = guide(*NOW, "plans", "show", BUDGET).out
    lines = [" ".join(line.split()) for line in shown.splitlines()]
    assert "Nov 2026 $297.00 $752.40 so far" in lines
    assert any(line.startswith("route: ") and line.endswith("$438.90") for line in lines)
    assert "other than planned -$564.30" in lines
    assert "Saved so far $0.00" in lines


def test_an_earlier_version_can_be_shown(guide: Tollbook) -> None:
    adopt(guide, "as it is")
    adopt(guide, "all on mini in batch")
    earlier = guide(*NOW, "plans", "show", BUDGET, "--version", 1, "--json").answer
    assert (earlier["version"], earlier["saved"]["so_far"]) == (1, "0.00")
    assert earlier["plan"].startswith("period: 2026-11")
    wrong = guide(*NOW, "plans", "show", BUDGET, "--version", 3)
    assert (wrong.code, wrong.error) == (2, "'Budget 2027' has the versions 1 to 2, not 3")


def test_before_the_first_day_has_ended_nothing_is_said_to_be_saved(guide: Tollbook) -> None:
    write(NOVEMBER_ON.replace("period: 2026-11", "period: 2026-12"))
    guide(*NOW, "plan", "plan.yaml", "--adopt", "Later", "--scenario", "as it is")
    assert guide(*NOW, "plans", "show", "Later", "--json").answer["saved"] is None
    assert "the first day of the plan has not ended" in guide(*NOW, "plans", "show", "Later").out


def test_a_plan_over_its_limit_is_not_adopted(guide: Tollbook) -> None:
    write(plan(limit=500))
    ran = guide("plan", "plan.yaml", "--adopt", BUDGET, "--json")
    assert (ran.code, ran.answer["adopted"]) == (3, None)
    assert guide("plans", "list", "--json").answer["plans"] == []
    assert "No plan is adopted" in guide("plans", "list").out


def test_a_plan_with_one_scenario_needs_no_name_of_it(guide: Tollbook) -> None:
    write(plan())
    ran = guide("plan", "plan.yaml", "--adopt", BUDGET)
    assert "Adopted 'mini first' as 'Budget 2027', version 1: " in ran.out
    growing = ("--months", 1, "--grow", "users=10%")
    grown = guide("plan", "plan.yaml", "--adopt", BUDGET, *growing, "--json")
    # $555.84, and a tenth more users
    assert grown.answer["adopted"]["months"] == {"2026-12": "611.424"}


def test_what_makes_no_sense_is_told_in_a_sentence(guide: Tollbook, tollbook: Tollbook) -> None:
    write(NOVEMBER_ON)
    for words, said in {
        ("--adopt", BUDGET): "say which scenario to adopt: --scenario as it is or all on mini",
        ("--adopt", BUDGET, "--scenario", "x"): "there is no scenario 'x'; known: baseline, as it",
        ("--adopt", " "): "--adopt takes a name of 1 to 80 letters, on one line",
        ("--scenario", "as it is"): "--scenario says what to adopt; add --adopt NAME",
    }.items():
        ran = guide(*NOW, "plan", "plan.yaml", *words)
        assert (ran.code, ran.out) == (2, ""), words
        assert said in ran.err
    ran = guide("plans", "show", "Budget")
    assert (ran.code, ran.error) == (2, "no plan 'Budget' is adopted; there is none at all")
    Path("typed.yaml").write_text(plan(), encoding="utf-8")
    missing = tollbook("--db", "missing.duckdb", "plan", "typed.yaml", "--adopt", BUDGET)
    assert (missing.code, "there is no store missing.duckdb" in missing.err) == (2, True)


def test_usage_that_the_plan_was_not_about_is_left_out(guide: Tollbook, home: Path) -> None:
    guide("import", write_guide_month(home / "more.csv"))
    write(NOVEMBER_ON.replace("31}}", "31, filter: {model: [gpt-4.1-mini]}}}"))
    ran = guide(*NOW, "plan", "plan.yaml", "--adopt", "Mini", "--scenario", "baseline", "--json")
    assert ran.answer["adopted"]["filter"] == {"model": ["gpt-4.1-mini"]}
    saved = guide(*NOW, "plans", "show", "Mini", "--json").answer["saved"]
    assert saved["actual"] == "125.40"
