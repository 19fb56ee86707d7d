from __future__ import annotations

from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from costmodel.levers import Batch, Cache, Cascade, Grow, Retire, Route
from costmodel.plan import LedgerBaseline, Plan, Range, TypedBaseline, run_plan
from ingest.plan_file import PlanFileError, plan_of, read_plan
from pricing.located_yaml import parse
from tests.books import BOOK

PLAN = """\
period: 2026-12            # ledger baselines: default the next calendar month
baseline:
  workload: {sessions_per_day: 10000, days: 30, tokens_per_session: 1500, output_share: 40%, \
model: gpt-4.1-mini, on: 2026-11-01}
limits: {monthly_cost: 600}   # for every scenario, not the baseline
scenarios:
  - name: mini first
    levers:
      - cascade: {first: gpt-4.1-mini, then: gpt-4.1, escalate: 12%}
      - cache: {hit_rate: 60%}
"""
FILE = Path("plan.yaml")


def plan(text: str) -> Plan:
    return plan_of(parse(text, FILE), BOOK)


def with_lever(lever: str) -> str:
    head = PLAN.split("      - cascade", maxsplit=1)[0]
    return f"{head}      - {lever}\n"


def problems(text: str) -> list[str]:
    with pytest.raises(PlanFileError) as caught:
        plan(text)
    return [str(problem) for problem in caught.value.problems]


def test_the_plan_of_the_design_costs_555_84(tmp_path: Path) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text(PLAN, encoding="utf-8")
    read = read_plan(path, BOOK)
    assert read.period == date(2026, 12, 1)
    assert read.limits == {"monthly_cost": 600}
    assert isinstance(read.baseline, TypedBaseline)
    result = run_plan(read, BOOK, today=date(2026, 11, 20))
    assert result.scenarios[0].monthly_cost == Fraction("555.84")


@pytest.mark.parametrize(
    ("written", "share"),
    [
        ("12%", "0.12"),
        ("12.5%", "0.125"),
        ("0.12", "0.12"),
        ("0%", "0"),
        ("0", "0"),
        ("1", "1"),
        ("100%", "1"),
        ("12 %", "0.12"),
    ],
)
def test_a_share_can_be_written_so(written: str, share: str) -> None:
    (lever,) = plan(with_lever(f"batch: {{share: {written}}}")).scenarios[0].levers
    assert lever == Batch(share=Fraction(share))


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("12", "12 is no share; write 12%"),
        ("12.5", "12.5 is no share; write 12.5%"),
        ("120%", "must lie between 0% and 100%"),
        ("-1%", "must lie between 0% and 100%"),
        ("many", "'many' is no share; write 12%, or a range such as 10% to 20%"),
        ("true", "is no share; write 12%"),
        ("20% to 10%", "a range goes from the lower to the higher value"),
        ("10 to 20", "10 is no share; write 10%"),
    ],
)
def test_what_is_no_share_is_refused_with_its_line(written: str, said: str) -> None:
    found = problems(with_lever(f"batch: {{share: {written}}}"))
    assert found[0].startswith("plan.yaml:8: scenarios[0].levers[0].batch.share: ")
    assert said in found[0]


@pytest.mark.parametrize("written", ["10% to 20%", "0.1 to 0.2", "10 to 20%"])
def test_a_range_is_kept_beside_its_middle(written: str) -> None:
    scenario = plan(with_lever(f"batch: {{share: {written}}}")).scenarios[0]
    assert scenario.levers == (Batch(share=Fraction(15, 100)),)
    assert scenario.ranges == {(0, "share"): Range(Fraction(1, 10), Fraction(1, 5))}


def test_every_lever_and_its_keys() -> None:
    text = PLAN.split("      - cascade", maxsplit=1)[0] + (
        "      - grow: {requests: -5%}\n"
        "      - route: {from: [gpt-4.1, gpt-4.1-nano], to: gpt-4.1-mini, share: 30%}\n"
        "      - route: {to: gpt-6-luna, from: 2026-12-10,"
        " where: {feature: [a, null], tier: batch}}\n"
        "      - cascade: {first: gpt-4.1-mini, then: gpt-4.1-2025-04-14, escalate: 10%,"
        " verifier: gpt-4.1-nano, draft: true, then_hit_rate: 0%}\n"
        "      - cache: {hit_rate: 50%, models: gpt-4.1}\n"
        "        from: 2026-12-24\n"
        "      - batch: {share: 1}\n"
        "        where: {feature: nightly}\n"
        "      - retire: {model: gpt-4.1, to: gpt-6-luna, on: 2026-12-31}\n"
    )
    assert plan(text).scenarios[0].levers == (
        Grow(requests=Fraction(-5, 100)),
        Route(to="gpt-4.1-mini", share=Fraction(30, 100), source=("gpt-4.1", "gpt-4.1-nano")),
        Route(
            to="gpt-6-luna",
            share=Fraction(1),
            from_=date(2026, 12, 10),
            where={"feature": ("a", None), "tier": ("batch",)},
        ),
        Cascade(
            first="gpt-4.1-mini",
            then="gpt-4.1",
            escalate=Fraction(10, 100),
            verifier="gpt-4.1-nano",
            draft=True,
            then_hit_rate=Fraction(0),
        ),
        Cache(hit_rate=Fraction(1, 2), models=("gpt-4.1",), from_=date(2026, 12, 24)),
        Batch(share=Fraction(1), where={"feature": ("nightly",)}),
        Retire(model="gpt-4.1", to="gpt-6-luna", on=date(2026, 12, 31)),
    )


