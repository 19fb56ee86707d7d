from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tollbook.calling import Tollbook

HELLO = "Hello, world! How many tokens is this?"
# o200k_base: Hello , ␣world ! ␣How ␣many ␣tokens ␣is ␣this ?
HELLO_TOKENS = 10


def pipe(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content), encoding="utf-8"))


def test_a_text_is_counted_for_every_tokenizer(tollbook: Tollbook) -> None:
    ran = tollbook("count", HELLO, "--json")
    assert (ran.code, ran.err) == (0, "")
    answer = ran.answer
    assert (answer["source"], answer["tokens"], answer["words"]) == ("text", HELLO_TOKENS, 7)
    assert answer["characters"] == len(HELLO)
    by_tokenizer = {each["tokenizer"]: each for each in answer["counts"]}
    assert by_tokenizer["o200k_base"]["tokens"] == HELLO_TOKENS
    assert {"gpt-4.1", "gpt-4.1-mini", "gpt-4.1-nano"} <= {*by_tokenizer["o200k_base"]["models"]}
    assert "gpt-4" in by_tokenizer["cl100k_base"]["models"]


def test_for_models_it_says_the_price_as_input(tollbook: Tollbook) -> None:
    words = ("count", HELLO, "--model", "gpt-4.1-mini", "--model", "gpt-4.1-2025-04-14")
    mini, full = tollbook(*words, "--now", "2026-11-20", "--json").answer["counts"]
    # 10 tokens at 0.40 and 2.00 dollars per million
    assert (mini["models"], mini["input_cost"]) == (["gpt-4.1-mini"], "0.000004")
    assert (full["models"], full["input_cost"]) == (["gpt-4.1"], "0.00002")


def test_the_table_for_people(tollbook: Tollbook) -> None:
    ran = tollbook("count", HELLO, "--model", "gpt-4.1-mini", "--now", "2026-11-20")
    lines = [" ".join(line.split()) for line in ran.out.splitlines()]
    assert "text: 7 words, 38 characters" in lines
    assert "o200k_base 10 1.43 $0.000004 gpt-4.1-mini" in lines
    assert " more" in tollbook("count", HELLO).out


def test_several_words_are_one_text(tollbook: Tollbook) -> None:
    assert tollbook("count", *HELLO.split(), "--json").answer["tokens"] == HELLO_TOKENS


def test_a_file_is_counted(tollbook: Tollbook, home: Path) -> None:
    (home / "notes.txt").write_text(HELLO, encoding="utf-8")
    (home / "notes").write_text(HELLO, encoding="utf-8-sig")
    for name in ("notes.txt", "notes"):
        answer = tollbook("count", name, "--json").answer
        assert (answer["source"], answer["tokens"]) == (name, HELLO_TOKENS)
    assert tollbook("count", "notes", "--text", "--json").answer["words"] == 1


@pytest.mark.parametrize("words", [(), ("-",)])
def test_what_comes_through_a_pipe_is_counted(
    tollbook: Tollbook, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    pipe(monkeypatch, HELLO.encode())
    answer = tollbook("count", *words, "--json").answer
    assert (answer["source"], answer["tokens"]) == ("stdin", HELLO_TOKENS)


def test_an_empty_text_has_no_tokens(tollbook: Tollbook, monkeypatch: pytest.MonkeyPatch) -> None:
    pipe(monkeypatch, b"")
    assert tollbook("count", "--json").answer["tokens"] == 0
    assert tollbook("count", "--text", "", "--model", "gpt-4.1").code == 0


def test_without_a_public_tokenizer_one_asks_for_an_estimate(tollbook: Tollbook) -> None:
    words = ("count", HELLO, "--model", "claude-haiku-4-5")
    refused = tollbook(*words)
    assert (refused.code, "--estimate asks for it" in refused.error) == (2, True)
    [count] = tollbook(*words, "--estimate", "--json").answer["counts"]
    assert (count["estimated"], count["tokens"]) == (True, HELLO_TOKENS)
    assert "about 10" in tollbook(*words, "--estimate").out


def test_what_cannot_be_counted(
    tollbook: Tollbook, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "picture.png").write_bytes(b"\x89PNG\xff")
    for words, said in (
        (("missing.txt",), "there is no file missing.txt; --text counts the words"),
        (("picture.png",), "picture.png is not UTF-8 text"),
        ((HELLO, "--model", "gpt-4.1-mni"), "nearest: gpt-4.1-mini"),
    ):
        ran = tollbook("count", *words)
        assert (ran.code, ran.out) == (2, "")
        assert said in ran.error
    pipe(monkeypatch, b"")
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    assert "send text through a pipe" in tollbook("count").error


def test_one_text_against_another(tollbook: Tollbook, home: Path) -> None:
    # " word" is one token: 1,152 alike at first, nine steps of 128
    shared = " ".join(["word"] * 1_152)
    (home / "a.txt").write_text(f"{shared} and", encoding="utf-8")
    (home / "b.txt").write_text(f"{shared} or else", encoding="utf-8")
    words = ("count", "a.txt", "--against", "b.txt", "--now", "2026-11-20")
    ran = tollbook(*words, "--json")
    assert (ran.code, ran.err) == (0, "")
    assert [each["words"] for each in ran.answer["texts"]] == [1_153, 1_154]
    _, mini = ran.answer["models"]
    assert (mini["model"], mini["tokens"], mini["difference"]) == ("gpt-4.1-mini", [1153, 1154], 1)
    assert (mini["shared_prefix_tokens"], mini["cacheable_prefix_tokens"]) == (1_152, 1_152)
    # 1,154 x 0.40 a million; of it 1,152 at 0.10
    standard = mini["tiers"][0]
    assert (standard["second"], standard["difference"]) == ("0.0004616", "0.0000004")
    assert standard["second_with_cached_prefix"] == "0.000116"
    said = tollbook(*words, "--model", "gpt-4.1").out
    assert "both begin with the same 1,152 tokens, of which 1,152 can come from its cache" in said


def test_texts_that_hardly_begin_alike(tollbook: Tollbook, home: Path) -> None:
    (home / "b.txt").write_text("Hello there", encoding="utf-8")
    said = tollbook("count", HELLO, "--against", "b.txt", "--now", "2026-11-20").out
    assert "the same 1 tokens, too few for its cache, which begins at 1,024" in said
    refused = tollbook("count", HELLO, "--against", "b.txt", "--model", "claude-haiku-4-5")
    assert (refused.code, "--estimate asks for it" in refused.error) == (2, True)
    missing = tollbook("count", HELLO, "--against", "none.txt")
    assert (missing.code, "none.txt" in missing.error) == (2, True)


def test_the_smallest_input_of_each_feature(calls: Tollbook) -> None:
    features = calls("count", "--per-feature", "--json").answer["features"]
    assert features == [
        {
            "feature": "search",
            "requests": 2,
            "smallest_input_tokens": 1_000,
            "mean_input_tokens": 1_000.0,
        },
        {
            "feature": "support",
            "requests": 2,
            "smallest_input_tokens": 1_000,
            "mean_input_tokens": 1_000.0,
        },
        {
            "feature": None,
            "requests": 1,
            "smallest_input_tokens": 1_000,
            "mean_input_tokens": 1_000.0,
        },
    ]
    assert "its fixed prompt, is at most its smallest input" in calls("count", "--per-feature").out
    assert "give it no text" in calls("count", HELLO, "--per-feature").error


def test_buckets_say_nothing_of_prompts(guide: Tollbook) -> None:
    assert "buckets say nothing of prompts" in guide("count", "--per-feature").out
