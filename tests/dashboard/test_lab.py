"""The lab: what it says of two texts, of planned contexts and of limits, known by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from dashboard.context import DashboardContext, Source
from dashboard.figures.lab import WayBar, way_bars
from dashboard.navigation import page_at
from dashboard.pages.lab import limits, page, planner, texts
from dashboard.pages.lab.fields import NumberField, models_by_name
from dashboard.state import State, parse
from ingest.configuration import Configuration
from ingest.store import Store
from pricing import load_book
from tests.demo import demo_clock
from tests.ingest.chats import chat, counts, imported

if TYPE_CHECKING:
    from pathlib import Path

BOOK = load_book()
NOVEMBER_18 = 1_794_960_000


@pytest.fixture
def empty(tmp_path: Path) -> DashboardContext:
    return DashboardContext(Source(tmp_path / "own.duckdb", BOOK, Configuration(), demo_clock))


@pytest.fixture
def busy(empty: DashboardContext) -> DashboardContext:
    """40,000 tokens in one call to full, 100 to a model without limits."""
    calls = [
        chat(1, model="gpt-4.1", usage=counts(40_000, 0), created=NOVEMBER_18),
        chat(2, model="acme-7b", usage=counts(100, 0), created=NOVEMBER_18),
    ]
    imported(Store(empty.store_path), "a.jsonl", calls)
    return empty


def own(search: str) -> Any:  # noqa: ANN401 - what an address says
    state = parse(search, page.STATE_KEYS)
    assert state.notices == ()
    return state.own


def words_in(component: Any) -> str:  # noqa: ANN401 - any dash component
    children = getattr(component, "children", component)
    if isinstance(children, (list, tuple)):
        return " ".join(words_in(each) for each in children)
    return (
        "" if children is None else str(children) if children is component else words_in(children)
    )


def test_the_page_stands_in_the_navigation_with_and_without_usage(busy: DashboardContext) -> None:
    found = page_at("/lab")
    assert found is not None
    assert (found.title, found.shortcut, found.uses_filters) == ("Lab", "l", False)
    said = words_in(page.layout(busy, State()))
    assert "neither stored nor sent on" in said
    assert limits.COUNTING in said
    counted = words_in(limits.content(limits.held(busy, {}), busy))
    assert "Tier 1 does not carry the last 30 days" in counted


def test_without_usage_the_lab_still_plans(empty: DashboardContext) -> None:
    said = words_in(page.layout(empty, State()))
    assert limits.NO_USAGE in words_in(limits.content(limits.held(empty, {}), empty))
    assert "How long the fixed prompt" not in said
    assert "The cheapest that fits costs $0.08252: whole document in one call." in said


def test_no_key_of_the_lab_is_a_filter() -> None:
    assert not page.STATE_KEYS & {"model", "team", "range", "zone", "tier", "provider"}


@pytest.mark.parametrize(
    ("text", "number"), [("7", 7), ("0", 1), ("99", 9), ("-5", 1), ("x", 5), ("", 5), ("2.5", 5)]
)
def test_a_number_of_an_address_stays_within_its_bounds(text: str, number: int) -> None:
    assert NumberField("n", "N", 5, 1, 9).read({"n": text}) == number
    assert NumberField("n", "N", 5, 1, 9).read({}) == 5


def test_models_of_other_vendors_carry_their_name() -> None:
    models = models_by_name(BOOK)
    assert models["gpt-4.1"].provider == "openai"
    assert models["gpt-4.1 (azure)"].provider == "azure"
    assert len(models) == len(BOOK.models)


def said_of(first: str, second: str, context: DashboardContext, model: str = "gpt-4.1-mini") -> str:
    return " ".join(
        map(words_in, texts.counted(first, second, models_by_name(BOOK)[model], context))
    )


def test_two_texts_side_by_side(empty: DashboardContext) -> None:
    shared = " ".join(["word"] * 1_200)
    said = said_of(f"{shared} and", f"{shared} or else", empty)
    assert "1,201 tokens beside 1,202 (+1) for gpt-4.1-mini; both begin with the same 1,200" in said
    assert "of which 1,152 can come from a cache" in said
    # 1,201 x 0.40 a million
    assert "As input, standard $0.0004804" in said
    assert "too few for a cache, which begins at 1,024" in said_of("Hello you", "Hello me", empty)


def test_one_text_or_none(empty: DashboardContext) -> None:
    assert said_of("", "", empty) == texts.EMPTY
    assert said_of("Hello, world", "", empty).startswith("3 tokens for gpt-4.1-mini.")
    assert said_of("Hello", "", empty, "claude-haiku-4-5 (anthropic)").startswith("About 1 tokens")


@pytest.mark.parametrize(("length", "counts_it"), [(texts.LONGEST_TEXT, True), (200_001, False)])
def test_a_text_has_a_longest_length(length: int, counts_it: bool, empty: DashboardContext) -> None:
    assert (
        "use tollbook count" not in said_of("a " * (length // 2) + "a" * (length % 2), "", empty)
    ) is counts_it


def test_prompts_of_features_are_bounded_by_usage(busy: DashboardContext) -> None:
    assert "not given 2 100 20,050 0%" in words_in(texts.section(busy, {}))


def test_a_document_planned(empty: DashboardContext) -> None:
    plan = planner.planned(empty, own("?reads=gpt-5.4-nano&document=2000000&questions=2"))
    assert [way.fits for way in plan.ways] == [False, False, True, True]
    assert len(plan.problems) == 2
    assert plan.problems[0].startswith("Whole document each time: question: 2,000,300 tokens in")
    chart = planner.chart_of(plan)
    assert [row[-1] for row in chart.rows] == ["no", "no", "yes", "yes"]
    assert "2,000,300" in chart.rows[0]


def test_passages_planned(empty: DashboardContext) -> None:
    plan = planner.planned(empty, own("?plan=passages"))
    assert plan.sentence == (
        "An answer costs $0.00272 with 1 passage and $0.01252 with 50 passages. "
        "Each further passage adds $0.20 to 1,000 questions."
    )


def test_a_conversation_planned(empty: DashboardContext) -> None:
    plan = planner.planned(empty, own("?plan=conversation&turns=200"))
    assert planner.chart_of(plan).rows[0][2:4] == ["6,281,000", "0"]
    assert "The rule of thumb says a summary every 6.9 turns." in plan.sentence


def test_a_gateway_is_a_setting(empty: DashboardContext) -> None:
    plan = planner.planned(empty, own("?body_kb=100&wait=10"))
    assert not any(way.fits for way in plan.ways)
    assert plan.sentence == "None of these ways fits."
    assert any("the gateway waits 10" in each for each in plan.problems)
    assert any("exceeds the gateway's 100,000" in each for each in plan.problems)


def test_what_cannot_be_planned_says_so(empty: DashboardContext) -> None:
    plan = planner.planned(empty, own("?chunk=100&overlap=100"))
    assert (plan.ways, plan.sentence) == (
        (),
        "Pieces must be longer than what they share with the next.",
    )
    assert planner.chart_of(plan).rows == []
    assert planner.kind_of({"plan": "nonsense"}) == "document"


def test_limits_in_words(busy: DashboardContext) -> None:
    first = limits.held(busy, {})
    # 40,000 of 30,000 tokens a minute
    assert limits.sentence(first) == (
        "Tier 1 does not carry the last 30 days: gpt-4.1 comes to 133% of its tokens a minute "
        "(40,000 of 30,000)."
    )
    said = limits.remarks(first, busy)
    assert said[0].startswith("1 requests to gpt-4.1 can never pass in this tier")
    assert "No limits of acme-7b are in the price book." in said
    # 40,000 x $2 a million on one day, as of 30
    assert "Tier 1 of openai caps a month at $100; the last 30 days cost $2.40." in said
    second = limits.held(busy, own("?tier_of_account=2"))
    assert limits.sentence(second).startswith("Tier 2 carries the last 30 days")
    assert limits.held(busy, {"tier_of_account": "77"}).tier == "1"


def test_max_tokens_count(busy: DashboardContext) -> None:
    found = limits.held(busy, own("?max_tokens=60000"))
    assert "200% of its tokens a minute (60,000 of 30,000)" in limits.sentence(found)


def test_models_without_limits(empty: DashboardContext) -> None:
    line = chat(1, model="acme-7b", usage=counts(100, 0), created=NOVEMBER_18)
    imported(Store(empty.store_path), "a.jsonl", [line])
    assert words_in(limits.content(limits.held(empty, {}), empty)) == limits.NO_LIMITS


def test_a_way_that_does_not_fit_is_hatched_and_says_so() -> None:
    figure = way_bars([WayBar("a <b>", 2.0, "$2.00"), WayBar("c", 1.0, "$1.00", fits=False)])
    assert "pattern" not in figure["data"][0]["marker"]
    assert "pattern" in figure["data"][1]["marker"]
    labels = [each["text"] for each in figure["layout"]["annotations"]]
    assert labels == ["a &lt;b&gt;", "$2.00", "c (does not fit)", "$1.00"]
    assert way_bars([])["data"] == []
