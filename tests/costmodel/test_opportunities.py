"""The best move of each group, priced by hand; rates of tests.books."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from costmodel.levers import Batch, Cache, Compress, StartWith
from costmodel.moves import ENOUGH_ANSWERS, Hints, Kind, Quality
from costmodel.opportunities import Opportunities, Opportunity, opportunities
from costmodel.scenario import total_cost
from costmodel.workload import Baseline, ledger_baseline
from tests.books import BOOK
from tests.conftest import SOAK
from tests.workloads import cell

TODAY = date(2026, 11, 20)
NAMES = ("feature", "team", "escalated_from")


def usage(*groups: tuple[str | None, str, str, int]) -> Baseline:
    """Requests of 2,000 tokens in and 500 out by feature, team and model, in 30 days."""
    cells = [
        cell(model, requests=n, dimensions=(feature, team, None))
        for feature, team, model, n in groups
    ]
    return ledger_baseline(cells, BOOK, days=30, dimension_names=NAMES)


def row(found: Opportunities, value: str | None) -> Opportunity:
    return next(each for each in found.rows if each.value == value)


def moves(each: Opportunity) -> dict[str, Fraction]:
    priced = [each.best, *each.others] if each.best else []
    return {one.move.kind: one.saving for one in priced if one}


def test_the_moves_of_a_feature_on_the_full_model() -> None:
    # 1,000 requests: 2M in, 0.5M out. Full $4 + $4 = $8; Mini $1.60; Luna $0.20 + $0.25 = $0.45;
    # batch $4; a tenth of the input $0.40
    found = opportunities(usage(("search", "a", "gpt-4.1", 1_000)), BOOK, today=TODAY)
    search = row(found, "search")
    assert search.cost == 8
    assert moves(search) == {
        "successor": Fraction("7.55"),
        "smaller model": Fraction("6.4"),
        "batch": 4,
        "shorter prompt": Fraction("0.4"),
    }
    assert search.best is not None
    assert search.best.move.risk == "quality not known"
    assert (found.today, found.together, found.saving) == (8, Fraction("0.45"), Fraction("7.55"))


def test_kinds_can_be_left_out_and_the_next_best_takes_their_place() -> None:
    baseline = usage(("search", "a", "gpt-4.1", 1_000))
    expected: list[tuple[tuple[Kind, ...], Kind | None]] = [
        (("smaller model", "batch"), "smaller model"),
        (("batch", "cache"), "batch"),
        (("cache",), None),
    ]
    for kinds, best in expected:
        found = opportunities(baseline, BOOK, today=TODAY, hints=Hints(kinds=kinds))
        priced = row(found, "search").best
        assert (priced.move.kind if priced else None) == best


def test_a_model_that_is_gone_is_no_move() -> None:
    # below Mini there is only Nano, which ended on 2026-10-23
    kinds = Hints(kinds=("smaller model",))
    mini = usage(("search", "a", "gpt-4.1-mini", 1_000))
    assert row(opportunities(mini, BOOK, today=TODAY, hints=kinds), "search").best is None
    before = opportunities(mini, BOOK, today=date(2026, 10, 22), hints=kinds)
    best = row(before, "search").best
    assert best is not None
    assert best.move.model == "gpt-4.1-nano"


def test_second_calls_seen_stay_with_the_smaller_model() -> None:
    cells = [
        cell("gpt-4.1", requests=900, dimensions=("search", "a", None)),
        cell("gpt-4.1-mini", requests=100, dimensions=("search", "a", None)),
        cell("gpt-4.1", requests=12, dimensions=("search", "a", "gpt-4.1-mini")),
    ]
    baseline = ledger_baseline(cells, BOOK, days=30, dimension_names=NAMES)
    found = opportunities(baseline, BOOK, today=TODAY, hints=Hints(kinds=("smaller model",)))
    best = row(found, "search").best
    assert best is not None
    assert best.move.escalate == Fraction(12, 100)
    # today 912 x $0.008 + 100 x $0.0016 = $7.456; then 1,000 x $0.0016 + 120 x $0.008 = $2.56
    assert best.saving == Fraction("4.896")
    assert "12% asked again of gpt-4.1, as now" in best.move.assumption


def test_the_cached_share_goes_up_to_the_highest_seen() -> None:
    baseline = usage(("search", "a", "gpt-4.1", 1_000), ("support", "b", "gpt-4.1", 1_000))
    seen = Hints(highest_cached={("search", "gpt-4.1"): Fraction(1, 2)}, kinds=("cache",))
    found = opportunities(baseline, BOOK, today=TODAY, hints=seen)
    # half of 2M tokens at $0.50 instead of $2: $1.50
    assert moves(row(found, "search")) == {"cache": Fraction("1.5")}
    best = row(found, "search").best
    assert best is not None
    assert (best.move.risk, best.move.share) == ("none", Fraction(1, 2))
    assert best.move.assumption == "every day 50% on gpt-4.1 (seen on one day)"
    assert row(found, "support").best is None


def test_each_model_has_its_own_cached_share_and_none_is_lowered() -> None:
    groups = [
        cell("gpt-4.1", requests=1_000, cached=1_500, dimensions=("search", "a", None)),
        cell("gpt-4.1-mini", requests=1_000, dimensions=("search", "a", None)),
    ]
    baseline = ledger_baseline(groups, BOOK, days=30, dimension_names=NAMES)
    hints = Hints(
        highest_cached={
            ("search", "gpt-4.1"): Fraction(1, 2),
            ("search", "gpt-4.1-mini"): Fraction(1, 10),
        },
        possible_cached={("search", "gpt-4.1-mini"): Fraction(2, 5)},
        kinds=("cache",),
    )
    best = row(opportunities(baseline, BOOK, today=TODAY, hints=hints), "search").best
    assert best is not None
    # full is at 75% already; of Mini's 2M tokens 40% at $0.10 instead of $0.40
    assert best.saving == Fraction("0.24")
    assert (best.move.name, best.move.share) == ("up to 40% of input at the cached price", None)
    assert best.move.assumption == (
        "every day 40% on gpt-4.1-mini (so much repeats within minutes; untested)"
    )
    [lever] = best.move.levers
    assert lever.where == {"feature": ("search",), "model": ("gpt-4.1-mini",)}


def test_batches_are_not_cached() -> None:
    cells = [
        cell("gpt-6-luna", requests=1_000, dimensions=("search", "a", None)),
        cell("gpt-6-luna", requests=1_000, dimensions=("search", "a", None), tier="batch"),
    ]
    baseline = ledger_baseline(cells, BOOK, days=30, dimension_names=NAMES)
    hints = Hints(highest_cached={("search", "gpt-6-luna"): Fraction(1, 2)}, kinds=("cache",))
    best = row(opportunities(baseline, BOOK, today=TODAY, hints=hints), "search").best
    assert best is not None
    # 1M of the standard tier's 2M tokens at $0.01 instead of $0.10
    assert (best.saving, best.move.share) == (Fraction("0.09"), None)


@pytest.mark.parametrize(
    ("stated", "saving", "said"),
    [
        (None, "0.3", "10% of the uncached input can be left out (assumed)"),
        (Fraction(1, 4), "0.75", "25% of the uncached input can be left out"),
    ],
)
def test_a_shorter_prompt_leaves_what_is_cached(
    stated: Fraction | None, saving: str, said: str
) -> None:
    # 1,500 of 2,000 tokens are not cached: $3.00 of them for 1,000 requests
    cells = [cell("gpt-4.1", requests=1_000, cached=500, dimensions=("search", "a", None))]
    baseline = ledger_baseline(cells, BOOK, days=30, dimension_names=NAMES)
    hints = Hints(shorter_prompt=stated, kinds=("shorter prompt",))
    best = row(opportunities(baseline, BOOK, today=TODAY, hints=hints), "search").best
    assert best is not None
    assert (best.saving, best.move.assumption) == (Fraction(saving), said)


def test_critical_features_are_never_touched_whatever_one_groups_by() -> None:
    baseline = usage(
        ("legal-check", "legal", "gpt-4.1", 1_000),
        ("contract-rag", "legal", "gpt-4.1", 500),
        ("search", "discovery", "gpt-4.1", 100),
    )
    critical = {"legal-check"}
    by_feature = opportunities(baseline, BOOK, today=TODAY, critical=critical)
    legal_check = row(by_feature, "legal-check")
    assert (legal_check.is_critical, legal_check.best, legal_check.cost) == (True, None, 8)
    by_team = opportunities(baseline, BOOK, today=TODAY, by="team", critical=critical)
    legal = row(by_team, "legal")
    # only the $4 of contract-rag can move: to $0.225
    assert (legal.cost, legal.saving) == (12, Fraction("3.775"))
    assert by_team.saving == by_feature.saving == Fraction("3.775") + Fraction("0.755")
    for lever in by_team.levers:
        assert "legal-check" not in lever.where.get("feature", ())


def test_next_to_nothing_is_no_saving() -> None:
    for standard, batched, is_move in ((2, 98, True), (1, 99, False)):
        cells = [
            cell("gpt-4.1", requests=standard, dimensions=("search", "a", None)),
            cell("gpt-4.1", requests=batched, dimensions=("search", "a", None), tier="batch"),
        ]
        baseline = ledger_baseline(cells, BOOK, days=30, dimension_names=NAMES)
        found = opportunities(baseline, BOOK, today=TODAY, hints=Hints(kinds=("batch",)))
        # 1 of 100 requests: $0.004 of $0.404 is 0.99%; 2 of 100: $0.008 of $0.408 is 1.96%
        assert (row(found, "search").best is not None) == is_move


def test_a_move_onto_what_has_no_price_is_none() -> None:
    # Luna is not offered in priority, so its cost there is not known
    cells = [cell("gpt-4.1", requests=10, dimensions=("search", "a", None), tier="priority")]
    baseline = ledger_baseline(cells, BOOK, days=30, dimension_names=NAMES)
    found = opportunities(baseline, BOOK, today=TODAY, hints=Hints(kinds=("successor",)))
    assert row(found, "search").best is None


@pytest.mark.parametrize(
    ("answers", "risk"),
    [(ENOUGH_ANSWERS - 1, "quality not known"), (ENOUGH_ANSWERS, "quality known")],
)
def test_enough_ratings_make_quality_known(answers: int, risk: str) -> None:
    rated: dict[tuple[str | None, str], Quality] = {("search", "gpt-6-luna"): Quality(0.8, answers)}
    baseline = usage(("search", "a", "gpt-4.1", 1_000))
    best = row(
        opportunities(baseline, BOOK, today=TODAY, hints=Hints(quality=rated)), "search"
    ).best
    assert best is not None
    assert best.move.risk == risk


def test_days_are_made_a_month() -> None:
    cells = [cell("gpt-4.1", requests=100, dimensions=("search", "a", None))]
    baseline = ledger_baseline(cells, BOOK, days=3, dimension_names=NAMES)
    assert opportunities(baseline, BOOK, today=TODAY).today == 8


group = st.tuples(
    st.sampled_from(["search", "support", "legal-check", None]),
    st.sampled_from(["a", "b"]),
    st.sampled_from(["gpt-4.1", "gpt-4.1-mini", "gpt-6-luna", "haiku"]),
    st.integers(1, 500),
)


@settings(max_examples=200 if SOAK else 15, deadline=None)
@given(st.lists(group, min_size=1, max_size=6), st.sampled_from(["feature", "team"]))
def test_all_moves_together_save_what_each_saves(
    groups: list[tuple[str | None, str, str, int]], by: str
) -> None:
    cells = [
        cell(
            model,
            requests=n,
            dimensions=(feature, team, None),
            provider="anthropic" if model == "haiku" else "openai",
        )
        for feature, team, model, n in groups
    ]
    baseline = ledger_baseline(cells, BOOK, days=30, dimension_names=NAMES)
    shares: dict[tuple[str | None, str], Fraction] = {
        (value, "gpt-4.1"): Fraction(2, 5) for value in ("search", "a")
    }
    hints = Hints(highest_cached=shares)
    found = opportunities(baseline, BOOK, today=TODAY, by=by, critical={"legal-check"}, hints=hints)
    # groups share no request, so nothing can be counted twice
    assert found.saving == sum(each.saving for each in found.rows)
    assert found.together == total_cost(baseline, found.levers, BOOK)
    assert [each.saving for each in found.rows] == sorted(
        (each.saving for each in found.rows), reverse=True
    )
    assert all(isinstance(lever, StartWith | Cache | Batch | Compress) for lever in found.levers)
