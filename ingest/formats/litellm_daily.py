"""LiteLLM's sums of days: its Daily...Spend tables, ``/user/daily/activity``, and the UI's CSV.

``prompt_tokens`` is all input, read from and written to a cache included; days are UTC.
The UI's CSV has neither model nor provider, so its tokens have no price; its spend is kept
as charges. Its variant by model gives each key's whole total to every model and is not
counted. Read from LiteLLM 1.109 (``proxy/schema.prisma``).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from costmodel.meters import Meter
from ingest.canonical import REQUESTS, Remarks, UsageRow, opened_rows
from ingest.charges import Charge, ChargeKind
from ingest.gateway_rows import (
    GatewayRow,
    Row,
    first_name,
    gateway_rows,
    key_sets,
    most_keys,
    name_of,
    placed,
    plain,
    unpacked,
    values_of,
)
from ingest.group_rows import DAY, GroupRow, faulty, named
from ingest.providers import maker_of, served_by
from ingest.values import Fault, count_of, moment_of, money_of, split_input

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from decimal import Decimal
    from pathlib import Path

    from ingest.projection import ImportOptions, Opened, Sample

TABLE_KEYS: Final = frozenset(("date", "api_requests", "spend"))
ACTIVITY_KEYS: Final = frozenset(("date", "metrics", "breakdown"))
UI_KEYS: Final = frozenset(("date", "spend ($)", "requests"))
USUAL: Final = TABLE_KEYS | {"model", "prompt_tokens", "completion_tokens", "successful_requests"}
GROUPS: Final[Mapping[str, str]] = {
    "model": "model",
    "model_group": "model_group",
    "custom_llm_provider": "provider",
    "api_key": "api_key",
    "team_id": "team",
    "user_id": "user",
    "end_user_id": "customer",
    "organization_id": "organisation",
    "agent_id": "agent",
    "tag": "tag",
    "endpoint": "endpoint",
    "mcp_namespaced_tool_name": "tool",
}
"""Columns of the tables, and how a bucket's grouping names them."""
DIMENSIONS: Final = ("api_key", "team", "user", "customer", "endpoint")
UI_GROUPS: Final = ("team", "team id", "user", "user id", "customer", "organization", "tag")
UI_NAMES: Final[Mapping[str, str]] = {
    "spend ($)": "spend",
    "requests": "api_requests",
    "total tokens": "total_tokens",
    "prompt tokens": "prompt_tokens",
    "completion tokens": "completion_tokens",
    "cache read tokens": "cache_read_input_tokens",
    "cache read input tokens": "cache_read_input_tokens",
    "cache creation tokens": "cache_creation_input_tokens",
    "cache creation input tokens": "cache_creation_input_tokens",
}
SELLER: Final = "litellm"
"""Who served it where the export does not say; the price book has nothing for this name."""
BY_TAG: Final = (
    "the table is by tag: a request with several tags is in it several times, one without is "
    "not; for totals import the table of users or teams instead"
)
UNNAMED: Final = (
    "the CSV names neither model nor provider, so its tokens have no price; its spend is kept as "
    "charges of litellm; do not import it beside the log or a daily table of the same days"
)
EVERY_MODEL: Final = (
    "this CSV gives each key's whole total to every model, so its rows are not true: export "
    "the daily one without models, or the daily table"
)


class LitellmDaily:
    """The format ``litellm_daily``."""

    name = "litellm_daily"

    def claims(self, sample: Sample) -> bool:
        """Tell by the keys of the first rows."""
        marks = (TABLE_KEYS, ACTIVITY_KEYS, UI_KEYS)
        return any(keys >= mark for keys in key_sets(sample) for mark in marks)

    def nearness(self, sample: Sample) -> float:
        """Return the share of the usual keys that a row has."""
        return most_keys(sample, USUAL)

    def open(self, sample: Sample, options: ImportOptions, workspace: Path) -> Opened:
        """Make every group of every day a bucket."""
        days = _Days(options)
        found = [bucket for each in gateway_rows(sample) for bucket in days.buckets(each)]
        remarks = days.remarked(found)
        if not found:
            return opened_rows((), options, workspace, REQUESTS, remarks)
        kinds = {kind: [each for each in found if _kind(each) == kind] for kind in KINDS}
        made = [named(kind, among, remarks) for kind, among in kinds.items() if among]
        given = chain.from_iterable(rows for rows, _ in made)
        in_order = sorted(given, key=lambda each: each.line)
        return opened_rows(in_order, options, workspace, made[0][1], remarks)


KINDS: Final = ("completions", "embeddings")
"""What OpenAI's own exports count apart, so that those and these show the same traffic."""


def _kind(bucket: GroupRow) -> str:
    return KINDS["embed" in (bucket.groups.get("model") or "").lower()]


