"""Uploads: streamed to disk, imported once, deleted, and told in words."""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dashboard import uploads
from dashboard.app import create_app
from dashboard.context import DashboardContext, Source
from ingest.configuration import Configuration
from ingest.mapping import read_mapping
from ingest.store import CellQuery, Store
from tests.demo import DEMO

if TYPE_CHECKING:
    from flask.testing import FlaskClient

HEADERS = {uploads.HEADER: "1"}
FILE = DEMO / "batch-2026-11.jsonl.gz"


@pytest.fixture
def own(tmp_path: Path, demo_source: Source) -> DashboardContext:
    source = Source(tmp_path / "own.duckdb", demo_source.book, Configuration(), demo_source.clock)
    return DashboardContext(source)


@pytest.fixture
def client(own: DashboardContext) -> FlaskClient:
    found: FlaskClient = create_app(own).server.test_client()
    return found


def finished(client: FlaskClient, job: str) -> dict[str, Any]:
    for _ in range(600):
        found: dict[str, Any] = client.get(f"/api/imports/{job}").json or {}
        if found["state"] in {"done", "failed", "held"}:
            return found
        time.sleep(0.02)
    pytest.fail("the import did not end")


@pytest.fixture(autouse=True)
def own_temp_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep away from the uploads of other tests, which run at the same time."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def folders() -> set[Path]:
    return set(Path(tempfile.gettempdir()).glob("tollbook-upload-*/*"))


def test_a_file_is_imported_and_gone(client: FlaskClient, own: DashboardContext) -> None:
    before = folders()
    answer = client.post(f"/api/upload?name={FILE.name}", data=FILE.read_bytes(), headers=HEADERS)
    assert answer.status_code == 200
    found = finished(client, answer.json["job"])  # type: ignore[index]
    assert found["state"] == "done"
    assert found["sentence"].startswith("batch-2026-11.jsonl.gz: 1,143 rows read, 1,143 added")
    assert not Store(own.store_path).is_empty()
    assert folders() <= before


def test_a_second_time_nothing_is_added(client: FlaskClient) -> None:
    for said in ("1,143 added", "1,143 already there"):
        answer = client.post(
            f"/api/upload?name={FILE.name}", data=FILE.read_bytes(), headers=HEADERS
        )
        assert said in finished(client, answer.json["job"])["sentence"]  # type: ignore[index]


def test_what_is_no_usage_is_said(client: FlaskClient, own: DashboardContext) -> None:
    answer = client.post("/api/upload?name=notes.txt", data=b"hello", headers=HEADERS)
    found = finished(client, answer.json["job"])  # type: ignore[index]
    assert found["state"] == "failed"
    assert found["sentence"] == (
        "notes.txt: no format knows this file: choose an export of usage or costs, a log of API "
        "answers, or a table with a line of column names"
    )
    assert Store(own.store_path).is_empty()


@pytest.mark.parametrize("name", ["../../etc/cron.d/x", "/etc/passwd", "..", "", "a\x00b"])
def test_a_name_leads_nowhere_else(name: str, client: FlaskClient) -> None:
    answer = client.post("/api/upload", query_string={"name": name}, data=b"x", headers=HEADERS)
    assert answer.status_code == 200
    assert finished(client, answer.json["job"])["state"] == "failed"  # type: ignore[index]


def test_a_form_of_another_site_cannot_upload(client: FlaskClient) -> None:
    assert client.post("/api/upload?name=x.csv", data=b"x").status_code == 403


def test_the_demo_takes_no_files(demo: DashboardContext) -> None:
    client = create_app(demo).server.test_client()
    answer = client.post("/api/upload?name=x.csv", data=b"x", headers=HEADERS)
    assert answer.status_code == 409
    assert "never mixed" in answer.json["sentence"]


def test_a_job_that_nobody_started_is_not_there(client: FlaskClient) -> None:
    assert client.get("/api/imports/nothing").status_code == 404


def looked_at(client: FlaskClient, name: str, content: bytes) -> str:
    """The job of a file that was looked at and waits."""
    query = {"name": name, "then": "look"}
    answer = client.post("/api/upload", query_string=query, data=content, headers=HEADERS)
    job: str = answer.json["job"]  # type: ignore[index]
    return job


def test_two_gigabytes_are_taken_and_what_is_larger_is_not(client: FlaskClient) -> None:
    assert uploads.LARGEST_BYTES >= 2 * 1024**3
    answer = client.post(
        "/api/upload?name=x.csv", headers=HEADERS, content_length=uploads.LARGEST_BYTES + 1
    )
    assert answer.status_code == 413


