from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from pricing.reader import TABLES

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tollbook.calling import Tollbook

NOW = ("--now", "2026-11-20 12:00 UTC")


def test_list_has_the_family_with_its_lives(tollbook: Tollbook) -> None:
    ran = tollbook(*NOW, "prices", "list", "--family", "gpt-4.1", "--provider", "openai")
    lines = [" ".join(line.split()) for line in ran.out.splitlines()]
    assert ran.code == 0
    assert "gpt-4.1 openai 2.00 0.50 8.00 ends 2027-01-14, in 55 days" in lines
    assert "gpt-4.1-mini openai 0.40 0.10 1.60 ends 2027-01-14, in 55 days" in lines
    assert "gpt-4.1-nano openai 0.10 0.025 0.40 gone since 2026-10-23" in lines
    assert not any("claude" in line for line in lines)


def test_list_as_json(tollbook: Tollbook) -> None:
    answer = tollbook("prices", "list", "--on", "2026-11-20", "--json").answer
    by_name = {(each["provider"], each["model"]): each for each in answer["models"]}
    mini = by_name["openai", "gpt-4.1-mini"]
    assert mini["rates"]["cached_input"] == "0.10"
    assert (mini["shutdown_on"], mini["tiers"]) == ("2027-01-14", ["standard", "batch", "priority"])
    assert mini["successor"]
    assert {provider for provider, _ in by_name} == {"openai", "azure", "anthropic", "google"}
    assert answer["models"][0]["provider"] == "openai"


def test_list_shows_the_rates_of_the_day(tollbook: Tollbook) -> None:
    def input_rate(day: str) -> str:
        answer = tollbook("prices", "list", "--family", "o-series", "--on", day, "--json").answer
        [o3] = [each for each in answer["models"] if each["model"] == "o3"]
        return str(o3["rates"]["input"])

    assert (input_rate("2025-06-09"), input_rate("2025-06-10")) == ("10.00", "2.00")


def test_show_has_history_assumptions_life_and_sources(tollbook: Tollbook) -> None:
    out = tollbook(*NOW, "prices", "show", "gpt-4.1").out
    assert "Ends on 2027-01-14, announced on 2026-10-14; its successor is gpt-6-luna" in out
    assert "standard 2025-04-14 2.00 0.50 8.00 2026-08-21" in [
        " ".join(line.split()) for line in out.splitlines()
    ]
    assert "1.00*" in out
    assert "Assumed: no source publishes a cached price in batch" in out
    assert "Web search calls: USD 10.00 per 1,000." in out
    assert "\nSource: " in out
    assert "(checked 2026-" in out


def test_show_takes_a_name_as_served_and_gives_all_as_json(tollbook: Tollbook) -> None:
    answer = tollbook("prices", "show", "gpt-4.1-2025-04-14", "--json").answer
    assert (answer["model"], answer["provider"]) == ("gpt-4.1", "openai")
    assert answer["life"]["shutdown_on"] == "2027-01-14"
    batch = next(card for card in answer["history"] if card["tier"] == "batch")
    assert batch["usd_per_million"]["cached_input"] == "1.00"
    assert batch["assumptions"]["cached_input"].startswith("cached-in-batch: ")
    assert all(card["source"] and card["checked_on"] for card in answer["history"])


def test_show_keeps_withdrawn_and_earlier_rates(tollbook: Tollbook) -> None:
    history = tollbook("prices", "show", "o3", "--json").answer["history"]
    standard = [c for c in history if (c["tier"], c["zone"]) == ("standard", "global")]
    assert [card["in_force_to"] for card in standard] == ["2025-06-10", None]


def test_show_of_an_unknown_model_names_the_nearest(tollbook: Tollbook) -> None:
    ran = tollbook("prices", "show", "gpt-4.1-mni")
    assert (ran.code, ran.out) == (2, "")
    assert "nearest: gpt-4.1-mini" in ran.error


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("list", "--family", "gpt4"), "there is no family 'gpt4'; known: "),
        (("list", "--provider", "acme"), "there is no provider 'acme'; known: anthropic, azure"),
        (("check", "missing.yaml"), "'missing.yaml' does not exist"),
        (("chek",), "no such command 'chek'"),
    ],
)
def test_wrong_use_is_one_sentence(tollbook: Tollbook, words: tuple[str, ...], said: str) -> None:
    ran = tollbook("prices", *words)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.error


def test_check_finds_no_mistake_in_what_is_shipped(tollbook: Tollbook) -> None:
    assert tollbook("prices", "check").out.startswith("No mistakes in ")
    answer = tollbook("prices", "check", "--json").answer
    assert answer["problems"] == []
    assert answer["models"]["azure"] == 3


def test_check_lists_every_mistake_with_its_line(tollbook: Tollbook, home: Path) -> None:
    table = home / "acme.yaml"
    table.write_text("provider: openai\nsources: {}\nmodles: {}\nrates:\n  - {from: soon}\n")
    ran = tollbook("prices", "check", table)
    assert ran.code == 2
    assert f"{table}:3: modles: unknown key 'modles'; did you mean 'models'?" in ran.err
    assert f"{table}:5: " in ran.err
    as_json = tollbook("prices", "check", table, "--json")
    assert as_json.code == 2
    assert {each["line"] for each in as_json.answer["problems"]} == {3, 5}


def test_diff_tells_what_changed(tollbook: Tollbook, home: Path) -> None:
    tables = home / "tables"
    shutil.copytree(TABLES, tables)
    assert tollbook("prices", "diff", tables).out == "No differences.\n"
    assert tollbook("prices", "diff", tables, "--json").answer == {"changes": []}
    path = tables / "openai.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("shutdown_on: 2027-01-14", "shutdown_on: 2027-02-14", 1))
    assert tollbook("prices", "diff", tables).out == (
        "openai gpt-4.1: shutdown_on 2027-02-14 -> 2027-01-14\n"
    )
    [change] = tollbook("prices", "diff", tables, TABLES, "--json").answer["changes"]
    assert (change["model"], change["what"], change["after"]) == (
        "gpt-4.1",
        "shutdown_on",
        "2027-01-14",
    )


def test_diff_with_a_folder_without_tables(tollbook: Tollbook, home: Path) -> None:
    ran = tollbook("prices", "diff", home)
    assert (ran.code, "there is no price table" in ran.error) == (2, True)
