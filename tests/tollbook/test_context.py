from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.tollbook.usage import NOW

if TYPE_CHECKING:
    from tests.tollbook.calling import Ran, Tollbook

MINI = ("--model", "gpt-4.1-mini", *NOW)


def lines_of(ran: Ran) -> list[str]:
    assert (ran.code, ran.err) == (0, "")
    return [" ".join(line.split()) for line in ran.out.splitlines()]


def test_a_document_the_json(tollbook: Tollbook) -> None:
    ran = tollbook("context", "document", *MINI, "--map-model", "gpt-4.1-nano", "--json")
    assert (ran.code, ran.err) == (0, "")
    whole, pieces, cheaper = ran.answer["ways"]
    assert (whole["cost"], pieces["cost"], cheaper["cost"]) == ("0.08252", "0.10844", "0.03212")
    assert (pieces["calls"], pieces["input_tokens"]) == (27, 223_500)
    assert pieces["parts"] == {"extract": "0.10176", "synthesise": "0.00668"}
    assert all(way["fits"] for way in ran.answer["ways"])
    assert any("gone since 2026-10-23" in text for text in ran.answer["assumptions"])


def test_a_document_for_people(tollbook: Tollbook) -> None:
    lines = lines_of(tollbook("context", "document", *MINI))
    assert "whole document in one call 1 200,300 0 1,500 200,300 $0.08252 yes" in lines
    assert "Of those that fit, the cheapest is: whole document in one call." in lines


def test_what_does_not_fit_says_what_to_cut(tollbook: Tollbook) -> None:
    lines = lines_of(tollbook("context", "document", *MINI, "--tokens", "2M", "--body-limit", "4M"))
    assert any("exceed the context window of gpt-4.1-mini (1,047,576): cut" in x for x in lines)
    assert any("exceeds the gateway's 4,000,000: cut 1,000,300 tokens" in x for x in lines)
    # pieces stay small, their extracts are 257 x 400 tokens
    assert "Of those that fit" not in " ".join(lines)


def test_passages(tollbook: Tollbook) -> None:
    lines = lines_of(tollbook("context", "rag", *MINI))
    assert "20 passages 1 10,300 0 1,500 10,300 $0.00652 yes" in lines
    assert "Each further passage adds $0.20 to 1,000 questions." in lines
    answer = tollbook("context", "rag", *MINI, "--json").answer
    assert answer["passage_per_1000_questions"] == "0.20"


def test_a_conversation(tollbook: Tollbook) -> None:
    words = ("context", "conversation", *MINI, "--turns", "200")
    answer = tollbook(*words, "--json").answer
    whole, cached, _ = answer["ways"]
    # 6,281,000 x 0.40 + 50,000 x 1.60 a million
    assert (whole["input_tokens"], whole["cost"]) == (6_281_000, "2.5924")
    assert float(cached["cost"]) == pytest.approx(0.73, abs=0.005)
    assert [each["input_tokens"] for each in answer["growth"]][:2] == [19_550, 70_100]
    assert "The rule of thumb says a summary every 6.9 turns." in lines_of(tollbook(*words))
    fixed = tollbook(*words, "--every", "4", "--json").answer
    assert (fixed["every"], fixed["ways"][2]["calls"]) == (4, 249)


def test_what_cannot_be_planned(tollbook: Tollbook) -> None:
    for words, said in (
        (("document", "--model", "gpt-4.1-mni"), "nearest: gpt-4.1-mini"),
        (("document", *MINI, "--chunk", "200"), "make pieces longer or share less"),
        (("document", *MINI, "--questions", "0"), "--questions counts from 1"),
        (("document", *MINI, "--on", "2024-01-01"), "no price before 2025-04-14"),
        (("conversation", *MINI, "--turns", "1001"), "--turns lies between 1 and 1,000"),
    ):
        ran = tollbook("context", *words)
        assert (ran.code, ran.out) == (2, "")
        assert said in ran.error
