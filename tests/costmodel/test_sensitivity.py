from __future__ import annotations

from fractions import Fraction

from costmodel.case import Case
from costmodel.levers import Cache, Cascade, Commit, Grow, Lever, Retry
from costmodel.plan import Range
from costmodel.sensitivity import Effect, Steps, sensitivity
from tests.books import BOOK
from tests.workloads import guide

MINI, FULL = "gpt-4.1-mini", "gpt-4.1"
CASCADE = Cascade(first=MINI, then=FULL, escalate=Fraction(12, 100))


def effects(*levers: Lever, **ranges: Range) -> dict[str, Effect]:
    given = {(0, name): between for name, between in ranges.items()}
    return {each.name: each for each in sensitivity(Case(guide(), levers, BOOK), given)}


def test_what_matters_most_stands_first() -> None:
    """396 + 1980 x escalation: 2% to 22% are $396 apart, 10% of volume twice $63.36.

    Mini's calls cost 396, full's 237.60.
    """
    found = effects(CASCADE)
    assert [(each.name, each.size) for each in found.values()] == [
        ("cascade.escalate", 396),
        ("volume", Fraction("126.72")),
        (f"price of {MINI}", Fraction("79.20")),
        (f"price of {FULL}", Fraction("47.52")),
        ("cascade.verifier_output_tokens", 0),
    ]
    escalation = found["cascade.escalate"]
    assert (escalation.low, escalation.high) == (Fraction(2, 100), Fraction(22, 100))
    assert (escalation.cost_at_low, escalation.cost_at_high) == (
        Fraction("435.60"),
        Fraction("831.60"),
    )
    assert escalation.is_share
    assert not escalation.is_range


def test_a_range_replaces_the_step() -> None:
    between = Range(Fraction(10, 100), Fraction(14, 100))
    found = effects(CASCADE, escalate=between)
    escalation = found["cascade.escalate"]
    assert (escalation.low, escalation.high, escalation.is_range) == (
        between.low,
        between.high,
        True,
    )
    assert escalation.size == Fraction("79.20")
    assert next(iter(found)) == "volume"


def test_shares_stop_at_none_and_all() -> None:
    low, high = (
        effects(Cache(hit_rate=share))["cache.hit_rate"] for share in (Fraction(0), Fraction(1))
    )
    assert (low.low, low.high) == (0, Fraction(1, 10))
    assert (high.low, high.high) == (Fraction(9, 10), 1)
    # a tenth of $108 at three quarters less
    assert low.size == high.size == Fraction("8.10")


def test_other_steps_and_growth_in_points() -> None:
    case = Case(guide(), (Grow(requests=Fraction(5, 100)),), BOOK)
    steps = Steps(points=Fraction(1, 100), part=Fraction(1, 4))
    found = {each.name: each for each in sensitivity(case, steps=steps)}
    assert (found["grow.requests"].low, found["grow.requests"].high) == (
        Fraction(4, 100),
        Fraction(6, 100),
    )
    assert found["volume"].cost_at_high == Fraction("415.80") * Fraction(5, 4)
    assert found[f"price of {MINI}"].cost_at_low == Fraction("415.80") * Fraction(3, 4)


def test_the_baseline_has_volume_and_prices() -> None:
    assert list(effects()) == ["volume", f"price of {MINI}"]


def test_a_commitment_hides_cheaper_prices() -> None:
    """$400 are paid whatever comes: 10% more on Mini's 396 are 435.60, 10% less are still 400."""
    committed = effects(Commit(amount=Fraction(400)))
    price = committed[f"price of {MINI}"]
    assert (price.cost_at_low, price.cost_at_high) == (400, Fraction("435.60"))
    amount = committed["commit.amount"]
    assert (amount.low, amount.high, amount.is_share) == (360, 440, False)
    assert (amount.cost_at_low, amount.cost_at_high) == (396, 440)


def test_a_share_that_cannot_be_everything() -> None:
    failing = effects(Retry(rate=Fraction(95, 100)))["retry.rate"]
    assert (failing.low, failing.high) == (Fraction(85, 100), 1 - Fraction(1, 10**6))
