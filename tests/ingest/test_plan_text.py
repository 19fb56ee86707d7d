"""Levers written as a plan file are read back as they were, whatever names they hold."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from costmodel.levers import Batch, Cache, Compress, Grow, Lever, StartWith
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


def test_a_lever_that_no_move_makes_is_refused() -> None:
    with pytest.raises(TypeError):
        lever_text(Grow(requests=Fraction(0)))
