"""Azure Monitor's metrics of OpenAI accounts: tokens and requests by minute or hour.

As JSON of the metrics API, or as CSV. ProcessedPromptTokens are taken for all input,
GeneratedTokens for all output; whether the former include cached tokens is not
documented, so all are priced as uncached. Points of one time and model are one bucket.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from costmodel.meters import Meter
from ingest.azure_points import (
    ALL_TOKENS,
    DEPLOYMENT,
    DIMENSIONS,
    GENERATED,
    METRICS,
    PROMPT,
    REQUESTS,
    TIMES,
    TOTALS,
    Left,
    Point,
    points_of_cells,
    points_of_document,
)
from ingest.canonical import Given, Remarks, UsageRow, View, opened_rows
from ingest.csv_records import header_of, records_of
from ingest.digests import digest_of
from ingest.json_documents import documents
from ingest.rows import NO_MODEL
from ingest.table_documents import document_records, is_json, plain_name, small_names
from ingest.values import Fault

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from ingest.projection import ImportOptions, Opened, Sample

KIND: Final = "completions"
"""The same kind as Azure's bill: one traffic, of which one view counts."""
GROUPS: Final = ("deployment", "model", "version", "service_tier", "resource")
"""The names of ``DIMENSIONS`` in a grouping."""
WIDTHS: Final = (86_400, 3_600, 300, 60)
DATED: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
JSON_MARKS: Final = ("timeseries", "interval", "timespan")
UPPER_BOUND: Final = (
    "the metrics have no cached tokens: all input is priced as uncached, the cost is an upper bound"
)
NO_ZONE: Final = "the metrics name no zone: priced as global"
NO_TIER: Final = "the metrics are not split by ServiceTierResponse: priced as standard"
NO_REQUESTS: Final = f"the export has no {REQUESTS}: how many requests there were is not known"
NO_SPLIT: Final = (
    "the metrics are not split by model, so they have no price: "
    "export them split by ModelDeploymentName or ModelName"
)


class AzureMetrics:
    """The format ``azure_metrics``."""

    name = "azure_metrics"

    def claims(self, sample: Sample) -> bool:
        """Tell by the names of metrics: of columns, in a column, or beside time series."""
        text = sample.text.lower()
        if is_json(sample.text):
            marks = sum(f'"{mark}"' in text for mark in JSON_MARKS)
            ours = "microsoft.cognitiveservices" in text or any(f'"{m}"' in text for m in METRICS)
            return ours and (marks > 1 or _is_log(sample))
        names = {plain_name(name) for name in header_of(sample)}
        if not names & {*TIMES}:
            return False
        if "metricname" in names:
            known = any(metric in plain_name(text) for metric in METRICS)
            return bool(names & {*TOTALS}) and (known or len(sample.lines) <= 1)
        # Tables of single requests have GeneratedTokens too.
        return bool(names & METRICS.keys() - {GENERATED.lower()}) or (
            DEPLOYMENT in names and bool(names & METRICS.keys())
        )

    def nearness(self, sample: Sample) -> float:
        """Return the share of the usual metrics that the sample names."""
        text = plain_name(sample.text[:65_536])
        usual = (PROMPT, GENERATED, REQUESTS)
        return sum(name.lower() in text for name in usual) / len(usual)

    def open(self, sample: Sample, options: ImportOptions, workspace: Path) -> Opened:
        """Make a bucket of all points of one time and model."""
        joined = _joined(_points(sample))
        width = _width_of(joined.buckets.values())
        remarks = Remarks(_notices(joined), _assumptions(joined))
        given = _given(joined, width, options)
        # A deployment's model is looked up here: a ModelName is no deployment.
        served = replace(options, deployments={})
        return opened_rows(given, served, workspace, View("buckets", width), remarks)


def _is_log(sample: Sample) -> bool:
    """Tell whether a file of JSON is the table AzureMetrics of a log, a point a row."""
    text = sample.text.lower()
    return '"metricname"' in text and '"total"' in text and '"timeseries"' not in text


def _points(sample: Sample) -> Iterator[Point | Left]:
    if is_json(sample.text) and not _is_log(sample):
        for line, document in documents(sample.path):
            yield from points_of_document(line, document)
        return
    table = document_records(sample.path) if is_json(sample.text) else records_of(sample)
    for record in table:
        if isinstance(record.cells, Fault):
            yield Left(record.line, record.cells)
        else:
            yield from points_of_cells(record.line, small_names(record.cells))


@dataclass
class _Bucket:
    line: int
    start: datetime
    dimensions: tuple[str | None, ...]
    width: int | None
    sums: Counter[str] = field(default_factory=Counter)
    seen: set[str] = field(default_factory=set)
    fault: Fault | None = None


@dataclass
class _Joined:
    """Buckets by time, length and dimensions, in the order of the file; and what is none."""

    buckets: dict[tuple[object, ...], _Bucket] = field(default_factory=dict)
    faults: list[Given] = field(default_factory=list)
    left_out: set[str] = field(default_factory=set)

    @property
    def used(self) -> list[_Bucket]:
        """Return the buckets that count something."""
        counted = (each for each in self.buckets.values() if any(each.sums.values()))
        return [each for each in counted if each.fault is None]


