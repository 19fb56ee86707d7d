from __future__ import annotations

import http.client
import json
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.tollbook.usage import write_calls
from tollbook.samples import demo_files, samples

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.tollbook.calling import Tollbook

ROOT = Path(__file__).parents[2]
SECONDS_TO_START = 60


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(*words: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run a serving command until the block ends; gives its first line on stderr that ends it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tollbook", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    said = ""
    try:
        assert process.stderr is not None
        for line in process.stderr:
            said += line
            if "Ctrl-C stops it" in line:
                break
        assert "Ctrl-C stops it" in said, said
        yield process, said
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=SECONDS_TO_START)


def status(port: int, path: str, **headers: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS_TO_START)
    try:
        connection.request("GET", path, headers=headers)
        return connection.getresponse().status
    finally:
        connection.close()


@pytest.fixture(autouse=True)
def _found_from_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


@pytest.mark.usefixtures("home")
def test_serve_answers_on_this_machine_and_stops_when_asked() -> None:
    port = free_port()
    with serving("serve", "--port", str(port), "--json") as (process, said):
        assert f"http://127.0.0.1:{port}" in said
        assert (status(port, "/healthz"), status(port, "/")) == (200, 200)
        assert status(port, "/", Host="attacker.example") == 403
        assert process.stdout is not None
    assert process.returncode == 0


def test_serve_asks_for_the_password(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "tollbook.yaml").write_text("server: {auth: password}\n", encoding="utf-8")
    monkeypatch.setenv("TOLLBOOK_PASSWORD", "secret")
    port = free_port()
    with serving("serve", "--host", "0.0.0.0", "--port", str(port)):  # noqa: S104 - behind a password
        assert (status(port, "/healthz"), status(port, "/_dash-layout")) == (200, 401)
        assert status(port, "/", Authorization="Basic OnNlY3JldA==") == 200


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::"])  # noqa: S104 - must be refused
def test_serve_without_a_login_stays_on_this_machine(tollbook: Tollbook, host: str) -> None:
    ran = tollbook("serve", "--host", host)
    assert (ran.code, ran.out) == (2, "")
    assert "set server.auth to password or proxy_header" in ran.error


def test_a_password_that_is_not_set_is_wrong_use(
    tollbook: Tollbook, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TOLLBOOK_PASSWORD", raising=False)
    (home / "tollbook.yaml").write_text("server: {auth: password}\n", encoding="utf-8")
    ran = tollbook("serve")
    assert (ran.code, "TOLLBOOK_PASSWORD is not set" in ran.error) == (2, True)


def test_a_port_in_use_is_said(tollbook: Tollbook) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ran = tollbook("serve", "--port", port)
    assert (ran.code, ran.out) == (1, "")
    assert ran.error == f"port {port} is in use; choose another with --port"
    assert tollbook("serve", "--port", "99999").code == 2


def test_the_demo_is_served_and_imported_once(tollbook: Tollbook, home: Path) -> None:
    port = free_port()
    with serving("demo", "--port", str(port)) as (process, said):
        assert "75,705 sample rows imported into demo.duckdb" in said
        assert status(port, "/readyz") == 200
    assert process.returncode == 0
    again = tollbook("demo", "--no-serve", "--json")
    assert again.code == 0
    assert again.answer == {"db": "demo.duckdb", "rows_added": 0, "url": None}
    assert len(tollbook("--db", "demo.duckdb", "undo", "--json").answer["imports"]) == 7
    assert not (home / "tollbook.duckdb").exists()


def test_the_demo_goes_where_db_says(
    tollbook: Tollbook, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    [smallest] = [each for each in demo_files() if each.name == "batch-2026-09.jsonl.gz"]
    monkeypatch.setattr("tollbook.samples.demo_files", lambda: (smallest,))
    first = tollbook("--db", "other.duckdb", "demo", "--no-serve", "--json")
    assert first.code == 0
    assert first.answer == {"db": "other.duckdb", "rows_added": 520, "url": None}
    assert [path.name for path in home.iterdir()] == ["other.duckdb"]


def test_the_samples_are_found_in_the_source_tree_and_in_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert samples() == ROOT / "sample_logs"
    assert demo_files()
    installed = tmp_path / "tollbook"
    (installed / "sample_logs" / "demo").mkdir(parents=True)
    monkeypatch.setattr("tollbook.samples.__file__", str(installed / "samples.py"))
    assert samples() == installed / "sample_logs"


def test_serve_reads_the_store_that_an_import_made_meanwhile(
    tollbook: Tollbook, home: Path
) -> None:
    write_calls(home / "calls.jsonl")
    port = free_port()
    with serving("serve", "--port", str(port)):
        assert status(port, "/readyz") == 200
        ran = tollbook("import", "calls.jsonl", "--json")
        assert (ran.code, status(port, "/readyz")) == (0, 200)
        assert json.loads(tollbook("report", "--json").out)["total"]["requests"] == 5
