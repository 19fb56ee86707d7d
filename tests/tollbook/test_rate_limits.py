from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.tollbook.usage import FULL, MINI, NOW, chat

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tollbook.calling import Ran, Tollbook

GUIDE = ("--requests-per-day", "10000", "--tokens-per-request", "1500")


@pytest.fixture
def busy(tollbook: Tollbook, home: Path) -> Tollbook:
    """The program beside one minute of usage: 40,000 tokens on full, 1,500 on Mini."""
    long = {"prompt_tokens": 40_000, "completion_tokens": 0, "total_tokens": 40_000}
    calls = [chat(1, FULL, None, usage=long), chat(2, MINI, "search")]
    lines = "".join(json.dumps(each) + "\n" for each in calls)
    (home / "calls.jsonl").write_text(lines, encoding="utf-8")
    assert tollbook("import", "calls.jsonl").code == 0
    return tollbook


def lines_of(ran: Ran) -> list[str]:
    assert (ran.code, ran.err) == (0, "")
    return [" ".join(line.split()) for line in ran.out.splitlines()]


def test_a_typed_load_needs_no_usage(tollbook: Tollbook) -> None:
    ran = tollbook("rate-limits", "--model", "gpt-4.1", *GUIDE, "--latency", "8", "--json")
    assert (ran.code, ran.err) == (0, "")
    [load] = ran.answer["loads"]
    assert load["peak"]["tokens_per_minute"] == pytest.approx(41_667, abs=0.5)
    first, second = load["tiers"][:2]
    assert (first["tier"], first["passes"], second["passes"]) == ("1", False, True)
    assert first["token_share"] == pytest.approx(1.389, abs=0.001)
    assert first["in_flight"] == pytest.approx(3.7, abs=0.01)
    assert (first["source"] or "").startswith("OpenAI's model pages")
    assert ran.answer["tiers"][0]["never_passing"] == [
        {"model": "gpt-4.1", "above_tokens": 30_000, "up_to_tokens": 128_000},
        {"model": "gpt-4.1", "above_tokens": 200_000, "up_to_tokens": None},
    ]


def test_the_tiers_side_by_side(tollbook: Tollbook) -> None:
    lines = lines_of(tollbook("rate-limits", "--model", "gpt-4.1", *GUIDE))
    row = "gpt-4.1 input to 128,000 27.78 41,667 138.9% over 9.3% 5.2% 2.1% 0.3%"
    assert row in lines
    assert "The lowest usage tier that carries all of this is 2." in lines
    assert not any("month is capped" in line for line in lines)


def test_one_tier_in_detail_with_max_tokens(tollbook: Tollbook) -> None:
    words = ("--tier", "1", "--max-tokens", "4096", "--growth", "10%")
    lines = lines_of(tollbook("rate-limits", "--model", "gpt-4.1-mini", *GUIDE, *words))
    assert "gpt-4.1-mini input to 128,000 tokens a minute 113,778 200,000 56.9% 6" in lines
    assert "gpt-4.1-mini input to 128,000 requests a day 10,000 10,000 100% reached" in lines
    assert "Months left at 10% growth a month." in lines


def test_usage_against_the_tiers(busy: Tollbook) -> None:
    answer = busy("rate-limits", *NOW, "--json").answer
    full, mini = answer["loads"]
    assert (full["model"], full["peak"]["tokens_per_minute"]) == ("gpt-4.1", 40_000)
    assert (mini["model"], mini["peak"]["tokens_per_minute"]) == ("gpt-4.1-mini", 1_500)
    assert [each["never_pass"] for each in full["tiers"]] == [1, 0, 0, 0, 0]
    assert [each["passes"] for each in answer["tiers"]] == [False, True, True, True, True]
    # 40,000 x $2 a million and $0.0012 on Mini in one day, as of 30: $2.436
    [cap] = answer["tiers"][0]["caps"]
    assert (cap["monthly_cap_usd"], cap["cost_of_30_days"]) == ("100.00", "2.436")


def test_what_can_never_pass_is_said(busy: Tollbook) -> None:
    lines = lines_of(busy("rate-limits", *NOW))
    assert (
        "gpt-4.1 in tier 1: 1 request can never pass, however long one waits: those of "
        "30,001 to 128,000 tokens and more than 200,000 tokens."
    ) in lines
    assert "Peaks: any 60 seconds, wherever they begin." in lines


def test_the_retry_tax_as_money(busy: Tollbook) -> None:
    words = ("rate-limits", *NOW, "--failure-rate", "20%")
    assert any("Of 30 days that is $0.49." in line for line in lines_of(busy(*words)))
    retries = busy(*words, "--json").answer["retries"]
    # 2.436 x (1 - 1 / 1.25)
    assert (retries["billed_multiplier"], retries["cost_of_30_days"]) == (1.25, "0.4872")
    unbilled = busy(*words, "--billed-failures", "0%", "--json").answer["retries"]
    assert unbilled["cost_of_30_days"] == "0.00"


def test_peaks_of_buckets_are_marked_as_means(guide: Tollbook) -> None:
    said = "Peaks: mean of the busiest day of a usage export, so the real peak is higher."
    assert said in lines_of(guide("rate-limits", *NOW))
    [mean, _] = guide("rate-limits", *NOW, "--json").answer["loads"]
    assert mean["peak"]["basis_seconds"] == 86_400


def test_no_usage_comes_to_no_limit(busy: Tollbook) -> None:
    ran = busy("rate-limits", *NOW, "--last", "2026-09")
    assert (ran.code, "nothing comes to a limit" in ran.out) == (0, True)


def test_what_cannot_be_answered(tollbook: Tollbook) -> None:
    for words, said in (
        (("--tier", "9"), "there is no usage tier '9'; known: 1, 2, 3, 4, 5"),
        (("--requests-per-day", "5"), "need --model"),
        (("--model", "gpt-4.1"), "--model needs --requests-per-day"),
        (("--model", "claude-haiku-4-5", *GUIDE), "no rate limits of claude-haiku-4-5"),
        (("--failure-rate", "100%"), "leaves no success"),
        (("--peak-factor", "0"), "no number above 0"),
        ((), "there is no store"),
    ):
        ran = tollbook("rate-limits", *words)
        assert (ran.code, ran.out) == (2, "")
        assert said in ran.error
