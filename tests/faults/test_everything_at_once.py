"""Importers, the dashboard under load, a report and alerts on timers: nobody sees an error.

About ten seconds, or ten minutes in a soak run; the environment variable ``TOLLBOOK_TOGETHER``
sets other seconds. The totals are counted here once more, from the files alone.
"""

from __future__ import annotations

import gzip
import json
import random
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.conftest import SECONDS_TOGETHER
from tests.faults.visitor import Visitor
from tests.ingest.chats import chat, counts
from tests.tollbook.test_serving import free_port
from tests.tollbook.usage import NOW

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[2]
SECONDS_TO_END = 120
ROWS = 400
NOVEMBER = 1_793_491_200
"""2026-11-01 00:00 UTC."""

RATES = {
    "gpt-4.1-mini-2025-04-14": (Decimal("0.40"), Decimal("0.10"), Decimal("1.60")),
    "gpt-4.1-2025-04-14": (Decimal("2.00"), Decimal("0.50"), Decimal("8.00")),
}
"""USD per million tokens of uncached input, cached input and output, from OpenAI's price page."""

BUDGET = "budgets: [{name: All, amount: 1000000, rules: quiet}]\n"
"""So much that nothing fires, however fast calls come."""

PAGES = ("/", "/whatif", "/imports", "/bill", "/prices")
SEARCHES = ("", "?range=2026-11", "?range=last+30d&by=feature")


@dataclass
class Together:
    """A store in use by several at once, until the time is over or somebody met an error."""

    store: Path
    ends_at: float = field(default_factory=lambda: time.monotonic() + SECONDS_TOGETHER)
    failed: threading.Event = field(default_factory=threading.Event)
    files: list[Path] = field(default_factory=list)
    seen: list[int] = field(default_factory=list)

    def rounds(self) -> Iterator[int]:
        """Count rounds from 0 until the time is over; one round is always made."""
        number = 0
        while number == 0 or (time.monotonic() < self.ends_at and not self.failed.is_set()):
            yield number
            number += 1

    def run(self, work: Callable[[Together], None]) -> None:
        try:
            work(self)
        except BaseException:
            self.failed.set()
            raise

    def tollbook(self, *words: object) -> Any:  # noqa: ANN401 - any JSON
        """Run the program, which must end well and complain of nothing; returns its answer."""
        command = (sys.executable, "-m", "tollbook", "--db", self.store, *NOW, *words, "--json")
        found = subprocess.run(
            [*map(str, command)], check=False, capture_output=True, text=True, cwd=ROOT
        )
        assert (found.returncode, "Error" in found.stderr) == (0, False), found.stderr
        return json.loads(found.stdout)

    def calls(self, who: str, number: int, first: int) -> Path:
        """Write a file of calls, which another one may repeat in part."""
        name = f"{who}-{number}.jsonl{'.gz' if number % 3 == 2 else ''}"
        path = self.store.parent / name
        opened = gzip.open if path.suffix == ".gz" else open
        with opened(path, "wt", encoding="utf-8") as out:
            for each in range(first, first + ROWS):
                out.write(json.dumps(call(each)) + "\n")
        self.files.append(path)
        return path


def call(number: int) -> dict[str, Any]:
    """Return the one call of a number, which is the same in whatever file it stands."""
    dice = random.Random(number)
    tokens_in, tokens_out = dice.randint(1_100, 4_000), dice.randint(1, 900)
    return chat(
        number,
        created=NOVEMBER + dice.randrange(19 * 86_400),
        model=dice.choice(list(RATES)),
        usage=counts(tokens_in, tokens_out, dice.randrange(1_024)),
        metadata={"feature": f"feature {number % 7}"},
    )


