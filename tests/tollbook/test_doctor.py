from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.tollbook.usage import NOW

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tollbook.calling import Tollbook


def checks(answer: dict[str, Any]) -> dict[str, tuple[str, str]]:
    return {each["name"]: (each["state"], each["detail"]) for each in answer["checks"]}


def test_all_is_well(guide: Tollbook) -> None:
    ran = guide(*NOW, "doctor", "--json")
    assert (ran.code, ran.err, ran.answer["ok"]) == (0, "", True)
    found = checks(ran.answer)
    assert {state for state, _ in found.values()} == {"ok"}
    assert found["unpriced"] == ("ok", "all usage has a price")
    assert found["usage"][1] == "from 2026-10-21 to 2026-11-20 00:00 UTC, 12 hours ago"
    assert ran.answer["versions"]["duckdb"]
    assert ran.answer["set_aside"] == []
    assert guide("doctor").code == 0


def test_what_a_total_misses_is_a_warning(calls: Tollbook) -> None:
    ran = calls(*NOW, "doctor", "--json")
    found = checks(ran.answer)
    assert (ran.code, ran.answer["ok"]) == (0, True)
    assert found["unpriced"] == ("warning", "1.5k tokens of acme-7b")
    assert found["set aside"] == ("warning", "1 line")
    [aside] = ran.answer["set_aside"]
    assert aside["line"] == 7
    out = calls(*NOW, "doctor").out
    assert "calls.jsonl:7: not JSON" in out


def test_without_a_store_one_is_told_how_to_make_it(tollbook: Tollbook) -> None:
    ran = tollbook("doctor")
    assert (ran.code, ran.err) == (0, "")
    assert "tollbook.duckdb is not there yet; 'tollbook import FILE' makes it" in ran.out
    named = tollbook("doctor", "--db", "missing.duckdb", "--json")
    assert (named.code, named.answer["ok"]) == (2, False)
    assert "missing.duckdb" in named.err


def test_a_wrong_configuration_is_a_problem_and_the_rest_is_still_checked(
    guide: Tollbook, home: Path
) -> None:
    (home / "tollbook.yaml").write_text("timezon: UTC\nbudget: []\n", encoding="utf-8")
    ran = guide("doctor", "--json")
    found = checks(ran.answer)
    assert (ran.code, found["configuration"][0]) == (2, "problem")
    assert "tollbook.yaml:1: timezon" in found["configuration"][1]
    assert "tollbook.yaml:2: budget" in found["configuration"][1]
    assert found["store"][0] == "ok"
    assert "tollbook.yaml:2: budget" in guide("doctor").out


def test_a_good_configuration_is_summed_up(guide: Tollbook, home: Path) -> None:
    text = "timezone: Europe/Paris\nbudgets: [{name: All, amount: 5}]\ndeployments: {a: gpt-4.2}\n"
    (home / "tollbook.yaml").write_text(text, encoding="utf-8")
    found = checks(guide("doctor", "--json").answer)
    assert "1 budget, days cut in Europe/Paris" in found["configuration"][1]
    assert found["deployments"] == ("warning", "models without a price: a is 'gpt-4.2'")


def test_old_prices_and_an_empty_store_are_warnings(guide: Tollbook) -> None:
    guide("undo", "1")
    found = checks(guide("--now", "2028-01-01", "doctor", "--json").answer)
    assert found["prices"][0] == "warning"
    assert found["usage"] == ("warning", "the store holds no usage yet")


def test_a_file_that_is_no_store_is_a_problem(tollbook: Tollbook, home: Path) -> None:
    (home / "tollbook.duckdb").write_text("not a database" * 1000, encoding="utf-8")
    ran = tollbook("doctor")
    assert ran.code == 1
    assert ran.error.startswith("store: ")
