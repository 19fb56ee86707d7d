"""One way to call the program in a test: in this process, in an empty folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.tollbook.calling import Ran
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
