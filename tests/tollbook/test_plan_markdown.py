"""A plan under a pull request: limits first, what changed, and text that stays text."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from costmodel.levers import Batch, Cache, Cap, Cascade, Grow, Reprice, StartWith
from costmodel.meters import Meter
from costmodel.plan import Scenario
from tests.tollbook.usage import NOW
from tollbook.plan_changes import setting_changes, settings_words
from tollbook.plan_markdown import escaped

if TYPE_CHECKING:
    from tests.tollbook.calling import Tollbook

PLAN = """\
period: 2026-12
baseline:
  workload: {sessions_per_day: 10000, days: 30, tokens_per_session: 1500, output_share: 40%,
    model: gpt-4.1-mini, on: 2026-11-01}
limits: {monthly_cost: 600}
scenarios:
  - name: mini first
    levers:
      - cascade: {first: gpt-4.1-mini, then: gpt-4.1, escalate: SHARE}
      - cache: {hit_rate: 60%}
"""


def write(name: str, share: str, more: str = "") -> None:
    text = PLAN.replace("SHARE", share) + more
    Path(name).write_text(text, encoding="utf-8")


def test_a_change_is_told_with_the_setting_behind_it(tollbook: Tollbook) -> None:
    # with 60% cached: Mini $324.00, a second call on full $1,620.00 for the share; by hand:
    # 30 x 10,000 sessions of 900 in, 600 out: Mini 108M x 0.40 + 162M x 0.10 + 180M x 1.60 = 347.40
    # full 108M x 2 + 162M x 0.50 + 180M x 8 = 1,737.00; 347.40 + 12% = 555.84, + 14% = 590.58
    write("base.yaml", "12%")
    write("head.yaml", "14%")
    ran = tollbook(*NOW, "plan", "head.yaml", "--base", "base.yaml", "--markdown")
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert lines[0] == "### Cost of the plan, 2026-12"
    told = "- “mini first” costs $590.58 instead of $555.84: $34.74 more (6.2%)"
    assert lines[lines.index(told) + 1] == "  - cascade: escalate 12% → 14%"
    # without a cached share 2% of $1,980.00, with it 2% of $1,737.00; the mean is $37.17, and what
    # is cached now saves $2.43 more than before
    assert lines[lines.index(told) + 2] == "  - of this: cascade +$37.17, cache −$2.43"
    assert "| “mini first” | $555.84 | $590.58 | $194.58 more (49.1%) |  |" in lines
    assert "limit is crossed" not in ran.out
    folded = ran.out[ran.out.index("<details>") :]
    assert folded.startswith("<details>\n<summary>What this assumes</summary>\n\n- ")
    assert "assumed: same tokens per request on every model" in folded
    assert "computed on 20 Nov 2026; amounts in USD" in folded


def test_crossed_limits_come_first_and_are_code_3(tollbook: Tollbook) -> None:
    write("head.yaml", "14.6%")  # 347.40 + 14.6% of 1,737.00 = 601.002
    ran = tollbook(*NOW, "plan", "head.yaml", "--markdown")
    assert ran.code == 3
    blocks = ran.out.split("\n\n")
    assert blocks[1:3] == [
        "**A limit is crossed**",
        "- “mini first” costs $601.00, above the limit of $600.00 a month",
    ]
    assert "| over the limit |" in ran.out
    assert "Before" not in ran.out


def test_more_usage_is_a_cause_of_its_own(tollbook: Tollbook) -> None:
    write("base.yaml", "12%")
    more = Path("base.yaml").read_text(encoding="utf-8").replace("10000", "20000")
    Path("head.yaml").write_text(more, encoding="utf-8")
    ran = tollbook(*NOW, "plan", "head.yaml", "--base", "base.yaml", "--json")
    changes = {each["name"]: each for each in ran.answer["changes"]}
    causes = {each["lever"]: each["change"] for each in changes["mini first"]["causes"]}
    # $396.00 more of the baseline; cascade and cache change twice as much as before
    assert causes["usage or prices"] == "396.00"
    assert changes["mini first"]["difference"] == "555.84"
    cents = sum(round(float(change) * 100) for change in causes.values())
    assert cents == 55_584


def test_new_and_gone_scenarios(tollbook: Tollbook) -> None:
    batch = "  - {name: NAME, levers: [{batch: {share: 50%}}]}\n"
    write("base.yaml", "12%", batch.replace("NAME", "old"))
    write("head.yaml", "12%", batch.replace("NAME", "young"))
    ran = tollbook(*NOW, "plan", "head.yaml", "--base", "base.yaml", "--markdown")
    # half of $396.00 at half price: $297.00
    assert "- “young” is new: $297.00" in ran.out
    assert "- “old” is gone; it was $297.00" in ran.out
    assert "“mini first” still" not in ran.out


def test_nothing_changed(tollbook: Tollbook) -> None:
    write("base.yaml", "12%")
    ran = tollbook(*NOW, "plan", "base.yaml", "--base", "base.yaml", "--markdown")
    assert "No scenario changes in cost." in ran.out


def test_changes_for_programs_and_in_the_table(tollbook: Tollbook) -> None:
    write("base.yaml", "12%")
    write("head.yaml", "14%")
    ran = tollbook(*NOW, "plan", "head.yaml", "--base", "base.yaml", "--json")
    baseline, scenario = ran.answer["changes"]
    assert baseline["difference"] == "0.00"
    assert scenario == {
        "name": "mini first",
        "monthly_cost_before": "555.84",
        "monthly_cost": "590.58",
        "difference": "34.74",
        "settings": ["cascade: escalate 12% → 14%"],
        "causes": [
            {"lever": "cascade", "change": "37.17"},
            {"lever": "cache", "change": "-2.43"},
        ],
    }
    shown = tollbook(*NOW, "plan", "head.yaml", "--base", "base.yaml").out
    assert "mini first" in shown
    assert "$34.74" in shown
    assert "changes" not in tollbook(*NOW, "plan", "head.yaml", "--json").answer


def test_what_cannot_be_compared_or_asked_for_is_said(tollbook: Tollbook) -> None:
    write("base.yaml", "12%")
    later = Path("base.yaml").read_text(encoding="utf-8").replace("2026-12", "2027-01")
    Path("later.yaml").write_text(later, encoding="utf-8")
    ran = tollbook(*NOW, "plan", "later.yaml", "--base", "base.yaml")
    assert (ran.code, ran.out) == (2, "")
    assert ran.error == (
        "the base plan is of 2026-12, this one of 2027-01; give both the same 'period'"
    )
    both = tollbook("plan", "base.yaml", "--json", "--markdown")
    assert (both.code, both.out) == (2, "")
    assert "--json and --markdown exclude each other" in both.err


def test_data_that_are_unfit_are_code_4_after_the_result(calls: Tollbook) -> None:
    text = """\
        period: 2026-12
        baseline: {ledger: {last: 2d}}
        scenarios: [{name: half, levers: [{batch: {share: 50%}}]}]
        """
    Path("plan.yaml").write_text(dedent(text), encoding="utf-8")
    ran = calls(*NOW, "plan", "plan.yaml", "--require-priced", "--markdown")
    assert ran.code == 4
    assert ran.error.startswith("some usage has no price, so these costs are lower bounds: ")
    assert "at least $" in ran.out
    old = calls("--now", "2026-11-21", "plan", "plan.yaml", "--require-fresh", "12h")
    assert (old.code, "usage ends at 2026-11-19" in old.error) == (4, True)
    assert calls(*NOW, "plan", "plan.yaml", "--require-fresh", "48h").code == 0


def test_a_typed_workload_is_never_old(tollbook: Tollbook) -> None:
    write("plan.yaml", "12%")
    assert tollbook("plan", "plan.yaml", "--require-fresh", "1h", "--require-priced").code == 0


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a|b", r"a\|b"),
        ("<img src=x>", "&lt;img src=x>"),
        ("@team", "&#64;team"),
        ("[here](https://x)", r"\[here\](https://x)"),
        ("one\n# two", r"one \# two"),
        ("`code` *bold*", r"\`code\` \*bold\*"),
        ("12% of 1,024-token prompts", "12% of 1,024-token prompts"),
    ],
)
def test_names_stay_text(text: str, shown: str) -> None:
    assert escaped(text) == shown


def test_settings_that_differ_are_said_in_words() -> None:
    share = Fraction(12, 100)
    cascade = Cascade(first="gpt-4.1-mini", then="gpt-4.1", escalate=share)
    old = Scenario("a", (cascade, Cache(hit_rate=Fraction(1, 2))))
    new = Scenario(
        "a",
        (
            Cascade(first="gpt-4.1-mini", then="gpt-4.1", escalate=share, verifier="gpt-4.1-nano"),
            Batch(share=Fraction(1, 4), where={"feature": ("search",)}, from_=date(2026, 12, 1)),
        ),
    )
    assert setting_changes(old, new) == (
        "cascade: verifier not given → gpt-4.1-nano",
        "cache taken out: hit rate 50%",
        "batch added: where feature search, from 2026-12-01, share 25%",
    )


def test_amounts_and_rates_are_no_shares() -> None:
    assert settings_words(Cap(measure="money", per_hour=Fraction(1, 2))) == (
        "measure money, per hour 0.5"
    )
    rates = {Meter.INPUT: Fraction(1, 2), Meter.OUTPUT: Fraction(0)}
    assert "usd per million input 0.5, output 0" in settings_words(
        Reprice(model="gpt-4.1", usd_per_million=rates)
    )
    assert settings_words(Grow(requests=Fraction(1, 10))) == "requests 10%"
    cap = Scenario("a", (Cap(measure="tokens", per_hour=Fraction(1)),))
    wider = Scenario("a", (Cap(measure="tokens", per_hour=Fraction(20_000)),))
    assert setting_changes(cap, wider) == ("cap: per hour 1 → 20,000",)


def test_a_mix_is_told_as_shares_on_models() -> None:
    alone = StartWith(starts=(("gpt-4.1-mini", Fraction(1)),), full="gpt-4.1")
    assert settings_words(alone) == "starts 100% on gpt-4.1-mini, full gpt-4.1"
    starts = (
        ("gpt-4.1-mini", Fraction(7, 10)),
        ("gpt-4.1", Fraction(3, 10)),
        ("nano", Fraction(0)),
    )
    mixed = replace(alone, starts=starts, escalate=Fraction(12, 100))
    assert settings_words(mixed) == (
        "starts 70% on gpt-4.1-mini and 30% on gpt-4.1, full gpt-4.1, escalate 12%"
    )
    assert settings_words(replace(alone, starts=(("nano", Fraction(0)),))).startswith("starts none")
    assert settings_words(Batch(share=Fraction(1), where={"feature": ("a", None)})) == (
        "where feature a or not given, share 100%"
    )