def importer(who: str, start: int) -> Callable[[Together], None]:
    """Import file after file, each half a repetition of the one before."""

    def work(together: Together) -> None:
        for number in together.rounds():
            path = together.calls(who, number, start + number * ROWS // 2)
            (told,) = together.tollbook("import", path)["files"]
            parts = ("added", "replaced", "duplicate", "set_aside", "without_usage")
            assert told["rows_read"] == ROWS == sum(told[f"rows_{each}"] for each in parts)

    return work


def timer(together: Together) -> None:
    """Read on a timer; calls only ever come, so that none may be gone that was there."""
    for _ in together.rounds():
        together.seen.append(together.tollbook("report")["total"]["requests"])


def watcher(together: Together) -> None:
    """Look at the budget as a timer does; what it has spent only ever grows."""
    spent = [Decimal(0)]
    for _ in together.rounds():
        (budget,) = together.tollbook("alerts", "check")["budgets"]
        spent.append(Decimal(budget["spent"]))
        assert spent[-2] <= spent[-1]


def visitor(port: int, seed: int) -> Callable[[Together], None]:
    def work(together: Together) -> None:
        somebody, dice = Visitor(port), random.Random(seed)
        for number in together.rounds():
            page = PAGES[number % len(PAGES)]
            assert len(somebody.visit(page, dice.choice(SEARCHES))) > 1_000

    return work


def uploader(port: int, start: int) -> Callable[[Together], None]:
    """Hand files in at the page of imports, one in every few seconds."""

    def work(together: Together) -> None:
        somebody = Visitor(port)
        for number in together.rounds():
            job = somebody.upload(together.calls("page", number, start + number * ROWS // 2))
            while (told := somebody.get(f"/api/imports/{job}"))["state"] in {"waiting", "running"}:
                together.failed.wait(0.1)
            assert (told["state"], told["rows"]) == ("done", ROWS), told
            together.failed.wait(1)

    return work


def counted(files: list[Path]) -> dict[str, tuple[int, int, int, Decimal]]:
    """Count the calls of files without the program: requests, tokens and USD by model."""
    calls = {}
    for path in files:
        opened = gzip.open if path.suffix == ".gz" else open
        with opened(path, "rt", encoding="utf-8") as lines:
            calls.update({(each := json.loads(line))["id"]: each for line in lines})
    found = {name: (0, 0, 0, Decimal(0)) for name in RATES}
    for each in calls.values():
        usage, (fresh, cached, written) = each["usage"], RATES[each["model"]]
        tokens_in, tokens_out = usage["prompt_tokens"], usage["completion_tokens"]
        again = usage["prompt_tokens_details"]["cached_tokens"]
        cost = ((tokens_in - again) * fresh + again * cached + tokens_out * written) / 1_000_000
        before = found[each["model"]]
        found[each["model"]] = (
            before[0] + 1, before[1] + tokens_in, before[2] + tokens_out, before[3] + cost,
        )  # fmt: skip
    return {name.removesuffix("-2025-04-14"): each for name, each in found.items()}


def served(store: Path, port: int) -> subprocess.Popen[bytes]:
    """Start the dashboard, what it says going beside the store, and wait until it answers."""
    words = ("--db", store, *NOW, "serve", "--port", port)
    log = store.with_name("serve.log")
    with log.open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "tollbook", *map(str, words)], stderr=said, cwd=ROOT
        )
    ends_at = time.monotonic() + SECONDS_TO_END
    while "Ctrl-C stops it" not in log.read_text():
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < ends_at, "the dashboard did not start"
        threading.Event().wait(0.1)
    return process


def test_importers_the_dashboard_a_reader_and_alerts_at_once_add_up(tmp_path: Path) -> None:
    together, port = Together(tmp_path / "store.duckdb"), free_port()
    (tmp_path / "tollbook.yaml").write_text(BUDGET, encoding="utf-8")
    together.tollbook("import", together.calls("first", 0, 0))
    serving = served(together.store, port)
    try:
        together.ends_at = time.monotonic() + SECONDS_TOGETHER
        work = (
            importer("one", 0), importer("other", ROWS // 4), timer, watcher,
            uploader(port, 100), visitor(port, 1), visitor(port, 2),
        )  # fmt: skip
        with ThreadPoolExecutor(len(work)) as pool:
            for done in [pool.submit(together.run, each) for each in work]:
                done.result()
        overview = Visitor(port).visit("/", "?range=2026-11")
    finally:
        serving.send_signal(signal.SIGINT)
        assert serving.wait(SECONDS_TO_END) == 0
    assert len((tmp_path / "serve.log").read_text().splitlines()) == 1
    wanted = counted(together.files)
    total = together.tollbook("report", "--by", "model")
    assert {row["model"]: parts_of(row) for row in total["rows"]} == wanted
    assert together.seen == sorted(together.seen)
    assert together.seen[-1] <= total["total"]["requests"]
    assert f"November is at {spent(wanted)}" in overview
    (budget,) = together.tollbook("alerts", "check")["budgets"]
    assert Decimal(budget["spent"]) == sum((each[-1] for each in wanted.values()), Decimal(0))


def spent(wanted: dict[str, tuple[int, int, int, Decimal]]) -> str:
    """Return the sum as the overview writes it: in whole dollars from $100."""
    cost = sum((each[-1] for each in wanted.values()), Decimal(0))
    places = Decimal(1) if cost >= 100 else Decimal("0.01")
    return f"${cost.quantize(places, ROUND_HALF_UP):,}"


def parts_of(row: dict[str, Any]) -> tuple[int, int, int, Decimal]:
    tokens = (row["input_tokens"], row["output_tokens"])
    return (row["requests"], *tokens, Decimal(row["cost"]))
