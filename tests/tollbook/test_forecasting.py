"""``tollbook forecast``, and that every place that forecasts the open month says the same."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from alerts.message import alert_message
from alerts.webhooks import alert_body
from costmodel.number_text import headline_money
from dashboard.app import create_app
from dashboard.budget_watch import situations_of
from dashboard.context import DashboardContext, Source
from dashboard.pages.budgets import words
from dashboard.pages.overview.footer import footer
from dashboard.pages.overview.headline import sentence
from dashboard.pages.overview.standing import standing_of
from dashboard.state import parse
from dashboard.view import view_of
from ingest.configuration import read_configuration
from pricing import load_book
from tests.alerts.letters import transition
from tests.alerts.test_evaluation import FIRST, HOUR, call

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tollbook.calling import Tollbook

NOW = datetime(2026, 11, 10, 12, tzinfo=UTC)
AT = ("--now", NOW.isoformat())
CONFIGURATION = """\
contract:
  terms:
    - {provider: openai, model: gpt-4.1-mini, from: 2026-11-20, discount: 50%, source: agreement}
budgets:
  - {name: All, amount: 300}
  - {name: Search, amount: 150, filter: {feature: search}}
  - {name: Weekly, amount: 70, period: week}
"""


def uneven(until: datetime) -> list[dict[str, Any]]:
    """Calls of two features by the hour, more by day than by night, never twice the same."""
    found = []
    for hour in range(int((until - FIRST) / HOUR)):
        at = FIRST + hour * HOUR
        million = 0.2 + (hour * 7919 % 101) / 400 + (0.6 if 8 <= at.hour < 18 else 0)
        found += [call(at, million, feature="search"), call(at, million / 3, feature="chat")]
    return found


@pytest.fixture
def home_with(home: Path, tollbook: Tollbook) -> Path:
    """A store of ten weeks, a price that halves on 20 November, and three budgets."""
    numbered = ({**each, "id": f"c-{number}"} for number, each in enumerate(uneven(NOW)))
    (home / "calls.jsonl").write_text("".join(json.dumps(each) + "\n" for each in numbered))
    (home / "tollbook.yaml").write_text(CONFIGURATION)
    assert tollbook("import", "calls.jsonl").code == 0
    return home


@pytest.mark.parametrize(
    ("name", "search", "words_of_filter"),
    [("All", "", ()), ("Search", "?feature=search", ("--filter", "feature=search"))],
)
def test_every_place_heads_for_the_same_cents(
    name: str, search: str, words_of_filter: tuple[str, ...], home_with: Path, tollbook: Tollbook
) -> None:
    configuration = read_configuration(home_with / "tollbook.yaml")
    book = load_book(configuration.contract)
    source = Source(home_with / "tollbook.duckdb", book, configuration, lambda: NOW)
    context = DashboardContext(source)
    view = view_of(context, parse(search, {"unit", "by"}))
    standing = standing_of(view)
    [situation] = [each for each in situations_of(context) if each.budget.name == name]

    told = tollbook("forecast", *words_of_filter, "--json", *AT).answer
    [checked] = [
        each
        for each in tollbook("alerts", "check", "--dry-run", "--json", *AT).answer["budgets"]
        if each["budget"] == name
    ]
    client = create_app(context).server.test_client()
    asked = client.get("/api/budget", query_string={"budget": name}).get_json()
    posted = alert_body(situation, transition(), None)

    assert standing.ahead == situation.ahead
    heads = told["forecast"]
    assert heads == checked["forecast"] == asked["forecast"] == posted["forecast"]
    assert standing.forecast is not None
    for end in ("low", "expected", "high"):
        assert heads[end] == f"{getattr(standing.forecast, end):.2f}"
    assert told["spent"] == checked["spent"] == asked["spent"]
    assert told["budget"] == name

    low, expected, high = (headline_money(float(heads[end])) for end in ("low", "expected", "high"))
    said = f"heads for {expected} (likely {low} to {high})"
    people = tollbook("forecast", *words_of_filter, *AT).out
    mail = alert_message(situation, [transition()], NOW, None)
    for text in (sentence(standing, NOW), words.title(situation), people, mail.text, mail.html):
        assert said in text
    assert sentence(standing, NOW).replace("November", "November 2026") == people.splitlines()[0]

    [assumed] = heads["assumptions"]
    assert assumed.startswith("The forecast counts gpt-4.1-mini from 20 Nov 2026 on at the new")
    drawn = str(footer(view, standing))
    for text in (drawn, people, mail.text, *words.data_lines(situation)[1:]):
        assert assumed in text


def test_a_filter_without_a_budget_has_a_forecast_and_no_limit(
    home_with: Path, tollbook: Tollbook
) -> None:
    assert home_with.is_dir()
    told = tollbook("forecast", "--filter", "feature=chat", "--json", *AT).answer
    assert (told["budget"], told["limit"]) == (None, None)
    assert float(told["forecast"]["expected"]) > float(told["spent"]) > 0
    lines = tollbook("forecast", "--filter", "feature=chat", *AT).out.splitlines()
    assert lines[0].startswith("November 2026 is at $")
    assert lines[1] == "Data until 2026-11-10 11:15 UTC."
    assert lines[2].startswith("Forecasts over 21 days, replayed on ")


@pytest.mark.parametrize(
    ("words_of", "code", "said"),
    [
        (("--filter", "feature=nobody"), 4, "there is no such usage, so nothing can be forecast"),
        (("--now", "2026-12-02T00:00:00Z"), 4, "the usage ends at 2026-11-10 11:15 UTC, before"),
        (("--filter", "planet=mars"), 2, "--filter does not know 'planet'"),
    ],
)
def test_what_cannot_be_forecast_is_said(
    words_of: tuple[str, ...], code: int, said: str, home_with: Path, tollbook: Tollbook
) -> None:
    assert home_with.is_dir()
    ran = tollbook("forecast", *(AT if "--now" not in words_of else ()), *words_of)
    assert (ran.code, ran.error.startswith(said)) == (code, True)


def test_too_few_days_say_why(home: Path, tollbook: Tollbook) -> None:
    calls = ({**call(NOW - n * HOUR), "id": f"c-{n}"} for n in range(1, 100))
    (home / "calls.jsonl").write_text("".join(json.dumps(each) + "\n" for each in calls))
    tollbook("import", "calls.jsonl")
    assert tollbook("forecast", *AT).out.splitlines()[2] == (
        "No forecast: 4 complete days of usage are too few: 14 are needed."
    )
    told = tollbook("forecast", "--json", *AT).answer
    assert told["forecast"]["expected"] is None
    assert told["forecast"]["reason"] == "4 complete days of usage are too few: 14 are needed"
    assert told["replayed"] is None


def test_usage_without_a_price_makes_it_a_lower_bound(home: Path, tollbook: Tollbook) -> None:
    calls = [*uneven(NOW), call(NOW - timedelta(hours=2), model="acme-7b")]
    numbered = ({**each, "id": f"c-{number}"} for number, each in enumerate(calls))
    (home / "calls.jsonl").write_text("".join(json.dumps(each) + "\n" for each in numbered))
    tollbook("import", "calls.jsonl")
    lines = tollbook("forecast", *AT).out.splitlines()
    assert lines[0].startswith("November 2026 has spent at least $")
    assert " and heads for at least $" in lines[0]
    assert lines[-1].startswith("Not in this total: 1M tokens of acme-7b (")
    assert tollbook("forecast", "--json", *AT).answer["at_least"] is True
