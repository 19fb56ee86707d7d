from __future__ import annotations

from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from tests.tollbook.usage import NOW

if TYPE_CHECKING:
    from tests.tollbook.calling import Tollbook

PLAN = """\
    period: 2026-12
    baseline:
      workload: {sessions_per_day: 10000, days: 30, tokens_per_session: 1500, output_share: 40%,
        model: gpt-4.1-mini, on: 2026-11-01}
    scenarios:
      - name: mini first
        levers:
          - cascade: {first: gpt-4.1-mini, then: gpt-4.1, escalate: 12%}
          - cache: {hit_rate: 60%}
      - name: as it is
        levers: []
    """


def write(text: str = PLAN) -> None:
    Path("plan.yaml").write_text(dedent(text), encoding="utf-8")


def lines_of(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines()]


def test_an_explanation_stands_beside_each_scenario(tollbook: Tollbook) -> None:
    write()
    ran = tollbook("plan", "plan.yaml", "--explain", "--json")
    assert (ran.code, ran.err) == (0, "")
    mini_first, as_it_is = ran.answer["scenarios"]
    assert (mini_first["monthly_cost"], mini_first["delta"]) == ("555.84", "159.84")
    assert mini_first["bridge"] == [
        {"lever": "cascade", "change": "223.02"},
        {"lever": "cache", "change": "-63.18"},
    ]
    assert mini_first["no_bridge"] is None
    assert mini_first["sensitivity"][0] == {
        "input": "cascade.escalate",
        "low": 0.02,
        "high": 0.22,
        "monthly_cost_at_low": "382.14",
        "monthly_cost_at_high": "729.54",
        "is_range": False,
    }
    [limit] = mini_first["break_even"]
    assert (limit["limit"], limit["escalate"], limit["seen"]) == (0.8, 0.12, None)
    assert limit["monthly_cost_all_on_then"] == "1737.00"
    assert (as_it_is["bridge"], as_it_is["break_even"]) == ([], [])
    plain = tollbook("plan", "plan.yaml", "--json").answer
    assert "bridge" not in plain["scenarios"][0]
    assert "goals" not in plain


def test_an_explanation_for_people(tollbook: Tollbook) -> None:
    write()
    ran = tollbook("plan", "plan.yaml", "--explain")
    assert (ran.code, ran.err) == (0, "")
    lines = lines_of(ran.out)
    assert "mini first: where the change comes from Set to Change" in lines
    assert any(
        line.startswith("cascade first gpt-4.1-mini") and line.endswith("$223.02") for line in lines
    )
    assert "cache hit rate 60% -$63.18" in lines
    assert "in all $159.84" in lines
    assert "escalation (cascade.escalate) 2% 22% $382.14 $729.54 $347.40" in lines
    assert "mini first: matters most: escalation (cascade.escalate)." in lines
    assert (
        "mini first: trying gpt-4.1-mini first pays while less than 80% of the requests are "
        "handed on to gpt-4.1: 12% saves."
    ) in lines
    assert "as it is: matters most: volume of usage (volume)." in lines
    assert not any("as it is: where the change" in line for line in lines)


def test_a_cascade_beyond_its_limit(tollbook: Tollbook) -> None:
    write(PLAN.replace("escalate: 12%", "escalate: 80%"))
    out = tollbook("plan", "plan.yaml", "--explain").out
    assert "of the requests are handed on to gpt-4.1: 80% costs more." in out
    write(PLAN.replace("escalate: 12%", "escalate: 12%, verifier: gpt-4.1, draft: true"))
    out = tollbook("plan", "plan.yaml", "--explain").out
    # with 60% cached: 1737 on full alone, 962.40 with nothing handed on, 1935 for what is
    assert "pays while less than 40% of the requests are handed on to gpt-4.1: 12% saves." in out


def test_the_setting_that_costs_so_much(tollbook: Tollbook) -> None:
    write()
    asked = ("--goal", "escalate=600", "--goal", "volume=$300")
    ran = tollbook("plan", "plan.yaml", *asked)
    lines = lines_of(ran.out)
    # mini costs 347.40 when 60% is cached, full five times that
    assert (
        "mini first: escalation (cascade.escalate) of at most 14.5% keeps to $600.00; now 12%."
    ) in lines
    assert (
        "as it is: volume of usage (volume) of at most 75.7% keeps to $300.00; now 100%." in lines
    )
    goals = tollbook("plan", "plan.yaml", *asked, "--json").answer["goals"]
    assert [(each["scenario"], each["input"]) for each in goals] == [
        ("mini first", "cascade.escalate"),
        ("mini first", "volume"),
        ("as it is", "volume"),
    ]
    assert goals[0]["setting"] == pytest.approx((600 - 347.40) / 1737)
    assert (goals[0]["met"], goals[0]["monthly_cost"], goals[0]["holds"]) == (
        "exactly",
        "600.00",
        "at most",
    )
    assert goals[0]["now"] == 0.12


