"""A mix file over stored usage, as the problem that ``costmodel.optimise`` solves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from costmodel.mixes import Problem
from costmodel.ways import Need, segment_of, typed_need
from ingest.baseline import usage_baseline
from ingest.errors import IngestError

if TYPE_CHECKING:
    from datetime import date

    from costmodel.book import PriceBook
    from costmodel.workload import Baseline
    from ingest.mix_file import MixFile, WantedSegment
    from ingest.periods import Period
    from ingest.store import Store


class NoUsageError(IngestError):
    """A segment that no stored usage with a price belongs to."""


def problem_of(
    mix: MixFile,
    book: PriceBook,
    *,
    today: date,
    store: Store | None = None,
    period: Period | None = None,
) -> Problem:
    """Return the problem of a mix file.

    ``store`` and ``period`` are needed where a segment is stored usage. Raises
    ``NoUsageError`` for a segment without any.
    """
    segments = tuple(
        segment_of(
            Need(
                name=each.name,
                usage=_usage(each, mix, book, today, store, period),
                quality_floor=each.quality_floor,
                p95_seconds=each.p95_seconds,
                may_wait=each.may_wait,
                cached_share=each.cached_share,
            ),
            mix.offers,
            book,
            peak_factor=mix.peak_factor,
            today=today,
        )
        for each in mix.segments
    )
    return Problem(segments, mix.quality_floor, mix.limits)


def _usage(
    wanted: WantedSegment,
    mix: MixFile,
    book: PriceBook,
    today: date,
    store: Store | None,
    period: Period | None,
) -> Baseline:
    """Return a month of the segment."""
    if wanted.typed is not None:
        return typed_need(
            requests=wanted.typed.requests,
            input_tokens=wanted.typed.input_tokens,
            output_tokens=wanted.typed.output_tokens,
            cached_share=wanted.typed.cached_share,
            on=today,
            model=mix.offers[0].model,
            book=book,
        )
    if store is None or period is None:
        raise NoUsageError(f"segment {wanted.name!r} starts from stored usage, and there is none")
    usage = usage_baseline(store, book, period, wanted.where)
    if not usage.flows:
        raise NoUsageError(
            f"segment {wanted.name!r}: no usage with a price is like that ({period.label})"
        )
    return usage.a_month().priced_on(today)
