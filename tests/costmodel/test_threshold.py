from __future__ import annotations

from fractions import Fraction

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from costmodel.threshold import (
    Option,
    Rated,
    Step,
    TwoByTwo,
    judged,
    marked_pairs,
    quality,
    thresholds,
)
from costmodel.workload import ledger_baseline
from tests.books import BOOK
from tests.real import real_file
from tests.workloads import cell


def step(
    above: str,
    tries: int,
    first: str,
    full: str,
    right: tuple[int, int] | None = None,
    asked_again: int = 0,
) -> Step:
    """A step whose costs are given in dollars; ``right`` answers of the first and full model."""
    mine, others = (Rated(tries, Fraction(n)) for n in right) if right else (Rated(), Rated())
    return Step(Fraction(above), tries, asked_again, Fraction(first), Fraction(full), mine, others)


LOW, HIGH = step("0.2", 10, "1", "5", (4, 8)), step("0.6", 30, "3", "15", (27, 28))


def test_cost_and_quality_on_both_sides_of_a_threshold() -> None:
    found = thresholds([LOW, HIGH], Fraction(0))
    assert found is not None
    first, cascade, full = found.options
    assert (first.kind, first.cost, first.quality) == ("first_only", 4, Fraction(31, 40))
    # 4 dollars of tries and 5 for the ten asked again; 8 right of these, 27 of the kept
    assert (cascade.threshold, cascade.cost, cascade.quality) == (
        Fraction("0.6"),
        9,
        Fraction(35, 40),
    )
    assert (cascade.share, cascade.cost_share) == (Fraction(1, 4), Fraction(1, 4))
    assert (full.cost, full.quality) == (20, Fraction(36, 40))
    # 4 more right answers for $5; one more for $11
    assert [each.price_of_one_more for each in found.options] == [None, Fraction(5, 4), 11]
    assert [each.per_right_answer for each in found.options] == [
        Fraction(4, 31),
        Fraction(9, 35),
        Fraction(20, 36),
    ]
    assert not any(each.is_never_best for each in found.options)


def test_a_pair_at_five_times_the_price_breaks_even_at_80_percent_of_cost() -> None:
    found = thresholds([LOW, HIGH], Fraction(0))
    assert found is not None
    assert found.break_even == Fraction("0.80")


@pytest.mark.parametrize(("others", "pays"), [("4.01", True), ("4", False)])
def test_long_requests_weigh_more_than_their_number(others: str, pays: bool) -> None:
    # 2 of 10 requests hold 80% of the cost: asking them again costs what all on full does
    long, short = step("0.1", 2, "3.2", "16"), step("0.9", 8, "0.8", others)
    found = thresholds([long, short], Fraction(0))
    assert found is not None
    assert found.options[1].share == Fraction(1, 5)
    assert (found.options[1].cost_share < found.break_even) is pays
    assert (found.highest_paying is not None) is pays


def test_what_was_asked_again_so_far() -> None:
    found = thresholds([step("0.2", 10, "1", "5", asked_again=4), HIGH], Fraction(3))
    assert found is not None
    assert (found.seen.share, found.seen.cost_share, found.seen.cost) == (
        Fraction(1, 10),
        Fraction(3, 20),
        7,
    )


def test_without_tries_or_cost_there_is_nothing_to_choose() -> None:
    assert thresholds([], Fraction(0)) is None
    assert thresholds([step("0.2", 1, "0", "0")], Fraction(0)) is None


def test_quality_is_known_where_what_counts_was_rated() -> None:
    # second answers are rated only below 0.6, first ones only from 0.6 on: one threshold is known
    low = Step(Fraction(0), 10, 10, Fraction(1), Fraction(5), Rated(), Rated(10, Fraction(8)))
    high = Step(Fraction("0.6"), 30, 0, Fraction(3), Fraction(15), Rated(30, Fraction(27)), Rated())
    found = thresholds([low, high], Fraction(5))
    assert found is not None
    assert [each.quality for each in found.options] == [None, Fraction(35, 40), None]
    assert found.knows_quality
    unknown = thresholds([step("0", 5, "1", "5"), step("0.5", 5, "1", "5")], Fraction(0))
    assert unknown is not None
    assert not unknown.knows_quality
    assert [each.is_never_best for each in unknown.options] == [False] * 3


@pytest.mark.parametrize(("rated", "known"), [(95, True), (94, False)])
def test_five_in_a_hundred_may_lack_a_rating(rated: int, known: bool) -> None:
    found = quality([(Rated(rated, Fraction(rated, 2)), 100)])
    assert found == (Fraction(1, 2) if known else None)


