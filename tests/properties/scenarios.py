"""Random books, usage and levers for the properties of scenarios."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from hypothesis import strategies as st

from costmodel.book import PriceBook
from costmodel.controls import Controls
from costmodel.levers import (
    Batch,
    Cache,
    Cascade,
    Compress,
    Grow,
    Lever,
    Retire,
    Retry,
    Review,
    Route,
    Tier,
    Verify,
)
from costmodel.meters import Meter
from costmodel.rates import Life, Model
from costmodel.workload import Baseline, ledger_baseline
from tests.books import card
from tests.workloads import cell

DAY = date(2026, 11, 1)
NAMES = ("large", "medium", "small", "next")
CHANGES = (date(2026, 12, 10), date(2027, 3, 1))
FEATURES = ("support", "search", None)

rates = st.integers(min_value=0, max_value=2_000_000).map(lambda n: f"{n}e-5")
shares = st.fractions(min_value=0, max_value=1, max_denominator=1_000)
counts = st.integers(min_value=0, max_value=10**7)


@st.composite
def books(draw: st.DrawFn) -> PriceBook:
    """Four models with random rates; three share a family, two end on random days."""
    models, cards = [], []
    for name in NAMES:
        ends = draw(st.none() | st.dates(date(2026, 10, 1), date(2027, 12, 1)))
        successor = "next" if name != "next" else None
        family = "family" if name != "next" else "newer"
        minimum = draw(st.sampled_from((None, 1_024, 4_096)))
        models.append(
            Model(
                provider="openai",
                name=name,
                family=family,
                display=name,
                life=Life(shutdown_on=ends if successor else None, successor=successor),
                minimum_cacheable_tokens=minimum,
            )
        )
        change = draw(st.none() | st.sampled_from(CHANGES))
        for tier in ("standard", *draw(st.sampled_from(((), ("batch",), ("batch", "priority"))))):
            before, after = (f"{draw(rates)}/{draw(rates)}/{draw(rates)}" for _ in range(2))
            cards.append(card(name, tier, before, until=change))
            if change:
                cards.append(card(name, tier, after, since=change))
    return PriceBook(tuple(models), tuple(cards))


@st.composite
def cells_of_usage(draw: st.DrawFn, names: tuple[str, ...] = NAMES) -> list[object]:
    """Cells of random sizes; the dimensions are feature and escalated_from."""
    found = []
    for _ in range(draw(st.integers(min_value=1, max_value=6))):
        size = draw(st.sampled_from((300, 1_500, 5_000, 40_000)))
        first = draw(st.sampled_from((None, None, *names)))
        found.append(
            cell(
                draw(st.sampled_from(names)),
                input_tokens=size,
                cached=draw(st.integers(min_value=0, max_value=size)),
                output=draw(st.integers(min_value=0, max_value=3_000)),
                requests=draw(st.integers(min_value=1, max_value=100_000)),
                dimensions=(draw(st.sampled_from(FEATURES)), first),
                tier=draw(st.sampled_from(("standard", "standard", "batch", "priority"))),
            )
        )
    return list(found)


@st.composite
def baselines(draw: st.DrawFn, book: PriceBook) -> Baseline:
    cells = draw(cells_of_usage())
    return ledger_baseline(
        cells,  # type: ignore[arg-type]
        book,
        days=30,
        dimension_names=("feature", "escalated_from"),
    )


wheres: st.SearchStrategy[dict[str, tuple[str | None, ...]]] = st.sampled_from(
    ({}, {}, {"feature": ("support",)}, {"feature": ("search", None)})
)
names = st.sampled_from(NAMES)


@st.composite
def levers(draw: st.DrawFn) -> list[Lever]:
    """Any composition of at most one lever of each kind."""
    where = draw(wheres)
    choices: list[Lever] = [
        Grow(requests=draw(shares), where=where),
        Route(to=draw(names), share=draw(shares), where=draw(wheres)),
        Cascade(
            first=draw(names),
            then=draw(names),
            escalate=draw(shares),
            draft=draw(st.booleans()),
            verifier=draw(st.none() | names),
            then_hit_rate=draw(st.none() | shares),
        ),
        Cache(hit_rate=draw(shares), where=where),
        Batch(share=draw(shares)),
        Retire(model=draw(names), to=draw(names), on=draw(st.sampled_from((DAY, CHANGES[0])))),
    ]
    return [lever for lever in draw(st.permutations(choices)) if draw(st.booleans())]


@st.composite
def more_levers(draw: st.DrawFn) -> tuple[Lever, ...]:
    """Some of the levers that What-if has beside its five controls, each at most once."""
    small = draw(st.integers(min_value=0, max_value=500))
    choices: list[Lever] = [
        Compress(input=draw(shares), output=draw(shares), keeps_prefix=draw(st.booleans())),
        Retry(rate=draw(shares) / 2, billed=draw(shares)),
        Verify(model=draw(names), output_tokens=small),
        Review(share=draw(shares), minutes=Fraction(small, 100), usd_per_hour=Fraction(40)),
        Tier(to=draw(st.sampled_from(("priority", "flex"))), share=draw(shares)),
        Retire(model=draw(names), to=draw(names), on=draw(st.sampled_from((DAY, *CHANGES)))),
    ]
    count = draw(st.sampled_from((0, 1, 1, 2, 3, len(choices))))
    return tuple(draw(st.permutations(choices))[:count])


@st.composite
def controls(draw: st.DrawFn) -> Controls:
    """Random settings of the five controls and some more; growth at a slider's position."""
    left = Fraction(1)
    starts = []
    for name in draw(st.permutations(NAMES)):
        share = draw(shares) * left if draw(st.booleans()) else Fraction(0)
        starts.append((name, share))
        left -= share
    return Controls(
        start_with=tuple(starts),
        full="large",
        escalate=draw(shares),
        escalation=draw(st.sampled_from(("tried_first", "sent_directly"))),
        cache=draw(st.none() | shares),
        batch=draw(shares),
        growth=Fraction(draw(st.integers(min_value=-20, max_value=40)), 200),
        more=draw(more_levers()),
        where=draw(wheres),
    )


METER = st.sampled_from((Meter.INPUT, Meter.CACHED_INPUT, Meter.OUTPUT))
