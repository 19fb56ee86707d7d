"""Counting tokens: known texts, framing of chats, refusals, and never a network."""

from __future__ import annotations

import gzip
import hashlib
import socket
import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest import tokens
from ingest.errors import TokenizerError
from ingest.tokens import Counting, count_chat, count_tokens, counting_for
from pricing import load_book

if TYPE_CHECKING:
    from costmodel.rates import Model

ROOT = Path(__file__).parents[2]


def model(provider: str, name: str) -> Model:
    found = load_book().resolve(provider, name)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("text", "o200k", "cl100k"),
    [
        ("", 0, 0),
        ("hello world", 2, 2),  # hello| world
        ("tiktoken is great!", 6, 6),  # t|ikt|oken| is| great|!
        ("2 + 2 = 4", 7, 7),  # 2| +| |2| =| |4: a space never joins a digit
        ("1234567", 3, 3),  # 123|456|7: three digits at most
        ("お誕生日おめでとう", 8, 9),
        ("<|endoftext|>", 7, 7),  # text of a user, not the special token: <|endo|ft...
    ],
)
def test_known_counts(text: str, o200k: int, cl100k: int) -> None:
    assert count_tokens(text, "o200k_base") == o200k
    assert count_tokens(text, "cl100k_base") == cl100k


def test_the_very_tokens_that_openai_publishes_for_a_text() -> None:
    assert tokens._encoding("cl100k_base").encode("tiktoken is great!") == [
        83, 1609, 5963, 374, 2294, 0,
    ]  # fmt: skip
    assert tokens._encoding("o200k_base").encode("hello world") == [24912, 2375]


@given(text=st.text(max_size=60))
@settings(max_examples=settings().max_examples // 4)  # each imports files
def test_what_is_encoded_reads_back(text: str) -> None:
    for name in tokens.TOKENIZERS:
        encoding = tokens._encoding(name)
        assert encoding.decode(encoding.encode_ordinary(text)) == text


def test_the_framing_of_a_chat() -> None:
    one = [{"role": "user", "content": "hello world"}]
    # 3 for the message, 1 for "user", 2 for the text, 3 before the reply
    assert count_chat(one, "o200k_base") == 3 + 1 + 2 + 3
    named = [{"role": "user", "name": "hello", "content": "hello world"}]
    # 1 more for "hello" and 1 for there being a name
    assert count_chat(named, "o200k_base") == 9 + 1 + 1
    assert count_chat([*one, *named], "o200k_base") == 3 + (3 + 1 + 2) + (3 + 1 + 1 + 1 + 2)
    assert count_chat([], "o200k_base") == 3


def test_parts_of_text_count_as_the_text() -> None:
    parts: list[dict[str, Any]] = [
        {"role": "user", "content": [{"type": "text", "text": "hello world"}]},
        {"role": "assistant", "content": [{"type": "refusal", "refusal": "hello world"}]},
        {"role": "assistant", "content": None, "tool_calls": []},
    ]
    assert count_chat(parts, "o200k_base") == 3 + (3 + 1 + 2) + (3 + 1 + 2) + (3 + 1)


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (
            {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "u"}}]},
            "message 2 holds a part of type 'image_url'",
        ),
        ({"role": "user", "content": [{"type": []}]}, r"message 2 holds a part of type \[\]"),
        ({"role": "user", "content": ["bare"]}, "message 2 holds a part of type None"),
        (
            {"role": "assistant", "content": None, "tool_calls": [{"id": "call"}]},
            "message 2, key 'tool_calls' is no text",
        ),
    ],
)
def test_what_has_no_published_count_is_refused(message: dict[str, Any], said: str) -> None:
    with pytest.raises(TokenizerError, match=said):
        count_chat([{"role": "user", "content": "a"}, message], "o200k_base")


def test_a_model_counts_with_its_own_tokenizer() -> None:
    assert counting_for(model("openai", "gpt-4.1")) == Counting("o200k_base", estimated=False)
    own = counting_for(model("openai", "gpt-4.1"), estimate=True)
    assert own == Counting("o200k_base", estimated=False)


def test_a_model_without_a_public_tokenizer_is_refused_unless_an_estimate_is_asked() -> None:
    without = next(each for each in load_book().models if each.tokenizer is None)
    with pytest.raises(TokenizerError, match="has no public tokenizer") as refused:
        counting_for(without)
    assert without.name in str(refused.value)
    assert counting_for(without, estimate=True) == Counting("o200k_base", estimated=True)


def test_a_tokenizer_that_is_not_known() -> None:
    with pytest.raises(TokenizerError, match="take o200k_base or cl100k_base"):
        count_tokens("a", "p50k_base")


def test_no_socket_is_opened(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the network was asked")

    for name in ("socket", "create_connection", "getaddrinfo"):
        monkeypatch.setattr(socket, name, refuse)
    # a vocabulary that tiktoken once stored must not be what hides a download
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))
    tokens._encoding.cache_clear()
    for name in tokens.TOKENIZERS:
        assert count_tokens("hello world", name) == 2
    assert list(tmp_path.iterdir()) == []


def test_tiktoken_stays_as_it_is() -> None:
    from tiktoken.load import load_tiktoken_bpe

    public = import_module("tiktoken_ext.openai_public")
    count_tokens("a", "o200k_base")
    assert public.load_tiktoken_bpe is load_tiktoken_bpe


def test_a_wrong_vocabulary_is_refused() -> None:
    content = tokens._vocabulary("cl100k_base")
    right = hashlib.sha256(content).hexdigest()
    assert len(tokens._ranks(content, right, "cl100k_base")) == 100_256
    with pytest.raises(TokenizerError, match="cl100k_base is not the one that tiktoken expects"):
        tokens._ranks(content + b"\n", right, "cl100k_base")


def test_a_damaged_vocabulary_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "o200k_base.tiktoken.gz"
    path.write_bytes(gzip.compress(b"IQ== 0\n")[:-6])
    with pytest.raises(TokenizerError, match=r"o200k_base\.tiktoken\.gz is damaged"):
        tokens._unpacked(path)


def test_a_vocabulary_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_spec("bpe_openai") is not None
    monkeypatch.setattr(tokens, "find_spec", lambda _: None)
    with pytest.raises(TokenizerError, match="install bpe-openai"):
        tokens._vocabulary("o200k_base")


def test_neither_library_is_loaded_before_something_is_counted() -> None:
    code = (
        "import sys, ingest.tokens; "
        "print([n for n in ('tiktoken', 'bpe_openai') if n in sys.modules]); "
        "ingest.tokens.count_tokens('a', 'o200k_base'); print('bpe_openai' in sys.modules)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert ran.stdout.split("\n")[:2] == ["[]", "False"]