def option(cost: str, right: str | None) -> Option:
    quality = None if right is None else Fraction(right)
    return Option("threshold", None, Fraction(0), Fraction(0), Fraction(cost), quality)


def test_options_that_no_price_of_a_failure_makes_best() -> None:
    given_in = [
        option("1", "0.5"),
        option("3", "0.55"),  # a mix of the first and the next answers better for as much
        option("4", "0.8"),
        option("5", "0.8"),  # dearer and no better
        option("6", "0.7"),  # dearer and worse
        option("2", None),
        option("9", "0.9"),
    ]
    found = judged(given_in, 10)
    assert [each.is_never_best for each in found] == [False, True, False, True, True, False, False]
    # $3 for 3 of 10 more, then $5 for 1 more
    assert [each.price_of_one_more for each in found] == [None, None, 1, None, None, None, 5]


@given(
    st.lists(st.tuples(st.integers(1, 40), st.integers(0, 20)), min_size=1, max_size=8, unique=True)
)
def test_the_best_choice_at_any_price_of_a_failure_is_never_called_never_best(
    points: list[tuple[int, int]],
) -> None:
    found = judged([option(str(cost), f"{right}/20") for cost, right in points], 20)
    worth = [each for each in found if not each.is_never_best]

    def total(each: Option, failure: Fraction) -> Fraction:
        return each.cost + failure * 20 * (1 - (each.quality or 0))

    for failure in (Fraction(n, 7) for n in range(0, 400, 3)):
        assert min(total(each, failure) for each in worth) == min(
            total(each, failure) for each in found
        )
    prices = [each.price_of_one_more for each in sorted(worth, key=lambda each: each.cost)]
    assert prices[0] is None
    rising = [each for each in prices[1:] if each is not None]
    assert rising == sorted(rising)
    assert len(set(rising)) == len(prices) - 1


def test_the_table_of_both_models_and_a_check_that_errs() -> None:
    table = TwoByTwo(both=50, only_first=10, only_full=30, neither=10)
    assert (table.first, table.full, table.best) == (
        Fraction("0.6"),
        Fraction("0.8"),
        Fraction("0.9"),
    )
    assert table.caught(Fraction(1), Fraction(0)) == table.best
    assert table.caught(Fraction(0), Fraction(0)) == table.first
    assert table.caught(Fraction(1), Fraction(1)) == table.full
    # 50 + 10 x 0.9 + 30 x 0.5
    assert table.caught(Fraction(1, 2), Fraction(1, 10)) == Fraction("0.74")


def test_published_answers_of_two_models() -> None:
    path = real_file("routellm-mmlu.parquet")
    with duckdb.connect() as session:
        counts = session.execute(
            f"""SELECT count(*) FILTER (weak_correct AND strong_correct),
                count(*) FILTER (weak_correct AND NOT strong_correct),
                count(*) FILTER (strong_correct AND NOT weak_correct),
                count(*) FILTER (NOT weak_correct AND NOT strong_correct)
            FROM read_parquet('{path}')"""
        ).fetchall()[0]
    table = TwoByTwo(*counts)
    assert table.total == 14_042
    assert float(table.first) == pytest.approx(0.68081, abs=1e-5)
    assert float(table.full) == pytest.approx(0.80580, abs=1e-5)
    assert table.both / table.total == pytest.approx(0.62797, abs=1e-5)
    assert table.only_full / table.total == pytest.approx(0.17782, abs=1e-5)
    assert table.only_first / table.total == pytest.approx(0.05284, abs=1e-5)
    assert float(table.best) == pytest.approx(0.85864, abs=1e-5)


def test_second_calls_that_are_only_marked() -> None:
    names = ("escalated_from", "feature")
    cells = [
        cell(requests=80, dimensions=(None, "search")),
        cell(requests=50, dimensions=(None, "chat")),  # nothing is asked again there
        cell("gpt-4.1", requests=20, dimensions=("gpt-4.1-mini", "search")),
    ]
    [pair] = marked_pairs(ledger_baseline(cells, BOOK, days=30, dimension_names=names), BOOK)
    assert (pair.first, pair.full, pair.tries, pair.asked_again) == (
        "gpt-4.1-mini",
        "gpt-4.1",
        80,
        20,
    )
    assert (pair.share, pair.cost_share, pair.break_even) == (
        Fraction(1, 4),
        Fraction(1, 4),
        Fraction("0.8"),
    )
    assert pair.pays
    unmarked = ledger_baseline(cells[:2], BOOK, days=30, dimension_names=names)
    assert marked_pairs(unmarked, BOOK) == ()
