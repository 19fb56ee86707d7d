from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pricing import PricingError, load_book
from pricing.check import checked_tables
from pricing.reader import shipped_paths
from tests.pricing.tables import TABLE, mistakes, written

if TYPE_CHECKING:
    from pathlib import Path


def test_the_shipped_tables_have_no_mistake() -> None:
    assert checked_tables(shipped_paths())[1] == ()


def test_the_small_table_of_these_tests_has_no_mistake(tmp_path: Path) -> None:
    assert checked_tables([written(tmp_path)])[1] == ()


@pytest.mark.parametrize(
    ("before", "after", "mistake"),
    [
        (
            "cached_input: 0.50",
            "cached_inptu: 0.50",
            (
                "16: models.big.rates[0].cached_inptu: unknown key 'cached_inptu'; "
                "did you mean 'cached_input'?"
            ),
        ),
        (
            "source: page, input: 2.00",
            "input: 2.00",
            "16: models.big.rates[0]: the key 'source' is missing; add it",
        ),
        (
            ", checked_on: 2026-08-21",
            "",
            "3: sources.page: the key 'checked_on' is missing; add it",
        ),
        (
            "checked_on: 2026-08-21",
            "checked_on: null",
            "3: sources.page: has no day in checked_on; write the day it was read",
        ),
        (
            "to: 2026-12-01, input: 0.40",
            "to: 2026-12-02, input: 0.40",
            (
                "25: models.small.rates[1]: the standard period overlaps that of line 24; "
                "end one with 'to' on the day the other begins"
            ),
        ),
        (
            "input: 2.00",
            "input: 2000.00",
            (
                "16: models.big.rates[0].input: 2000.00 is far off its neighbours, around 1.00; "
                "rates are dollars per million, fees per thousand calls"
            ),
        ),
        (
            "family: big\n    rates",
            "family: big\n    aliases: [BIG-2025-04-14]\n    rates",
            (
                "20: models.small: the name 'BIG-2025-04-14' is claimed twice, also by models.big "
                "on line 9 of openai.yaml; leave it to one model"
            ),
        ),
        (
            "tier: standard, from: 2025-04-14",
            "tier: standard, above_input_tokens: 100_001, from: 2025-04-14",
            (
                "16: models.big.rates[0].above_input_tokens: 100,001 is no edge of a size band (0, "
                "1,024, 32,000, 100,000, 128,000, 200,000, 256,000, 272,000, 512,000); usage is "
                "counted in those bands, so this step could not be priced"
            ),
        ),
        (
            "status: announced",
            "status: withdrawn",
            "25: models.small.rates[1]: is withdrawn but was never announced; add announced_on",
        ),
        (
            "from: 2026-12-01, status",
            "from: null, status",
            "25: models.small.rates[1]: is announced without a first day; give 'from' a day",
        ),
        (
            "successor: small",
            "successor: smal",
            "13: models.big.life.successor: no model 'smal'; did you mean 'small'?",
        ),
        (
            "output: 8.00",
            "output: -8.00",
            "17: models.big.rates[0].output: is negative; a rate is 0 or more",
        ),
        (
            "cached_input: 0.50",
            "cached_input: 0.00",
            (
                "16: models.big.rates[0].cached_input: is 0 beside meters that cost; leave out a "
                "rate that is not known"
            ),
        ),
        (
            "tier: batch",
            "tier: bacth",
            "18: models.big.rates[1].tier: 'bacth' is not known here; did you mean 'batch'?",
        ),
        (
            "input: 0.40, output: 1.60, ",
            "",
            "24: models.small.rates[0]: has no rate; give at least input and output",
        ),
        (
            "cached_input: cached-in-batch",
            "cached_input: cached-batch",
            (
                "19: models.big.rates[1].assumed.cached_input: 'cached-batch' is not known here; "
                "did you mean 'cached-in-batch'?"
            ),
        ),
        (
            "tier: batch",
            "zone: eu, tier: batch",
            (
                "18: models.big.rates[1].zone: 'eu' is no zone; "
                "write global, data_zone or regional:<region>"
            ),
        ),
        (
            "provider: openai",
            "provider: opnai",
            "1: provider: 'opnai' is not known here; did you mean 'openai'?",
        ),
        (
            "to: 2026-12-01",
            "to: 2026-02-30",
            "24: models.small.rates[0].to: must be a day, such as 2026-11-20",
        ),
    ],
)
def test_a_mistake_is_named_with_line_and_key(
    tmp_path: Path, before: str, after: str, mistake: str
) -> None:
    assert mistake in mistakes(tmp_path, before, after)


def test_a_period_that_ends_before_it_begins_is_a_mistake(tmp_path: Path) -> None:
    found = mistakes(tmp_path, "from: null, to: 2026-12-01", "from: 2026-12-01, to: 2026-12-01")
    assert found == [
        "24: models.small.rates[0]: ends before it begins; 'to' must be after 'from'",
    ]


def test_a_fee_a_thousand_times_off_another_is_a_mistake(tmp_path: Path) -> None:
    text = TABLE.replace(
        "  tools: {web_search_calls: 10.00, source: page}\n",
        "  tools: {web_search_calls: 10.00, source: page}\n"
        "  other: {web_search_calls: 12.00, source: page}\n"
        "  wrong: {web_search_calls: 0.01, source: page}\n",
    )
    for name in ("other", "wrong"):
        text += (
            f"  {name}:\n    display: X\n    family: x\n    fees: {name}\n    rates:\n"
            "      - {tier: standard, from: null, input: 1.00, output: 2.00, source: page}\n"
        )
    _, problems = checked_tables([written(tmp_path, text)])
    assert [problem.key for problem in problems] == ["models.wrong.fees"]


def test_a_row_outside_of_its_model_must_name_a_known_one(tmp_path: Path) -> None:
    text = (
        "provider: openai\n"
        "sources:\n  page: {text: page, checked_on: 2026-08-21}\n"
        "rates:\n"
        "  - {model: bigg, zone: data_zone, tier: batch, from: null, input: 2, source: page}\n"
    )
    other = written(tmp_path, text, "openai_regional.yaml")
    _, problems = checked_tables([written(tmp_path), other])
    assert [problem.message for problem in problems] == ["no model 'bigg'; did you mean 'big'?"]


def test_all_mistakes_come_at_once_in_the_order_of_lines(tmp_path: Path) -> None:
    text = TABLE.replace("8.00", "-8.00").replace("family: big\n    snap", "famly: big\n    snap")
    with pytest.raises(PricingError) as caught:
        load_book(tables=[written(tmp_path, text)])
    assert [problem.line for problem in caught.value.problems] == [9, 11, 17]
    assert str(caught.value).count("\n") == 2


def test_a_table_that_is_no_yaml_is_a_mistake_of_its_own(tmp_path: Path) -> None:
    _, problems = checked_tables([written(tmp_path, "a: [1"), tmp_path / "missing.yaml"])
    assert "not valid YAML" in problems[1].message
    assert problems[0].message == "cannot be read (No such file or directory); check the path"
