"""One way to call the program in a test: in this process, in an empty folder."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.tollbook.calling import Ran
from tests.tollbook.usage import write_calls, write_guide_month
from tollbook.failures import run

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tollbook.calling import Tollbook


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The empty folder in which the program runs."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def tollbook(home: Path, capfd: pytest.CaptureFixture[str]) -> Tollbook:
    """Call the program with words: ``tollbook("cost", "--model", "gpt-4.1")``."""
    assert home.is_dir()

    def call(*words: object) -> Ran:
        capfd.readouterr()
        code = run([str(word) for word in words])
        out, err = capfd.readouterr()
        return Ran(code, out, err)

    return call


@pytest.fixture(scope="session")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Stores made once: guide.duckdb and calls.duckdb, to copy from."""
    folder = tmp_path_factory.mktemp("stores")
    for name, path in (
        ("guide", write_guide_month(folder / "usage.csv")),
        ("calls", write_calls(folder / "calls.jsonl")),
    ):
        assert run(["--db", str(folder / f"{name}.duckdb"), "import", str(path)]) == 0
    return folder


@pytest.fixture
def guide(tollbook: Tollbook, stores: Path, home: Path) -> Tollbook:
    """The program beside a store that holds the guide's month."""
    shutil.copy(stores / "guide.duckdb", home / "tollbook.duckdb")
    return tollbook


@pytest.fixture
def calls(tollbook: Tollbook, stores: Path, home: Path) -> Tollbook:
    """The program beside a store that holds a few calls, one without a price."""
    shutil.copy(stores / "calls.duckdb", home / "tollbook.duckdb")
    return tollbook
