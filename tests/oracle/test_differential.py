"""Our prices against genai-prices and LiteLLM, over everything that both sides know."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from costmodel.usage import quantities
from pricing.located_yaml import Checker, read
from tests.oracle.cases import cases, our_cost
from tests.oracle.oracles import Case, genai_cost, litellm_cost

if TYPE_CHECKING:
    from pricing.located_yaml import Located

pytestmark = [pytest.mark.oracle, pytest.mark.xdist_group("oracle")]

ORACLES = {"genai": genai_cost, "litellm": litellm_cost}
AT_LEAST = {"genai": 3_000, "litellm": 1_000}
"""Questions that must have had an answer, so that agreement means something."""
FLOAT_NOISE = Fraction(1, 10**9)


@dataclass(frozen=True)
class Divergence:
    """A known difference: whose, for which names, tier and mix, and why ours stands."""

    oracle: str
    name: str
    tier: str
    mix: str
    until: date
    reason: str

    def covers(self, oracle: str, case: Case) -> bool:
        return (
            (self.oracle, self.tier, self.mix) == (oracle, case.tier, case.mix)
            and fnmatchcase(case.name, self.name)
            and case.on < self.until
        )

    def __str__(self) -> str:
        return f"{self.oracle} {self.name} {self.tier} {self.mix}"


def written_divergences() -> list[Divergence]:
    check = Checker()
    root = check.mapping(read(Path(__file__).parent / "divergences.yaml"), ["divergences"])
    entries = [d for at in check.sequence(root["divergences"]) for d in one_by_name(at, check)]
    assert check.problems == []
    return entries


def one_by_name(at: Located, check: Checker) -> list[Divergence]:
    keys = check.mapping(at, ("oracle", "names", "tier", "mix", "reason"), ("until",))
    words = {key: check.text(keys[key]) or "" for key in ("oracle", "tier", "mix", "reason")}
    until = check.day(keys.get("until")) or date.max
    return [Divergence(name=name, until=until, **words) for name in check.texts(keys["names"])]


DIVERGENCES = written_divergences()


@cache
def answers(oracle: str) -> tuple[tuple[Case, Fraction | None, Fraction], ...]:
    """Every question that the oracle answered: ours and theirs."""
    asked = []
    for case, amounts in cases():
        theirs = ORACLES[oracle](case, amounts, quantities(amounts))
        if theirs is not None:
            asked.append((case, our_cost(case, amounts), theirs))
    return tuple(asked)


def disagreements(oracle: str) -> list[tuple[Case, Fraction | None, Fraction]]:
    tolerance = FLOAT_NOISE if oracle == "litellm" else Fraction(0)
    return [
        (case, ours, theirs)
        for case, ours, theirs in answers(oracle)
        if ours is None or abs(ours - theirs) > tolerance * ours
    ]


@pytest.mark.parametrize("oracle", ORACLES)
def test_we_agree_but_for_what_is_written_down(oracle: str) -> None:
    unexplained = [
        f"{case}: ours {'no price' if ours is None else float(ours)}, theirs {float(theirs)}"
        for case, ours, theirs in disagreements(oracle)
        if not any(known.covers(oracle, case) for known in DIVERGENCES)
    ]
    assert unexplained == []


@pytest.mark.parametrize("oracle", ORACLES)
def test_enough_questions_were_answered(oracle: str) -> None:
    assert len(answers(oracle)) >= AT_LEAST[oracle]


@pytest.mark.parametrize("known", DIVERGENCES, ids=str)
def test_each_written_divergence_is_still_needed(known: Divergence) -> None:
    differing = disagreements(known.oracle)
    assert any(known.covers(known.oracle, case) for case, _, _ in differing), (
        f"{known} agrees now: take it out of divergences.yaml"
    )
    assert known.reason
