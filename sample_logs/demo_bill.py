"""The demo's bill of October: OpenAI's cost export by day and line item, as CSV.

It charges what really ran, so it knows more than the usage files do: streams whose usage nobody
asked for, answers whose lines are spoiled, and web searches. The rates are those of the bill.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from sample_logs.demo_story import BILLED, FULL, MINI, NANO, SEARCHES_A_WEEKDAY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sample_logs.demo_traffic import Call

MILLION = 1_000_000
USD_PER_MILLION = {
    FULL: ("2", "0.5", "8"),
    MINI: ("0.4", "0.1", "1.6"),
    NANO: ("0.1", "0.025", "0.4"),
}
"""List prices of input, cached input and output, checked 2026-08-21 on OpenAI's price page."""
BATCH_SHARE = Decimal("0.5")
USD_A_SEARCH = Decimal("0.01")
COLUMNS = (
    "start_time", "end_time", "start_time_iso", "end_time_iso", "amount_value", "amount_currency",
    "quantity", "quantity_unit", "line_item",
)  # fmt: skip
A_DAY = timedelta(days=1)


@dataclass(frozen=True, order=True)
class Item:
    """What one line of the bill is for."""

    day: date
    line_item: str
    usd_per_unit: Decimal
    unit: str


def bill_lines(asked: Iterable[Call], at_night: Iterable[Call]) -> list[str]:
    """The lines of the export, its header first."""
    quantities: Counter[Item] = Counter()
    for calls, mode in ((asked, ""), (at_night, "batch")):
        for call in calls:
            quantities.update(_items(call, mode))
    quantities.update(_searches())
    lines = [_line(item, count) for item, count in sorted(quantities.items()) if count]
    return [",".join(COLUMNS), *lines]


def _items(call: Call, mode: str) -> dict[Item, int]:
    day = datetime.fromtimestamp(call.created, UTC).date()
    if f"{day:%Y-%m}" != BILLED:
        return {}
    # In batch, cached input costs what other input costs.
    cached = 0 if mode else call.cached_tokens
    counts = (call.prompt_tokens - cached, cached, call.answer_tokens)
    share = BATCH_SHARE if mode else Decimal(1)
    name = f"{call.model} {mode}".strip()
    return {
        Item(day, f"{name}, {kind}", Decimal(rate) * share / MILLION, "tokens"): count
        for kind, rate, count in zip(
            ("input", "cached input", "output"), USD_PER_MILLION[call.model], counts, strict=True
        )
    }


def _searches() -> Iterator[Item]:
    first = date.fromisoformat(f"{BILLED}-01")
    for number in range(31):
        day = first + number * A_DAY
        if day.weekday() < 5:
            item = Item(day, "web search tool calls", USD_A_SEARCH, "")
            yield from [item] * SEARCHES_A_WEEKDAY


def _line(item: Item, count: int) -> str:
    start = datetime(item.day.year, item.day.month, item.day.day, tzinfo=UTC)
    end = start + A_DAY
    cells = (
        int(start.timestamp()), int(end.timestamp()), start.isoformat(), end.isoformat(),
        f"{item.usd_per_unit * count:.16f}", "usd", f"{count}.0", item.unit,
        f'"{item.line_item}"',
    )  # fmt: skip
    return ",".join(map(str, cells))
