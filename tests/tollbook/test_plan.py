from __future__ import annotations

import json
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING

from tests.tollbook.usage import NOW

if TYPE_CHECKING:
    from tests.tollbook.calling import Tollbook

WORKLOAD = """\
    period: 2026-12
    baseline:
      workload: {sessions_per_day: 10000, days: 30, tokens_per_session: 1500, output_share: 40%,
        model: gpt-4.1-mini, on: 2026-11-01}
    """


def write(text: str, name: str = "plan.yaml") -> None:
    Path(name).write_text(dedent(text), encoding="utf-8")


def plan(limit: int = 600) -> str:
    return dedent(WORKLOAD) + dedent(
        f"""\
        limits: {{monthly_cost: {limit}}}
        scenarios:
          - name: mini first
            levers:
              - cascade: {{first: gpt-4.1-mini, then: gpt-4.1, escalate: 12%}}
              - cache: {{hit_rate: 60%}}
        """
    )


def test_the_plan_of_the_design(tollbook: Tollbook) -> None:
    write(plan())
    ran = tollbook("plan", "plan.yaml", "--json")
    assert (ran.code, ran.err) == (0, "")
    assert {"currency", "period", "baseline", "scenarios", "violations"} <= ran.answer.keys()
    assert (ran.answer["currency"], ran.answer["period"]) == ("USD", "2026-12")
    assert ran.answer["baseline"]["monthly_cost"] == "396.00"
    [scenario] = ran.answer["scenarios"]
    keys = {"name", "monthly_cost", "p10", "p90", "delta", "delta_share", "warnings"}
    assert keys <= scenario.keys()
    assert (scenario["name"], scenario["monthly_cost"], scenario["delta"]) == (
        "mini first",
        "555.84",
        "159.84",
    )
    assert isinstance(scenario["delta_share"], float)
    assert (scenario["p10"], scenario["p90"]) == (None, None)
    assert ran.answer["violations"] == []


def test_the_table_for_people(tollbook: Tollbook) -> None:
    write(plan())
    ran = tollbook("plan", "plan.yaml")
    lines = [" ".join(line.split()) for line in ran.out.splitlines()]
    assert (ran.code, ran.err) == (0, "")
    assert "baseline $396.00" in lines
    assert "mini first $555.84 $159.84 40.4%" in lines
    assert "No likely range: typed numbers." in lines


def test_a_crossed_limit_is_code_3_and_the_result_stands(tollbook: Tollbook) -> None:
    write(plan(limit=555))
    ran = tollbook("plan", "plan.yaml", "--json")
    assert ran.code == 3
    [violation] = ran.answer["violations"]
    assert (violation["scenario"], violation["allowed"]) == ("mini first", "555.00")
    assert json.loads(ran.err)["error"]["kind"] == "policy"
    for_people = tollbook("plan", "plan.yaml")
    assert for_people.code == 3
    assert "over the limit" in for_people.out
    assert for_people.error == (
        "'mini first' costs $555.84, above the limit monthly_cost of $555.00"
    )


def test_a_limit_that_is_just_met_is_kept(tollbook: Tollbook) -> None:
    write(plan().replace("monthly_cost: 600", "monthly_cost: 555.84"))
    assert tollbook("plan", "plan.yaml").code == 0


def test_a_plan_from_the_store(guide: Tollbook) -> None:
    write(
        """\
        baseline: {ledger: {last: 30d}}
        scenarios:
          - {name: as it is, levers: []}
          - {name: half in batch, levers: [{batch: {share: 50%}}]}
        """
    )
    ran = guide(*NOW, "plan", "plan.yaml", "--json")
    assert ran.code == 0
    # $39.60 a day for the 31 days of December
    assert (ran.answer["period"], ran.answer["baseline"]["monthly_cost"]) == ("2026-12", "1227.60")
    as_it_is, batched = ran.answer["scenarios"]
    assert (as_it_is["delta"], as_it_is["delta_share"]) == ("0.00", 0.0)
    assert batched["monthly_cost"] == "920.70"
    assert as_it_is["p10"] is not None
    assert "Likely (8 in 10)" in guide(*NOW, "plan", "plan.yaml").out


def test_a_cap_an_hour_needs_more_than_sums_of_days(guide: Tollbook) -> None:
    write(
        """\
        baseline: {ledger: {last: 30d}}
        scenarios: [{name: capped, levers: [{cap: {requests: 500}}]}]
        """
    )
    ran = guide(*NOW, "plan", "plan.yaml")
    assert ran.code == 2
    assert "the hours of this usage are not known" in ran.error


def test_a_commitment_at_low_middle_and_high_volume(tollbook: Tollbook) -> None:
    write(
        dedent(WORKLOAD)
        + dedent(
            """\
            scenarios:
              - name: committed
                levers:
                  - commit: {amount: 500, discount: 10%}
                  - review: {share: 1%, minutes: 1, usd_per_hour: 30}
            """
        )
    )
    ran = tollbook("plan", "plan.yaml")
    lines = [" ".join(line.split()) for line in ran.out.splitlines()]
    # 450 million tokens for $396.00: 316.80 and 475.20 at a fifth less and more
    assert "low volume $316.80 $500.00 $214.88 -$183.20 1.578 $1.39" in lines
    assert "middle $396.00 $500.00 $143.60 -$104.00 1.263 $1.11" in lines
    assert "high volume $475.20 $500.00 $72.32 -$24.80 1.052 $0.93" in lines
    assert "committed: the commitment pays from $500.00 of usage a month on." in lines
    assert "committed: $1,500.00 of this is for people, not for tokens." in lines
    [scenario] = tollbook("plan", "plan.yaml", "--json").answer["scenarios"]
    assert scenario["monthly_cost"] == "2000.00"
    assert scenario["commitments"][0]["middle"]["shortfall"] == "143.60"


def test_a_plan_for_a_part_of_the_usage(calls: Tollbook) -> None:
    write(
        """\
        period: 2026-12
        baseline: {ledger: {last: 2d, filter: {feature: [search, support]}}}
        scenarios:
          - {name: search ends, levers: [{grow: {requests: -100%, where: {feature: search}}}]}
        """
    )
    ran = calls(*NOW, "plan", "plan.yaml", "--json")
    if ran.code == 2:
        assert "grow" in ran.err
    else:
        assert ran.answer["baseline"]["at_least"] is True


def test_a_plan_without_the_usage_it_starts_from(tollbook: Tollbook, guide: Tollbook) -> None:
    write("baseline: {ledger: {last: 30d}}\nscenarios: [{name: a, levers: []}]\n")
    ran = guide("--now", "2030-01-01", "plan", "plan.yaml")
    assert (ran.code, ran.out) == (2, "")
    assert "there is none in the period asked" in ran.error
    missing = tollbook("--db", "missing.duckdb", "plan", "plan.yaml")
    assert (missing.code, "there is no store missing.duckdb" in missing.error) == (2, True)


def test_mistakes_in_the_file_come_with_their_lines(tollbook: Tollbook) -> None:
    write(plan().replace("escalate: 12%", "escalate: 12").replace("hit_rate", "hitrate"))
    ran = tollbook("plan", "plan.yaml")
    assert (ran.code, ran.out) == (2, "")
    assert "plan.yaml:9: " in ran.err
    assert "write 12%" in ran.err
    assert "plan.yaml:10: " in ran.err
    assert "did you mean 'hit_rate'?" in ran.err


def test_a_file_that_is_not_there(tollbook: Tollbook) -> None:
    ran = tollbook("plan", "missing.yaml")
    assert (ran.code, "'missing.yaml' does not exist" in ran.error) == (2, True)
