"""What is the same for several budgets is told once to each person, and names them all."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from alerts import outgoing
from alerts.records import told_by
from alerts.words import short_verdict
from tests.alerts.desk import ANN, BEN, BURN
from tests.alerts.letters import transition
from tests.alerts.seen import MINUTE, finding, situation
from tests.alerts.test_webhooks import receiver

if TYPE_CHECKING:
    import pytest

    from costmodel.burn.finding import Finding, Severity
    from tests.alerts.desk import Desk

SAID = "gpt-4.1 is still called and is shut down in 55 days, on 2027-01-14"


def ending(
    model: str = "gpt-4.1", severity: Severity = "notice", level: str = "90 days"
) -> Finding:
    found = finding(f"end of {model}", severity=severity, kind="ending", level=level)
    return replace(found, sentence=SAID.replace("gpt-4.1", model))


def unpriced(tokens: int) -> Finding:
    said = f"{tokens:,} tokens have no price (acme acme-7b: unknown model)"
    found = finding("unpriced usage", kind="unpriced")
    return replace(found, sentence=f"{said}, so more than this was spent")


def subjects(desk: Desk, who: str) -> list[str]:
    return [str(letter["Subject"]) for letter in desk.box.to(who)]


def text(desk: Desk, who: str, place: int = -1) -> str:
    body = desk.box.to(who)[place].get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def test_the_end_of_a_model_is_one_notice_for_all_budgets_of_an_owner(desk: Desk) -> None:
    desk.seen = [
        situation(ending(), name="Search", owners=(BEN,)),
        situation(ending(), name="Chat", owners=(BEN,)),
        situation(ending(), name="Legal"),
    ]
    assert len(desk.tick().transitions) == 3
    verdict = "gpt-4.1 is still called and is shut down in 55 days"
    assert subjects(desk, BEN) == [f"{verdict}: Chat; Search"]
    assert subjects(desk, ANN) == [f"{verdict}: Chat; Legal and 1 more"]
    assert f"- Chat; Search: {SAID}." in text(desk, BEN)
    assert f"- Chat; Legal; Search: {SAID}." in text(desk, ANN)
    assert len(set(desk.box.ids())) == 2
    desk.tick(15 * MINUTE)
    assert len(desk.box.letters) == 2


def test_a_fact_of_one_budget_stays_in_its_mail(desk: Desk) -> None:
    desk.seen = [situation(BURN, ending())]
    desk.tick()
    assert len(desk.box.letters) == 1
    assert subjects(desk, ANN)[0].startswith("Search: spending is 4.6x plan, $640")
    assert SAID in text(desk, ANN)


def test_facts_come_in_one_mail_beside_what_is_each_budgets_own(desk: Desk) -> None:
    desk.seen = [
        situation(BURN, ending(), unpriced(1_200), name="Search"),
        situation(ending(), unpriced(3_400), name="Chat"),
        situation(ending("gpt-4o"), name="Legal"),
    ]
    desk.tick()
    assert len(desk.box.letters) == 3, "spending in Search, gpt-4o in Legal, and both facts"
    (facts,) = [place for place, each in enumerate(subjects(desk, ANN)) if "and 1 more" in each]
    told = text(desk, ANN, facts)
    assert "Search: 1,200 tokens have no price" in told
    assert "Chat: 3,400 tokens have no price" in told
    assert f"Chat; Search: {SAID}." in told


def test_two_levels_of_one_end_are_two_facts_and_the_worse_comes_first(desk: Desk) -> None:
    soon = ending(severity="critical", level="7 days")
    desk.seen = [
        situation(ending(), name="A"), situation(ending(), soon, name="B"),
        situation(soon, name="C"),
    ]  # fmt: skip
    desk.tick()
    (subject,) = subjects(desk, ANN)
    assert subject.endswith(", and 1 more: B; C and 1 more")


def test_two_hundred_values_without_a_price_are_one_mail_that_is_no_book(desk: Desk) -> None:
    desk.seen = [situation(unpriced(n + 1), name="Teams", value=f"t{n:03}") for n in range(200)]
    desk.tick()
    assert len(desk.box.letters) == 1
    told = text(desk, ANN)
    assert sum(line.startswith("- ") for line in told.splitlines()) == 13
    assert "and 168 more" in told  # 200 less the 12 of the lines less the 20 of the last one


def test_a_failed_send_is_repeated_under_its_id_and_names_them_all(desk: Desk) -> None:
    desk.seen = [situation(ending(), name=name) for name in ("Search", "Chat")]
    desk.box.drop_after_data = 1
    desk.tick()
    desk.seen = [situation(name=name) for name in ("Search", "Chat")]
    desk.tick(15 * MINUTE)
    first, over, again = desk.box.ids()
    assert first == again != over
    assert f"Chat; Search: {SAID}." in text(desk, ANN, 2)
    assert subjects(desk, ANN)[1] == "Back to normal: end of gpt-4.1: Chat; Search"


def test_a_mail_of_facts_that_cannot_be_drawn_goes_out_as_plain_text(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("no style")

    monkeypatch.setattr(outgoing, "facts_message", broken)
    desk.seen = [situation(ending(), name=name) for name in ("Search", "Chat")]
    desk.tick()
    assert subjects(desk, ANN) == [f"Chat: {SAID}, and 1 more"]


def test_a_chat_gets_one_post_and_programs_every_edge(desk: Desk) -> None:
    with receiver() as programs, receiver() as chats:
        hooks = (
            replace(programs.webhook, name="gateway"),
            replace(chats.webhook, name="chat", shape="slack"),
        )
        desk.configuration = replace(desk.configuration, mail=None, webhooks=hooks)
        desk.seen = [situation(ending(), name=name) for name in ("Search", "Chat")]
        desk.tick()
        assert len(programs.posts) == 2
        (post,) = chats.posts
        said = json.loads(post[1])["blocks"][0]["text"]["text"]
        assert said.endswith(f"\nChat; Search: {SAID}.")


def test_the_log_knows_every_budget_that_a_message_is_about(desk: Desk) -> None:
    with receiver() as chats:
        hook = replace(chats.webhook, name="chat", shape="slack")
        desk.configuration = replace(desk.configuration, webhooks=(hook,))
        desk.seen = [situation(ending(), name="Search"), situation(BURN, ending(), name="Chat")]
        found = desk.tick()
    budget_of = {each.transition_id: each.key.budget for each in found.transitions}
    log = desk.store.alerts().deliveries()
    about = sorted(
        (each.channel, sorted({budget_of[edge] for edge in told_by(each)})) for each in log
    )
    assert about == [
        ("mail", ["Chat"]),
        ("mail", ["Chat", "Search"]),
        ("webhook", ["Chat"]),
        ("webhook", ["Chat", "Search"]),
    ]


def test_a_mail_that_lists_many_budgets_is_about_each_of_them(desk: Desk) -> None:
    desk.seen = [situation(BURN, name=f"B{number:02}") for number in range(11)]
    found = desk.tick()
    (mail,) = desk.store.alerts().deliveries()
    assert told_by(mail) == {each.transition_id for each in found.transitions}
    assert len(told_by(mail)) == 11


def test_a_verdict_keeps_its_thousands_together() -> None:
    assert short_verdict(transition(unpriced(1_200).sentence)) == (
        "1,200 tokens have no price (acme acme-7b: unknown model)"
    )
