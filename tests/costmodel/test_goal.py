from __future__ import annotations

from fractions import Fraction

import pytest

from costmodel.case import Case
from costmodel.goal import NEAR, Goal, seek_input
from costmodel.inputs import named
from costmodel.levers import Batch, Cache, Cascade, Grow, Lever, Route, StartWith
from costmodel.workload import Baseline, ledger_baseline
from tests.books import BOOK
from tests.workloads import cell, guide

MINI, FULL, LUNA = "gpt-4.1-mini", "gpt-4.1", "gpt-6-luna"


def goal(
    name: str, budget: str, *levers: Lever, usage: Baseline | None = None, months: int = 1
) -> Goal:
    case = Case(usage or guide(), levers, BOOK, months)
    return seek_input(case, named(levers, name), Fraction(budget))


def test_the_guides_escalation_for_600_dollars() -> None:
    """Sent directly: (600 - 396) / (1980 - 396); tried first: (600 - 396) / 1980."""
    route = goal("share", "600", Route(to=FULL, share=Fraction(0)))
    assert (route.met, route.setting, route.is_upper) == ("exactly", Fraction(204, 1584), True)
    cascade = goal("escalate", "600", Cascade(first=MINI, then=FULL, escalate=Fraction(0)))
    assert (cascade.met, cascade.setting) == ("exactly", Fraction(204, 1980))
    assert float(route.setting) == pytest.approx(0.128788, abs=1e-6)
    assert float(cascade.setting) == pytest.approx(0.103030, abs=1e-6)


def test_a_share_that_takes_off_is_met_from_there_on() -> None:
    """Half in batches takes $99 off 396; cached input takes 75% off $108."""
    batch = goal("share", "297", Batch(share=Fraction(0)))
    assert (batch.setting, batch.is_upper, batch.cost) == (Fraction(1, 2), False, 297)
    assert goal("hit_rate", "355.50", Cache(hit_rate=Fraction(0))).setting == Fraction(1, 2)


def test_volume_and_the_share_that_starts_on_a_model() -> None:
    assert goal("volume", "600").setting == Fraction(600, 396)
    mix = StartWith(starts=((LUNA, Fraction(1, 10)),), full=FULL)
    # gpt-6-luna costs 117 where Mini costs 396
    assert goal(LUNA, "256.50", mix).setting == Fraction(1, 2)


def test_budgets_that_every_setting_or_none_meets() -> None:
    lever = Cascade(first=MINI, then=FULL, escalate=Fraction(1, 2))
    assert goal("escalate", "2376", lever).met == "exactly"
    always = goal("escalate", "2376.01", lever)
    assert (always.met, always.setting, always.cost) == ("always", 0, 396)
    assert goal("escalate", "396", lever).setting == 0
    never = goal("escalate", "395.99", lever)
    assert (never.met, never.setting, never.cost) == ("never", 0, 396)


def test_growth_is_met_to_a_billionth_on_the_side_of_the_budget() -> None:
    one_month = goal("requests", "435.60", Grow(requests=Fraction(0)))
    assert (one_month.met, one_month.setting) == ("exactly", Fraction(1, 10))
    year = goal("requests", "792", Grow(requests=Fraction(0)), months=12)
    assert year.met == "nearly"
    assert year.cost <= 792
    assert 396 * (1 + year.setting + NEAR) ** 12 > 792
    assert float(year.setting) == pytest.approx(2 ** (1 / 12) - 1)


def test_whole_tokens_stay_whole() -> None:
    """A check by Mini reads 1,500 tokens: $180; each token that it writes costs $0.48."""
    lever = Cascade(first=MINI, then=FULL, escalate=Fraction(0), verifier=MINI)
    exactly = goal("verifier_output_tokens", "600", lever)
    assert (exactly.met, exactly.setting) == ("exactly", 50)
    nearly = goal("verifier_output_tokens", "600.47", lever)
    assert (nearly.met, nearly.setting, nearly.cost) == ("nearly", 50, 600)
    assert goal("verifier_output_tokens", "600.48", lever).setting == 51
    assert goal("verifier_output_tokens", "575.99", lever).met == "never"


def test_a_cached_share_is_sought_up_to_where_it_bends() -> None:
    """Short requests cannot be cached: from a quarter on nothing is taken off any more."""
    usage = ledger_baseline(
        [
            cell(input_tokens=300, output=0, requests=100_000),
            cell(input_tokens=10_000, output=0, requests=1_000),
        ],
        BOOK,
        days=30,
    )
    # 40M tokens are $16; 10M of them cached whole save $3
    lever = Cache(hit_rate=Fraction(0))
    assert goal("hit_rate", "14.50", lever, usage=usage).setting == Fraction(1, 8)
    assert goal("hit_rate", "13", lever, usage=usage).setting == Fraction(1, 4)
    assert goal("hit_rate", "12.99", lever, usage=usage).met == "never"


def test_an_input_that_changes_nothing() -> None:
    idle = Cascade(first=MINI, then=FULL, escalate=Fraction(1, 10))
    assert goal("verifier_output_tokens", "594", idle).met == "always"
    assert goal("verifier_output_tokens", "593.99", idle).met == "never"
