"""``tollbook optimise`` with typed segments and over the guide's month."""

from __future__ import annotations

import sys
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from tests.solver import NEEDS_SCIPY
from tests.tollbook.usage import NOW

if TYPE_CHECKING:
    from tests.tollbook.calling import Tollbook

pytestmark = NEEDS_SCIPY

TYPED = """\
    segments:
      - name: code
        workload: {requests: 1000000, input_tokens: 2000, output_tokens: 500}
        quality_floor: FLOOR
    options:
      - {model: gpt-4.1, quality: 90%, tiers: [standard]}
      - {model: gpt-4.1-mini, quality: 70%, tiers: [standard]}
    """


def write(text: str) -> None:
    Path("mix.yaml").write_text(dedent(text), encoding="utf-8")


def flat(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines()]


def test_half_and_half_of_typed_requests(tollbook: Tollbook) -> None:
    # full $4,000 + $4,000, Mini $800 + $800; 80% lies half way: $4,800
    write(TYPED.replace("FLOOR", "80%"))
    ran = tollbook(*NOW, "optimise", "mix.yaml", "--json")
    assert (ran.code, ran.err) == (0, "")
    answer = ran.answer
    assert (answer["whole"]["monthly_cost"], answer["mixed"]["monthly_cost"]) == (
        "8000.00",
        "4800.00",
    )
    assert [(part["model"], part["share"]) for part in answer["mixed"]["parts"]] == [
        ("gpt-4.1", 0.5),
        ("gpt-4.1-mini", 0.5),
    ]
    assert answer["today"] is None
    # $6,400 buy 20 points
    assert [price["text"] for price in answer["prices"]] == [
        "One more point of quality of code costs $320.00 a month."
    ]


def test_the_tables_for_people(tollbook: Tollbook) -> None:
    write(TYPED.replace("FLOOR", "80%"))
    lines = flat(tollbook(*NOW, "optimise", "mix.yaml").out)
    assert "code gpt-4.1 100% $8,000.00 90%" in lines
    assert "code gpt-4.1-mini 50% $800.00 70%" in lines
    assert "Together $4,800.00 80%" in lines
    assert "One more point of quality of code costs $320.00 a month." in lines


def test_one_table_where_nothing_is_split(tollbook: Tollbook) -> None:
    write(TYPED.replace("FLOOR", "70%"))
    lines = flat(tollbook(*NOW, "optimise", "mix.yaml").out)
    assert "Together $1,600.00 70%" in lines
    assert "With segments split" not in lines


def test_stored_usage_stands_beside_what_it_costs_today(guide: Tollbook) -> None:
    write(
        """\
        segments:
          - {name: all, where: {project: proj_shop}, may_wait: true}
        options:
          - {model: gpt-4.1-mini}
        """
    )
    # $1,188.00 today; everything on Mini $396.00, in batch half of it
    answer = guide(*NOW, "optimise", "mix.yaml", "--json").answer
    assert (answer["today"], answer["whole"]["monthly_cost"]) == ("1188.00", "198.00")
    lines = flat(guide(*NOW, "optimise", "mix.yaml").out)
    assert "$990.00 less than today's $1,188.00." in lines


def test_a_segment_without_usage_is_named(guide: Tollbook) -> None:
    write(
        """\
        segments:
          - {name: nobody, where: {project: other}}
        options:
          - {model: gpt-4.1-mini}
        """
    )
    ran = guide(*NOW, "optimise", "mix.yaml")
    assert ran.code == 1
    assert ran.error.startswith("segment 'nobody': no usage with a price is like that")


@pytest.mark.parametrize(
    ("floor", "said"), [("95%", "the best way that is fast enough reaches 90.0%"), ("95", "95%")]
)
def test_what_cannot_be_is_a_mistake_of_the_file(tollbook: Tollbook, floor: str, said: str) -> None:
    write(TYPED.replace("FLOOR", floor))
    ran = tollbook(*NOW, "optimise", "mix.yaml")
    assert ran.code == 2
    assert said in ran.error


def test_without_scipy_the_extra_is_named(
    tollbook: Tollbook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "scipy", None)
    write(TYPED.replace("FLOOR", "80%"))
    ran = tollbook(*NOW, "optimise", "mix.yaml")
    assert (ran.code, ran.error) == (
        2,
        "the cheapest mix needs scipy, which is not installed: pip install 'tollbook[solver]'",
    )
