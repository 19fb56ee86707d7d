"""OpenRouter's activity: the log by generation and ``/generation`` objects, and sums of days.

Prompt tokens are all input, cached ones included; OpenRouter says that its cached tokens
can exceed them, so those are cut to the prompt. Reasoning is inside of the completion. The
bill is on a provider's own tokens, which ``/generation`` calls ``native_tokens_...``. Days
come as the chart's CSV and as the API's ``/activity``; times are UTC. Read from the PyPI
package openrouter 1.3.84 (``activityitem.py``, ``generationresponse.py``).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from costmodel.meters import Meter
from ingest.canonical import REQUESTS, Remarks, UsageRow, opened_rows
from ingest.gateway_rows import (
    Row,
    first_name,
    gateway_rows,
    given_rows,
    key_sets,
    most_keys,
    name_of,
    placed,
    plain,
    values_of,
)
from ingest.group_rows import GroupRow, faulty, named
from ingest.providers import served_by
from ingest.values import Fault, count_of, moment_of, money_of, number_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from ingest.canonical import Given
    from ingest.gateway_rows import GatewayRow
    from ingest.projection import ImportOptions, Opened, Sample

SELLER: Final = "openrouter"
"""Whose account the traffic ran on, and the provider of models of a maker we do not know."""
LOG_KEYS: Final = frozenset(("generation_id", "model_permaslug", "tokens_prompt"))
GENERATION_KEYS: Final = (
    frozenset(("id", "total_cost", "tokens_prompt")),
    frozenset(("id", "total_cost", "native_tokens_prompt")),
)
CHART_KEYS: Final = frozenset(("date", "slug", "usage", "requests"))
DAY_KEYS: Final = frozenset(("date", "model_permaslug", "requests"))
USUAL: Final = LOG_KEYS | {"created_at", "cost_total", "tokens_completion", "tokens_cached"}
MAKERS_PRICE: Final = (
    "priced at the list price of the model's maker, whichever provider OpenRouter chose; "
    "what OpenRouter charged is kept beside it as the reported cost"
)
NO_CACHED: Final = "the chart does not say what was cached: all input is priced as uncached"
PROMPT: Final = ("native_tokens_prompt", "tokens_prompt", "prompt_tokens", "prompt tokens")
COMPLETION: Final = (
    "native_tokens_completion", "tokens_completion", "completion_tokens", "completion tokens",
)  # fmt: skip
REASONING: Final = (
    "native_tokens_reasoning", "tokens_reasoning", "reasoning_tokens", "reasoning tokens",
)  # fmt: skip
CACHED: Final = ("native_tokens_cached", "tokens_cached", "cached_tokens", "cached tokens")
IMAGES: Final = ("native_tokens_completion_images",)
COST: Final = ("cost_total", "total_cost", "usage")
OWN_KEY_COST: Final = ("byok_usage_inference", "byok usage")
MODEL: Final = ("model_permaslug", "slug", "model")
GROUPS: Final = ("provider_name", "endpoint_id", "workspace_id", "api_key_name", "user")


class Openrouter:
    """The format ``openrouter``."""

    name = "openrouter"

    def claims(self, sample: Sample) -> bool:
        """Tell by the keys of the first rows."""
        marks = (LOG_KEYS, *GENERATION_KEYS, CHART_KEYS, DAY_KEYS)
        return any(keys >= mark for keys in key_sets(sample) for mark in marks)

    def nearness(self, sample: Sample) -> float:
        """Return the share of the usual keys that a row has."""
        return most_keys(sample, USUAL)

    def open(self, sample: Sample, options: ImportOptions, workspace: Path) -> Opened:
        """Make every generation a request, or every group of every day a bucket.

        The traffic is that of an organisation of its own: it is no part of what the
        maker's own exports show, so the ledger must read both.
        """
        activity = _Activity()
        if any(keys >= mark for keys in key_sets(sample) for mark in (CHART_KEYS, DAY_KEYS)):
            found = [activity.day(each) for each in gateway_rows(sample)]
            given, view = named(SELLER, found, activity.remarks)
            has_cached = any(keys & {*CACHED} for keys in key_sets(sample))
            activity.remarks.assumptions += [] if has_cached else [NO_CACHED]
            opened = opened_rows(given, options, workspace, view, activity.remarked())
        else:
            given = activity.generations(sample)
            opened = opened_rows(given, options, workspace, REQUESTS, activity.remarks)
        return replace(opened, projection=replace(opened.projection, organisation=SELLER))


@dataclass
class _Activity:
    """Reads the rows of one file and counts what must be said of them."""

    remarks: Remarks = field(default_factory=Remarks)
    cut: int = 0
    on_own_key: int = 0

    def generations(self, sample: Sample) -> Iterator[Given]:
        yield from given_rows(gateway_rows(sample), self._generation)
        self.remarked()

    def day(self, row: GatewayRow) -> GroupRow:
        try:
            values = values_of(row)
            moment = moment_of("date", name_of(values.get("date")))
            usage = self._row(
                values,
                time=moment and datetime(moment.year, moment.month, moment.day, tzinfo=UTC),
                requests=_count(values, ("requests",)),
            )
        except Fault as fault:
            return faulty(row.line, placed(row, fault))
        groups = {name: name_of(values.get(name)) for name in GROUPS}
        return GroupRow(row.line, usage, {**groups, "model": _slug(values)})

    def remarked(self) -> Remarks:
        """Return the remarks when all rows are read."""
        self.remarks.assumptions.insert(0, MAKERS_PRICE)
        if self.cut:
            self.remarks.notices.append(
                f"{self.cut} rows have more cached tokens than prompt tokens, as OpenRouter says "
                "can be: all of their input counts as cached"
            )
        if self.on_own_key:
            self.remarks.notices.append(
                f"{self.on_own_key} rows ran on your own key of a provider, who bills and exports "
                "them too: beside that export they count a second time"
            )
        return self.remarks

    def _generation(self, values: Row) -> UsageRow:
        row = self._row(values, time=moment_of("created_at", name_of(values.get("created_at"))))
        return replace(
            row,
            id=first_name(values.get("generation_id"), values.get("id")),
            tier=name_of(values.get("service_tier")),
            measures=_measures(values),
        )

    def _row(self, values: Row, *, time: datetime | None, requests: int = 1) -> UsageRow:
        provider, model = served_by(None, _slug(values), SELLER)
        cost = self._cost(values)
        meters = self._meters(values)
        reasoning, output = _count(values, REASONING), _count(values, COMPLETION)
        if reasoning > output:
            raise Fault(f"{reasoning} reasoning tokens are more than the {output} output tokens")
        return UsageRow(
            time=time,
            model=model or None,
            meters={} if cost and not any(meters.values()) else meters,
            provider=provider,
            requests=requests,
            dimensions={
                "api_key": name_of(values.get("api_key_name")),
                "user": first_name(values.get("user"), values.get("external_user")),
                "session": name_of(values.get("session_id")),
                "project": first_name(values.get("workspace_id"), values.get("app_name")),
            },
            reasoning_tokens=reasoning,
            reported_cost=cost,
        )

    def _meters(self, values: Row) -> Mapping[Meter, int]:
        prompt, cached, output, images = (
            _count(values, names) for names in (PROMPT, CACHED, COMPLETION, IMAGES)
        )
        if images > output:
            raise Fault(f"{images} picture tokens are more than the {output} output tokens")
        self.cut += cached > prompt
        cached = min(cached, prompt)
        return {
            Meter.INPUT: prompt - cached,
            Meter.CACHED_INPUT: cached,
            Meter.OUTPUT: output - images,
            Meter.OUTPUT_IMAGE: images,
        }

    def _cost(self, values: Row) -> Decimal | None:
        """Return what a row cost, with what the provider billed to a key of one's own."""
        charged = _money(values, COST)
        names: tuple[str, ...] = OWN_KEY_COST
        if str(values.get("is_byok")).lower() == "true":
            names = ("upstream_inference_cost", *OWN_KEY_COST)
        elsewhere = _money(values, names)
        if not elsewhere:
            return charged
        self.on_own_key += 1
        return elsewhere + (charged or Decimal(0))


