"""Uploads: streamed to disk, imported once, deleted, and told in words."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dashboard import uploads
from dashboard.app import create_app
from dashboard.context import DashboardContext, Source
from ingest.configuration import Configuration
from ingest.store import Store
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
        if found["state"] in {"done", "failed"}:
            return found
        time.sleep(0.02)
    pytest.fail("the import did not end")


def folders() -> set[Path]:
    return set(Path(tempfile.gettempdir()).glob("tollbook-upload-*"))


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
    assert found["sentence"].startswith("notes.txt")
    assert "tollbook-upload" not in found["sentence"]
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
