"""Settings of every test: hypothesis profiles, and when browser and oracle tests may skip."""

from __future__ import annotations

import os
import shutil
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# Programs that tests start, and every worker, would compile all of Tollbook again.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

SOAK = os.environ.get("TOLLBOOK_SOAK") == "1"
SPOILED_FILES = int(os.environ.get("TOLLBOOK_FUZZ") or (100_000 if SOAK else 0))
"""Files that the fuzzer of formats spoils, 0 for a few of each format."""

SECONDS_TOGETHER = int(os.environ.get("TOLLBOOK_TOGETHER") or (600 if SOAK else 3))
"""How long several programs use one store at once."""

CI = os.environ.get("CI") == "true"
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "chrome"))), None)

settings.register_profile(
    "ci",
    max_examples=30,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],  # a busy machine is no fault of the code
)
settings.register_profile(
    "soak",
    max_examples=2_000,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("soak" if SOAK else "ci")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what this machine cannot run; in CI nothing is skipped for a missing tool."""
    for item in items:
        if "soak" in item.keywords and not SOAK:
            item.add_marker(pytest.mark.skip(reason="runs with TOLLBOOK_SOAK=1 (make soak)"))
        if CI:
            continue
        if "browser" in item.keywords and not (CHROMIUM and find_spec("playwright")):
            item.add_marker(pytest.mark.skip(reason="needs chromium and playwright"))
        if "oracle" in item.keywords and not (find_spec("genai_prices") and find_spec("litellm")):
            item.add_marker(pytest.mark.skip(reason="needs the oracle extra"))


@pytest.fixture(scope="session", autouse=True)
def _no_waiting_for_the_disk() -> Iterator[None]:
    """Stores of tests need not outlive a loss of power: a tenth of each import is this waiting."""
    connect = duckdb.connect

    def without_syncing(
        database: str = ":memory:",
        read_only: bool = False,
        config: Mapping[str, Any] | None = None,
    ) -> duckdb.DuckDBPyConnection:
        return connect(database, read_only, {**(config or {}), "fsync_mode": "NONE"})

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(duckdb, "connect", without_syncing)
        yield


@pytest.fixture(scope="session")
def examples() -> int:
    """Number of seeded rounds of a hand-written fault or fuzz test: 20, or 1,000 in a soak run."""
    return 1_000 if SOAK else 20


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of the Chromium that browser tests drive."""
    if CHROMIUM is None:
        pytest.fail("no chromium on this machine: install it, browser tests must run in CI")
    return CHROMIUM
