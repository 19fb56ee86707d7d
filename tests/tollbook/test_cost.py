from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from costmodel.book import PriceBook
from costmodel.meters import Meter
from pricing import load_book

if TYPE_CHECKING:
    from tests.tollbook.calling import Tollbook

KEYS = {
    "model",
    "currency",
    "total",
    "list_total",
    "parts",
    "rates",
    "assumptions",
    "warnings",
    "source",
    "in_force_from",
}
THE_DAY = ("--on", "2026-11-20")


def tokens(all_input: int, cached: int = 0, output: int = 0, written: int = 0) -> tuple[str, ...]:
    given = {"input": all_input, "cached-input": cached, "cache-write": written, "output": output}
    return tuple(word for name, n in given.items() for word in (f"--{name}-tokens", str(n)))


def test_the_json_that_programs_rely_on(tollbook: Tollbook) -> None:
    ran = tollbook("cost", "--model", "gpt-4.1-mini", *tokens(1000, 600, 500), *THE_DAY, "--json")
    assert (ran.code, ran.err) == (0, "")
    assert ran.answer.keys() >= KEYS
    # 400 at 0.40 + 600 at 0.10 + 500 at 1.60 dollars per million
    assert ran.answer["parts"] == {
        "input": "0.00016",
        "cached_input": "0.00006",
        "output": "0.0008",
    }
    assert ran.answer["rates"] == {"input": "0.40", "cached_input": "0.10", "output": "1.60"}
    assert (ran.answer["total"], ran.answer["list_total"]) == ("0.00102", "0.00102")
    assert (ran.answer["model"], ran.answer["currency"]) == ("gpt-4.1-mini", "USD")
    assert ran.answer["in_force_from"] == "2025-04-14"
    assert (ran.answer["assumptions"], ran.answer["warnings"]) == ([], [])
    assert ran.answer["source"]


@pytest.mark.parametrize(
    ("words", "total"),
    [
        (("--model", "gpt-4.1", *tokens(1000, 600, 500), *THE_DAY), "0.0051"),
        (("--model", "gpt-4.1-nano", *tokens(1000, 600, 500), "--on", "2026-10-01"), "0.000255"),
        (("--model", "o3", *tokens(10**6, 0, 10**6), "--on", "2025-06-09"), "50.00"),
        (("--model", "o3", *tokens(10**6, 0, 10**6), "--on", "2025-06-10"), "10.00"),
        (("--model", "gpt-5.4", *tokens(272_000, 0, 1000), *THE_DAY), "0.695"),
        (("--model", "gpt-5.4", *tokens(272_001, 0, 1000), *THE_DAY), "1.382505"),
        (
            ("--model", "gpt-4.1-mini", "--tier", "priority", *tokens(10**6, 600_000, 10**6)),
            "3.185",
        ),
        (("--model", "ft:gpt-4.1-mini-2025-04-14:acme::x", *tokens(1000, 0, 1000)), "0.004"),
        (("--model", "gpt-4.1-mini", "--tier", "fast", *tokens(10**6, 600_000, 10**6)), "3.185"),
        # the month of the guide: 270M in, 180M out
        (
            ("--model", "gpt-4.1-mini", "--input-tokens", "270M", "--output-tokens", "180M"),
            "396.00",
        ),
    ],
)
def test_hand_computed_totals(tollbook: Tollbook, words: tuple[str, ...], total: str) -> None:
    ran = tollbook("--now", "2026-11-20", "--json", "cost", *words)
    assert (ran.code, ran.answer["total"]) == (0, total)


def test_the_table_for_people(tollbook: Tollbook) -> None:
    ran = tollbook("cost", "--model", "gpt-4.1-mini", *tokens(1000, 600, 500), *THE_DAY)
    assert (ran.code, ran.err) == (0, "")
    lines = [line.split() for line in ran.out.splitlines()]
    assert ["Uncached", "input", "400", "$0.40", "$0.00016"] in lines
    assert ["Cached", "input", "600", "$0.10", "$0.00006"] in lines
    assert ["Total", "$0.00102"] in lines
    assert "Price in force from 2025-04-14" in ran.out


