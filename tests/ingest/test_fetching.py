from __future__ import annotations

import json
import socket
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING

import pytest

from ingest.errors import FetchError, KeyRefusedError
from ingest.fetching import litellm
from ingest.fetching import transport as transport_module
from ingest.fetching.anthropic import ANTHROPIC, anthropic_kinds
from ingest.fetching.litellm import LITELLM, litellm_kinds
from ingest.fetching.openai import OPENAI, openai_kinds
from ingest.fetching.ranges import RangeFolder, fetch_range, remove_old
from ingest.fetching.requests import Request, Span
from ingest.fetching.transport import TRIES, Key, Timing, Transport
from tests.provider_server import DAY, KEY, Answer, ProviderServer, a_log, completions, serving

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from ingest.fetching.ranges import Fetched
    from ingest.fetching.requests import Kind, Provider

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
SINCE = date(2026, 9, 1)
CLOSED = Span(SINCE, date(2026, 11, 1), is_open=False)
OPEN = Span(date(2026, 11, 1), date(2026, 11, 21), is_open=True)
FIRST_BUCKET = int(CLOSED.start.timestamp())
COMPLETIONS = openai_kinds(CLOSED, "1d", ["completions"], costs=False)
CUT = Answer(body=b'{"object": "page", "data": [{"object": "buc')
BUSY = Answer(429)
FAULT = Answer(500, b"<html>oops</html>")


@pytest.fixture
def provider() -> Iterator[ProviderServer]:
    """A provider with one request on each of the 61 days of September and October."""
    days = range(FIRST_BUCKET, FIRST_BUCKET + 61 * DAY, DAY)
    with serving(ProviderServer(usage={"completions": {at: [completions()] for at in days}})) as it:
        yield it


class Run:
    """A transport whose pauses take no time, and what it said."""

    def __init__(
        self, server: ProviderServer, provider: Provider = OPENAI, key: str = KEY, path: str = "/v1"
    ) -> None:
        self.pauses: list[float] = []
        self.said: list[str] = []
        self.now = NOW
        timing = Timing(lambda: self.now, self.pauses.append, lambda: 1.0)
        address = f"{server.address}{path}"
        self.transport = Transport(provider, address, Key(key, provider), timing, self.said.append)

    def fetch(
        self, folder: Path, kinds: Sequence[Kind] = COMPLETIONS, span: Span = CLOSED
    ) -> list[Fetched]:
        where = RangeFolder.beside(folder / "store.duckdb", "openai", span, "")
        return fetch_range(kinds, span, self.transport, where, self.said.append)


def starts(fetched: Fetched) -> list[int]:
    pages = [json.loads(line) for line in fetched.path.read_text().splitlines()]
    return [bucket["start_time"] for page in pages for bucket in page["data"]]


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_all_pages_of_a_range_become_one_file(provider: ProviderServer, tmp_path: Path) -> None:
    [fetched] = Run(provider).fetch(tmp_path)
    # 31 and 30 days
    assert (fetched.pages, fetched.kept_pages, fetched.rows) == (2, 0, 61)
    assert starts(fetched) == [FIRST_BUCKET + day * DAY for day in range(61)]
    assert [seen.value("page") for seen in provider.seen] == ["", "page_31"]
    assert all(seen.value("limit") == "31" for seen in provider.seen)


@pytest.mark.parametrize("width", ["1d", "1h"])
def test_every_kind_is_asked_as_documented(
    provider: ProviderServer, tmp_path: Path, width: str
) -> None:
    kinds = openai_kinds(CLOSED, width)
    fetched = Run(provider).fetch(tmp_path, kinds)
    assert [each.kind for each in fetched] == [kind.name for kind in kinds]
    # 61 days, or 1,464 hours at 168 a page; costs always by the day
    assert [each.pages for each in fetched[:-1]] == [2 if width == "1d" else 9] * 10
    assert fetched[-1].pages == 1


def test_anthropic_is_asked_as_documented(tmp_path: Path) -> None:
    usage = {"messages": {FIRST_BUCKET: [{"uncached_input_tokens": 1}]}}
    with serving(ProviderServer(usage=usage)) as server:
        run = Run(server, ANTHROPIC)
        found = run.fetch(tmp_path, anthropic_kinds(CLOSED, "1d"))
    assert [(each.kind, each.pages, each.rows) for each in found] == [
        ("messages", 2, 1),
        ("costs", 2, 0),
    ]
    assert all("authorization" not in seen.headers for seen in server.seen)