def test_amounts_that_always_or_never_hold(tollbook: Tollbook) -> None:
    write()
    ran = tollbook("plan", "plan.yaml", "--goal", "hit_rate=500", "--goal", "escalate=300")
    assert "(cache.hit_rate): no setting keeps to $500.00; the cheapest costs $504.00." in ran.out
    assert "(cascade.escalate): no setting keeps to $300.00; the cheapest costs $347.40." in ran.out
    ran = tollbook("plan", "plan.yaml", "--goal", "hit_rate=640", "--goal", "hit_rate=555")
    assert "(cache.hit_rate): every setting keeps to $640.00." in ran.out
    # 633.60 - 129.60 h: 60.65% and more
    assert "of at least 60.7% keeps to $555.00; now 60%." in ran.out


def test_goals_that_make_no_sense(tollbook: Tollbook) -> None:
    write()
    for words, said in (
        ("escalate", "'escalate' has no amount: write escalate=600"),
        ("escalate=much", "'much' is no amount of money"),
        ("escalat=600", "no input is named 'escalat'; did you mean 'escalate'?"),
    ):
        ran = tollbook("plan", "plan.yaml", "--goal", words)
        assert (ran.code, ran.out) == (2, "")
        assert said in ran.error
    ran = tollbook("plan", "plan.yaml", "--explain", "--markdown")
    assert (ran.code, "--markdown holds no explanations" in ran.error) == (2, True)


def test_an_explanation_of_usage_from_the_store(guide: Tollbook) -> None:
    write(
        """\
        baseline: {ledger: {last: 30d}}
        scenarios:
          - {name: half in batch, levers: [{batch: {share: 40% to 60%}}, {grow: {requests: 5%}}]}
        """
    )
    ran = guide(*NOW, "plan", "plan.yaml", "--explain", "--json")
    assert ran.code == 0
    [scenario] = ran.answer["scenarios"]
    # $1227.60 a month: batch takes a quarter off 1 and off 1.05, growth adds 5% to 1 and to 0.75
    batch, grow = (part["change"] for part in scenario["bridge"])
    assert (batch, grow) == ("-314.57", "53.71")
    [share] = [each for each in scenario["sensitivity"] if each["input"] == "batch.share"]
    assert (share["low"], share["high"], share["is_range"]) == (0.4, 0.6, True)


TABLE = ("--table", "escalate=0%,10%,0.2", "--table", "hit_rate=0,60%")


def test_two_fields_against_each_other(tollbook: Tollbook) -> None:
    write()
    ran = tollbook("plan", "plan.yaml", *TABLE)
    lines = lines_of(ran.out)
    assert (ran.code, ran.err) == (0, "")
    assert "0% 60%" in lines
    assert "20% $792.00 $694.80" in lines
    [table] = tollbook("plan", "plan.yaml", *TABLE, "--json").answer["tables"]
    assert table == {
        "scenario": "mini first",
        "down": {"input": "cascade.escalate", "values": [0.0, 0.1, 0.2]},
        "across": {"input": "cache.hit_rate", "values": [0.0, 0.6]},
        "monthly_costs": [["396.00", "347.40"], ["594.00", "521.10"], ["792.00", "694.80"]],
    }


def test_scenarios_side_by_side(tollbook: Tollbook) -> None:
    write()
    lines = lines_of(tollbook("plan", "plan.yaml", "--compare").out)
    assert "Side by side mini first as it is" in lines
    assert "gpt-4.1-mini $347.40 $396.00" in lines
    assert "cached input $25.92 $0.00" in lines
    found = tollbook("plan", "plan.yaml", "--compare", "--json").answer["comparison"]
    assert found["scenarios"] == ["mini first", "as it is"]
    assert found["monthly_costs"] == ["555.84", "396.00"]
    assert found["by_model"]["gpt-4.1"] == ["208.44", "0.00"]
    assert found["by_token_type"]["output"] == ["460.80", "288.00"]


def test_tables_that_make_no_sense(tollbook: Tollbook) -> None:
    write()
    for words, said in (
        (TABLE[:2], "a table has two fields: give --table twice"),
        ((*TABLE[:2], *TABLE[:2]), "a two-way table needs two different inputs"),
        ((*TABLE[:2], "--table", "hit_rate"), "'hit_rate' is no field with values"),
        ((*TABLE[:2], "--table", "hitrate=1"), "no input is named 'hitrate'"),
        ((*TABLE[:2], "--table", "hit_rate=60"), "hit_rate must lie between 0% and 100%"),
        ((*TABLE, "--markdown"), "--markdown holds no explanations"),
    ):
        ran = tollbook("plan", "plan.yaml", *words)
        assert (ran.code, ran.out) == (2, "")
        assert said in ran.error
    many = "\n".join(f"  - {{name: s{n}, levers: []}}" for n in range(7))
    write(dedent(PLAN) + many + "\n")
    ran = tollbook("plan", "plan.yaml", "--compare")
    assert (ran.code, "9 scenarios are too many to compare" in ran.error) == (2, True)