def test_a_retired_model_keeps_its_last_rate_with_a_warning(tollbook: Tollbook) -> None:
    words = ("cost", "--model", "gpt-4.1-nano", *tokens(1000, 0, 0), *THE_DAY)
    said = "gpt-4.1-nano is gone since 2026-10-23, for comparison only"
    assert tollbook(*words, "--json").answer["warnings"] == [said]
    assert said in tollbook(*words).out


def test_an_assumed_rate_is_named(tollbook: Tollbook) -> None:
    words = ("cost", "--model", "gpt-4.1", "--tier", "batch", *tokens(1000, 600, 0), *THE_DAY)
    assumptions = tollbook(*words, "--json").answer["assumptions"]
    assert any("no source publishes a cached price in batch" in each for each in assumptions)
    assert "Assumed: no source publishes a cached price in batch" in tollbook(*words).out


def test_a_meter_without_a_price_is_never_zero(
    tollbook: Tollbook, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = load_book()
    cards = tuple(
        replace(card, usd_per_million={Meter.INPUT: card.usd_per_million[Meter.INPUT]})
        for card in book.cards_of("openai", "gpt-4.1")
    )
    monkeypatch.setattr("pricing.load_book", lambda _contract: PriceBook(book.models, cards))
    words = ("cost", "--model", "gpt-4.1", *tokens(1000, 0, 7), *THE_DAY)
    answer = tollbook(*words, "--json").answer
    assert (answer["total"], answer["at_least"], answer["unpriced"]) == (
        "0.002",
        True,
        {"output": 7},
    )
    assert "7 output have no price and are not in the total" in answer["warnings"]
    assert "at least $0.002" in tollbook(*words).out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--model", "gpt-4.1-min"), "no model 'gpt-4.1-min'; nearest: gpt-4.1-mini"),
        (("--model", "zzz"), "no model 'zzz'; see 'tollbook prices list'"),
        (("--model", "gpt-4.1", "--tier", "flex"), "offered: standard, batch, priority"),
        (("--model", "gpt-4.1", "--tier", "bach"), "'bach' is not known; did you mean 'batch'?"),
        (("--model", "gpt-4.1", "--tier", "zzz"), "known: standard, batch, flex, priority"),
        (("--model", "gpt-4.1", "--zone", "mars"), "there is one in global"),
        (("--model", "gpt-4.1", "--provider", "anthropic"), "served by azure and openai"),
        (("--model", "gpt-4.1", "--on", "2020-01-01"), "no price before 2025-04-14"),
        (("--model", "gpt-4.1", "--on", "yesterday"), "'yesterday' is no day"),
        (("--model", "gpt-4.1", *tokens(1000, 600, 0, 401)), "exceed 1,000 input tokens"),
        (("--model", "gpt-4.1", "--output-tokens", "-1"), "cannot be negative: -1"),
        (("--model", "gpt-4.1", "--output-tokens", "1.5"), "must be whole: 1.5"),
        (("--model", "gpt-4.1", "--output-tokens", "many"), "'many' is no number of tokens"),
        (("--model", "gpt-4.1", "--tokens", "5"), "no such option '--tokens'"),
        ((), "missing option '--model'"),
    ],
)
def test_bad_input_is_one_sentence_and_code_2(
    tollbook: Tollbook, words: tuple[str, ...], said: str
) -> None:
    ran = tollbook("cost", *words)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.error
    assert len(ran.err.splitlines()) == 1


def test_cached_plus_written_may_be_all_input(tollbook: Tollbook) -> None:
    ran = tollbook("cost", "--model", "gpt-4.1", *tokens(1000, 600, 0, 400), *THE_DAY, "--json")
    assert ran.code == 0
    assert ran.answer["parts"].keys() == {"cached_input", "cache_write"}


def test_azure_is_priced_when_asked_for(tollbook: Tollbook) -> None:
    words = ("cost", "--model", "gpt-4.1", *tokens(10**6), *THE_DAY, "--json")
    assert tollbook(*words).answer["provider"] == "openai"
    answer = tollbook(*words, "--provider", "azure", "--zone", "data_zone").answer
    assert (answer["provider"], answer["zone"], answer["total"]) == ("azure", "data_zone", "2.20")