def _slug(values: Row) -> str | None:
    """Return the model; a free variant has the price of its maker's model in no way."""
    slug = first_name(*(values.get(name) for name in MODEL))
    free = name_of(values.get("variant")) == "free"
    return f"{slug}:free" if slug and free and not slug.endswith(":free") else slug


def _count(values: Row, names: tuple[str, ...]) -> int:
    """Return the first count that the row has."""
    given = ((name, plain(values.get(name))) for name in names)
    return next((count_of(name, value) for name, value in given if value is not None), 0)


def _money(values: Row, names: tuple[str, ...]) -> Decimal | None:
    given = ((name, plain(values.get(name))) for name in names)
    return next((money_of(name, value) for name, value in given if value is not None), None)


def _measures(values: Row) -> dict[str, float | str | None]:
    milliseconds = [
        number_of(name, plain(values.get(name)))
        for name in ("generation_time_ms", "latency", "generation_time", "time_to_first_token_ms")
    ]
    *whole, first = (None if each is None else each / 1_000 for each in milliseconds)
    cancelled = str(values.get("cancelled")).lower() == "true"
    ended = first_name(values.get("finish_reason_normalized"), values.get("finish_reason"))
    return {
        "latency_seconds": next((each for each in whole if each is not None), None),
        "time_to_first_token_seconds": first,
        "status": "cancelled" if cancelled else ended,
    }
