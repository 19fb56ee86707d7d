"""Look at 200 budgets over ten million requests, beside one report after another.

Run: ``python -m benchmarks.alert_tick [lines] [budgets]``. Both sides read the same store
in processes of their own. One side is what an alert process does: it reads the cells once
for all budgets and applies every rule. The other asks ``ingest.report`` for the hours of
each budget, without any rule. What the periods have cost must be the same to the last digit
on both sides. Prints seconds, peak memory, and which heavy modules were loaded.
Processor time tells more than seconds where the machine does other things too.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

from alerts.evaluation import situations
from benchmarks.import_speed import (
    DAYS,
    FEATURES,
    FIRST_SECOND,
    MODELS,
    TEAMS,
    measured,
    write_lines,
)
from costmodel.budget import Budget
from ingest.configuration import Configuration
from ingest.periods import Period
from ingest.report import ReportQuery, report
from ingest.store import Store
from pricing import load_book

LINES, BUDGETS, ROUNDS = 10_000_000, 200, 3
ONE_BY_ONE = 20
"""The other side takes so long that it does a part of the budgets; its time is scaled up."""
NOW = datetime.fromtimestamp(FIRST_SECOND + DAYS * 86_400, UTC)
HEAVY = ("dash", "pandas", "plotly", "matplotlib")


def budgets(count: int) -> tuple[Budget, ...]:
    """Return budgets of all kinds: each feature, model, team and tier, in several periods."""
    filters: list[dict[str, tuple[str | None, ...]]] = [{}]
    filters += [{"feature": (name,)} for name in FEATURES]
    filters += [{"team": (name,)} for name in sorted(set(TEAMS.values()))]
    filters += [{"model_snapshot": (name,)} for name in MODELS]
    filters += [
        {"feature": (name,), "model_snapshot": (model,)} for name in FEATURES for model in MODELS
    ]
    periods = ("month", "week", "quarter")
    measures = ("money", "money", "tokens", "requests")
    zones = ("UTC", "Europe/Berlin", "America/New_York")
    return tuple(
        Budget(
            name=f"budget {number}",
            amount=Fraction(50_000 if measures[number % 4] == "money" else 10**11),
            period=periods[number % 3],  # type: ignore[arg-type]
            timezone=zones[number // 3 % 3],
            filters=filters[number % len(filters)],
            measure=measures[number % 4],  # type: ignore[arg-type]
        )
        for number in range(count)
    )


def main() -> None:
    """Import once, in a process of its own, as its memory would be ours; then compare."""
    lines, count = (int(each) for each in [*sys.argv[1:], *[str(LINES), str(BUDGETS)]][:2])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "calls.jsonl"
        write_lines(path, lines)
        store = Path(folder) / "store.duckdb"
        measured("whole", path, store)
        compare(store, count)


def compare(path: Path, count: int) -> None:
    """Print what both sides took on a store."""
    ours = [_run("tick", path, count) for _ in range(ROUNDS)]
    theirs = _run("reports", path, min(count, ONE_BY_ONE))
    same = all(ours[0]["spent"][name] == spent for name, spent in theirs["spent"].items())
    seconds = sorted(each["seconds"] for each in ours)[ROUNDS // 2]
    whole = sorted(each["whole"] for each in ours)[ROUNDS // 2]
    scaled = theirs["seconds"] * count / min(count, ONE_BY_ONE)
    processor = sorted(each["processor"] for each in ours)[ROUNDS // 2]
    print(f"{count} budgets at once: {seconds:.2f} s ({whole:.2f} s with the start of Python)")
    print(f"processor time of that: {processor:.2f} s")
    print(f"peak memory {ours[0]['megabytes']:.0f} MB; heavy modules: {ours[0]['heavy'] or 'none'}")
    print(f"one report after another: {scaled:.1f} s, without rules; same money: {same}")


def _run(side: str, path: Path, count: int) -> dict[str, Any]:
    begun = time.perf_counter()
    command = [sys.executable, "-m", "benchmarks.alert_tick", "--side", side, str(path), str(count)]
    answer = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    return {**answer, "whole": time.perf_counter() - begun}


def side(name: str, path: Path, count: int) -> None:
    """Look at the budgets in one way and print what it took as JSON."""
    begun, busy = time.perf_counter(), time.process_time()
    configuration, store, book = Configuration(budgets=budgets(count)), Store(path), load_book()
    found = situations(store, book, configuration, NOW) if name == "tick" else ()
    spent = {each.budget.name: str(each.spent) for each in found}
    if name == "reports":
        edges = situations(store, book, configuration, NOW)
        begun = time.perf_counter()
        for each in edges:
            money = each.budget.measure == "money"
            period = Period(each.start, each.watermark or NOW, str(each.start.tzinfo), "", "")
            query = ReportQuery(period, ("hour",), each.budget.filters)
            total = report(store, book, query).total
            if money:
                spent[each.budget.name] = str(total.cost)
    answer = {
        "seconds": time.perf_counter() - begun,
        "processor": time.process_time() - busy,
        "spent": spent,
        "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "heavy": [module for module in HEAVY if module in sys.modules],
    }
    print(json.dumps(answer))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--side"]:
        side(sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]))
    else:
        main()
