from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from costmodel.book import PriceBook
from costmodel.meters import Meter
from costmodel.rates import Model
from costmodel.scenario import evaluate
from costmodel.spend import spend
from costmodel.workload import WorkloadError, ledger_baseline, model_named, typed_workload
from tests.books import BOOK
from tests.workloads import cell, guide


def test_typed_numbers_become_one_flow_of_sessions() -> None:
    (flow,) = guide().flows
    assert flow.requests == 300_000
    assert flow.input_tokens == 300_000 * 900
    assert flow.output_tokens == 300_000 * 600
    assert flow.size_band == 0
    assert flow.key.tier == "standard"


@pytest.mark.parametrize(
    ("model", "cost"),
    [("gpt-4.1-mini", 396), ("gpt-4.1", 1980), ("gpt-4.1-nano", 99), ("gpt-6-luna", 117)],
)
@pytest.mark.parametrize("on", [date(2026, 9, 1), date(2026, 11, 1), date(2028, 2, 29)])
def test_the_guides_workload_costs_the_same_on_any_date(model: str, cost: int, on: date) -> None:
    assert evaluate(guide(model, on), (), BOOK).cost == cost


def test_a_typed_session_longer_than_a_price_step_pays_the_step() -> None:
    long = typed_workload(
        sessions_per_day=1,
        days=1,
        tokens_per_session=300_000,
        output_share=Fraction(0),
        model="gpt-6-luna",
        on=date(2026, 11, 1),
        book=BOOK,
    )
    assert evaluate(long, (), BOOK).cost == Fraction(300_000 * 2, 10 * 1_000_000)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"days": -1}, "days cannot be negative: -1"),
        ({"output_share": Fraction(7, 5)}, "between 0% and 100%"),
        ({"model": "gpt-4.1-minni"}, "no model 'gpt-4.1-minni'; nearest: gpt-4.1-mini"),
    ],
)
def test_numbers_that_make_no_workload_are_refused(change: dict[str, object], said: str) -> None:
    numbers: dict[str, object] = {
        "sessions_per_day": 1,
        "days": 1,
        "tokens_per_session": 1,
        "output_share": Fraction(0),
        "model": "gpt-4.1",
        "on": date(2026, 11, 1),
        "book": BOOK,
    }
    with pytest.raises(WorkloadError, match=said):
        typed_workload(**{**numbers, **change})  # type: ignore[arg-type]


def test_a_ledger_without_levers_costs_what_spend_says() -> None:
    cells = [
        cell(cached=500, requests=7, dimensions=("support", None)),
        cell("gpt-4.1-2025-04-14", output=900, requests=3, dimensions=("search", None)),
        cell("gpt-4.1", tier="batch", cached=100, dimensions=("search", None)),
        cell("acme-7b", requests=2, dimensions=("support", None)),
        cell(audio=40, dimensions=("support", None)),
    ]
    spent = spend(cells, BOOK)
    outcome = evaluate(
        ledger_baseline(cells, BOOK, days=30, dimension_names=("feature", "escalated_from")),
        (),
        BOOK,
    )
    assert outcome.cost == spent.total.cost
    assert outcome.list_cost == spent.total.list_cost
    assert outcome.parts == spent.total.parts
    assert set(outcome.unpriced) == set(spent.unpriced)
    assert set(outcome.assumptions) == set(spent.assumptions)
    assert outcome.at_least


def test_cost_by_a_kept_dimension_adds_up() -> None:
    cells = [cell(requests=n, dimensions=(name,)) for n, name in ((3, "a"), (4, "b"), (5, None))]
    outcome = evaluate(
        ledger_baseline(cells, BOOK, days=1, dimension_names=("feature",)),
        (),
        BOOK,
        by=("feature",),
    )
    each = evaluate(ledger_baseline([cell()], BOOK, days=1), (), BOOK).cost
    assert outcome.cost_by("feature") == {"a": 3 * each, "b": 4 * each, None: 5 * each}


def test_escalation_seen_is_second_calls_over_first_calls_of_their_model() -> None:
    cells = [
        cell("gpt-4.1-mini", requests=100, dimensions=(None,)),
        cell("gpt-4.1", requests=900, dimensions=(None,)),
        cell("gpt-4.1", requests=12, dimensions=("gpt-4.1-mini",)),
    ]
    names = ("escalated_from",)
    assert ledger_baseline(cells, BOOK, days=1, dimension_names=names).escalation_seen == Fraction(
        12, 100
    )
    assert ledger_baseline(cells[:2], BOOK, days=1, dimension_names=names).escalation_seen is None
    assert ledger_baseline(cells, BOOK, days=1, dimension_names=("other",)).escalation_seen is None


def test_ten_days_are_scaled_to_a_month_and_say_so() -> None:
    baseline = ledger_baseline([cell(requests=10)], BOOK, days=10)
    month = baseline.a_month()
    assert evaluate(month, (), BOOK).cost == 3 * evaluate(baseline, (), BOOK).cost
    assert month.assumptions[-1].text == "10 days of usage scaled to a month of 30 days"
    assert guide().a_month() is not None
    assert guide().a_month().assumptions == guide().assumptions


def test_a_name_means_the_providers_own_model_before_a_resellers() -> None:
    assert model_named("gpt-4.1", BOOK, "anthropic").provider == "openai"
    assert model_named("haiku", BOOK).provider == "anthropic"


def test_a_family_is_that_of_most_tokens() -> None:
    cells = [cell(requests=3), cell("haiku", provider="anthropic", requests=2)]
    baseline = ledger_baseline(cells, BOOK, days=1)
    assert baseline.family(BOOK) == "gpt-4.1"
    assert [model.name for model in baseline.served_models(BOOK)] == ["gpt-4.1-mini", "haiku"]


def test_what_writes_no_texts_is_no_family_to_plan_with() -> None:
    card = replace(BOOK.cards_of("openai", "gpt-4.1-mini")[0], model="embedding", assumed={})
    rates = {Meter.INPUT: card.usd_per_million[Meter.INPUT]}
    card = replace(card, usd_per_million=rates)
    model = Model(name="embedding", provider="openai", display="Embedding", family="embedding")
    book = PriceBook((*BOOK.models, model), (*BOOK.cards, card))
    reads = cell("embedding", requests=1_000)
    assert ledger_baseline([reads, cell()], book, days=1).family(book) == "gpt-4.1"
    assert ledger_baseline([reads], book, days=1).family(book) is None


def test_a_day_before_the_first_price_is_no_day_for_a_workload() -> None:
    with pytest.raises(WorkloadError, match="no price before 2025-04-14"):
        guide(on=date(2025, 4, 13))
