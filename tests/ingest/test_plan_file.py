from __future__ import annotations

from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from costmodel.levers import (
    Batch,
    Cache,
    Cap,
    Cascade,
    Commit,
    Compress,
    Grow,
    Reprice,
    Retire,
    Retry,
    Review,
    Route,
    Tier,
    Verify,
    When,
)
from costmodel.meters import Meter
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
LEDGER = """\
baseline:
  ledger: {last: 30d}
scenarios:
  - name: mini first
    levers:
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


def test_the_levers_on_effort_service_and_prices() -> None:
    text = LEDGER + (
        "      - retry: {rate: 2% to 4%, billed: 50%}\n"
        "      - compress: {input: 20%, keeps_prefix: true}\n"
        "      - verify: {model: gpt-4.1-nano, output_tokens: 20}\n"
        "      - verify: {model: gpt-4.1-nano}\n"
        "      - review: {share: 5%, minutes: 1.5, usd_per_hour: 40, where: {feature: support}}\n"
        "      - cache: {hit_rate: 50%, written: 30%, kept: 1h}\n"
        "      - tier: {to: priority, share: 10%}\n"
        "      - tier: {to: standard, where: {tier: priority}}\n"
        "      - reprice: {model: gpt-4.1, rates: {input: 1.50, output: 6}, from: 2027-01-01}\n"
        "      - commit: {amount: 6000, period: year, discount: 7.5%, discount_on: above}\n"
        "      - cap: {money: 12.50}\n"
    )
    scenario = plan(text).scenarios[0]
    assert scenario.levers == (
        Retry(rate=Fraction(3, 100), billed=Fraction(1, 2)),
        Compress(input=Fraction(1, 5), keeps_prefix=True),
        Verify(model="gpt-4.1-nano", output_tokens=20),
        Verify(model="gpt-4.1-nano", output_tokens=50),
        Review(
            share=Fraction(1, 20),
            minutes=Fraction(3, 2),
            usd_per_hour=Fraction(40),
            where={"feature": ("support",)},
        ),
        Cache(hit_rate=Fraction(1, 2), written=Fraction(3, 10), kept="1h"),
        Tier(to="priority", share=Fraction(1, 10)),
        Tier(to="standard", share=Fraction(1), where={"tier": ("priority",)}),
        Reprice(
            model="gpt-4.1",
            usd_per_million={Meter.INPUT: Fraction(3, 2), Meter.OUTPUT: Fraction(6)},
            from_=date(2027, 1, 1),
        ),
        Commit(
            amount=Fraction(6_000),
            period="year",
            discount=Fraction(75, 1_000),
            discount_on="above",
        ),
        Cap(measure="money", per_hour=Fraction(25, 2)),
    )
    assert scenario.ranges == {(0, "rate"): Range(Fraction(2, 100), Fraction(4, 100))}


@pytest.mark.parametrize(
    ("written", "rule"),
    [
        ("{input_tokens: {above: 32000}}", When(above=32_000)),
        ("{input_tokens: {at_least: 1024, below: 32001}}", When(above=1_023, up_to=32_000)),
        ("{input_tokens: {up_to: 128000}}", When(up_to=128_000)),
        ("{feature: [a, b]}", When(values={"feature": ("a", "b")})),
        ("{feature: null}", When(values={"feature": (None,)})),
        ("{hour: 9}", When(values={"hour": ("09",)})),
        ("{hour: 22 to 2}", When(values={"hour": ("22", "23", "00", "01")})),
        ("{hour: [0, 8 to 10]}", When(values={"hour": ("00", "08", "09")})),
        ("{weekday: [Sat, sunday]}", When(values={"weekday": ("sat", "sun")})),
        (
            "{hour: 9, input_tokens: {above: 32000}}",
            When(above=32_000, values={"hour": ("09",)}),
        ),
    ],
)
def test_a_rule_can_be_written_so(written: str, rule: When) -> None:
    text = f"{LEDGER}      - route: {{to: gpt-4.1, when: {written}}}\n"
    assert plan(text).scenarios[0].levers == (Route(to="gpt-4.1", when=rule),)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("{input_tokens: {above: 5000}}", "stored usage cannot tell requests of more than 5,000"),
        ("{input_tokens: {at_least: 32000}}", "it can for 1,023, 32,000, 100,000, 128,000"),
        ("{hour: 24}", "24 is no hour; write 9, or 22 to 6"),
        ("{hour: noon}", "noon is no hour"),
        ("{weekday: holiday}", "holiday is no weekday; write mon, tue"),
    ],
)
def test_a_rule_that_stored_usage_cannot_follow_is_said_with_its_line(
    written: str, said: str
) -> None:
    (found,) = problems(f"{LEDGER}      - route: {{to: gpt-4.1, when: {written}}}\n")
    assert found.startswith("plan.yaml:6: scenarios[0].levers[0].route.when.")
    assert said in found


def test_hours_may_limit_any_lever() -> None:
    text = f"{LEDGER}      - batch: {{share: 1, where: {{hour: 1 to 3, weekday: sun}}}}\n"
    where = {"hour": ("01", "02"), "weekday": ("sun",)}
    assert plan(text).scenarios[0].levers == (Batch(share=Fraction(1), where=where),)


@pytest.mark.parametrize(
    ("lever", "said"),
    [
        ("chache: {hit_rate: 10%}", "unknown lever 'chache'; did you mean 'cache'?"),
        ("cache: {hitrate: 10%}", "unknown key 'hitrate'; did you mean 'hit_rate'?"),
        ("cache: {}", "the key 'hit_rate' is missing"),
        ("cascade: {first: gpt-4.1-mini, then: gpt-4.1}", "the key 'escalate' is missing"),
        ("route: {to: gpt-4.1-minni}", "nearest: gpt-4.1-mini"),
        ("route: {to: gpt-4.1, when: x}", "must be keys with values"),
        ("route: {to: gpt-4.1, when: {}}", "holds no condition"),
        ("route: {to: gpt-4.1, share: 1, when: {feature: a}}", "give a share or 'when', not both"),
        ("route: {to: gpt-4.1, when: {featur: a}}", "did you mean 'feature'?"),
        ("route: {to: gpt-4.1, when: {input_tokens: {above: many}}}", "must be a whole number"),
        ("route: {to: gpt-4.1, when: {input_tokens: {over: 5}}}", "unknown key 'over'"),
        ("route: {to: gpt-4.1, when: {input_tokens: {above: 9, up_to: 9}}}", "longer and shorter"),
        (
            "route: {to: gpt-4.1, when: {input_tokens: {above: 8, at_least: 9}}}",
            "give 'above' or 'at_least', not both",
        ),
        ("route: {to: gpt-4.1, when: {hour: 9}}", "typed numbers have no hours"),
        ("batch: {share: 1, where: {weekday: sun}}", "typed numbers have no hours"),
        ("cap: {requests: 10}", "typed numbers have no hours"),
        ("cap: {}", "must hold one limit an hour: money, tokens or requests"),
        ("cap: {money: 1, tokens: 1}", "must hold one limit an hour"),
        ("cap: {money: -1}", "cannot be negative"),
        ("retry: {rate: 100%}", "rate must lie below 100%"),
        ("retry: {}", "the key 'rate' is missing"),
        ("compress: {keeps_prefix: true}", "says nothing; give 'input', 'output' or both"),
        ("compress: {input: 20}", "20 is no share; write 20%"),
        ("verify: {model: gpt-4.1-mini, output_tokens: -1}", "cannot be negative"),
        ("verify: {model: gpt-9-omega}", "no model 'gpt-9-omega'"),
        ("review: {share: 5%, minutes: 2}", "the key 'usd_per_hour' is missing"),
        ("review: {share: 5%, minutes: soon, usd_per_hour: 9}", "must be a number"),
        ("tier: {to: prioriti}", "did you mean 'priority'?"),
        ("cache: {hit_rate: 1, kept: 2h}", "'2h' is not known here"),
        ("reprice: {model: gpt-4.1, rates: {inputs: 1}}", "did you mean 'input'?"),
        ("reprice: {model: gpt-4.1, rates: {}}", "holds no rate; give one such as 'input: 0.40'"),
        ("reprice: {model: gpt-4.1, rates: {input: -1}}", "cannot be negative"),
        (
            "reprice: {model: gpt-4.1, rates: {input: 1}, where: {feature: a}}",
            "a price does not depend on feature",
        ),
        (
            "reprice: {model: gpt-4.1, tier: flex, rates: {input: 1}}",
            "gpt-4.1 is not offered in the tier flex",
        ),
        ("commit: {amount: 5, period: week}", "'week' is not known here; known: month, quarter"),
        ("commit: {amount: 5, discount: 10}", "10 is no share; write 10%"),
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
