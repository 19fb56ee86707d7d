"""The log of Azure API Management's gateway for models: the table ApiManagementGatewayLlmLog.

As CSV of the portal, as answers of the query API, or as objects by line. PromptTokens are
all input; the log has no cached tokens, so its cost is an upper bound. A request with a
long body stands in several rows by SequenceNumber: only the one with a DeploymentName counts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from costmodel.meters import Meter
from ingest.canonical import REQUESTS, Given, Remarks, UsageRow, opened_rows
from ingest.csv_records import header_of
from ingest.providers import served_by
from ingest.table_documents import is_json, plain_name, table_records
from ingest.values import Fault, count_of, moment_of, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from ingest.csv_records import Record
    from ingest.projection import ImportOptions, Opened, Sample

TOKENS: Final = frozenset(("prompttokens", "completiontokens", "deploymentname"))
ROWS: Final = frozenset(("correlationid", "sequencenumber"))
USUAL: Final = TOKENS | ROWS
TIMES: Final = ("timegenerated", "timegenerated[utc]", "timegenerated[localtime]", "time")
PORTAL_TIME: Final = re.compile(r"\d{1,2}/\d{1,2}/\d{4}, .*")
"""How the portal writes a time: ``11/30/2026, 8:00:00.123 AM``."""
UPPER_BOUND: Final = (
    "the log has no cached tokens: all input is priced as uncached, the cost is an upper bound"
)
NO_ZONE: Final = "the log names neither zone nor service tier: priced as global and standard"


class AzureApim:
    """The format ``azure_apim``."""

    name = "azure_apim"

    def claims(self, sample: Sample) -> bool:
        """Tell by the columns: tokens, a deployment, and what joins the rows of a request."""
        names = _columns(sample)
        return names >= TOKENS and bool(names & ROWS)

    def nearness(self, sample: Sample) -> float:
        """Return the share of the columns that every such log has."""
        return len(_columns(sample) & USUAL) / len(USUAL)

    def open(self, sample: Sample, options: ImportOptions, workspace: Path) -> Opened:
        """Make a request of every row with a deployment."""
        remarks = Remarks()
        given = _given(table_records(sample), options, remarks)
        # A deployment's model is looked up here: a ModelName is no deployment.
        served = replace(options, deployments={})
        return opened_rows(given, served, workspace, REQUESTS, remarks)


def _columns(sample: Sample) -> set[str]:
    if not is_json(sample.text):
        return {plain_name(name) for name in header_of(sample)}
    text = sample.text.lower()
    return {name for name in USUAL if f'"{name}"' in text}


@dataclass
class _Seen:
    """Which requests the log has: with their first row, and in rows that follow one."""

    first: set[str] = field(default_factory=set)
    following: set[str] = field(default_factory=set)
    rows_following: int = 0


def _given(records: Iterable[Record], options: ImportOptions, remarks: Remarks) -> Iterator[Given]:
    seen, rows = _Seen(), 0
    for rows, record in enumerate(records, start=1):  # noqa: B007 - counts to the end
        try:
            row = _row(record.cells, options, seen)
        except Fault as fault:
            yield Given(record.line, fault)
        else:
            yield Given(record.line, row)
    remarks.notices += _notices(seen, rows)
    if seen.first:
        remarks.assumptions += [UPPER_BOUND, NO_ZONE]


def _row(cells: Mapping[str, Any] | Fault, options: ImportOptions, seen: _Seen) -> UsageRow | None:
    """Return the request of a row, None for one that continues a request.

    Raises:
        Fault: It is no row of the log, or has counts that cannot be right.
    """
    if isinstance(cells, Fault):
        raise cells
    request = text_of(cells.get("correlationid"))
    deployment = text_of(cells.get("deploymentname"))
    if deployment is None:
        if request is None:
            raise Fault("no row of the log: neither a DeploymentName nor a CorrelationId")
        seen.following.add(request)
        seen.rows_following += 1
        return None
    model = text_of(cells.get("modelname")) or options.deployments.get(deployment, deployment)
    provider, served = served_by("azure", model)
    row = UsageRow(
        time=_time(cells, options.tz),
        model=served,
        meters=_meters(cells),
        id=request or text_of(cells.get("requestid")),
        provider=provider,
        dimensions={"api_key": text_of(cells.get("apimsubscriptionid"))},
    )
    seen.first.add(request or deployment)
    return row


def _meters(cells: Mapping[str, Any]) -> dict[Meter, int]:
    """Return the tokens; none where the log has no count, as of a stream without usage.

    Raises:
        Fault: A count cannot be right, or the total is not their sum.
    """
    names = ("PromptTokens", "CompletionTokens", "TotalTokens")
    given = {name: cells.get(name.lower()) for name in names}
    counts = {name: count_of(name, value) for name, value in given.items()}
    prompt, completion, total = counts.values()
    if text_of(given["TotalTokens"]) is not None and total != prompt + completion:
        raise Fault(f"TotalTokens is {total}, not {prompt} prompt and {completion} completion")
    streamed = (text_of(cells.get("isstreamcompletion")) or "").lower() in {"true", "1"}
    unknown = all(text_of(value) is None for value in given.values())
    if unknown or (streamed and not prompt + completion):
        return {}
    return {Meter.INPUT: prompt, Meter.OUTPUT: completion}


def _time(cells: Mapping[str, Any], tz: str) -> datetime | None:
    """Return the time of a row: UTC where no zone is given, except in the portal's local time."""
    name, value = next(
        ((each, cells[each]) for each in TIMES if text_of(cells.get(each)) is not None), ("", None)
    )
    zone = tz if name.endswith("[localtime]") else "UTC"
    if isinstance(value, str) and PORTAL_TIME.fullmatch(value.strip()):
        value = _portal_time(value.strip())
    return moment_of("TimeGenerated", value, zone)


def _portal_time(text: str) -> str:
    for form in ("%m/%d/%Y, %I:%M:%S.%f %p", "%m/%d/%Y, %I:%M:%S %p", "%m/%d/%Y, %H:%M:%S"):
        try:
            return datetime.strptime(text, form).isoformat()  # noqa: DTZ007 - the zone follows
        except ValueError:
            continue
    return text


def _notices(seen: _Seen, rows: int) -> list[str]:
    found = [] if rows else ["the log holds no rows: it covers a time without requests"]
    if seen.rows_following:
        found.append(
            f"{seen.rows_following} rows continue the text of a request: they hold no tokens of "
            "their own"
        )
    missing = len(seen.following - seen.first)
    if missing:
        found.append(
            f"the first rows of {missing} requests, which hold their tokens, are not in the file: "
            "export them too"
        )
    return found
