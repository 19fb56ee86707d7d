"""Budgets & alerts: words, list, form and answers, over situations known by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest

from alerts.delivery import House
from alerts.message import Image, Message
from alerts.records import message_text, stored_alert, stored_transition, told_by
from alerts.rehearsal import Rehearsal, Rise
from alerts.situation import WindowBurn
from alerts.states import alert_id, step
from alerts.tick import tick
from costmodel.budget import Budget
from costmodel.burn.rules import ForecastRule, SloRule
from costmodel.pace import Profile
from dashboard.context import DashboardContext, Source
from dashboard.figures.budgets import burn_windows
from dashboard.pages.budgets import cards, deliveries, firing, form, page, preview, words
from dashboard.pages.budgets.charts import fan_chart, windows_chart
from dashboard.pages.budgets.first import suggestion
from dashboard.state import parse
from dashboard.view import view_of
from ingest.configuration import Configuration
from ingest.settings import Mail
from ingest.store import Store
from ingest.store.alert_records import Delivery, Pulse, Recording
from tests.alerts import letters
from tests.alerts.seen import DAY, HOUR, MINUTE, NOON, finding, look, situation
from tests.books import BOOK

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from alerts.situation import Situation
    from dashboard.pages.budgets.form import Typed as TypedFields

WINDOWS = (
    WindowBurn("drift", timedelta(hours=72), 1.24, 1.25),
    WindowBurn("drift", timedelta(hours=24), 1.3, 1.25),
    WindowBurn("fast", timedelta(hours=1), None, 4.0),
)


def letter(**changes: Any) -> Delivery:  # noqa: ANN401
    fields: dict[str, Any] = {
        "number": 1, "bundle": "t1.x", "channel": "mail", "recipient": "finance@example.com",
        "message_id": "m", "state": "sent", "created_at": NOON, "due_at": NOON + HOUR, "tries": 1,
        "tried_at": NOON, "settled_at": NOON + MINUTE, "said": "", "subject": "S", "content": "",
    }  # fmt: skip
    return Delivery(**(fields | changes))


def typed(**changes: object) -> TypedFields:
    fields: dict[str, object] = {
        "name": "Search", "amount": 900, "measure": "money", "period": "month", "each": "none",
        "filters": [], "owners": [], "rules": "default",
    }  # fmt: skip
    return form.Typed(**(fields | changes))


@pytest.fixture
def context_of(tmp_path: Path) -> Callable[..., DashboardContext]:
    """An empty store on screen whose budgets stand like this."""

    def make(
        *seen: Situation, budgets: Sequence[Budget] = (), failure: str = ""
    ) -> DashboardContext:
        def evaluate(*_: object) -> Sequence[Situation]:
            if failure:
                raise ValueError(failure)
            return seen

        configuration = Configuration(budgets=tuple(budgets))
        source = Source(tmp_path / "own.duckdb", BOOK, configuration, lambda: NOON)
        return DashboardContext(source, evaluate=evaluate)

    return make


def shown(context: DashboardContext, search: str = "") -> str:
    return str(page.body(context, parse(search, page.STATE_KEYS)))


def test_the_sentence_says_spent_limit_and_where_it_heads() -> None:
    seen = letters.situation()
    heads = "heads for $1,291 (likely $1,221 to $1,391)"
    assert words.sentence(seen) == f"$841 of $1,200 and {heads}"
    assert words.title(seen) == f"All models is at $841 of $1,200 and {heads}."
    least = replace(seen, at_least=True)
    heads = "heads for at least $1,291 (likely $1,221 to $1,391)"
    assert words.sentence(least) == f"at least $841 of $1,200 and {heads}"
    assert words.title(least) == f"All models has spent at least $841 of $1,200 and {heads}."
    unknown = replace(least, ahead=None)
    assert words.title(unknown) == "All models has spent at least $841 of $1,200."
    tokens = Budget("All models", Fraction(10**7), measure="tokens")
    counted = replace(unknown, budget=tokens, spent=Fraction(1_250_000))
    assert words.title(counted) == "All models has used at least 1.2M tokens of 10.0M tokens."


@pytest.mark.parametrize(
    ("states", "said"),
    [
        (["ok"], "The budget is well."),
        (["ok", "ok"], "All 2 budgets are well."),
        (["critical"], "Act now: Search."),
        (["ok", "stale"], "1 of 2 budgets needs somebody."),
        (["notice", "ok", "failed"], "2 of 3 budgets need somebody."),
    ],
)
def test_the_headline_counts_who_needs_somebody(states: list[Any], said: str) -> None:
    assert words.headline([situation(state=each) for each in states]) == said


def test_the_most_urgent_come_first() -> None:
    states: list[Any] = ["ok", "warning", "failed", "notice", "critical", "stale"]
    found = [each.state for each in words.ordered([situation(state=each) for each in states])]
    assert found == ["critical", "failed", "stale", "warning", "notice", "ok"]


def test_pace_is_of_the_widest_window_that_can_be_compared() -> None:
    seen = replace(situation(), windows=WINDOWS)
    assert words.pace(seen) == "Spending 1.2x plan over the last 3 days."
    without = replace(seen, windows=(WINDOWS[2],))  # $640 spent of $585 planned by now
    assert words.pace(without) == "Spent 1.1x what was planned by now."


@pytest.mark.parametrize(
    ("pulse", "said", "is_wrong"),
    [
        (Pulse(), "Nobody looks at the budgets", True),
        (Pulse(NOON - 3 * MINUTE, NOON - 3 * MINUTE), "Last look 3 minutes ago.", False),
        (Pulse(NOON - 2 * HOUR), "Last look 2 hours ago.", False),
        (Pulse(NOON - 2 * HOUR - MINUTE), "Nobody looks at the budgets", True),
        (Pulse(NOON - MINUTE, failure="no prices"), "ago, and it failed: no prices.", True),
    ],
)
def test_who_looked_last_is_said(pulse: Pulse, said: str, is_wrong: bool) -> None:
    text, wrong = words.last_look(pulse, NOON)
    assert (said in text, wrong) == (True, is_wrong)


def test_both_windows_are_said_and_drawn_against_their_line() -> None:
    chart = windows_chart(replace(situation(), windows=WINDOWS))
    assert chart.sentence == (
        "Drift: 1.2x over the last 3 days and 1.3x over the last 24 hours; alerts when both reach "
        "1.25x. Fast: no plan yet over the last hour; alerts when it reaches 4x."
    )
    assert [row[-1] for row in chart.rows] == ["no", "yes", "no"]
    bars, lines = chart.figure["data"]
    assert bars["x"] == [1.24, 1.3, 0]
    assert lines["x"] == [1.25, 1.25, 4.0]


def test_a_bar_far_beyond_its_line_is_cut_and_keeps_its_number() -> None:
    seen = replace(situation(), windows=(WindowBurn("fast", HOUR, 46.0, 4.0),))
    figure = windows_chart(seen).figure
    assert figure["data"][0]["x"] == [10.0]  # 2.5 times the line of 4
    assert "46.0x" in [each["text"] for each in figure["layout"]["annotations"]]
    assert burn_windows([])["data"][0]["x"] == []


def test_the_fan_begins_where_the_data_ends() -> None:
    seen = letters.situation()
    figure = fan_chart(seen, [letters.transition()]).figure
    by_name = {trace["name"]: trace for trace in figure["data"]}
    spent, expected = by_name["spent"], by_name["expected"]
    assert (spent["x"][0], spent["y"][0]) == ("2026-11-01T00:00:00", 0.0)
    assert (spent["x"][-1], spent["y"][-1]) == ("2026-11-20T12:45:00", 840.0)  # in Berlin
    assert (expected["x"][0], expected["y"][0]) == (spent["x"][-1], 840.0)
    assert expected["x"][-1] == "2026-12-01T00:00:00"
    assert by_name["at least"]["y"][1:] == [each - 20 for each in expected["y"][1:]]
    flags = [each["text"] for each in figure["layout"]["annotations"] if each.get("name") == "flag"]
    assert flags == ["Fired: change"]


def test_without_a_forecast_there_is_no_fan() -> None:
    past = tuple(each for each in letters.days() if each.spent is not None)
    figure = fan_chart(letters.situation(days=past, ahead=None), []).figure
    assert [trace["name"] for trace in figure["data"]] == ["plan", "spent"]


def test_a_dozen_budgets_are_cards_and_the_rest_rows() -> None:
    many = [situation(name=f"B{number:03}", state="ok") for number in range(200)]
    drawn = [str(part) for part in cards.budget_list(many)]
    assert drawn[0].count("budget-card'") == cards.MOST_CARDS
    assert drawn[1].count("Tr(") == 200 - cards.MOST_CARDS + 1
    assert len(cards.budget_list(many[:12])) == 1


def test_a_name_from_outside_stays_a_name_in_the_link() -> None:
    seen = situation(name="a&b=c", value="x/y")
    assert cards.link_to(seen) == "/budgets?budget=a%26b%3Dc&value=x%2Fy"


def test_an_address_opens_one_budget(context_of: Callable[..., DashboardContext]) -> None:
    budget = Budget("Search", Fraction(900))
    context = context_of(letters.situation("Search"), situation(name="Chat"), budgets=[budget])
    assert "Search is at $841 of $1,200" in shown(context, "?budget=Search")
    assert "only shown here" in shown(context, "?budget=Search")
    assert "no budget called Nobody" in shown(context, "?budget=Nobody")
    assert "2 of 2 budgets need somebody." in shown(context)


def test_a_mail_about_one_value_opens_that_value(
    context_of: Callable[..., DashboardContext],
) -> None:
    seen = [replace(situation(name="Keys", value=key), filters={"api_key": (key,)}) for key in "ab"]
    context = context_of(*seen, budgets=[Budget("Keys", Fraction(900), each="api_key")])
    assert "Keys, b is at" in shown(context, "?budget=Keys&api_key=b")
    assert "Keys, a is at" in shown(context, "?budget=Keys&value=a")
    both = shown(context, "?budget=Keys")
    assert "Keys, one for each" in both
    assert "Keys, a" in both


def test_what_failed_is_said_and_no_budget_is_called_well(
    context_of: Callable[..., DashboardContext],
) -> None:
    text = shown(context_of(budgets=[Budget("Search", Fraction(9))], failure="no prices"))
    assert "no prices" in text
    assert "well" not in text


def test_before_any_usage_the_first_step_is_a_file(
    context_of: Callable[..., DashboardContext],
) -> None:
    assert "Bring a file" in shown(context_of())


def test_the_first_budget_is_last_months_spend_and_a_tenth(demo: DashboardContext) -> None:
    found = suggestion(demo)
    assert found is not None
    budget, why = found
    spent = view_of(demo, parse("?range=last+month")).report().total.cost
    assert spent
    assert spent * Fraction(11, 10) <= budget.amount < spent * Fraction(11, 10) + 1
    assert why.startswith("Last month cost $")


def test_the_form_offers_what_there_is(demo: DashboardContext) -> None:
    text = shown(demo, "?new=1")
    assert "A new budget" in text
    assert "'feature=search'" in text


def test_what_is_typed_becomes_a_budget() -> None:
    found = form.budget_of(
        typed(
            amount="1200.50", each="api_key", period="week", owners=["ada@example.com", " "],
            filters=["feature=search", "feature=chat", "team="], rules="quiet",
        ),
        None,
        "EUR",
    )  # fmt: skip
    assert (found.amount, found.currency, found.period) == (Fraction("1200.5"), "EUR", "week")
    assert found.filters == {"feature": ("search", "chat"), "team": (None,)}
    assert (found.each, found.owners, found.rules) == ("api_key", ("ada@example.com",), "quiet")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": "  "}, "Give the budget a name."),
        ({"name": None}, "Give the budget a name."),
        ({"name": "x" * 101}, "at most 100 characters"),
        ({"amount": ""}, "Give the budget an amount."),
        ({"amount": None}, "Give the budget an amount."),
        ({"amount": 0}, "The amount must be more than 0."),
        ({"amount": -1}, "The amount must be more than 0."),
        ({"filters": ["search"]}, "feature=search; 'search' is not so"),
        ({"filters": ["planet=x"]}, "feature=search; 'planet=x' is not so"),
    ],
)
def test_what_describes_no_budget_is_refused_with_what_to_do(
    changes: dict[str, object], said: str
) -> None:
    with pytest.raises(form.FormError, match=said):
        form.budget_of(typed(**changes), None, "USD")


def test_a_budget_is_made_changed_and_removed(context_of: Callable[..., DashboardContext]) -> None:
    context = context_of()
    assert form.saved(context, typed(), None, "ada") == ("Search", "Search is kept.")
    with pytest.raises(form.FormError, match="already a budget"):
        form.saved(context, typed(), None, "ada")
    said = form.saved(context, typed(amount=950), "Search", "bob")
    assert said == ("Search", "Search is kept as version 2.")
    known = form.known_budget(context, "Search")
    assert known is not None
    assert (known.budget.amount, known.changed_by, known.version) == (950, "bob", 2)
    assert "made on screen by bob" in form.origin_line(known, "UTC")
    assert "is removed" in form.removed(context, "Search", "ada")
    assert form.known_budget(context, "Search") is None


def test_what_the_form_does_not_show_stays_as_it_was() -> None:
    hours = Profile(tuple(float(hour) for hour in range(168)))
    before = Budget("Search", Fraction(900), currency="EUR", plan=hours)
    after = form.budget_of(typed(amount=1000, plan="kept"), before, "USD")
    assert after == replace(before, amount=Fraction(1000))


def test_the_files_budgets_cannot_be_taken_over(
    context_of: Callable[..., DashboardContext],
) -> None:
    context = context_of(budgets=[Budget("Search", Fraction(9))])
    with pytest.raises(form.FormError, match=r"tollbook\.yaml"):
        form.saved(context, typed(), None, "ada")
    assert "tollbook.yaml" in form.removed(context, "Search", "ada")


def test_what_fires_can_be_answered(
    context_of: Callable[..., DashboardContext], tmp_path: Path
) -> None:
    context = context_of(situation(finding()), budgets=[Budget("Search", Fraction(900))])
    store = Store(tmp_path / "own.duckdb")
    store.prefer("openai", "default", None)  # makes the store
    stepped = step({}, [look(finding())], NOON)
    state = next(iter(stepped.states.values()))
    assert store.alerts().record(
        0,
        Recording(
            Pulse(NOON, NOON),
            [stored_alert(state)],
            [stored_transition(each, "told") for each in stepped.transitions],
        ),
    )
    text = shown(context, "?budget=Search")
    assert "Fired: Spending is 4.6x plan" in text
    name = alert_id(state.key)
    assert firing.answer(context, firing.A_DAY, name) == "Snoozed."
    assert "Quiet until 21 Nov 2026 12:00 UTC." in shown(context, "?budget=Search")
    assert "End the snooze" in shown(context, "?budget=Search")
    assert firing.answer(context, firing.WAKE, name) == "The snooze is over."
    assert "Quiet until" not in shown(context, "?budget=Search")
    said = firing.answer(context, firing.UNTIL_WORSE, "unknown")
    assert said == "This alert does not fire any more."


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "sent 20 Nov 2026 12:01 UTC"),
        ({"state": "waiting", "tries": 0}, "waiting"),
        ({"state": "waiting", "said": "busy"}, "tried once, again 13:00 UTC: busy"),
        ({"state": "waiting", "tries": 3, "said": "busy"}, "tried 3 times, again 13:00 UTC: busy"),
        ({"state": "failed", "said": "no such mailbox"}, "failed: no such mailbox"),
        ({"state": "cancelled"}, "cancelled"),
    ],
)
def test_what_became_of_a_delivery_is_said(changes: dict[str, Any], said: str) -> None:
    assert words.delivery_words(letter(**changes), "UTC") == said


def test_a_mail_is_shown_as_sent_without_scripts_and_with_its_pictures() -> None:
    message = Message(
        "Search", "text", '<img src="cid:spend"><script>x</script>', (Image("spend", b"png"),)
    )
    sent = letter(content=message_text(message))
    assert 'src="data:image/png;base64,cG5n"' in deliveries.mail_page(sent)
    frame = deliveries.letter(sent)[1].to_plotly_json()["props"]
    assert frame["sandbox"] == ""
    posted = deliveries.letter(letter(channel="webhook", content='{"id": "t1"}'))[1]
    assert posted.to_plotly_json()["props"]["children"] == '{\n  "id": "t1"\n}'


def test_a_mail_about_what_budgets_share_is_in_the_log_of_each(
    context_of: Callable[..., DashboardContext],
) -> None:
    ends = finding("end of gpt-4.1", kind="ending", severity="notice", level="90 days")
    seen = [situation(ends, name=name) for name in ("Search", "Chat")]
    context = context_of(*seen, situation(name="Legal"))
    mail = Mail("127.0.0.1", "tollbook@example.com", port=1, security="none", to=("a@example.com",))
    house = House(
        context.store(), Configuration(mail=mail), lambda: NOON, lambda _: None, lambda _: None
    )
    tick(house, lambda _: seen)
    for name in ("Search", "Chat"):
        assert "a@example.com" in shown(context, f"?budget={name}"), name
    assert "a@example.com" not in shown(context, "?budget=Legal")


def test_of_an_older_version_a_mail_is_about_the_edge_that_names_it() -> None:
    assert told_by(letter(bundle="t1.x")) == {"t1"}
    assert told_by(letter(bundle="t1.x", tells='["t2", "t3"]')) == {"t2", "t3"}
    assert told_by(letter(bundle="digest-20261120.x", tells="[]")) == frozenset()


def test_a_preview_says_when_a_budget_would_have_fired(demo: DashboardContext) -> None:
    budget = Budget("All", Fraction(1200))
    roomy = replace(budget, amount=Fraction(10**6))
    said = preview.preview(demo, budget, roomy)
    assert said[0].startswith("It would have fired 6 times in the last 60 days: change on ")
    assert said[0].endswith("change on 4 Nov at 01:00.")  # the prompt of search changed on the 3rd
    assert said[1] == "As it is now it would have fired never."
    assert preview.preview(demo, roomy, None)[0].startswith("It would not have fired in the last")
    levels = (ForecastRule("forecast", "warning", 0.8),)
    [fired, before] = preview.preview(demo, replace(budget, levels=levels), budget)
    assert "forecast on 6 Nov at 00:00" in fired
    assert before == "As it is now it would have fired 6 times."
    slow = (SloRule("p95 latency 1h", "warning", "p95_seconds", 30.0, HOUR, 1_000_000),)
    [_, *left_out] = preview.preview(demo, replace(roomy, levels=slow), None)
    silent = "The rule 'p95 latency 1h' is left out: never did 1,000,000 calls of the last hour"
    assert any(each.startswith(silent) for each in left_out)


def test_without_usage_a_preview_says_so(context_of: Callable[..., DashboardContext]) -> None:
    said = preview.preview(context_of(), Budget("All", Fraction(1200)), None)
    assert said == ["There is too little usage to say what it would have done."]


def test_a_long_list_of_firings_names_the_latest() -> None:
    rises = tuple(Rise(NOON + number * HOUR, "fast", "a") for number in range(10))
    tried = frozenset({"fast"})
    text = preview.fired_sentence(Rehearsal(NOON, NOON + 60 * DAY, rises, tried), "Europe/Berlin")
    assert text.startswith(
        "It would have fired 10 times in the last 60 days, the latest 8: fast (a)"
    )
    assert text.endswith("fast (a) on 20 Nov at 22:00.")  # 21:00 UTC
    one = preview.fired_sentence(Rehearsal(NOON, NOON + DAY, rises[:1], tried), "UTC")
    assert one == "It would have fired once in the last day: fast (a) on 20 Nov at 12:00."
