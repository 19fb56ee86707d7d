from __future__ import annotations

from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from costmodel.cost import Cost, price
from costmodel.meters import Meter
from costmodel.usage import PricingKey, quantities
from pricing import PricingError, load_book
from pricing.contract_file import checked_contract, read_contract, read_contract_file
from pricing.located_yaml import Located, parse

BOOK = load_book()
NOVEMBER = date(2026, 11, 2)
MINI = PricingKey("openai", "gpt-4.1-mini", "global", "standard", 0, NOVEMBER)
USAGE = quantities({Meter.INPUT: 1_000_000, Meter.CACHED_INPUT: 1_000_000, Meter.OUTPUT: 1_000_000})
CONTRACT = """\
currency: EUR
exchange_rates:
  - {from: 2026-11-01, per_usd: 0.86, source: treasury}
terms:
  - {provider: openai, discount: 5%, from: 2026-11-01, source: agreement}
  - provider: openai
    model: gpt-4.1-mini-2025-04-14
    tier: standard
    usd_per_million: {input: 0.36, cached_input: 0.09, output: 1.44}
    usd_per_thousand_calls: {web_search_calls: 8.00}
    from: 2026-11-01
    source: agreement
"""


def located(text: str) -> Located:
    return parse(text, Path("contract.yaml"))


def mistakes(text: str) -> list[str]:
    _, problems = checked_contract(located(text), BOOK)
    return [f"{problem.line}: {problem.key}: {problem.message}" for problem in problems]


def cost(text: str, key: PricingKey = MINI) -> Cost:
    found = price(key, USAGE, BOOK.with_contract(read_contract(located(text), BOOK)))
    assert isinstance(found, Cost)
    return found


def test_replaced_rates_come_first_then_the_discount_then_the_exchange_rate() -> None:
    found = cost(CONTRACT)
    assert found.total == (Fraction("0.36") + Fraction("0.09") + Fraction("1.44")) * Fraction(
        "0.95"
    ) * Fraction("0.86")
    assert found.list_total == Fraction("2.10") * Fraction("0.86")
    assert found.currency == "EUR"


def test_another_tier_has_the_discount_alone() -> None:
    batch = PricingKey("openai", "gpt-4.1-mini", "global", "batch", 0, NOVEMBER)
    assert cost(CONTRACT, batch).total == Fraction("1.20") * Fraction("0.95") * Fraction("0.86")


def test_before_the_first_day_the_list_holds() -> None:
    october = PricingKey("openai", "gpt-4.1-mini", "global", "standard", 0, date(2026, 10, 31))
    assert cost(CONTRACT, october).total == Fraction("2.10") * Fraction("0.86")


def test_call_prices_are_written_per_thousand() -> None:
    contract = read_contract(located(CONTRACT), BOOK)
    assert contract.terms[1].usd_per_million[Meter.WEB_SEARCH_CALLS] == 8_000


def test_an_alias_in_the_file_means_its_model() -> None:
    assert read_contract(located(CONTRACT), BOOK).terms[1].model == "gpt-4.1-mini"


@pytest.mark.parametrize("text", ["", "contract:\n"])
def test_no_contract_is_an_empty_one(tmp_path: Path, text: str) -> None:
    path = tmp_path / "contract.yaml"
    path.write_text(text)
    assert read_contract_file(path, BOOK).terms == ()
    assert read_contract(None, BOOK).currency == "USD"


def test_a_file_may_hold_the_contract_alone_or_under_its_key(tmp_path: Path) -> None:
    path = tmp_path / "contract.yaml"
    path.write_text(CONTRACT)
    alone = read_contract_file(path, BOOK)
    path.write_text("contract:\n" + "".join(f"  {line}\n" for line in CONTRACT.splitlines()))
    assert read_contract_file(path, BOOK) == alone


def test_a_file_that_is_no_yaml_is_a_pricing_error(tmp_path: Path) -> None:
    path = tmp_path / "contract.yaml"
    path.write_text("terms: [")
    with pytest.raises(PricingError, match="not valid YAML"):
        read_contract_file(path, BOOK)


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("curency: EUR", "1: curency: unknown key 'curency'; did you mean 'currency'?"),
        ("currency: EUR", "1: currency: needs exchange_rates: how much EUR a dollar is"),
        ("currency: euro", "1: currency: 'euro' is no currency; write three letters, such as EUR"),
        (
            "exchange_rates: [{from: 2026-11-01, per_usd: 0, source: x}]",
            "1: exchange_rates[0].per_usd: must be above 0: how much one dollar is worth",
        ),
        (
            "terms: [{provider: openai, source: x}]",
            "1: terms[0]: changes nothing; add discount, usd_per_million or usd_per_thousand_calls",
        ),
        (
            "terms: [{provider: openai, discount: 5%}]",
            "1: terms[0]: the key 'source' is missing; add it",
        ),
        (
            "terms: [{discount: 5, source: x}]",
            "1: terms[0].discount: 5 is not between 0 and 1; write 5%",
        ),
        (
            "terms: [{discount: 120%, source: x}]",
            "1: terms[0].discount: 120% is not between 0 and 1; write 0% to 100%",
        ),
        (
            "terms: [{discount: five, source: x}]",
            "1: terms[0].discount: 'five' is no share; write 12% or 0.12",
        ),
        (
            "terms: [{model: gpt-4.1-mni, discount: 5%, source: x}]",
            (
                "1: terms[0].model: the price book has no model 'gpt-4.1-mni'; "
                "did you mean 'gpt-4.1-mini'?"
            ),
        ),
        (
            "terms: [{model: gpt-4.1-mini, usd_per_million: {input: -1}, source: x}]",
            "1: terms[0].usd_per_million.input: is negative; a rate is 0 or more",
        ),
        (
            (
                "terms: [{provider: openai, model: gpt-4.1-mini, tier: standard,\n"
                "  usd_per_million: {input: 0.0004}, source: x}]"
            ),
            (
                "2: terms[0].usd_per_million.input: is far off the list price, 0.40 to 0.40 per "
                "million; check the unit"
            ),
        ),
        (
            (
                "terms:\n  - {provider: openai, discount: 5%, source: x}\n"
                "  - {provider: openai, discount: 7%, from: 2026-11-01, source: x}"
            ),
            (
                "3: terms[1]: overlaps the term of line 2 for the same model and tier; "
                "end one with 'to' on the day the other begins"
            ),
        ),
    ],
)
def test_a_mistake_is_named_with_line_and_key(text: str, mistake: str) -> None:
    assert mistakes(text) == [mistake]


def test_terms_that_follow_each_other_do_not_overlap() -> None:
    first = "{provider: openai, discount: 5%, to: 2026-11-01, source: x}"
    second = "{provider: openai, discount: 7%, from: 2026-11-01, source: x}"
    assert mistakes(f"terms: [{first}, {second}]") == []


def test_a_free_model_may_stay_free_and_an_unknown_meter_has_no_list_price() -> None:
    term = "{model: gpt-4.1-mini, usd_per_million: {input: 0, output_audio: 900}, source: x}"
    assert mistakes(f"terms: [{term}]") == []