@pytest.mark.parametrize(
    ("lever", "said"),
    [
        ("compress: {input: 10%}", "the lever 'compress' is not there yet; there are grow, route"),
        ("chache: {hit_rate: 10%}", "unknown lever 'chache'; did you mean 'cache'?"),
        ("cache: {hitrate: 10%}", "unknown key 'hitrate'; did you mean 'hit_rate'?"),
        ("cache: {}", "the key 'hit_rate' is missing"),
        ("cascade: {first: gpt-4.1-mini, then: gpt-4.1}", "the key 'escalate' is missing"),
        ("route: {to: gpt-4.1-minni}", "nearest: gpt-4.1-mini"),
        ("route: {to: gpt-4.1, when: x}", "rules are not there yet"),
        ("batch: {share: 1, where: {featur: a}}", "did you mean 'feature'?"),
        ("batch: {share: 1, from: soon}", "must be a day, such as 2026-11-20"),
        ("retire: {model: gpt-6-luna}", "no successor of gpt-6-luna is known; add 'to'"),
        ("cache", "must be a lever, such as 'cache: {hit_rate: 60%}'"),
        ("{cache: {hit_rate: 1}, batch: {share: 1}}", "must hold exactly one lever"),
    ],
)
def test_a_mistake_in_a_lever_is_said_with_its_line(lever: str, said: str) -> None:
    found = problems(with_lever(lever))
    assert all(problem.startswith("plan.yaml:8: ") for problem in found)
    assert any(said in problem for problem in found)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("period: 2026-12 ", "period: December ", "1: period: 'December' is no month"),
        ("period: 2026-12 ", "period: 2026-13 ", "1: period: '2026-13' is no month"),
        ("baseline:", "basline:", "unknown key 'basline'; did you mean 'baseline'?"),
        ("monthly_cost", "monthly_costs", "did you mean 'monthly_cost'?"),
        ("workload:", "ledgr:", "did you mean 'ledger'?"),
        ("days: 30", "days: thirty", "must be a number"),
        ("days: 30", "days: -30", "cannot be negative"),
        ("days: 30, ", "", "the key 'days' is missing"),
        ("40%", "40", "40 is no share; write 40%"),
        ("40%", "10% to 40%", "is no share; write 12%"),
        ("model: gpt-4.1-mini,", "model: gpt-9-omega,", "no model 'gpt-9-omega'"),
        ("name: mini first", "nam: mini first", "unknown key 'nam'; did you mean 'name'?"),
    ],
)
def test_a_mistake_elsewhere_is_said_with_its_line(old: str, new: str, said: str) -> None:
    assert old in PLAN
    assert any(said in problem for problem in problems(PLAN.replace(old, new)))


def test_all_mistakes_are_said_at_once() -> None:
    text = PLAN.replace("12%", "12").replace("60%", "60").replace("2026-12 ", "soon ")
    assert [problem.split(": ")[0] for problem in problems(text)] == [
        "plan.yaml:1",
        "plan.yaml:8",
        "plan.yaml:9",
    ]


def test_a_ledger_baseline() -> None:
    text = "baseline: {ledger: {last: 60d, filter: {feature: support}}}\nscenarios: [{name: a}]\n"
    read = plan(text)
    assert read.baseline == LedgerBaseline("60d", {"feature": ("support",)})
    assert read.period is None
    assert read.scenarios[0].levers == ()
    bare = plan("baseline: {ledger: }\nscenarios: [{name: a}]\n").baseline
    assert bare == LedgerBaseline("30d", {})


def test_one_baseline_and_names_of_their_own() -> None:
    both = PLAN.replace("limits:", "  ledger: {last: 30d}\nlimits:")
    assert any("either 'workload' or 'ledger'" in problem for problem in problems(both))
    twice = f"{PLAN}  - name: mini first\n"
    assert any("a second scenario is named 'mini first'" in each for each in problems(twice))
    assert any(
        "holds no scenario" in each for each in problems("baseline: {ledger: }\nscenarios: []")
    )


def test_too_many_ranges_are_refused() -> None:
    levers = "".join("      - batch: {share: 1% to 2%}\n" for _ in range(7))
    text = PLAN.split("      - cascade", maxsplit=1)[0] + levers
    assert any("holds 7 ranges; give at most 6" in problem for problem in problems(text))


def test_a_file_that_is_no_yaml(tmp_path: Path) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text("baseline: [\n", encoding="utf-8")
    with pytest.raises(PlanFileError, match=r"plan.yaml:2: not valid YAML"):
        read_plan(path, BOOK)
