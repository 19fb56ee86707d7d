"""The kernel in the browser against the engine: never a cent apart, and the same sentences."""

from __future__ import annotations

import random
from datetime import date
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import dashboard
from costmodel.bridge import in_cents
from costmodel.controls import Controls, levers_of
from costmodel.corners import GROWTH_POSITIONS, CornerTable, corner_table
from costmodel.horizon import month_costs
from costmodel.levers import Compress, Retry, Review, Tier, Verify
from costmodel.money import dollars
from costmodel.scenario import evaluate
from costmodel.switches import switches_of
from costmodel.workload import Baseline, ledger_baseline
from dashboard.pages.whatif.outlook import STEPS, outlook
from dashboard.pages.whatif.settings import linked_shares
from dashboard.pages.whatif.words import limit_line, sentence
from tests.books import BOOK
from tests.workloads import cell, guide

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

CHOICES = ("gpt-4.1-mini", "gpt-4.1", "gpt-4.1-nano", "gpt-6-luna")
MONTH = date(2026, 12, 1)
KERNEL = Path(dashboard.__file__).with_name("assets") / "whatif.js"

RUN = """([table, points, limit]) => points.map((point) => {
  const kernel = window.tollbookWhatif;
  const board = { table, symbol: "$", at_least: false,
    defaults: { limit } };
  const view = kernel.outlook(table, point);
  return {
    cost: kernel.cost(table, point),
    text: kernel.money(view.plan, "$"),
    steps: view.steps,
    months: view.monthsPlan,
    sentence: kernel.sentence(view, board),
    limit: kernel.limitLine(view, board, point),
  };
})"""


@pytest.fixture(scope="module")
def kernel(browser: Browser) -> Iterator[Page]:
    """A page with nothing but the script that computes while somebody drags."""
    page = browser.new_page()
    page.add_script_tag(path=KERNEL)
    yield page
    page.close()


def random_usage(dice: random.Random) -> Baseline:
    cells = [
        cell(
            dice.choice(("gpt-4.1", "gpt-4.1-mini", "gpt-4.1-nano", "haiku")),
            input_tokens=(size := dice.choice((300, 1_500, 5_000, 40_000))),
            cached=dice.randint(0, size),
            output=dice.randint(0, 3_000),
            requests=dice.randint(1, 1_000_000),
            dimensions=(dice.choice(("a", "b", None)), dice.choice((None, None, "gpt-4.1-mini"))),
            tier=dice.choice(("standard", "standard", "batch")),
        )
        for _ in range(dice.randint(1, 6))
    ]
    cells = [
        each
        if each.key.model != "haiku"
        else cell("haiku", provider="anthropic", requests=500, dimensions=each.dimensions)
        for each in cells
    ]
    return ledger_baseline(cells, BOOK, days=30, dimension_names=("feature", "escalated_from"))


MORE = (
    Compress(input=Fraction(1, 5), output=Fraction(1, 10)),
    Retry(rate=Fraction(1, 20)),
    Verify(model="gpt-4.1-nano"),
    Review(share=Fraction(1, 1_000), minutes=Fraction(2), usd_per_hour=Fraction(40)),
    Tier(to="priority", share=Fraction(1, 3)),
)


def random_start(dice: random.Random) -> tuple[tuple[str, Fraction], ...]:
    if dice.random() < 0.2:
        return ()
    if dice.random() < 0.5:
        return ((dice.choice(CHOICES), Fraction(1)),)
    cuts = [0, *sorted(dice.randint(0, 100) for _ in CHOICES[1:]), 100]
    return tuple(
        (name, Fraction(b - a, 100)) for name, a, b in zip(CHOICES, cuts, cuts[1:], strict=False)
    )


def random_controls(dice: random.Random, base: Controls) -> Controls:
    def tenths() -> Fraction:
        return Fraction(dice.randint(0, 1_000), 1_000)

    return Controls(
        start_with=random_start(dice),
        full=base.full,
        escalate=tenths(),
        escalation=base.escalation,
        cache=dice.choice((None, tenths())),
        batch=dice.choice((Fraction(0), tenths())),
        growth=dice.choice(GROWTH_POSITIONS),
        more=base.more,
        family=base.family,
        where=base.where,
    )


def point_of(controls: Controls) -> dict[str, Any]:
    return {
        "start_with": {name: float(share) for name, share in controls.start_with},
        "escalate": float(controls.escalate),
        "cache": None if controls.cache is None else float(controls.cache),
        "batch": float(controls.batch),
        "growth": float(controls.growth),
        **{each.name: 1 for each in switches_of(controls.more)},
    }


def run(page: Page, table: CornerTable, plans: Sequence[Controls], limit: Fraction) -> Any:  # noqa: ANN401
    asked = [table.to_json(), [point_of(plan) for plan in plans], float(limit)]
    return page.evaluate(RUN, asked)