def test_an_open_range_ends_now(provider: ProviderServer, tmp_path: Path) -> None:
    kinds = openai_kinds(OPEN, "1d", ["completions"], costs=False)
    [fetched] = Run(provider).fetch(tmp_path, kinds, OPEN)
    assert provider.seen[0].value("end_time") == ""
    assert len(starts(fetched)) == 20


def test_asked_to_slow_down_it_waits_as_long_as_told(
    provider: ProviderServer, tmp_path: Path
) -> None:
    provider.interruptions = [Answer(429, headers={"Retry-After": "17"})]
    run = Run(provider)
    assert run.fetch(tmp_path)[0].pages == 2
    assert run.pauses == [17]
    assert "OpenAI asks to slow down (429): trying again in 17 s" in run.said


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (format_datetime(NOW + timedelta(seconds=45), usegmt=True), 45),
        (format_datetime(NOW - timedelta(seconds=45), usegmt=True), 1),
        ("soon", 1),
        ("-5", 1),
        ("0", 1),
        ("²", 1),
    ],
)
def test_retry_after_may_be_a_date_or_nonsense(
    provider: ProviderServer, tmp_path: Path, value: str, seconds: float
) -> None:
    provider.interruptions = [Answer(503, headers={"Retry-After": value})]
    run = Run(provider)
    run.fetch(tmp_path)
    assert run.pauses == [seconds]


def test_a_pause_that_would_take_too_long_ends_the_run(
    provider: ProviderServer, tmp_path: Path
) -> None:
    provider.interruptions = [Answer(429, headers={"Retry-After": "601"})]
    run = Run(provider)
    with pytest.raises(FetchError, match="asks to wait 601 seconds"):
        run.fetch(tmp_path)
    assert (run.pauses, len(provider.seen)) == ([], 1)


@pytest.mark.parametrize("instead", [FAULT, BUSY, CUT, Answer(529), Answer(body=b"")])
def test_twice_wrong_and_then_fine(
    provider: ProviderServer, tmp_path: Path, instead: Answer
) -> None:
    provider.interruptions = [None, instead, instead]
    run = Run(provider)
    [fetched] = run.fetch(tmp_path)
    assert (fetched.pages, fetched.rows) == (2, 61)
    assert run.pauses == [1, 2]


@pytest.mark.parametrize(
    ("instead", "said"),
    [
        (FAULT, "OpenAI has a fault (500) at /organization/usage/completions, 6 times in a row"),
        (BUSY, "OpenAI asks to slow down (429) at /organization/usage/completions, 6 times"),
        (CUT, "OpenAI sent a page that is cut off or is no JSON at"),
    ],
)
def test_tries_end(provider: ProviderServer, tmp_path: Path, instead: Answer, said: str) -> None:
    provider.interruptions = [instead] * (TRIES + 1)
    run = Run(provider)
    with pytest.raises(FetchError) as caught:
        run.fetch(tmp_path)
    assert str(caught.value).startswith(said)
    assert run.pauses == [1, 2, 4, 8, 16]
    assert len(provider.seen) == TRIES


def test_pauses_differ_by_chance_and_grow_to_a_minute() -> None:
    server = ProviderServer(interruptions=[BUSY] * TRIES)
    with serving(server):
        run = Run(server)
        pauses: list[float] = []
        run.transport.timing = Timing(lambda: NOW, pauses.append, lambda: 0.0)
        with pytest.raises(FetchError):
            run.transport.get(Request("/x"))
    assert pauses == [0.5, 1, 2, 4, 8]


def test_nobody_there_is_tried_again_and_then_said() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    run = Run(ProviderServer(address=f"http://127.0.0.1:{port}"))
    with pytest.raises(FetchError, match=r"OpenAI could not be reached \(.*refused"):
        run.transport.get(Request("/x"))
    assert len(run.pauses) == TRIES - 1


