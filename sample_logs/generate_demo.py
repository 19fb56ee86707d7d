"""Writes the usage of a made-up company for the demo, JSON Lines of API responses, and a bill.

Run `python -m sample_logs.generate_demo` from the top of the repository. Two runs write the same
bytes. No price is known here; the bill's are in `demo_bill`.
"""

from __future__ import annotations

import gzip
import json
import sys
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from sample_logs.demo_bill import bill_lines
from sample_logs.demo_story import (
    BILLED,
    EXPIRED_IN,
    FAULTS,
    FULL,
    MINI,
    MONTHS,
    NANO,
    OVERLAP,
    REPETITIONS,
    TRIAL_MODEL,
    UNMETERED,
)
from sample_logs.demo_traffic import Call, all_calls, call_id, letters, seeded

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

LONGER = 240
FINGERPRINTS = {FULL: "fp_51e1070cf2", MINI: "fp_6f2eabb9a5", NANO: "fp_38343a2f8f"}


def usage_object(call: Call) -> dict[str, object]:
    """The `usage` of a response: cached is part of the prompt, reasoning part of the completion."""
    return {
        "prompt_tokens": call.prompt_tokens,
        "completion_tokens": call.answer_tokens,
        "total_tokens": call.prompt_tokens + call.answer_tokens,
        "prompt_tokens_details": {"cached_tokens": call.cached_tokens, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
    }


def response_object(call: Call) -> dict[str, object]:
    """A Chat Completions response without its texts."""
    return {
        "id": call.call_id,
        "object": "chat.completion",
        "created": call.created,
        "model": call.model,
        "service_tier": None if call.model == TRIAL_MODEL else "default",
        "system_fingerprint": FINGERPRINTS.get(call.model),
        "usage": usage_object(call),
        "metadata": call.metadata,
    }


def stream_end(call: Call) -> dict[str, object]:
    """The last chunk of a stream that did not ask for usage."""
    chunk = response_object(call)
    choices = [{"index": 0, "delta": {}, "finish_reason": "stop"}]
    return {**chunk, "object": "chat.completion.chunk", "usage": None, "choices": choices}


def batch_line(call: Call, number: int) -> dict[str, object]:
    """A line of a Batch output file; the envelope alone tells that the tier is batch."""
    chance = seeded("envelope", call.call_id)
    day = datetime.fromtimestamp(call.created, UTC).date()
    body = response_object(call)
    answer = {"status_code": 200, "request_id": "req_" + letters(chance, 12), "body": body}
    return {
        "id": "batch_req_" + letters(chance, 16),
        "custom_id": f"{call.workload.feature}-{day}-{number:05d}",
        "response": answer,
        "error": None,
    }


def text(line: dict[str, object]) -> str:
    """One line of a JSON Lines file, without its end."""
    return json.dumps(line, separators=(",", ":"))


def faulty(call: Call, fault: str) -> str:
    """A line that an import has to set aside."""
    line = response_object(call)
    if fault == "cut":
        return text(line)[: 200 + call.created % 150]
    if fault == "untimed":
        del line["created"]
    elif fault == "negative":
        line["usage"] = usage_object(replace(call, answer_tokens=-call.answer_tokens))
    elif fault == "cached above input":
        line["usage"] = usage_object(replace(call, cached_tokens=call.prompt_tokens + 512))
    return text(line)


@dataclass(frozen=True)
class Flaw:
    """A line to add after the line at a place, and what ran that no other line tells."""

    place: int
    line: str
    ran: Call | None = None


def flaws(month: str, calls: list[Call]) -> Iterator[Flaw]:
    """Lines to add to a month's export."""
    chance = seeded("flaws", month)
    for fault in FAULTS[month]:
        place = int(chance.random() * len(calls))
        call = renamed(calls[place], chance)
        yield Flaw(place, faulty(call, fault), call)
    for number in range(REPETITIONS):
        place = int(chance.random() * len(calls))
        yield repetition(place, calls[place], longer=0 if number else LONGER)
    for _ in range(UNMETERED[month]):
        place = int(chance.random() * len(calls))
        call = renamed(calls[place], chance)
        yield Flaw(place, text(stream_end(call)), call)


def repetition(place: int, call: Call, *, longer: int) -> Flaw:
    """The same response once more, its answer perhaps longer, as a second export saw it."""
    again = replace(call, answer_tokens=call.answer_tokens + longer)
    rest = replace(call, prompt_tokens=0, cached_tokens=0, answer_tokens=longer)
    return Flaw(place + 15, text(response_object(again)), rest if longer else None)


def renamed(call: Call, chance: Random) -> Call:
    """The call under an identifier of its own."""
    return replace(call, call_id=call_id(call.created, chance))


def with_flaws(month: str, calls: list[Call]) -> list[str]:
    """The lines of a month's export, flaws among them."""
    added: dict[int, list[str]] = {}
    for flaw in flaws(month, calls):
        added.setdefault(min(flaw.place, len(calls) - 1), []).append(flaw.line)
    return [
        line
        for place, call in enumerate(calls)
        for line in (text(response_object(call)), *added.get(place, ()))
    ]


def within(calls: list[Call], month: str, overlap: timedelta) -> list[Call]:
    """The calls of a month, and those shortly before it that its export repeats."""
    first = datetime.strptime(month, "%Y-%m").replace(tzinfo=UTC)
    after = (first + timedelta(days=32)).replace(day=1)
    began = (first - overlap).timestamp()
    return [call for call in calls if began <= call.created < after.timestamp()]


def batch_lines(month: str, calls: list[Call]) -> list[str]:
    """The lines of a month's Batch output; some requests of October were never run."""
    lines = [text(batch_line(call, number)) for number, call in enumerate(calls)]
    if month != EXPIRED_IN:
        return lines
    error = {"code": "batch_expired", "message": "not run within 24h"}
    expired = {
        "id": "batch_req_" + letters(seeded("expired"), 16),
        "custom_id": "summaries-expired",
    }
    return [*lines, *(text({**expired, "response": None, "error": error}) for _ in range(2))]


def demo_files() -> Iterator[tuple[str, list[str]]]:
    """Each file of the demo: its name and its lines."""
    asked, at_night = all_calls(batch=False), all_calls(batch=True)
    for month in MONTHS:
        yield f"{month}.jsonl.gz", with_flaws(month, within(asked, month, OVERLAP))
        yield f"batch-{month}.jsonl.gz", batch_lines(month, within(at_night, month, timedelta(0)))
    hidden = [flaw.ran for flaw in flaws(BILLED, within(asked, BILLED, OVERLAP)) if flaw.ran]
    yield f"costs-{BILLED}.csv", bill_lines([*asked, *hidden], at_night)


def write_gzip(path: Path, lines: list[str]) -> None:
    """Write the lines compressed, without the name and time that gzip would add."""
    with path.open("wb") as target, gzip.GzipFile("", "wb", 9, target, mtime=0) as packed:
        packed.write("".join(f"{line}\n" for line in lines).encode())


def main(folder: Path) -> None:
    """Write every file of the demo into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, lines in demo_files():
        if name.endswith(".gz"):
            write_gzip(folder / name, lines)
        else:
            (folder / name).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "demo")
