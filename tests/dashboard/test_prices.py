from __future__ import annotations

import itertools
from datetime import date, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest
from dash import html

from costmodel.contract import Contract, ContractTerm, ExchangeRate
from costmodel.meters import Meter
from costmodel.number_text import listed, rate_text
from dashboard.figures.palette import DARK, EXPECTED, HUES
from dashboard.figures.prices import Mark, Step, rate_steps
from dashboard.pages.prices import changes, family, history
from dashboard.pages.prices.all_models import all_models_card
from dashboard.pages.prices.family_table import family_table
from dashboard.pages.prices.words import life_text
from tests.shipped import BOOK

if TYPE_CHECKING:
    from costmodel.book import PriceBook

TODAY = date(2026, 11, 20)
FAMILY = "openai/gpt-4.1"


def text_of(part: Any) -> str:  # noqa: ANN401 - any component tree
    """All words of a component, in order."""
    if part is None or isinstance(part, str | int | float):
        return "" if part is None else str(part)
    if isinstance(part, list | tuple):
        return " ".join(filter(None, map(text_of, part)))
    return text_of(getattr(part, "children", None))


def rows_of(name: str, book: PriceBook = BOOK) -> dict[str, list[list[str]]]:
    """Cells of a family's table by row title, once for each block that has the row."""
    table = family_table(family.columns(book, name, TODAY), TODAY, book.contract.currency)[0]
    found: dict[str, list[list[str]]] = {}
    for row in table._traverse():
        if isinstance(row, html.Tr) and isinstance(row.children, list):
            title, *cells = row.children
            found.setdefault(text_of(title), []).append([text_of(cell) for cell in cells])
    return found


def test_the_family_stands_beside_its_successor() -> None:
    shown = family.columns(BOOK, FAMILY, TODAY)
    assert [(column.model.name, column.is_successor) for column in shown] == [
        ("gpt-4.1", False),
        ("gpt-4.1-mini", False),
        ("gpt-4.1-nano", False),
        ("gpt-6-luna", True),
    ]


def test_each_tier_is_a_block_of_token_types() -> None:
    rows = rows_of(FAMILY)
    standard, batch, _flex, priority = rows["uncached input"]
    assert standard == ["$2.00", "$0.40", "$0.10", "$0.10 above 272k:  $0.20"]
    assert batch[:3] == ["$1.00", "$0.20", "$0.05"]
    assert priority[:3] == ["$3.50", "$0.70", "$0.20"]
    assert rows["output"][0][:3] == ["$8.00", "$1.60", "$0.40"]


def test_a_tier_that_a_model_has_not_is_no_price() -> None:
    flex = rows_of(FAMILY)["uncached input"][2]
    assert flex[:3] == ["–", "–", "–"]
    shown = family.columns(BOOK, FAMILY, TODAY)
    assert family.without(shown, "flex") == ["GPT-4.1", "GPT-4.1 Mini", "GPT-4.1 Nano"]


def test_what_is_assumed_has_a_mark_and_a_note() -> None:
    parts = family_table(family.columns(BOOK, FAMILY, TODAY), TODAY, "USD")
    notes = text_of(parts[-1])
    assert "No source publishes a cached price in batch" in notes
    cached_in_batch = rows_of(FAMILY)["cached input"][1]
    assert cached_in_batch[:3] == ["$1.00 2", "$0.20 2", "$0.05 2"]


def test_lives_and_sources_of_a_family() -> None:
    rows = rows_of(FAMILY)
    assert rows["life"] == [
        [
            "until 14 Jan 2027, 55 days left",
            "until 14 Jan 2027, 55 days left",
            "gone since 23 Oct 2026",
            "no end announced",
        ]
    ]
    assert rows["price since"][0] == ["14 Apr 2025", "14 Apr 2025", "14 Apr 2025", "not known"]
    assert "developers.openai.com" in rows["source"][0][0]
    assert "checked 21 Aug 2026" in rows["source"][0][0]
    assert rows["context window"][0][:1] == ["1,047,576"]


def test_calls_are_priced_per_thousand() -> None:
    assert rows_of(FAMILY)["1,000 web searches"] == [["$10.00", "$10.00", "–", "$10.00"]]


def test_a_contract_shows_its_price_and_the_list() -> None:
    term = ContractTerm(
        "agreement",
        provider="openai",
        model="gpt-4.1-mini",
        tier="standard",
        usd_per_million={Meter.INPUT: Fraction("0.30")},
    )
    rate = ExchangeRate(date(2026, 1, 1), Fraction("0.50"), "treasury")
    book = BOOK.with_contract(Contract((term,), "EUR", (rate,)))
    mini = rows_of(FAMILY, book)["uncached input"][0][1]
    assert mini == "€0.15  list €0.20"


def test_the_headline_says_what_ends_and_what_is_gone() -> None:
    assert family.sentence(family.columns(BOOK, FAMILY, TODAY), TODAY) == (
        "GPT-4.1 and GPT-4.1 Mini end on 14 Jan 2027, in 55 days; the named successor is "
        "GPT-6 Luna. GPT-4.1 Nano is gone since 23 Oct 2026."
    )
    quiet = family.columns(BOOK, "openai/gpt-6", TODAY)
    assert family.sentence(quiet, TODAY) == "No end is announced for these models."


def test_the_page_opens_with_gpt_4_1_and_knows_every_family() -> None:
    known = family.families(BOOK)
    assert next(iter(known)) == FAMILY
    assert {f"{model.provider}/{model.family}" for model in BOOK.models} == set(known)


