from __future__ import annotations

import http.client
import json
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ingest.formats import FORMATS
from tests.provider_server import (
    DAY,
    KEY,
    USAGE_GROUPS,
    Answer,
    ProviderServer,
    a_log,
    completions,
    serving,
)
from tollbook import clock
from tollbook.commands.fetching import checked_address
from tollbook.errors import UsageProblem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.tollbook.calling import Ran, Tollbook

ROOT = Path(__file__).parents[2]
NOW = ("--now", "2026-11-20 12:00 UTC")
NOVEMBER = int(datetime(2026, 11, 1, tzinfo=UTC).timestamp())
FOLDER = Path("tollbook.duckdb.fetch")
NAMES = {each.name for each in FORMATS}
OPENAI = ("fetch", "openai", "--since", "2026-11-01")


def needs_format(name: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(name not in NAMES, reason=f"the format {name} is not there yet")


@pytest.fixture(autouse=True)
def _set_up(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_ADMIN_KEY", "ANTHROPIC_ADMIN_KEY", "LITELLM_API_KEY"):
        monkeypatch.setenv(name, KEY)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(clock, "pause", lambda _: None)


@pytest.fixture
def provider() -> Iterator[ProviderServer]:
    """A provider with two requests on each of the first nineteen days of November."""
    results = [completions(), completions("gpt-4.1-2025-04-14")]
    usage = {"completions": {NOVEMBER + n * DAY: results for n in range(19)}}
    with serving(ProviderServer(usage=usage)) as server:
        yield server


@pytest.fixture
def fetch(tollbook: Tollbook, provider: ProviderServer) -> Tollbook:
    """Call ``tollbook fetch openai`` for November up to now, usage only."""

    def call(*words: object) -> Ran:
        base = ("--base-url", f"{provider.address}/v1")
        return tollbook(*NOW, *OPENAI, "--no-costs", *base, *words)

    return call


def test_usage_of_openai_goes_into_the_store(
    fetch: Tollbook,
    tollbook: Tollbook,
    provider: ProviderServer,
) -> None:
    ran = fetch("--json")
    assert ran.code == 0, ran.err
    assert ran.answer["fetched"] == dict.fromkeys(USAGE_GROUPS, 1)
    [file] = ran.answer["files"]
    assert (file["format"], file["rows_read"], file["rows_added"]) == ("openai_usage", 38, 38)
    assert file["path"] == "openai completions from 2026-11-01 until before 2026-11-21"
    assert set(ran.answer["without_rows"]) == {*USAGE_GROUPS} - {"completions"}
    assert (ran.answer["set_aside"], ran.answer["unpriced"], ran.answer["failed"]) == ([], [], [])
    assert not FOLDER.exists()
    total = tollbook("report", "--json").answer["total"]
    # 19 days of $0.0012 on Mini and $0.006 on full
    assert (total["requests"], total["cost"]) == (38, "0.1368")
    assert len(provider.seen) == len(USAGE_GROUPS)


UNITS: dict[str, dict[str, object]] = {
    "embeddings": {"input_tokens": 7},
    "moderations": {"input_tokens": 7},
    "images": {"images": 7, "size": "1024x1024", "source": "image.generation"},
    "audio_speeches": {"characters": 7},
    "audio_transcriptions": {"seconds": 7},
    "vector_stores": {"usage_bytes": 7},
    "code_interpreter_sessions": {"num_sessions": 7},
    "file_search_calls": {"num_requests": 7, "vector_store_id": "vs_1"},
    "web_search_calls": {"num_requests": 7, "context_level": "low"},
}
NAMES_OF_RESULTS = {"file_search_calls": "file_searches", "web_search_calls": "web_searches"}


def test_all_ten_kinds_are_read_by_the_import(fetch: Tollbook, provider: ProviderServer) -> None:
    for kind, values in UNITS.items():
        name = f"organization.usage.{NAMES_OF_RESULTS.get(kind, kind)}.result"
        result = {"object": name, "project_id": "proj_shop", "num_model_requests": 1, **values}
        provider.usage[kind] = {NOVEMBER: [result]}
    answer = fetch("--json").answer
    read = {file["path"].split()[1]: file["rows_read"] for file in answer["files"]}
    assert read == {**dict.fromkeys(UNITS, 1), "completions": 38}
    assert (answer["without_rows"], answer["set_aside"], answer["failed"]) == ([], [], [])


def test_ctrl_c_keeps_the_pages(
    fetch: Tollbook, provider: ProviderServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(clock, "pause", interrupted)
    provider.interruptions = [None, Answer(500)]
    ran = fetch("--kinds", "completions", "--width", "1h")
    assert (ran.code, ran.out) == (1, "")
    assert ran.error == "interrupted before all pages were there"
    assert f"kept in {FOLDER}" in ran.err


def test_what_is_there_already_adds_nothing(
    fetch: Tollbook,
    tollbook: Tollbook,
) -> None:
    fetch()
    [file] = fetch("--json").answer["files"]
    assert (file["rows_added"], file["rows_duplicate"]) == (0, 38)
    assert tollbook("report", "--json").answer["total"]["requests"] == 38


def test_people_see_what_came_and_what_is_missing(fetch: Tollbook) -> None:
    ran = fetch("--kinds", "completions,embeddings")
    assert ran.code == 0, ran.err
    assert "openai completions from 2026-11-01" in ran.out
    assert "Without usage from 2026-11-01 on: embeddings." in ran.out
    assert "completions: 1 page, 38 rows" in ran.err
    assert KEY not in ran.out + ran.err


def test_a_run_that_breaks_off_goes_on_from_its_last_page(
    fetch: Tollbook,
    tollbook: Tollbook,
    provider: ProviderServer,
) -> None:
    words = ("--kinds", "completions,images", "--width", "1h")
    provider.interruptions = [None, None, Answer(404)]
    broken = fetch(*words, "--json")
    assert (broken.code, broken.out) == (1, "")
    assert "refuses /organization/usage/completions (404)" in broken.err
    assert f"kept in {FOLDER}" in broken.err
    assert not Path("tollbook.duckdb").exists()
    provider.seen.clear()
    ran = fetch(*words, "--json")
    # 468 hours up to noon of 20 November at 168 a page
    assert ran.answer["fetched"] == {"completions": 3, "images": 3}
    assert ran.answer["kept_from_before"] == {"completions": 2, "images": 0}
    assert [seen.value("page") for seen in provider.seen] == [
        "page_336",
        "",
        "page_168",
        "page_336",
    ]
    assert not FOLDER.exists()
    assert tollbook("report", "--json").answer["total"]["requests"] == 38


CRASH = """
import os, signal, sys
from ingest.fetching import saved
from tollbook.failures import run

write = saved.SavedPages.add

def add(self, number, body):
    write(self, number, body)
    if number == 2:
        os.kill(os.getpid(), signal.SIGKILL)

saved.SavedPages.add = add
run(sys.argv[1:])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_a_crash_between_pages_costs_none_of_them(
    fetch: Tollbook,
    tollbook: Tollbook,
    provider: ProviderServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    words = ("--kinds", "completions", "--width", "1h")
    base = ("--no-costs", "--base-url", f"{provider.address}/v1")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    ran = subprocess.run([sys.executable, "-c", CRASH, *NOW, *OPENAI, *base, *words], check=False)
    assert ran.returncode == -signal.SIGKILL
    assert len(provider.seen) == 2
    answer = fetch(*words, "--json").answer
    assert answer["kept_from_before"] == {"completions": 2}
    assert [seen.value("page") for seen in provider.seen[2:]] == ["page_336"]
    assert tollbook("report", "--json").answer["total"]["requests"] == 38


def test_pages_stay_while_the_import_cannot_be_made(
    fetch: Tollbook,
    provider: ProviderServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("by zero")

    with monkeypatch.context() as patched:
        patched.setattr("ingest.imports.import_file", broken)
        assert fetch("--kinds", "completions").code == 1
    assert FOLDER.exists()
    provider.seen.clear()
    assert fetch("--kinds", "completions").code == 0
    assert provider.seen == []
    assert not FOLDER.exists()


def test_the_key_is_in_no_file_and_no_message(
    fetch: Tollbook,
    provider: ProviderServer,
    home: Path,
) -> None:
    provider.interruptions = [Answer(429), None, Answer(400, KEY.encode())]
    broken, fine = fetch("--kinds", "completions,images"), fetch("--kinds", "completions")
    provider.interruptions = [None, Answer(404)]
    again = fetch()
    assert (broken.code, fine.code, again.code) == (1, 0, 1)
    assert KEY not in "".join(ran.out + ran.err for ran in (broken, fine, again))
    written = [path for path in home.rglob("*") if path.is_file()]
    assert written
    assert all(KEY.encode() not in path.read_bytes() for path in written)


def test_a_wrong_key_is_said_once(fetch: Tollbook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_ADMIN_KEY", "sk-proj-other")
    ran = fetch()
    assert (ran.code, ran.out) == (2, "")
    assert ran.error.startswith("OpenAI does not accept the key in OPENAI_ADMIN_KEY (401 at ")
    assert "sk-proj-other" not in ran.err
    assert not FOLDER.exists()


@pytest.mark.parametrize(
    ("words", "variable"),
    [
        (OPENAI, "OPENAI_ADMIN_KEY"),
        (("fetch", "anthropic", "--since", "2026-11-01"), "ANTHROPIC_ADMIN_KEY"),
        (
            ("fetch", "litellm", "--since", "2026-11-01", "--base-url", "http://llm:4000"),
            "LITELLM_API_KEY",
        ),
    ],
)
def test_without_a_key_nothing_is_asked(
    tollbook: Tollbook, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], variable: str
) -> None:
    monkeypatch.delenv(variable)
    ran = tollbook(*NOW, *words)
    assert (ran.code, ran.out) == (2, "")
    assert ran.error.startswith(f"{variable} is not set; it must be ")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--kinds", "completion"), "did you mean 'completions'?"),
        (("--kinds", "zzz"), "known: completions, "),
        (("--kinds", " , ", "--no-costs"), "there is nothing to fetch"),
        (("--width", "1w"), "'1w' is not one of '1d', '1h', '1m'"),
        (("--until", "2026-11-01"), "does not come after --since 2026-11-01"),
        (("--since", "2026-11-21"), "lies in the future"),
        (("--since", "2019-12-31"), "nothing is from before 2020"),
        (("--since", "soon"), "'soon' is no day"),
        (("--base-url", "llm.example.com"), "is no address"),
        (("--base-url", "http://llm.example.com"), "must begin with https"),
        (("--db", "nowhere/a.duckdb"), "there is no folder for the store"),
    ],
)
def test_wrong_use_asks_nothing(
    tollbook: Tollbook, home: Path, words: tuple[str, ...], said: str
) -> None:
    ran = tollbook(*NOW, *OPENAI, "--base-url", "http://127.0.0.1:9", *words)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.error
    assert list(home.iterdir()) == []


@pytest.mark.parametrize("command", ["openai", "anthropic", "litellm"])
def test_a_range_needs_a_beginning(tollbook: Tollbook, command: str) -> None:
    ran = tollbook("fetch", command, "--base-url", "https://127.0.0.1:9")
    assert (ran.code, ran.out) == (2, "")
    assert "missing option '--since'" in ran.error


def test_a_file_that_is_no_store_is_found_out_before_anything_is_asked(
    fetch: Tollbook,
    provider: ProviderServer,
    home: Path,
) -> None:
    (home / "tollbook.duckdb").write_text("not a database, long enough to be read as one" * 100)
    assert fetch().code == 2
    assert provider.seen == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ftp://a.example",
        "https://",
        "https://user:secret@a.example",
        "https://a.example?key=secret",
        "https://a.example#x",
        "https://a.example:port",
        "https://[::1",
        "https://a.example/ x",
        "https://ä.example",
        "https://a.example\r\nX: 1",
    ],
)
def test_an_address_is_checked_and_its_secrets_are_not_repeated(text: str) -> None:
    with pytest.raises(UsageProblem) as caught:
        checked_address(text, needs_tls=False)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "text", ["https://a.example/v1/", "http://127.0.0.1:4000", "http://localhost", "http://[::1]:1"]
)
def test_a_key_goes_unencrypted_to_this_machine_only(text: str) -> None:
    assert checked_address(text, needs_tls=True) == text.rstrip("/")
    assert checked_address("http://llm:4000", needs_tls=False) == "http://llm:4000"


@needs_format("openai_costs")
def test_costs_of_openai_go_into_the_store(tollbook: Tollbook) -> None:
    cost = {
        "object": "organization.costs.result",
        "amount": {"value": "0.4843741800000000000000000000", "currency": "usd"},
        "line_item": "gpt-4.1-mini-2025-04-14, input",
        "project_id": "proj_shop",
        "api_key_id": "key_chat",
        "quantity": 1_210_935.45,
        "quantity_unit": "tokens",
    }
    with serving(ProviderServer(usage={"costs": {NOVEMBER: [cost]}})) as server:
        base = ("--base-url", f"{server.address}/v1", "--kinds", "completions")
        ran = tollbook(*NOW, *OPENAI, *base, "--json")
    assert ran.code == 0, ran.err
    [file] = ran.answer["files"]
    assert (file["format"], file["rows_added"]) == ("openai_costs", 1)
    assert ran.answer["fetched"] == {"completions": 1, "costs": 1}


@needs_format("anthropic_usage")
@needs_format("anthropic_costs")
def test_usage_and_costs_of_anthropic_go_into_the_store(tollbook: Tollbook) -> None:
    usage = {
        "uncached_input_tokens": 1_000,
        "cache_read_input_tokens": 200,
        "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
        "output_tokens": 500,
        "server_tool_use": {"web_search_requests": 0},
        "model": "claude-sonnet-4-5-20250929",
        "workspace_id": None,
        "api_key_id": "apikey_1",
        "service_tier": "standard",
        "context_window": "0-200k",
        "inference_geo": "global",
        "speed": "standard",
    }
    cost = {
        "amount": "123.78912",
        "currency": "USD",
        "cost_type": "tokens",
        "description": "Claude Sonnet 4.5 Usage - Input Tokens",
        "model": "claude-sonnet-4-5-20250929",
        "service_tier": "standard",
        "token_type": "uncached_input_tokens",
        "context_window": "0-200k",
        "workspace_id": None,
    }
    days: dict[str, dict[int, list[dict[str, Any]]]]
    days = {"messages": {NOVEMBER: [usage]}, "costs": {NOVEMBER: [cost]}}
    with serving(ProviderServer(usage=days)) as server:
        words = ("fetch", "anthropic", "--since", "2026-11-01")
        ran = tollbook(*NOW, *words, "--base-url", f"{server.address}/v1", "--json")
    assert ran.code == 0, ran.err
    assert ran.answer["fetched"] == {"messages": 1, "costs": 1}
    assert [(each["format"], each["rows_added"]) for each in ran.answer["files"]] == [
        ("anthropic_usage", 1),
        ("anthropic_costs", 1),
    ]
    total = tollbook("report", "--json").answer["total"]
    assert (total["input_tokens"], total["output_tokens"]) == (1_200, 500)


@needs_format("litellm")
def test_spend_logs_of_litellm_go_into_the_store(tollbook: Tollbook) -> None:
    logs = [a_log(n, datetime(2026, 11, 18 + n, 9, tzinfo=UTC)) for n in range(2)]
    # the midnight between two days is asked for twice
    logs.append(a_log(7, datetime(2026, 11, 19, tzinfo=UTC), messages=[{"content": "hush"}]))
    with serving(ProviderServer(logs=logs)) as server:
        words = ("fetch", "litellm", "--since", "2026-11-18", "--until", "2026-11-20")
        ran = tollbook(*NOW, *words, "--base-url", server.address, "--json")
    assert ran.code == 0, ran.err
    assert ran.answer["fetched"] == {"logs": 2}
    [file] = ran.answer["files"]
    assert (file["format"], file["rows_added"]) == ("litellm", 3)
    assert tollbook("report", "--json").answer["total"]["requests"] == 3


def test_the_fixture_answers_as_documented(provider: ProviderServer) -> None:
    def status(target: str) -> int:
        connection = http.client.HTTPConnection(
            provider.address.removeprefix("http://"), timeout=20
        )
        try:
            connection.request("GET", target, headers={"Authorization": f"Bearer {KEY}"})
            answer = connection.getresponse()
            json.loads(answer.read())
            return answer.status
        finally:
            connection.close()

    base = f"/v1/organization/usage/completions?start_time={NOVEMBER}"
    assert status(f"{base}&limit=31&bucket_width=1d") == 200
    assert status(f"{base}&limit=32&bucket_width=1d") == 400
    assert status(f"{base}&group_by[]=size") == 400
    assert status("/v1/organization/usage/other?start_time=1") == 404
    assert status(f"/v1/organization/costs?start_time={NOVEMBER}&limit=181") == 400
