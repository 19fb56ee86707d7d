"""Points of Azure Monitor's metrics: one number of one metric in one stretch of time.

Read from JSON of the metrics API (``value``, or ``values`` of its batch), or from tables
with a point a line (``MetricName``, ``Total``) or a column for each metric.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ingest.json_documents import UNREADABLE
from ingest.table_documents import plain_name
from ingest.values import Fault, count_of, moment_of, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

PROMPT: Final = "ProcessedPromptTokens"
GENERATED: Final = "GeneratedTokens"
REQUESTS: Final = "AzureOpenAIRequests"
ALL_TOKENS: Final = "TokenTransaction"
METRICS: Final[Mapping[str, str]] = {
    "processedprompttokens": PROMPT,
    "generatedtokens": GENERATED,
    "generatedcompletiontokens": GENERATED,
    "azureopenairequests": REQUESTS,
    "tokentransaction": ALL_TOKENS,
    "processedinferencetokens": ALL_TOKENS,
}
"""Metrics by their name in the API and in the portal; others are left out and named."""

DEPLOYMENT: Final = "modeldeploymentname"
DIMENSIONS: Final = (
    DEPLOYMENT, "modelname", "modelversion", "servicetierresponse", "resource",
)  # fmt: skip
"""What tells buckets apart; over other dimensions, as a status, points are summed."""
RESOURCES: Final = ("resource", "resourceid")
TIMES: Final = ("timestamp", "timegenerated", "timegenerated[utc]", "time")
TOTALS: Final = ("total", "sum")
OTHER_SUMS: Final = ("average", "minimum", "maximum", "count")
GRAIN: Final = re.compile(r"P(?:([0-9]+)D)?(?:T(?:([0-9]+)H)?(?:([0-9]+)M)?)?")


@dataclass(frozen=True, slots=True)
class Point:
    """A number of a metric; ``width`` in seconds, None where the export does not say.

    A total that cannot be right spoils the bucket that it belongs to, so it is kept as a fault.
    """

    line: int
    metric: str
    start: datetime
    width: int | None
    dimensions: tuple[str | None, ...]
    total: int | Fault


@dataclass(frozen=True, slots=True)
class Left:
    """What holds no point of ours: another metric by its name, or a fault."""

    line: int
    why: str | Fault


def points_of_document(line: int, document: object) -> Iterator[Point | Left]:
    """Return the points of an answer of the metrics API."""
    if document is UNREADABLE:
        yield Left(line, Fault("cannot be read as JSON"))
        return
    answers = document.get("values") if isinstance(document, dict) else None
    for answer in answers if isinstance(answers, list) else [document]:
        metrics = answer.get("value") if isinstance(answer, dict) else None
        if not isinstance(answer, dict) or not isinstance(metrics, list):
            yield Left(line, Fault("no answer with a list of metrics"))
            continue
        shared = {"grain": answer.get("interval"), "resource": answer.get("resourceid")}
        for metric in metrics:
            yield from _points_of_metric(line, metric, shared)


def points_of_cells(line: int, cells: Mapping[str, Any]) -> Iterator[Point | Left]:
    """Return the points of a line of a table, by its plain names."""
    if "metricname" in cells:
        yield _point(line, str(cells["metricname"]), cells)
        return
    for name in cells:
        if name in METRICS:
            value = text_of(cells[name])
            yield _point(line, name, {**cells, "total": "0" if value is None else value})


def _points_of_metric(
    line: int, metric: object, shared: Mapping[str, object]
) -> Iterator[Point | Left]:
    name = _name(metric.get("name")) if isinstance(metric, dict) else None
    series = metric.get("timeseries") if isinstance(metric, dict) else None
    if name is None or not isinstance(series, list):
        yield Left(line, Fault("a metric without a name or a list of timeseries"))
    elif plain_name(name) not in METRICS:
        yield Left(line, name)
    else:
        for each in series:
            yield from _points_of_series(line, name, each, shared)


def _points_of_series(
    line: int, name: str, series: object, shared: Mapping[str, object]
) -> Iterator[Point | Left]:
    data = series.get("data") if isinstance(series, dict) else None
    if not isinstance(series, dict) or not isinstance(data, list):
        yield Left(line, Fault(f"{name}: a timeseries without a list of data"))
        return
    given = series.get("metadatavalues")
    split = {
        plain_name(key): each.get("value")
        for each in (given if isinstance(given, list) else [])
        if isinstance(each, dict) and (key := _name(each.get("name"))) is not None
    }
    for point in data:
        if isinstance(point, dict):
            plain = {plain_name(key): value for key, value in point.items()}
            yield _point(line, name, {**shared, **split, **plain})
        else:
            yield Left(line, Fault(f"{name}: a point that is no object"))


def _name(given: object) -> str | None:
    """Return a name: a text, or an object with a ``value``."""
    value = given.get("value") if isinstance(given, dict) else given
    return value if isinstance(value, str) and value else None


def _point(line: int, name: str, values: Mapping[str, Any]) -> Point | Left:
    metric = METRICS.get(plain_name(name))
    if metric is None:
        return Left(line, name)
    named = {**values, "resource": _first(values, RESOURCES)}
    dimensions = tuple(_label(named.get(each)) for each in DIMENSIONS)
    try:
        width = _width(values.get("grain") or values.get("timegrain"))
        return Point(line, metric, _start(metric, values), width, dimensions, _sum(metric, values))
    except Fault as fault:
        return Left(line, fault)


def _start(metric: str, values: Mapping[str, Any]) -> datetime:
    start = moment_of(f"{metric}: time", _first(values, TIMES))
    if start is None:
        raise Fault(f"{metric}: no time")
    return start


def _sum(metric: str, values: Mapping[str, Any]) -> int | Fault:
    """Return the total; where nothing was measured, the API leaves it out."""
    total = _first(values, TOTALS)
    if total is None and _first(values, OTHER_SUMS) is not None:
        return Fault(f"{metric}: no total: export it with the aggregation Sum")
    try:
        return count_of(f"{metric}: total", total)
    except Fault as fault:
        return fault


def _first(values: Mapping[str, Any], names: tuple[str, ...]) -> object:
    return next((values[each] for each in names if text_of(values.get(each)) is not None), None)


def _label(value: object) -> str | None:
    if not isinstance(value, str):
        return None
    return value.replace("\0", "").encode("utf-8", "replace").decode().strip() or None


def _width(grain: object) -> int | None:
    """Return the seconds of a grain such as PT1M, PT1H or P1D; None where there is none."""
    if text_of(grain) is None:
        return None
    found = GRAIN.fullmatch(str(grain).upper())
    days, hours, minutes = (int(part or 0) for part in found.groups()) if found else (0, 0, 0)
    seconds = days * 86_400 + hours * 3_600 + minutes * 60
    if not 60 <= seconds <= 86_400:  # noqa: PLR2004 - from a minute to a day
        raise Fault(f"the grain is {str(grain)[:20]!r}, not from PT1M to P1D")
    return seconds
