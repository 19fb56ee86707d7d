"""Aider's analytics log: JSON lines of events, usage in those called ``message_send``.

Prompt tokens are all input; how much of it was cached stands nowhere, so that costs are an
upper bound. What Aider says a message cost is its own guess and only kept beside.
Source: Aider's analytics (facts 2.11).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from costmodel.meters import Meter
from ingest.canonical import Remarks, UsageRow, opened_rows
from ingest.files import first_objects
from ingest.json_objects import given_objects, member, share_of_keys, word_of
from ingest.providers import maker_of, served_by
from ingest.values import Fault, count_of, moment_of, money_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from ingest.canonical import Given
    from ingest.projection import ImportOptions, Opened, Sample

SENT: Final = "message_send"
MARKS: Final = frozenset(("main_model", "aider_version", "edit_format"))
COUNTS: Final = ("prompt_tokens", "completion_tokens", "total_tokens")
UPPER_BOUND: Final = (
    "Aider does not say which tokens were cached: all input counts as uncached, so costs are at "
    "most what is shown"
)
TOKENS_PER_DOLLAR: Final = 1_000
"""Fewer tokens for a dollar are taken for a mistake: no model has ever cost that much."""
FIRST: Final = 100


class Aider:
    """The format ``aider``."""

    name = "aider"

    def claims(self, sample: Sample) -> bool:
        """Tell by events with what Aider notes of them."""
        return any(_is_event(each) for each in first_objects(sample, FIRST))

    def nearness(self, sample: Sample) -> float:
        """Return the share of the usual keys that the first lines show."""
        usual = {"event", "properties", "time", "user_id"}
        return share_of_keys(sample, usual)

    def open(self, sample: Sample, options: ImportOptions, workspace: Path) -> Opened:
        """Make every message a row; other events are read and have no usage."""
        remarks = Remarks()
        return opened_rows(_rows(sample, remarks), options, workspace, remarks=remarks)


def _is_event(line: Mapping[str, Any]) -> bool:
    properties = line.get("properties")
    return (
        isinstance(line.get("event"), str)
        and isinstance(properties, dict)
        and not MARKS.isdisjoint(properties)
    )


@dataclass
class _Absurd:
    """Costs that cannot be right, with the largest of them."""

    rows: int = 0
    largest: Decimal = Decimal(0)

    def note(self, cost: Decimal | None, tokens: int) -> None:
        """Count a cost that is too large for its tokens."""
        if cost is not None and cost > Decimal(tokens) / TOKENS_PER_DOLLAR:
            self.rows += 1
            self.largest = max(self.largest, cost)


def _rows(sample: Sample, remarks: Remarks) -> Iterator[Given]:
    messages, absurd = 0, _Absurd()
    for each in given_objects(sample, _row):
        if isinstance(each.row, UsageRow):
            messages += 1
            absurd.note(each.row.reported_cost, sum(each.row.meters.values()))
        yield each
    if messages:
        remarks.assumptions.append(UPPER_BOUND)
    else:
        remarks.notices.append("the log holds no messages to a model: nothing was imported")
    if absurd.rows:
        rows = "1 row claims" if absurd.rows == 1 else f"{absurd.rows} rows claim"
        remarks.notices.append(
            f"{rows} a cost that no model has, the largest "
            f"{absurd.largest:,.2f} USD: it is kept beside and counts nowhere"
        )


def _row(line: dict[str, Any]) -> UsageRow | None:
    """Return the row of a message, None for any other event."""
    if word_of(line, "event") is None:
        raise Fault("no event")
    if line["event"] != SENT:
        return None
    properties = member(line, "properties")
    provider, model = _served(word_of(properties, "main_model"))
    prompt, completion, total = (count_of(name, properties.get(name)) for name in COUNTS)
    if properties.get("total_tokens") is not None and total != prompt + completion:
        raise Fault(f"{prompt} and {completion} tokens are not the {total} of total_tokens")
    return UsageRow(
        time=moment_of("time", line.get("time")),
        model=model,
        meters={Meter.INPUT: prompt, Meter.OUTPUT: completion},
        provider=provider,
        dimensions={
            "variant": word_of(properties, "edit_format"),
            "user": word_of(line, "user_id"),
        },
        reported_cost=money_of("cost", properties.get("cost")) or None,
    )


def _served(name: str | None) -> tuple[str, str]:
    """Return provider and model of a name as LiteLLM writes it, with the provider in front."""
    if name is None or name == "None":
        raise Fault("main_model is not given: no model was named")
    provider, model = served_by(None, name, otherwise="")
    if provider:
        return provider, model
    head, slash, rest = model.partition("/")
    return (head.lower(), rest) if slash and rest else (maker_of(model), model)