def test_the_kernel_and_the_engine_never_differ_by_a_cent(kernel: Page, examples: int) -> None:
    dice = random.Random(20_261_123)
    for _ in range(max(4, examples // 4)):
        usage = random_usage(dice)
        base = Controls(
            escalation=dice.choice(("tried_first", "sent_directly")),
            where=dice.choice(({}, {"feature": ("a", None)})),
            more=tuple(dice.sample(MORE, dice.choice((0, 1, 2, len(MORE))))),
        )
        table = corner_table(usage, CHOICES, base, BOOK, first_month=MONTH)
        plans = [random_controls(dice, base) for _ in range(8)]
        limit = Fraction(dice.randint(1, 10**7), 100)
        for plan, said in zip(plans, run(kernel, table, plans, limit), strict=True):
            exact = evaluate(usage, levers_of(plan), BOOK).cost
            assert said["text"] == dollars(exact)
            assert said["cost"] == pytest.approx(float(exact), rel=1e-9, abs=1e-9)
            view = outlook(table, plan)
            assert said["sentence"] == sentence(view.today, exact)
            assert said["steps"] == pytest.approx([float(x) for x in view.steps], abs=1e-5)
            line = limit_line(exact, limit, table, plan)
            assert said["limit"]["text"] == line.text
            assert said["limit"]["set"] == (None if line.meets is None else float(line.meets * 100))


def test_the_kernel_and_the_engine_agree_on_every_month(kernel: Page) -> None:
    dice = random.Random(7)
    usage = random_usage(dice)
    base = Controls(more=MORE[:2])
    table = corner_table(usage, CHOICES, base, BOOK, first_month=MONTH)
    plans = [random_controls(dice, base) for _ in range(3)]
    for plan, said in zip(plans, run(kernel, table, plans, Fraction(1)), strict=True):
        exact = month_costs(usage, levers_of(plan), BOOK, MONTH)
        assert said["months"] == pytest.approx([float(cost) for cost in exact], rel=1e-9, abs=1e-9)


def test_amounts_that_end_in_half_a_cent_round_alike(kernel: Page) -> None:
    amounts = ["0.125", "0.135", "555.845", "1234567.895", "-0.125", "0.005", "0.015"]
    texts = kernel.evaluate(
        "(amounts) => amounts.map((amount) => window.tollbookWhatif.money(amount, '$'))",
        [float(amount) for amount in amounts],
    )
    cents = [round(Fraction(amount) * 100) for amount in amounts]
    assert texts == [f"{'-' if c < 0 else ''}${abs(c) / 100:,.2f}" for c in cents]


def test_changes_in_cents_sum_to_the_total_on_both_sides(kernel: Page, examples: int) -> None:
    dice = random.Random(5)
    lists = [
        [Fraction(dice.randint(-(10**6), 10**6), dice.choice((1, 30, 60, 700))) for _ in range(5)]
        for _ in range(examples)
    ] + [[Fraction(1, 200), Fraction(1, 200), Fraction(0)], [Fraction(1, 3)] * 3]
    totals = [round(sum(changes) * 100) + turn % 3 - 1 for turn, changes in enumerate(lists)]
    said = kernel.evaluate(
        "([lists, totals]) => lists.map((changes, place) => "
        "window.tollbookWhatif.inCents(changes, totals[place]))",
        [[[float(change) for change in changes] for changes in lists], totals],
    )
    expected = [list(in_cents(changes, t)) for changes, t in zip(lists, totals, strict=True)]
    assert said == expected
    assert [sum(cents) for cents in said] == totals


def test_a_mix_gives_way_alike_on_both_sides(kernel: Page, examples: int) -> None:
    dice = random.Random(3)
    asked, expected = [], []
    for _ in range(examples):
        cuts = sorted(dice.randint(0, 100) for _ in CHOICES[1:])
        percents = [high - low for low, high in pairwise([0, *cuts, 100])]
        moved, wanted = dice.choice(CHOICES), dice.randint(0, 100)
        asked.append([dict(zip(CHOICES, percents, strict=True)), moved, wanted])
        shares = [(n, Fraction(p, 100)) for n, p in zip(CHOICES, percents, strict=True)]
        linked = linked_shares(tuple(shares), moved, Fraction(wanted, 100))
        expected.append({name: share * 100 for name, share in linked})
    link = "(asked) => asked.map((each) => window.tollbookWhatif.linkedShares(...each))"
    assert kernel.evaluate(link, asked) == expected


def test_the_guides_plan(kernel: Page) -> None:
    table = corner_table(guide("gpt-4.1"), CHOICES, Controls(), BOOK, first_month=MONTH)
    plan = Controls(start_with=(("gpt-4.1-mini", Fraction(1)),), escalate=Fraction(12, 100))
    [said] = run(kernel, table, [plan], Fraction(600))
    assert said["text"] == "$633.60"
    assert said["limit"] == {
        "text": "Over your $600 limit; 10.3% escalation would meet it.",
        "set": 10.3,
    }


def test_steps_have_the_same_order_on_both_sides(kernel: Page) -> None:
    table = corner_table(guide("gpt-4.1"), CHOICES, Controls(), BOOK, first_month=MONTH)
    for name, value in zip(STEPS[1:], (Fraction(1, 2),) * 4, strict=True):
        settings: dict[str, Any] = {name: value if name != "growth" else Fraction(1, 10)}
        plan = Controls(start_with=(("gpt-4.1-mini", Fraction(1)),), **settings)
        [said] = run(kernel, table, [plan], Fraction(1))
        changed = [place for place, step in enumerate(said["steps"]) if abs(step) > 1e-6]
        assert changed in ([0], [0, STEPS.index(name)])