def _joined(points: Iterable[Point | Left]) -> _Joined:
    joined = _Joined()
    for point in points:
        if isinstance(point, Point):
            key = (point.start, point.width, point.dimensions)
            new = _Bucket(point.line, point.start, point.dimensions, point.width)
            bucket = joined.buckets.setdefault(key, new)
            bucket.seen.add(point.metric)
            if isinstance(point.total, Fault):
                bucket.line, bucket.fault = point.line, point.total
            else:
                bucket.sums[point.metric] += point.total
        elif isinstance(point.why, Fault):
            joined.faults.append(Given(point.line, point.why))
        else:
            joined.left_out.add(point.why[:60])
    return joined


def _width_of(buckets: Iterable[_Bucket]) -> int:
    """Return the most frequent length, else the longest on whose grid all buckets begin."""
    found = list(buckets)
    widths = Counter(each.width for each in found if each.width is not None)
    if widths:
        return max(widths, key=lambda width: (widths[width], width))
    starts = [int(each.start.timestamp()) for each in found]
    fitting = (width for width in WIDTHS if not any(start % width for start in starts))
    return next(fitting, WIDTHS[-1])


def _given(joined: _Joined, width: int, options: ImportOptions) -> Iterator[Given]:
    grouping = _grouping(joined)
    for bucket in joined.buckets.values():
        yield Given(bucket.line, _row(bucket, width, grouping, options))
    yield from joined.faults


def _grouping(joined: _Joined) -> tuple[int, ...]:
    """Return the places of the dimensions that any bucket has."""
    return tuple(
        place
        for place in range(len(DIMENSIONS))
        if any(each.dimensions[place] is not None for each in joined.buckets.values())
    )


def _row(
    bucket: _Bucket, width: int, grouping: Sequence[int], options: ImportOptions
) -> UsageRow | Fault | None:
    """Return the usage of a bucket, None for one in which nothing was counted."""
    if bucket.fault is not None:
        return bucket.fault
    if not any(bucket.sums.values()):
        return None
    if bucket.width not in {None, width}:
        return Fault(
            f"lasts {bucket.width} seconds, the other buckets {width}: "
            "import buckets of another length as a file of their own"
        )
    if not {PROMPT, GENERATED} & bucket.seen:
        return Fault(f"{bucket.start:%Y-%m-%d %H:%M}: requests or a total, and neither "
                     f"{PROMPT} nor {GENERATED}: export them too")  # fmt: skip
    columns = _columns(grouping)
    values = [bucket.dimensions[place] for place in grouping]
    start = int(bucket.start.timestamp())
    return UsageRow(
        time=bucket.start,
        model=_model(bucket, options.deployments),
        meters={Meter.INPUT: bucket.sums[PROMPT], Meter.OUTPUT: bucket.sums[GENERATED]},
        id=f"bucket:{start}:{digest_of([start, width, columns, values])}",
        provider="azure",
        tier=bucket.dimensions[3],
        requests=bucket.sums[REQUESTS],
        grouping=f"{KIND}:{','.join(columns)}",
    )


def _columns(grouping: Sequence[int]) -> list[str]:
    """Return the group columns; a deployment has one model, so it groups by model too."""
    names = [GROUPS[place] for place in grouping]
    return [*names, "model"] if "deployment" in names and "model" not in names else names


def _model(bucket: _Bucket, deployments: Mapping[str, str]) -> str:
    """Return the served model, with its version where that is a day, as snapshots are named."""
    deployment, name, version, *_ = bucket.dimensions
    if name is None:
        return deployments.get(deployment, deployment) if deployment else NO_MODEL
    dated = version is not None and DATED.fullmatch(version) and version not in name
    return f"{name}-{version}" if dated else name


def _notices(joined: _Joined) -> list[str]:
    found = []
    used = joined.used
    if not joined.buckets and not joined.faults:
        found.append("the export holds no tokens: it covers a time without usage")
    elif not joined.faults and not any(
        each.fault or any(each.sums.values()) for each in joined.buckets.values()
    ):
        found.append("every bucket of the export is empty: it covers a time without usage")
    if used and not any(name or deployment for deployment, name, *_ in _dimensions(used)):
        found.append(NO_SPLIT)
    if joined.left_out:
        found.append(
            f"metrics that are no usage are left out: {', '.join(sorted(joined.left_out))}"
        )
    differing = sum(_differs(each) for each in used)
    if differing:
        found.append(f"in {differing} buckets {ALL_TOKENS} is not {PROMPT} and {GENERATED}: "
                     "the latter two count")  # fmt: skip
    return found


def _dimensions(buckets: Iterable[_Bucket]) -> Iterator[tuple[str | None, ...]]:
    return (each.dimensions for each in buckets)


def _differs(bucket: _Bucket) -> bool:
    parts = bucket.sums[PROMPT] + bucket.sums[GENERATED]
    return ALL_TOKENS in bucket.seen and bucket.sums[ALL_TOKENS] != parts


def _assumptions(joined: _Joined) -> list[str]:
    used = joined.used
    if not used:
        return []
    split = any(dimensions[3] is not None for dimensions in _dimensions(used))
    counted = any(REQUESTS in each.seen for each in used)
    found = [UPPER_BOUND, NO_ZONE, *([] if split else [NO_TIER])]
    return found if counted else [*found, NO_REQUESTS]
