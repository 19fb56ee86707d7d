"""What gateways and Prometheus are told of budgets, over situations known by hand."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from alerts.situation import WindowBurn
from costmodel.budget import Budget
from costmodel.forecast import Forecast, NotForecastable
from dashboard.app import create_app
from dashboard.context import DashboardContext, Source
from ingest.configuration import Configuration
from ingest.store import Store
from ingest.store.alert_records import Pulse, Recording
from tests.alerts.seen import NOON, situation
from tests.books import BOOK

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from flask.testing import FlaskClient

    from alerts.situation import Situation

KEY = "sk-...1234"


def kept(name: str, amount: str, spent: str, **changes: Any) -> Situation:  # noqa: ANN401
    """The situation of a budget with these amounts, for one key where ``keys`` says so."""
    keys = changes.pop("keys", ())
    each = changes.pop("each", None)
    seen = situation(name=name, value=changes.pop("value", ""), state=changes.pop("state", "ok"))
    filters = {"api_key": keys} if keys else {}
    budget = Budget(name, Fraction(amount), each=each, filters=filters)
    return replace(seen, budget=budget, spent=Fraction(spent), filters=filters, **changes)


@pytest.fixture
def client_of(tmp_path: Path) -> Callable[..., FlaskClient]:
    """A client of the app over an empty store whose budgets stand like this."""

    def make(evaluate: Callable[..., Sequence[Situation]]) -> FlaskClient:
        source = Source(tmp_path / "own.duckdb", BOOK, Configuration(), lambda: NOON)
        found: FlaskClient = create_app(
            DashboardContext(source, evaluate=evaluate)
        ).server.test_client()
        return found

    return make


def test_a_key_is_told_what_is_left_of_its_tightest_budget(
    client_of: Callable[..., FlaskClient],
) -> None:
    seen = [
        kept("All", "1200", "1199"),
        kept("Roomy", "100", "10", keys=(KEY, "sk-...9999")),
        kept("Tight", "50", "49.20", keys=(KEY,), state="critical", at_least=True),
    ]
    answer = client_of(lambda *_: seen).get("/api/budget", query_string={"key": KEY})
    told = answer.get_json()
    assert answer.status_code == 200
    assert (told["key"], told["budget"], told["state"]) == (KEY, "Tight", "critical")
    assert (told["limit"], told["spent"], told["left"]) == ("50.00", "49.20", "0.80")
    assert told["at_least"] is True
    assert told["until"] == "2026-12-01T00:00:00+00:00"
    assert told["as_of"] == "2026-11-20T12:00:00+00:00"
    assert [each["budget"] for each in told["budgets"]] == ["Tight", "Roomy"]
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("ahead", "reason"),
    [(None, None), (NotForecastable("3 days are too few"), "3 days are too few")],
)
def test_what_cannot_be_forecast_is_null_with_its_reason(
    ahead: NotForecastable | None, reason: str | None, client_of: Callable[..., FlaskClient]
) -> None:
    client = client_of(lambda *_: [kept("Tight", "50", "1", ahead=ahead)])
    told = client.get("/api/budget?budget=Tight").get_json()["forecast"]
    assert told == {
        "expected": None, "low": None, "high": None, "reason": reason, "assumptions": [],
    }  # fmt: skip


def test_a_budget_for_each_key_answers_for_its_own_value(
    client_of: Callable[..., FlaskClient],
) -> None:
    seen = [
        kept("Each", "5", spent, each="api_key", value=key)
        for key, spent in (("a", "1"), ("b", "6"))
    ]
    client = client_of(lambda *_: seen)
    assert client.get("/api/budget?key=a").get_json()["left"] == "4.00"
    assert client.get("/api/budget?key=b").get_json()["left"] == "-1.00"
    by_name = client.get("/api/budget?budget=Each").get_json()
    assert (by_name["key"], by_name["value"], len(by_name["budgets"])) == (None, "b", 2)


@pytest.mark.parametrize(
    ("query", "status", "said"),
    [
        ("", 400, "?key=NAME"),
        ("?key=", 400, "?key=NAME"),
        ("?key=unknown", 404, "the key 'unknown'"),
        ("?budget=Nobody", 404, "no budget called 'Nobody'"),
        (f"?budget=Other&key={KEY}", 404, "called 'Other'"),
    ],
)
def test_what_is_not_there_is_said(
    query: str, status: int, said: str, client_of: Callable[..., FlaskClient]
) -> None:
    seen = [kept("Tight", "50", "1", keys=(KEY,)), kept("Other", "50", "1", keys=("x",))]
    answer = client_of(lambda *_: seen).get(f"/api/budget{query}")
    assert (answer.status_code, said in answer.get_json()["sentence"]) == (status, True)


def test_budgets_are_evaluated_once_for_many_questions(
    client_of: Callable[..., FlaskClient],
) -> None:
    asked: list[int] = []

    def evaluate(*_: object) -> list[Situation]:
        asked.append(1)
        return [kept("Tight", "50", "1", keys=(KEY,))]

    client = client_of(evaluate)
    for _ in range(5):
        assert client.get("/api/budget", query_string={"key": KEY}).status_code == 200
    assert client.get("/metrics").status_code == 200
    assert len(asked) == 1


def test_what_failed_is_not_answered_as_if_all_were_well(
    client_of: Callable[..., FlaskClient],
) -> None:
    def evaluate(*_: object) -> list[Situation]:
        raise ValueError("no prices")

    client = client_of(evaluate)
    answer = client.get("/api/budget?key=a")
    assert (answer.status_code, "no prices" in answer.get_json()["sentence"]) == (503, True)
    assert "tollbook_evaluation_failed 1.0" in client.get("/metrics").text


def test_prometheus_reads_budgets(client_of: Callable[..., FlaskClient], tmp_path: Path) -> None:
    store = Store(tmp_path / "own.duckdb")
    store.prefer("openai", "default", None)  # makes the store
    looked = NOON - timedelta(minutes=3)
    store.alerts().record(store.alerts().book().serial, Recording(Pulse(looked, looked)))
    windows = (
        WindowBurn("burn", timedelta(hours=6), 1.5, 3.0),
        WindowBurn("burn", timedelta(minutes=30), None, 3.0),
    )
    seen = kept('A "quoted"\\ name', "50", "12.5", windows=windows, state="warning")
    client = client_of(lambda *_: [seen])
    answer = client.get("/metrics")
    lines = answer.text.splitlines()
    name = 'budget="A \\"quoted\\"\\\\ name",value=""'
    assert answer.content_type == "text/plain; version=0.0.4; charset=utf-8"
    assert f'tollbook_budget_spent{{{name},unit="USD"}} 12.5' in lines
    assert f'tollbook_budget_limit{{{name},unit="USD"}} 50.0' in lines
    assert f'tollbook_budget_burn{{{name},rule="burn",window="6h"}} 1.5' in lines
    assert not [line for line in lines if 'window="30m"' in line]
    assert f'tollbook_budget_state{{{name},state="warning"}} 1.0' in lines
    assert f'tollbook_budget_state{{{name},state="ok"}} 0.0' in lines
    assert f"tollbook_budget_watermark_age_seconds{{{name}}} 0.0" in lines
    assert f"tollbook_last_look_timestamp_seconds {looked.timestamp()!r}" in lines
    assert "tollbook_evaluation_failed 0.0" in lines


def test_a_store_that_cannot_be_read_is_no_silence(
    client_of: Callable[..., FlaskClient], tmp_path: Path
) -> None:
    (tmp_path / "own.duckdb").write_bytes(b"no database" * 1000)
    client = client_of(lambda *_: [])
    answer = client.get("/metrics")
    assert (answer.status_code, answer.text[:2]) == (503, "# ")
    assert client.get("/api/budget?key=a").status_code == 503


def test_before_the_first_look_there_is_no_moment_of_it(
    client_of: Callable[..., FlaskClient],
) -> None:
    text = client_of(lambda *_: []).get("/metrics").text
    assert "\ntollbook_last_look_timestamp_seconds " not in text
    assert "# TYPE tollbook_last_look_timestamp_seconds gauge" in text


def test_the_documented_answer_has_the_keys_of_a_real_one(
    client_of: Callable[..., FlaskClient],
) -> None:
    page = (Path(__file__).parents[2] / "docs" / "gateways.md").read_text(encoding="utf-8")
    shown = json.loads(page.partition("```json\n")[2].partition("```")[0])
    ahead = Forecast(49.2, 71.3, 66.1, 78.9, 10.5, "weekday profile", (0.0,))
    seen = [kept("Search key", "50", "49.20", keys=(KEY,), state="critical", ahead=ahead)]
    told = client_of(lambda *_: seen).get("/api/budget", query_string={"key": KEY}).get_json()
    assert told.keys() == shown.keys()
    same = set(shown) - {"as_of", "budgets"}
    assert {name: told[name] for name in same} == {name: shown[name] for name in same}
    metrics = client_of(lambda *_: seen).get("/metrics").text
    for name in re.findall(r"# TYPE (\w+) gauge", metrics):
        assert f"`{name}`" in page
