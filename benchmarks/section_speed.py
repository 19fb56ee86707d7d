"""What the pages and commands read from single requests, in a small and in a large store.

Ten thousand and ten million requests side by side in one run. The first time something is
asked after an import it is looked for; from then on it is kept beside the store, and a new
process finds it there. Each answer is asked in a process of its own, so that nothing is
remembered. Exits 1 where a kept answer takes longer than its limit.
Run: ``python -m benchmarks.section_speed``.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.request_stores import FEW, MANY, NOW, request_store
from ingest.caching import usage_caching
from ingest.configuration import Configuration
from ingest.escalation import usage_escalation
from ingest.opportunities import inventory, usage_opportunities
from ingest.periods import parse_period
from ingest.report import ReportQuery, report
from ingest.store import Store
from ingest.traffic import loads
from pricing import load_book
from pricing.prompt_caching import load_cache_policy

if TYPE_CHECKING:
    from collections.abc import Callable

AGAIN_LIMIT_MS = 1_000.0


def sections(store: Store) -> dict[str, Callable[[], object]]:
    """Return what is measured, by its name on the page."""
    book, configuration, policy = load_book(), Configuration(), load_cache_policy()
    period = parse_period("last 30d", NOW, "UTC")
    return {
        "spend a day by model": lambda: report(store, book, ReportQuery(period, ("day", "model"))),
        "prompt caching": lambda: usage_caching(store, book, policy, period, {}),
        "escalation": lambda: usage_escalation(store, book, period, {}),
        "opportunities": lambda: usage_opportunities(
            store, book, configuration, period, {}, today=NOW.date()
        ),
        "who calls which model": lambda: inventory(store, book, configuration, period, {}),
        "rate limits": lambda: loads(store, book, period),
    }


def asked(path: Path, name: str) -> float:
    """Return the milliseconds that one answer takes here and now."""
    ask = sections(Store(path))[name]
    started = time.perf_counter()
    ask()
    return (time.perf_counter() - started) * 1_000


def measured(store: Store, name: str) -> float:
    """Ask in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.section_speed", str(store.path), name]
    answer = subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE).stdout
    return float(json.loads(answer))


def main() -> None:
    """Measure every answer in both stores, the first time and again."""
    slowest = 0.0
    with tempfile.TemporaryDirectory(prefix="tollbook-bench-") as folder:
        few, many = (request_store(Path(folder), requests) for requests in (FEW, MANY))
        print(
            f"{'ms at requests stored':<24}{FEW:>12,}{MANY:>12,}{'ratio':>8}{'again':>10}"
            f"{'again':>10}{'ratio':>8}"
        )
        for name in sections(few):
            first = [measured(store, name) for store in (few, many)]
            again = [measured(store, name) for store in (few, many)]
            slowest = max(slowest, again[1])
            print(
                f"{name:<24}{first[0]:>12.0f}{first[1]:>12.0f}{first[1] / first[0]:>7.1f}x"
                f"{again[0]:>10.0f}{again[1]:>10.0f}{again[1] / again[0]:>7.1f}x"
            )
    print(f"limit: {AGAIN_LIMIT_MS:.0f} ms again")
    if slowest > AGAIN_LIMIT_MS:
        sys.exit("something takes longer than its limit")


if __name__ == "__main__":
    if sys.argv[1:]:
        print(json.dumps(asked(Path(sys.argv[1]), sys.argv[2])))
    else:
        main()
