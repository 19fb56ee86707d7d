"""The cheapest mix, by hand, by trying all, and by the solver."""

from __future__ import annotations

import sys
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from costmodel.mixes import (
    ConditionPrice,
    Problem,
    Solution,
    cheapest_by_trying,
    combinations,
    is_met,
)
from costmodel.optimise import MOST_TRIED, OptimiseError, cheapest_by_solver, optimum
from costmodel.ways import (
    REQUESTS,
    TOKENS,
    Need,
    Offer,
    Segment,
    Way,
    segment_of,
    typed_need,
)
from costmodel.workload import ledger_baseline
from tests.books import BOOK
from tests.conftest import SOAK
from tests.solver import NEEDS_SCIPY
from tests.workloads import cell

pytestmark = NEEDS_SCIPY

TODAY = date(2026, 11, 20)
FULL_TOKENS = ("gpt-4.1", TOKENS)
PERCENT = Fraction(1, 100)


def way(
    model: str,
    cost: int,
    quality: int | None = None,
    tokens: int = 0,
    seconds: int | None = None,
) -> Way:
    """A way with its cost, its quality in percent and its tokens a minute."""
    return Way(
        model=model,
        tier="standard",
        cached_share=None,
        cost=Fraction(cost),
        quality=None if quality is None else quality * PERCENT,
        p95_seconds=None if seconds is None else Fraction(seconds),
        loads={(model, TOKENS): Fraction(tokens)},
    )


def segment(
    name: str, *ways: Way, floor: int | None = None, requests: int = 1, slow: tuple[Way, ...] = ()
) -> Segment:
    return Segment(
        name,
        Fraction(requests),
        ways,
        too_slow=slow,
        quality_floor=None if floor is None else floor * PERCENT,
    )


def code(floor: int = 80) -> Segment:
    return segment(
        "code", way("gpt-4.1", 800, 90, 1_000), way("gpt-4.1-mini", 160, 70), floor=floor
    )


def shares(solution: Solution | None) -> dict[tuple[str, str], Fraction]:
    parts = solution.parts if solution else ()
    return {(part.segment.name, part.way.model): part.share for part in parts}


def prices(problem: Problem) -> dict[tuple[str, str], float]:
    return {(p.kind, p.subject): float(p.amount) for p in optimum(problem).prices}


def test_half_and_half_reaches_a_floor_between_two_models() -> None:
    found = optimum(Problem((code(),)))
    assert shares(found.whole) == {("code", "gpt-4.1"): 1}
    assert shares(found.mixed) == {
        ("code", "gpt-4.1"): Fraction(1, 2),
        ("code", "gpt-4.1-mini"): Fraction(1, 2),
    }
    assert (found.mixed.cost, found.mixed.quality) == (480, Fraction(4, 5))
    # $640 more buy 20 points: $32 a point
    [price] = found.prices
    assert price.amount == pytest.approx(Fraction(32))
    assert price.words("USD") == "One more point of quality of code costs $32.00 a month."


@pytest.mark.parametrize(("floor", "cost"), [(70, 160), (71, 192), (90, 800)])
def test_floors_on_both_sides_of_what_the_cheap_model_reaches(floor: int, cost: int) -> None:
    assert optimum(Problem((code(floor),))).mixed.cost == pytest.approx(cost, abs=1e-3)


def test_a_floor_of_all_requests_is_met_where_it_is_cheapest() -> None:
    chat = segment("chat", way("gpt-4.1", 400, 95), way("gpt-4.1-mini", 80, 90), requests=3)
    tasks = segment("code", *code(0).ways, requests=1)
    found = optimum(Problem((chat, tasks), quality_floor=Fraction(87, 100)))
    # all on Mini is (3 x 90% + 70%) / 4 = 85%; code alone on full adds 20 points / 4 = 5 for
    # $640, chat 5 x 3/4 for $320: chat's 3.75 points are cheaper, $85.33 a point
    assert shares(found.mixed)["chat", "gpt-4.1"] == pytest.approx(Fraction(8, 15))
    assert found.mixed.quality == pytest.approx(Fraction(87, 100))
    [price] = found.prices
    assert (price.kind, float(price.amount)) == ("quality of all", pytest.approx(320 / 3.75))
    # whole: chat on full suffices
    assert shares(found.whole) == {("chat", "gpt-4.1"): 1, ("code", "gpt-4.1-mini"): 1}


