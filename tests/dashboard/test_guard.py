"""The server is closed to other sites, tells nothing about itself, and its probes are true."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from dashboard.app import create_app
from dashboard.context import DashboardContext, Source

if TYPE_CHECKING:
    from pathlib import Path

    from flask.testing import FlaskClient


@pytest.fixture(scope="module")
def client(demo: DashboardContext) -> FlaskClient:
    found: FlaskClient = create_app(demo).server.test_client()
    return found


def test_every_answer_has_the_security_headers(client: FlaskClient) -> None:
    for path in ("/", "/_dash-layout", "/assets/tollbook.js", "/download/overview.csv"):
        with client.get(path) as answer:
            headers = answer.headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "unsafe-eval" not in policy
        assert "script-src 'self' 'sha256-" in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"


def test_pages_say_no_version(client: FlaskClient) -> None:
    text = client.get("/").text
    config = json.loads(re.findall(r'application/json">(.*?)</script>', text)[0])
    assert not [key for key in config if "version" in key and key != "disable_version_check"]
    assert '<html lang="en">' in text


def test_the_layout_holds_no_usage(client: FlaskClient) -> None:
    assert "797" not in client.get("/_dash-layout").text
    assert "legal-check" not in client.get("/_dash-layout").text


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_site_can_change_nothing(site: str, client: FlaskClient) -> None:
    answer = client.post("/_dash-update-component", json={}, headers={"Sec-Fetch-Site": site})
    assert answer.status_code == 403


def test_a_large_body_is_refused(client: FlaskClient) -> None:
    answer = client.post(
        "/_dash-update-component", data=b"x" * (6 << 20), content_type="application/json"
    )
    assert answer.status_code == 413


def test_probes_are_true(client: FlaskClient) -> None:
    assert client.get("/healthz").text == "OK"
    assert client.get("/readyz").text == "ready"


def test_a_store_that_cannot_be_read_is_not_ready(tmp_path: Path, demo_source: Source) -> None:
    path = tmp_path / "broken.duckdb"
    path.write_text("not a store", encoding="utf-8")
    broken = Source(path, demo_source.book, demo_source.configuration, demo_source.clock)
    answer = create_app(DashboardContext(broken)).server.test_client().get("/readyz")
    assert (answer.status_code, answer.text) == (503, "the store does not answer")