def test_a_provider_that_says_nothing_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport_module, "SILENCE_SECONDS", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        run = Run(ProviderServer(address=f"http://127.0.0.1:{silent.getsockname()[1]}"))
        with pytest.raises(FetchError, match="OpenAI did not answer in time"):
            run.transport.get(Request("/x"))


def test_a_page_that_never_ends_is_not_waited_for(
    provider: ProviderServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport_module, "PAGE_SECONDS", -1)
    with pytest.raises(FetchError, match="OpenAI sends a page too slowly"):
        Run(provider).transport.get(COMPLETIONS[0].first)
    monkeypatch.setattr(transport_module, "PAGE_SECONDS", 300)
    monkeypatch.setattr(transport_module, "LARGEST_PAGE_BYTES", 10)
    with pytest.raises(FetchError, match="larger than 10 bytes"):
        Run(provider).transport.get(COMPLETIONS[0].first)


@pytest.mark.parametrize("status", [400, 404, 409, 422])
def test_other_refusals_end_at_once_with_the_words_of_the_provider(
    provider: ProviderServer, tmp_path: Path, status: int
) -> None:
    words = json.dumps({"error": {"message": f"no\nsuch thing for {KEY}"}}).encode()
    provider.interruptions = [Answer(status, words)]
    run = Run(provider)
    with pytest.raises(FetchError) as caught:
        run.fetch(tmp_path)
    assert str(caught.value) == (
        f"OpenAI refuses /organization/usage/completions ({status}): no such thing for (key)"
    )
    assert (run.pauses, len(provider.seen)) == ([], 1)


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b'{"error": {"message": {}}}', b'{"detail": [1]}', b"7"]
)
def test_a_refusal_without_words(provider: ProviderServer, body: bytes) -> None:
    provider.interruptions = [Answer(404, body)]
    with pytest.raises(FetchError, match=r"^OpenAI refuses /x \(404\)$"):
        Run(provider).transport.get(Request("/x"))


@pytest.mark.parametrize(
    ("asked", "variable", "kind"),
    [
        (OPENAI, "OPENAI_ADMIN_KEY", "sk-admin-..."),
        (ANTHROPIC, "ANTHROPIC_ADMIN_KEY", "sk-ant-admin..."),
        (LITELLM, "LITELLM_API_KEY", "master key"),
    ],
)
@pytest.mark.parametrize("status", [401, 403])
def test_a_wrong_key_says_which_it_is_and_what_is_needed(
    provider: ProviderServer, asked: Provider, variable: str, kind: str, status: int
) -> None:
    wrong = "sk-proj-0123456789"
    words = json.dumps({"error": {"message": f"Incorrect API key provided: {wrong}"}}).encode()
    provider.interruptions = [Answer(status, words)]
    run = Run(provider, asked, wrong)
    with pytest.raises(KeyRefusedError) as caught:
        run.transport.get(Request("/x"))
    said = str(caught.value)
    assert variable in said
    assert kind in said
    assert wrong not in said
    assert (run.pauses, len(provider.seen)) == ([], 1)


@pytest.mark.parametrize("text", ["", "  ", "sk a", "sk\nx", "sk\r\nX-Other: 1", "sk…", "a\x00b"])
def test_what_cannot_be_a_key_is_not_sent_and_not_shown(text: str) -> None:
    with pytest.raises(KeyRefusedError) as caught:
        Key(text, OPENAI)
    assert "OPENAI_ADMIN_KEY" in str(caught.value)
    assert not text.strip() or text not in str(caught.value)


def test_a_key_shows_itself_to_nobody() -> None:
    key = Key(f" {KEY}\n", OPENAI)
    assert KEY not in f"{key!r} {key} {[key]}"
    assert key.header(OPENAI) == ("Authorization", f"Bearer {KEY}")
    assert key.header(ANTHROPIC) == ("x-api-key", KEY)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed_and_gets_no_key(
    provider: ProviderServer, tmp_path: Path, status: int
) -> None:
    with serving(ProviderServer()) as other:
        elsewhere = other.address.replace("127.0.0.1", "localhost") + "/v1/x"
        provider.interruptions = [Answer(status, headers={"Location": elsewhere})]
        run = Run(provider)
        with pytest.raises(FetchError, match=r"points to localhost \(30\d\).*--base-url"):
            run.fetch(tmp_path)
    assert other.seen == []
    assert run.pauses == []