def test_a_look_stores_nothing_and_the_import_needs_no_second_upload(
    client: FlaskClient, own: DashboardContext
) -> None:
    before = folders()
    job = looked_at(client, FILE.name, FILE.read_bytes())
    assert finished(client, job)["state"] == "held"
    assert Store(own.store_path).is_empty()
    (held,) = own.imports.held(own.store_path)
    assert held.seen is not None
    assert held.seen.rows_good == 1_143
    assert client.post(f"/api/held/{job}/import").status_code == 403
    assert client.post(f"/api/held/{job}/import", headers=HEADERS).status_code == 200
    assert "1,143 added" in finished(client, job)["sentence"]
    assert own.imports.held(own.store_path) == []
    assert folders() <= before
    assert client.post(f"/api/held/{job}/import", headers=HEADERS).status_code == 404


def test_a_file_whose_import_fails_waits_for_another_try(
    client: FlaskClient, own: DashboardContext
) -> None:
    job = looked_at(client, FILE.name, FILE.read_bytes())
    finished(client, job)
    own.store_path.write_bytes(b"no store")
    client.post(f"/api/held/{job}/import", headers=HEADERS)
    found = finished(client, job)
    assert found["state"] == "failed"
    assert "cannot be read as a store" in found["sentence"]
    own.store_path.unlink()
    client.post(f"/api/held/{job}/import", headers=HEADERS)
    assert "1,143 added" in finished(client, job)["sentence"]


def test_a_file_that_is_discarded_is_gone(client: FlaskClient, own: DashboardContext) -> None:
    before = folders()
    job = looked_at(client, FILE.name, FILE.read_bytes())
    finished(client, job)
    assert client.post(f"/api/held/{job}/discard", headers=HEADERS).status_code == 200
    assert folders() <= before
    assert Store(own.store_path).is_empty()


def test_lines_set_aside_come_back_as_they_were(client: FlaskClient) -> None:
    lines = [
        (
            b'{"object": "chat.completion", "id": "a", "model": "gpt-4.1", "created": 1793000000,'
            b' "usage": {"prompt_tokens": 5, "completion_tokens": 1, "total_tokens": 6}}'
        ),
        b'{"broken": ',
        b"=not json",
    ]
    job = looked_at(client, "calls.jsonl", b"\n".join(lines))
    assert finished(client, job)["state"] == "held"
    answer = client.get(f"/download/held/{job}/lines")
    assert answer.data == b'{"broken": \n=not json\n'
    assert 'filename="tollbook-set-aside-calls.jsonl"' in answer.headers["Content-Disposition"]
    assert client.get("/download/held/other/lines").status_code == 404


TABLE = b"""ts,llm,Prompt Tokens,Completion Tokens,team
2026-11-03T10:00:00Z,gpt-4.1,100,10,search
2026-11-03T11:00:00Z,gpt-4.1,=2+5,10,search
"""


def mapped(client: FlaskClient, job: str, **choices: str) -> None:
    data = {f"column.{target}": column for target, column in choices.items()}
    answer = client.post(f"/api/held/{job}/mapping", data=data, headers=HEADERS)
    assert answer.status_code == 200


def test_a_table_that_no_format_knows_waits_for_a_mapping(
    client: FlaskClient, own: DashboardContext
) -> None:
    job = looked_at(client, "calls.csv", TABLE)
    assert finished(client, job)["state"] == "held"
    assert client.post(f"/api/held/{job}/import", headers=HEADERS).status_code == 404
    assert client.get(f"/download/held/{job}/mapping.yaml").status_code == 404
    mapped(client, job, time="ts", model="llm")
    assert finished(client, job)["state"] == "held"
    (held,) = own.imports.held(own.store_path)
    assert held.problem.startswith("Nothing is counted yet: choose the columns")
    mapped(client, job, time="ts", model="llm", input="Prompt Tokens", output="Completion Tokens")
    finished(client, job)
    (held,) = own.imports.held(own.store_path)
    assert held.seen is not None
    assert (held.seen.rows_good, held.seen.rows_set_aside, held.seen.tokens) == (1, 1, 110)
    lines = client.get(f"/download/held/{job}/lines").data.splitlines()
    assert lines == [TABLE.splitlines()[0], TABLE.splitlines()[2]]
    yaml = client.get(f"/download/held/{job}/mapping.yaml").text
    assert '  input: "Prompt Tokens"\n' in yaml
    client.post(f"/api/held/{job}/import", headers=HEADERS)
    assert "1 added, 1 set aside" in finished(client, job)["sentence"]


def test_a_table_that_should_come_in_at_once_waits_too(
    client: FlaskClient, own: DashboardContext
) -> None:
    answer = client.post("/api/upload?name=calls.csv", data=TABLE, headers=HEADERS)
    found = finished(client, answer.json["job"])  # type: ignore[index]
    assert found["state"] == "failed"
    assert found["sentence"] == (
        "calls.csv: no format knows this table; it waits on the page Imports, where you say what "
        "its columns mean"
    )
    assert [held.name for held in own.imports.held(own.store_path)] == [answer.json["job"]]  # type: ignore[index]
    assert Store(own.store_path).is_empty()


