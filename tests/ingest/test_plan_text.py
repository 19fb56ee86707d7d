"""Levers written as a plan file are read back as they were, whatever names they hold."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from costmodel.levers import (
    Batch,
    Cache,
    Compress,
    Grow,
    Lever,
    Retire,
    Retry,
    Review,
    Route,
    StartWith,
    Tier,
    Verify,
)
from costmodel.plan import LedgerBaseline
from ingest.plan_file import plan_of
from ingest.plan_text import lever_text, plan_text, scenario_text
from pricing import load_book, located_yaml
from tests.conftest import SOAK

BOOK = load_book()
names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
shares = st.integers(0, 1_000).map(lambda tenths: Fraction(tenths, 1_000))


def levers(where: dict[str, tuple[str | None, ...]], share: Fraction) -> tuple[Lever, ...]:
    start = StartWith(
        starts=(("gpt-4.1-mini", Fraction(1)),),
        full="gpt-4.1",
        escalate=share,
        family="gpt-4.1",
        where=where,
    )
    return (
        start,
        Cache(hit_rate=share, where=where),
        Batch(share=share, where=where),
        Compress(input=share, keeps_prefix=True, where=where),
        Compress(input=share, output=share, where=where),
        Retry(rate=share / 2, billed=share, where=where),
        Verify(model="gpt-4.1-nano", output_tokens=0, where=where),
        Review(share=share, minutes=100 * share, usd_per_hour=Fraction("0.05"), where=where),
        Tier(to="flex", share=share, where=where),
        Route(to="gpt-4.1", share=share, source=("gpt-4.1-nano",), where=where),
        Route(to="gpt-4.1", share=share, where=where),
        Retire(model="gpt-4.1", where=where),
        Retire(model="gpt-4.1", to="gpt-4.1-mini", on=date(2027, 1, 14), where=where),
    )


@settings(max_examples=300 if SOAK else 30, deadline=None)
@given(names, shares)
@example("a\u0085b\u2028c\x7f\x9f\ufeff", Fraction(1, 8))
@example('it\'s "quoted": {x}, # \\ \U0001f600\n\t', Fraction(1))
def test_what_is_written_is_read(name: str, share: Fraction) -> None:
    wanted = levers({"feature": (name, None)}, share)
    text = plan_text("30d", {"team": (name,)}, scenario_text(name, wanted))
    plan = plan_of(located_yaml.parse(text, Path("plan.yaml")), BOOK)
    [scenario] = plan.scenarios
    assert (scenario.name, scenario.levers) == (name, wanted)
    assert plan.baseline == LedgerBaseline("30d", {"team": (name,)})


def test_a_lever_that_neither_a_move_nor_what_if_makes_is_refused() -> None:
    with pytest.raises(TypeError):
        lever_text(Grow(requests=Fraction(0)))