@pytest.mark.parametrize("more", [{}, {"next_page": None}])
def test_a_page_without_its_next_one_imports_nothing_and_is_asked_for_again(
    provider: ProviderServer, tmp_path: Path, more: dict[str, object]
) -> None:
    broken = {"object": "page", "data": [], "has_more": True, **more}
    provider.interruptions = [Answer(body=json.dumps(broken).encode())]
    with pytest.raises(FetchError, match="has_more without next_page"):
        Run(provider).fetch(tmp_path)
    [fetched] = Run(provider).fetch(tmp_path)
    assert (fetched.kept_pages, fetched.rows) == (0, 61)


def test_a_page_that_names_itself_as_next_ends_the_run(
    provider: ProviderServer, tmp_path: Path
) -> None:
    loop = {"object": "page", "data": [], "has_more": True, "next_page": "again"}
    provider.interruptions = [Answer(body=json.dumps(loop).encode())] * 9
    with pytest.raises(FetchError, match="leads in a circle"):
        Run(provider).fetch(tmp_path)
    assert len(provider.seen) == 2


def break_off(provider: ProviderServer, tmp_path: Path) -> None:
    """Fetch the first page of completions, and fail at the second."""
    provider.interruptions = [None, Answer(400)]
    with pytest.raises(FetchError):
        Run(provider).fetch(tmp_path)
    provider.seen.clear()


def test_a_run_that_broke_off_goes_on_from_its_last_page(
    provider: ProviderServer, tmp_path: Path
) -> None:
    break_off(provider, tmp_path)
    [fetched] = Run(provider).fetch(tmp_path)
    assert [seen.value("page") for seen in provider.seen] == ["page_31"]
    assert (fetched.pages, fetched.kept_pages, fetched.rows) == (2, 1, 61)
    assert starts(fetched) == [FIRST_BUCKET + day * DAY for day in range(61)]


def test_what_is_complete_is_not_asked_for_again(provider: ProviderServer, tmp_path: Path) -> None:
    Run(provider).fetch(tmp_path)
    provider.seen.clear()
    [fetched] = Run(provider).fetch(tmp_path)
    assert (fetched.pages, fetched.kept_pages, fetched.rows) == (2, 2, 61)
    assert provider.seen == []


def test_a_kept_page_that_is_damaged_is_asked_for_again_with_all_after_it(
    provider: ProviderServer, tmp_path: Path
) -> None:
    Run(provider).fetch(tmp_path)
    [first] = [path for path in files(tmp_path) if path.name == "000001.json"]
    first.write_bytes(first.read_bytes()[:-9])
    provider.seen.clear()
    [fetched] = Run(provider).fetch(tmp_path)
    assert [seen.value("page") for seen in provider.seen] == ["", "page_31"]
    assert (fetched.kept_pages, fetched.rows) == (0, 61)


def test_a_page_that_was_half_written_counts_for_nothing(
    provider: ProviderServer, tmp_path: Path
) -> None:
    break_off(provider, tmp_path)
    [first] = [path for path in files(tmp_path) if path.name == "000001.json"]
    (first.parent / "000002.part").write_bytes(b'{"object": "pa')
    [fetched] = Run(provider).fetch(tmp_path)
    assert (fetched.kept_pages, fetched.rows) == (1, 61)


@pytest.mark.parametrize(
    ("age", "span", "is_kept"),
    [
        (timedelta(days=1), CLOSED, True),
        (timedelta(days=1, seconds=1), CLOSED, False),
        (timedelta(hours=1), OPEN, True),
        (timedelta(hours=1, seconds=1), OPEN, False),
        (timedelta(seconds=-1), CLOSED, False),
    ],
)
def test_old_pages_are_asked_for_again(
    provider: ProviderServer, tmp_path: Path, age: timedelta, span: Span, *, is_kept: bool
) -> None:
    kinds = openai_kinds(span, "1d", ["completions"], costs=False)
    Run(provider).fetch(tmp_path, kinds, span)
    later = Run(provider)
    later.now = NOW + age
    [fetched] = later.fetch(tmp_path, kinds, span)
    assert (fetched.kept_pages > 0) is is_kept