@pytest.mark.parametrize(
    ("provider", "name", "sentence"),
    [
        ("openai", "gpt-4.1-mini", "The price of GPT-4.1 Mini has not changed since 14 Apr 2025."),
        ("openai", "gpt-5", "The price of GPT-5 has not changed, as far as is known."),
        (
            "openai",
            "o3",
            ("o3: uncached input went from $10.00 to $2.00 and output went from $40.00 to $8.00 on "
            "10 Jun 2025."),
        ),
        (
            "google",
            "gemini-4-argon",
            ("Gemini 4 Argon: uncached input goes from $2.00 to $4.00 and output goes from $10.00 "
            "to $20.00 on 1 Dec 2026."),
        ),
        (
            "anthropic",
            "claude-sonnet-5",
            ("Claude Sonnet 5: A rise to $3.00 in and $15.00 out on 1 Sep 2026 was announced and "
            "then withdrawn."),
        ),
    ],
)  # fmt: skip
def test_a_history_in_words(provider: str, name: str, sentence: str) -> None:
    model = BOOK.resolve(provider, name)
    assert model is not None
    assert history.history_chart(BOOK, model, TODAY).sentence == sentence


def test_a_history_as_a_table_and_as_steps() -> None:
    model = BOOK.resolve("openai", "o3")
    assert model is not None
    chart = history.history_chart(BOOK, model, TODAY)
    assert chart.rows == [
        ["first day not known, before 10 Jun 2025", "$40.00", "$10.00", "$2.50", "in force"],
        ["from 10 Jun 2025", "$8.00", "$2.00", "$0.50", "in force"],
    ]
    assert [trace["y"][0] for trace in chart.figure["data"]] == [40, 10, 2.5, 8, 2, 0.5]


def test_what_is_billed_by_the_second_has_a_history_too() -> None:
    model = BOOK.resolve("openai", "whisper-1")
    assert model is not None
    chart = history.history_chart(BOOK, model, TODAY)
    assert chart.header == ("Period", "Seconds of audio", "Status")
    assert chart.rows == [["first day not known", "$100.00", "in force"]]


def test_every_model_has_a_history_that_can_be_drawn() -> None:
    for model in BOOK.models:
        figure = history.history_chart(BOOK, model, TODAY).figure
        assert figure["data"], model.name


def test_steps_are_dashed_when_announced_and_grey_when_withdrawn() -> None:
    begins = TODAY + timedelta(days=30)
    steps = [
        Step("output", Fraction(2), None, begins, "in_force"),
        Step("output", Fraction(4), begins, None, "announced"),
        Step("output", Fraction(3), begins, None, "withdrawn"),
    ]
    figure = rate_steps(steps, [Mark(TODAY, "today")], HUES[0])
    lines = [trace["line"] for trace in figure["data"]]
    assert [line["dash"] for line in lines] == ["solid", "dash", "dot"]
    assert [line["color"] for line in lines] == [HUES[0], HUES[0], EXPECTED]
    assert figure["data"][0]["x"][1] == begins.isoformat() == figure["data"][1]["x"][0]
    assert {line["color"] for line in lines} <= set(DARK)


def test_names_of_close_lines_do_not_lie_on_each_other() -> None:
    rates = (Fraction(8), Fraction("0.5"), Fraction("0.4"))
    steps = [Step(f"line {rate}", rate, TODAY, None, "in_force") for rate in rates]
    figure = rate_steps(steps, [Mark(TODAY, "today")])
    names = [a for a in figure["layout"]["annotations"] if a["text"].startswith("line")]
    heights = sorted(a["y"] / 8 * 190 + a["yshift"] for a in names)
    assert all(above - below >= 14 for below, above in itertools.pairwise(heights))


def test_what_changes_next() -> None:
    announced = changes.announced(BOOK, TODAY)
    assert announced[0] == (
        "1 Dec 2026, in 11 days: Gemini 4 Argon, input $2.00 → $4.00, output $10.00 → $20.00"
    )
    assert any("Gemini 3.8 Flash" in line and "$0.75 → $1.50" in line for line in announced)
    endings = changes.endings(BOOK, TODAY)
    assert endings[0] == "30 Nov 2026, in 10 days: Claude Sonnet 4.5"
    assert any(line.endswith("successor GPT-6 Luna") for line in endings)
    assert not any("Nano (" in line or "GPT-4.1 Nano" in line for line in endings)


def test_what_changed_and_what_never_came() -> None:
    assert changes.changed_lately(BOOK, TODAY)[0] == (
        "21 Aug 2026: GPT-5.6 Sol, input $5.00 → $4.00, output $30.00 → $20.00"
    )
    assert changes.withdrawn(BOOK) == [
        (
            "Claude Sonnet 5: $3.00 in and $15.00 out from 1 Sep 2026, announced 30 Jun 2026, "
            "never came"
        )
    ]


def test_the_grid_holds_every_model_openai_first() -> None:
    card = all_models_card(BOOK, TODAY)
    grid = card.children[-1].children
    assert len(grid.rowData) == len(BOOK.models)
    assert grid.rowData[0]["provider"] == "OpenAI"
    mini = next(row for row in grid.rowData if row["key"] == "openai/gpt-4.1-mini")
    assert (mini["input"], mini["input_text"], mini["ends"]) == (0.4, "$0.40", "2027-01-14")
    assert "gpt-4.1-mini-2025-04-14" in mini["names"]


def test_words() -> None:
    assert rate_text(Fraction("0.025")) == "$0.025"
    assert rate_text(Fraction(1, 3), "EUR") == "€0.333333"
    assert rate_text(Fraction("12.5"), "CHF") == "CHF 12.50"
    assert listed(["a", "b", "c"]) == "a, b and c"
    nano = BOOK.resolve("openai", "gpt-4.1-nano")
    assert nano is not None
    assert life_text(nano, date(2026, 10, 22)) == "until 23 Oct 2026, 1 day left"