@dataclass
class _Days:
    """Reads the rows of one file and notes what must be said of them."""

    options: ImportOptions
    remarks: Remarks = field(default_factory=Remarks)
    other_totals: int = 0
    from_ui: bool = False

    def buckets(self, row: GatewayRow) -> Iterator[GroupRow]:
        """Return the buckets of a row, or why it has none."""
        try:
            values = values_of(row)
            if "metrics" in values and "api_requests" not in values:
                yield from self._of_activity(row, values)
            elif "spend ($)" in values:
                yield self._of_ui(row, values)
            else:
                yield self._bucket(row, values)
        except Fault as fault:
            yield faulty(row.line, placed(row, fault))

    def remarked(self, found: list[GroupRow]) -> Remarks:
        """Return the remarks when all rows are read."""
        if self.from_ui:
            self.remarks.notices.append(UNNAMED)
        if any(each.groups.get("tag") for each in found):
            self.remarks.notices.append(BY_TAG)
        if self.other_totals:
            self.remarks.notices.append(
                f"{self.other_totals} sums have parts that do not add up to their total: "
                "the parts were counted"
            )
        return self.remarks

    def _bucket(self, row: GatewayRow, values: Row) -> GroupRow:
        groups = {word: name_of(values.get(name)) for name, word in GROUPS.items()}
        groups["model"] = groups["model"] or groups["model_group"]
        maker = maker_of(groups["model"])
        provider, model = served_by(groups["provider"], groups["model"], maker)
        tokens = [_count(values, f"{kind}_tokens") for kind in ("prompt", "completion")]
        total = _count(values, "total_tokens")
        self.other_totals += total not in {0, sum(tokens)}
        cost = money_of("spend", plain(values.get("spend")))
        tag, colon, value = (groups["tag"] or "").partition(":")
        usage = UsageRow(
            time=_day(values),
            model=model or None,
            meters=_meters(values, cost),
            provider=provider,
            requests=_count(values, "api_requests"),
            dimensions={
                **{name: groups.get(name) for name in DIMENSIONS},
                "feature": value.strip() or None if colon and tag == "feature" else None,
            },
            reported_cost=cost,
        )
        return GroupRow(row.line, usage, groups)

    def _of_activity(self, row: GatewayRow, values: Row) -> Iterator[GroupRow]:
        """Return a bucket for each model of a day, or one for the day where none is named."""
        metrics = _object("metrics", values)
        models = _object("models", _object("breakdown", values))
        if not models:
            yield self._bucket(row, {**metrics, "date": values.get("date")})
            return
        parts = [
            {**_object("metrics", each or {}, each), "model": name, "date": values.get("date")}
            for name, each in models.items()
        ]
        names = ("prompt_tokens", "completion_tokens")
        sums = [sum(_silent(part, name) for part in parts) for name in names]
        self.other_totals += sums != [_silent(metrics, name) for name in names]
        for part in parts:
            where = ", ".join(each for each in (row.where, f"model {part['model']}") if each)
            named_part = GatewayRow(row.line, where, part)
            yield from self.buckets(replace(named_part, values={"api_requests": 0, **part}))

    def _of_ui(self, row: GatewayRow, values: Row) -> GroupRow:
        self.from_ui = True
        if name_of(values.get("model")) is not None:
            raise Fault(EVERY_MODEL)
        sums = {UI_NAMES[key]: value for key, value in values.items() if key in UI_NAMES}
        team = first_name(values.get("team"), values.get("team id"))
        bucket = self._bucket(row, {**sums, "date": values.get("date"), "team_id": team})
        usage = bucket.row
        if isinstance(usage, Fault):
            return bucket
        groups = {name: name_of(values.get(name)) for name in UI_GROUPS}
        user, customer = groups["user"] or groups["user id"], groups["customer"]
        dimensions = {**usage.dimensions, "user": user, "customer": customer}
        seller = self.options.provider or SELLER
        made = replace(usage, provider=seller, dimensions=dimensions, reported_cost=None)
        self._charge(row.line, made, usage.reported_cost, team)
        return GroupRow(row.line, made, groups)

    def _charge(self, line: int, usage: UsageRow, spend: Decimal | None, team: str | None) -> None:
        """Keep the spend as a charge; a team's name that holds an address is left out."""
        if not spend or usage.time is None:
            return
        self.remarks.charges.append(
            Charge(
                line=line,
                provider=usage.provider,
                start=usage.time,
                end=usage.time + timedelta(seconds=DAY),
                kind=ChargeKind.USAGE,
                amount=spend,
                currency="USD",
                team=None if team is None or "@" in team else team,
                grouping="litellm:team" if team else "litellm:",
            )
        )


def _day(values: Row) -> datetime | None:
    moment = moment_of("date", name_of(values.get("date")))
    return moment and datetime(moment.year, moment.month, moment.day, tzinfo=UTC)


def _meters(values: Row, cost: Decimal | None) -> Mapping[Meter, int]:
    """Return the tokens of a sum; spend without any token is for something else than tokens."""
    parts = {
        Meter.CACHED_INPUT: _count(values, "cache_read_input_tokens"),
        Meter.CACHE_WRITE: _count(values, "cache_creation_input_tokens"),
    }
    uncached = split_input(_count(values, "prompt_tokens"), parts)
    output = _count(values, "completion_tokens")
    meters = {Meter.INPUT: uncached, **parts, Meter.OUTPUT: output}
    return {} if cost and not any(meters.values()) else meters


def _count(values: Mapping[str, Any], name: str) -> int:
    return count_of(name, plain(values.get(name)))


def _silent(values: Mapping[str, Any], name: str) -> int:
    """Return a count that is checked elsewhere, 0 for one that cannot be right."""
    try:
        return _count(values, name)
    except Fault:
        return 0


def _object(name: str, values: object, otherwise: object = None) -> dict[str, Any]:
    """Return the object of this name.

    Raises:
        Fault: There is something else.
    """
    found = values.get(name, otherwise) if isinstance(values, dict) else otherwise
    found = unpacked(name, found)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise Fault(f"{name} is no object with keys")
    return found