def test_pages_that_answer_another_question_are_not_taken(
    provider: ProviderServer, tmp_path: Path
) -> None:
    break_off(provider, tmp_path)
    hourly = openai_kinds(CLOSED, "1h", ["completions"], costs=False)
    [fetched] = Run(provider).fetch(tmp_path, hourly)
    assert (fetched.pages, fetched.kept_pages) == (9, 0)


@pytest.mark.parametrize("note", [b"", b"[]", b"{}", b'{"address": 1, "begun": "soon"}'])
def test_pages_without_a_good_note_are_not_taken(
    provider: ProviderServer, tmp_path: Path, note: bytes
) -> None:
    break_off(provider, tmp_path)
    [asked] = [path for path in files(tmp_path) if path.name == "asked.json"]
    asked.write_bytes(note)
    assert Run(provider).fetch(tmp_path)[0].kept_pages == 0


def test_organisations_do_not_share_pages(provider: ProviderServer, tmp_path: Path) -> None:
    found = []
    for organisation in ("Us & Co", "Us - Co", ""):
        folder = RangeFolder.beside(tmp_path / "s.duckdb", "openai", CLOSED, organisation)
        run = Run(provider)
        [fetched] = fetch_range(COMPLETIONS, CLOSED, run.transport, folder, run.said.append)
        found.append(fetched.kept_pages)
    assert found == [0, 0, 0]


def test_nothing_on_disk_holds_the_key_and_only_its_owner_reads(
    provider: ProviderServer, tmp_path: Path
) -> None:
    Run(provider).fetch(tmp_path)
    written = files(tmp_path)
    assert len(written) == 4
    for path in written:
        assert KEY.encode() not in path.read_bytes()
        assert path.stat().st_mode & 0o077 == 0


def test_ranges_left_unfinished_are_taken_away_after_a_day(
    provider: ProviderServer, tmp_path: Path
) -> None:
    break_off(provider, tmp_path)
    parent = tmp_path / "store.duckdb.fetch"
    (parent / "openai_notes.txt").write_text("mine")
    remove_old(parent, "anthropic", NOW + timedelta(days=9))
    remove_old(parent, "openai", NOW + timedelta(days=1))
    assert len(files(parent)) == 3
    remove_old(parent, "openai", NOW + timedelta(days=1, seconds=1))
    assert [path.name for path in files(parent)] == ["openai_notes.txt"]


def at(second: float) -> datetime:
    return datetime(2026, 11, 18, tzinfo=UTC) + timedelta(seconds=second)


def test_no_row_of_a_busy_proxy_is_missed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(litellm, "ROWS_OF_A_CUT_DAY", 1_000)
    monkeypatch.setattr(litellm, "ROWS_OF_A_WINDOW", 100)
    span = Span(date(2026, 11, 18), date(2026, 11, 20), is_open=False)
    # half of the day's 1,050 rows lie in one minute
    busy = [a_log(n, at(n * 80)) for n in range(525)]
    busy += [a_log(n, at(36_000 + (n - 525) / 10)) for n in range(525, 1_050)]
    others = [a_log(2_000 + n, at(DAY + n)) for n in range(3)]
    logs = sorted(busy, key=lambda log: str(log["startTime"])) + others
    with serving(ProviderServer(logs=logs, cut_off_at=1_000)) as server:
        run = Run(server, LITELLM, path="")
        [fetched] = run.fetch(tmp_path, litellm_kinds(span), span)
    rows = [json.loads(line) for line in fetched.path.read_text().splitlines()]
    assert {row["request_id"] for row in rows} == {log["request_id"] for log in logs}
    assert len(server.seen) < 100


def test_a_quiet_proxy_is_asked_once_a_day(tmp_path: Path) -> None:
    span = Span(date(2026, 11, 18), date(2026, 11, 20), is_open=False)
    with serving(ProviderServer(logs=[a_log(1, at(5))])) as server:
        [fetched] = Run(server, LITELLM, path="").fetch(tmp_path, litellm_kinds(span), span)
    assert (fetched.pages, fetched.rows) == (2, 1)
    assert {seen.path for seen in server.seen} == {"/spend/logs"}