def test_rows_without_a_time_get_the_day_and_the_organisation_of_the_form(
    client: FlaskClient, own: DashboardContext
) -> None:
    table = b"llm,in,out\ngpt-4.1,100,10\n"
    columns = {"column.model": "llm", "column.input": "in", "column.output": "out"}
    job = looked_at(client, "calls.csv", table)
    finished(client, job)
    for day, problem in (("", None), ("3 Nov", "the day '3 Nov' cannot be read: write it as")):
        look(client, job, {**columns, "date": day})
        (held,) = own.imports.held(own.store_path)
        if problem is None:
            assert held.seen is None or held.seen.rows_good == 0
        else:
            assert held.problem.startswith(problem)
    look(client, job, {**columns, "date": "2026-11-03", "organisation": "acme"})
    (held,) = own.imports.held(own.store_path)
    assert held.seen is not None
    assert (held.seen.rows_good, str(held.seen.first_at)[:10]) == (1, "2026-11-03")
    client.post(f"/api/held/{job}/import", headers=HEADERS)
    assert "1 added" in finished(client, job)["sentence"]
    store = Store(own.store_path)
    counted = [store.cells(CellQuery(organisation=name)) for name in ("acme", "default")]
    assert [sum(cell.requests for cell in cells) for cells in counted] == [1, 0]


def test_a_log_without_times_gets_the_day_that_somebody_names(
    client: FlaskClient, own: DashboardContext
) -> None:
    usage = {"input_tokens": 5, "output_tokens": 2}
    answer = {"id": "m", "type": "message", "role": "assistant", "model": "claude-haiku-4-5"}
    job = looked_at(client, "answers.jsonl", json.dumps({**answer, "usage": usage}).encode())
    finished(client, job)
    (held,) = own.imports.held(own.store_path)
    assert held.seen is not None
    assert (held.seen.rows_good, held.seen.rows_without_time) == (0, 1)
    address = f"/api/held/{job}/day"
    assert client.post(address, data={"date": "2026-11-03"}).status_code == 403
    client.post(address, data={"date": "3 Nov"}, headers=HEADERS)
    refused = "the day '3 Nov' cannot be read: write it as 2026-11-03"
    assert finished(client, job)["sentence"] == refused
    for day, good in (("2026-11-03", 1), ("", 0), ("2026-11-04", 1)):
        client.post(address, data={"date": day}, headers=HEADERS)
        finished(client, job)
        (held,) = own.imports.held(own.store_path)
        assert held.seen is not None
        assert (held.seen.rows_good, held.seen.rows_without_time) == (good, 1 - good)
    client.post(f"/api/held/{job}/import", headers=HEADERS)
    assert "1 added" in finished(client, job)["sentence"]
    (record,) = Store(own.store_path).imports()
    assert str(record.first_at)[:10] == "2026-11-04"


def look(client: FlaskClient, job: str, form: dict[str, str]) -> None:
    client.post(f"/api/held/{job}/mapping", data=form, headers=HEADERS)
    finished(client, job)


def test_what_stands_in_the_form_is_kept_until_it_is_looked_through(
    client: FlaskClient, own: DashboardContext
) -> None:
    job = looked_at(client, "calls.csv", TABLE)
    finished(client, job)
    client.post(f"/api/held/{job}/draft", data={"column.time": "team"}, headers=HEADERS)
    (held,) = own.imports.held(own.store_path)
    assert (held.draft, held.choices) == ({"column.time": "team"}, None)
    mapped(client, job, model="llm")
    finished(client, job)
    (held,) = own.imports.held(own.store_path)
    assert (held.draft, held.choices) == (None, {"column.model": "llm"})


def test_what_is_typed_into_a_mapping_stays_text(
    client: FlaskClient, own: DashboardContext, tmp_path: Path
) -> None:
    job = looked_at(client, "calls.csv", TABLE)
    finished(client, job)
    typed = {"column.time": "ts", "column.input": "Prompt Tokens", "other": "x"}
    typed["constant.model"] = 'a"\n  b: c'
    client.post(f"/api/held/{job}/mapping", data=typed, headers=HEADERS)
    finished(client, job)
    (held,) = own.imports.held(own.store_path)
    assert held.seen is not None
    assert held.seen.usage[0].model.startswith('a"')
    saved = tmp_path / "saved.yaml"
    saved.write_bytes(client.get(f"/download/held/{job}/mapping.yaml").data)
    assert read_mapping(saved).constants == {"model": 'a"\n  b: c'}