def test_a_limit_of_tokens_has_a_price() -> None:
    # full may carry a quarter of the 1,000 tokens a minute: nobody can reach 80% then
    with pytest.raises(OptimiseError, match=r"without the limit of tokens a minute on gpt-4\.1"):
        optimum(Problem((code(),), limits={FULL_TOKENS: Fraction(250)}))
    small, large = way("gpt-4.1-mini", 160, 70, 2_000), way("gpt-4.1", 800, 90)
    found = optimum(
        Problem((segment("code", large, small),), limits={("gpt-4.1-mini", TOKENS): Fraction(500)})
    )
    # a quarter on Mini: 3/4 x 800 + 1/4 x 160; 1,000 tokens more would move half: $320
    assert found.mixed.cost == 640
    [price] = found.prices
    assert price.amount == pytest.approx(Fraction(320))
    assert price.words("USD") == (
        "1,000 more gpt-4.1-mini tokens a minute would save $320.00 a month."
    )
    assert shares(found.whole) == {("code", "gpt-4.1"): 1}


def test_being_in_time_has_a_price() -> None:
    fast, slow = way("gpt-4.1", 800, seconds=3), way("gpt-6-luna", 100, seconds=9)
    [price] = optimum(Problem((segment("chat", fast, slow=(slow,)),))).prices
    assert price == ConditionPrice("time", "chat", Fraction(700))
    assert price.words("USD") == "Not waiting longer for answers of chat costs $700.00 a month."


def test_what_cannot_be_said_why() -> None:
    for wrong, why in (
        (segment("code", slow=(way("gpt-4.1", 1),)), "every way to serve it is too slow"),
        (segment("code", way("gpt-4.1", 1), floor=80), "no option says its quality there"),
        (
            code(91),
            "the quality floor is 91.0%, and the best way that is fast enough reaches 90.0%",
        ),
    ):
        with pytest.raises(OptimiseError, match=why):
            optimum(Problem((wrong,)))
    with pytest.raises(OptimiseError, match="without the quality floor of all requests one does"):
        optimum(Problem((code(),), quality_floor=Fraction(95, 100)))


def test_without_scipy_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scipy", None)
    with pytest.raises(OptimiseError, match=r"pip install 'tollbook\[solver\]'"):
        optimum(Problem((code(),)))


ways_drawn = st.lists(
    st.builds(
        way,
        st.sampled_from(["a", "b", "c"]),
        st.integers(1, 900),
        st.integers(50, 99),
        st.integers(0, 900),
    ),
    min_size=1,
    max_size=4,
)


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    count = draw(st.integers(1, 3))
    segments = tuple(
        segment(
            f"s{n}",
            *draw(ways_drawn),
            floor=draw(st.none() | st.integers(50, 95)),
            requests=draw(st.integers(1, 9)),
        )
        for n in range(count)
    )
    floor = draw(st.none() | st.integers(50, 95))
    limits = draw(st.dictionaries(st.sampled_from(["a", "b"]), st.integers(100, 2_000), max_size=2))
    return Problem(
        segments,
        None if floor is None else floor * PERCENT,
        {(model, TOKENS): Fraction(limit) for model, limit in limits.items()},
    )


@settings(max_examples=300 if SOAK else 25, deadline=None)
@given(problems())
def test_the_solver_finds_what_trying_finds_and_a_mix_is_never_dearer(problem: Problem) -> None:
    tried, solved = cheapest_by_trying(problem), cheapest_by_solver(problem)
    assert combinations(problem) <= MOST_TRIED
    assert (tried is None) == (solved is None)
    if tried is None or solved is None:
        return
    assert solved.cost == tried.cost
    found = optimum(problem)
    assert found.whole is not None
    assert found.whole.cost == tried.cost
    assert float(found.mixed.cost) <= float(tried.cost) + 1e-3
    assert is_met(problem, found.mixed, slack=Fraction(1, 10**5))


@settings(max_examples=200 if SOAK else 20, deadline=None)
@given(st.integers(71, 89), st.integers(1, 900), st.integers(1, 900))
def test_a_price_is_what_one_point_more_costs_at_least(floor: int, dear: int, cheap: int) -> None:
    # cost is convex in a floor: another point costs no less than the price, one less saves no more
    assume(dear > cheap)
    ways = (way("full", dear, 90), way("mini", cheap, 70), way("middle", (dear + cheap) // 2, 85))

    def cost(at: int) -> float:
        return float(optimum(Problem((segment("s", *ways, floor=at),))).mixed.cost)

    price = prices(Problem((segment("s", *ways, floor=floor),))).get(("quality", "s"), 0.0)
    assert cost(floor + 1) - cost(floor) >= price - 0.01
    assert cost(floor) - cost(floor - 1) <= price + 0.01


def typed(**more: Fraction) -> Need:
    usage = typed_need(
        requests=Fraction(1_000_000),
        input_tokens=Fraction(2_000),
        output_tokens=Fraction(500),
        cached_share=more.get("cached", Fraction(0)),
        on=TODAY,
        model="gpt-4.1",
        book=BOOK,
    )
    return Need("code", usage, cached_share=more.get("possible"), may_wait=True)


def costs(found: Segment) -> dict[str, Fraction]:
    return {each.name: each.cost for each in found.ways}


def test_ways_are_priced_by_the_book() -> None:
    found = segment_of(
        typed(possible=Fraction(1, 2)),
        [Offer("gpt-4.1-mini"), Offer("gpt-6-luna", tiers=("standard", "priority"))],
        BOOK,
        peak_factor=Fraction(4),
        today=TODAY,
    )
    # 2,000M in, 500M out. Mini $800 + $800; half cached $400 + $100 + $800; in batch half of all,
    # where cached input has no price of its own. Luna $200 + $250; half cached $100 + $10 + $250.
    # Luna is not offered in priority.
    assert costs(found) == {
        "gpt-4.1-mini": 1_600,
        "gpt-4.1-mini, 50% of input cached": 1_300,
        "gpt-4.1-mini in batch": 800,
        "gpt-4.1-mini in batch, 50% of input cached": 800,
        "gpt-6-luna": 450,
        "gpt-6-luna, 50% of input cached": 360,
    }
    mini, batch = found.ways[0], found.ways[2]
    # 30 days of 1,440 minutes, four times the mean: 2,500M tokens / 43,200 x 4
    assert mini.loads["gpt-4.1-mini", TOKENS] == Fraction(2_500_000_000 * 4, 43_200)
    assert mini.loads["gpt-4.1-mini", REQUESTS] == Fraction(1_000_000 * 4, 43_200)
    assert batch.loads == {}


@pytest.mark.parametrize(
    ("limit", "fast", "slow"), [(6, ["gpt-4.1-mini"], []), (5, [], ["gpt-4.1-mini"])]
)
def test_a_way_that_is_too_slow_is_kept_apart(limit: int, fast: list[str], slow: list[str]) -> None:
    need = Need("chat", typed().usage, p95_seconds=Fraction(limit))
    offers = [
        Offer("gpt-4.1-mini", tiers=("standard",), p95_seconds={"standard": Fraction(6)}),
        Offer("gpt-6-luna", tiers=("standard", "batch")),
    ]
    found = segment_of(need, offers, BOOK, peak_factor=Fraction(1), today=TODAY)
    # nobody knows how fast Luna is, and nothing here may wait for a batch
    assert [each.name for each in found.ways] == fast
    assert [each.name for each in found.too_slow] == [*slow, "gpt-6-luna", "gpt-6-luna in batch"]


def test_a_segment_of_the_ledger_knows_today_and_makes_one_call_of_each_request() -> None:
    cells = [
        cell("gpt-4.1-mini", requests=100, dimensions=(None,)),
        cell("gpt-4.1", requests=12, dimensions=("gpt-4.1-mini",)),
    ]
    usage = ledger_baseline(cells, BOOK, days=30, dimension_names=("escalated_from",))
    offers = [Offer("gpt-4.1", tiers=("standard",)), Offer("gpt-4.1-nano", tiers=("standard",))]
    found = segment_of(Need("s", usage), offers, BOOK, peak_factor=Fraction(1), today=TODAY)
    # 100 x $0.0016 and 12 x $0.008; all 100 on full $0.80. Nano is gone
    assert (found.requests, found.today) == (100, Fraction("0.256"))
    assert costs(found) == {"gpt-4.1": Fraction("0.8")}
