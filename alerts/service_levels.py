"""Service levels: what the calls of a budget say of errors, latency and quality."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from costmodel.burn.evaluation import findings, service_strength
from costmodel.burn.rules import SloRule
from costmodel.burn.sentences import length
from ingest.store.call_measures import CallMeasures

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from alerts.usage import Floats, Part, Usage
    from costmodel.burn.facts import Facts
    from costmodel.burn.finding import Finding
    from costmodel.burn.rules import RuleSet, SloMeasure

_TELLS: Final[dict[SloMeasure, str]] = {
    "error_rate": "the usage holds no single calls",
    "p95_seconds": "no call says how long it took",
    "quality": "no call says how good its answer was",
}


def slo_rules(rules: RuleSet) -> list[SloRule]:
    """Return the rules of a set that look at single calls."""
    return [rule for rule in rules.rules if isinstance(rule, SloRule)]


def calls_of(part: Part, usage: Usage, calls: CallMeasures) -> CallMeasures:
    """Return the calls of a part of the usage."""
    numbers = [usage.quarters.names[place].series for place in part.places.tolist()]
    ours = np.isin(calls.series, numbers)
    return CallMeasures(
        calls.series[ours],
        calls.second[ours],
        calls.failed[ours],
        calls.latency[ours],
        calls.quality[ours],
    )


def slo_findings(rules: RuleSet, facts: Facts, calls: CallMeasures) -> list[Finding]:
    """Return what each such rule finds in a budget's own calls, each in its own window."""
    found: list[Finding] = []
    for rule in slo_rules(rules):
        reads = _reading(rule, calls, facts.watermark)
        one = replace(rules, rules=(rule,))
        found += findings(one, replace(facts, slo={rule.measure: reads}))
    return found


def strengths(rule: SloRule, calls: CallMeasures, moments: Sequence[datetime]) -> Floats:
    """Return how near a rule was to its limit at moments, nan where too few calls tell."""
    read = (_reading(rule, calls, moment) for moment in moments)
    return np.array(
        [
            service_strength(rule, value) if count >= rule.least_requests else np.nan
            for value, count in read
        ]
    )


def why_silent(rule: SloRule, calls: CallMeasures) -> str:
    """Return why a rule never had enough calls to look at."""
    if not len(_told(rule, calls, slice(None))):
        return _TELLS[rule.measure]
    window = length(rule.window)
    return f"never did {rule.least_requests:,} calls of the last {window} tell of it"


def _reading(rule: SloRule, calls: CallMeasures, watermark: datetime) -> tuple[float, int]:
    """Return what a measure reads on the calls of its window, and how many of them tell it."""
    edges = [(watermark - rule.window).timestamp(), watermark.timestamp()]
    first, last = np.searchsorted(calls.second, edges)
    told = _told(rule, calls, slice(int(first), int(last)))
    if not len(told):
        return 0.0, 0
    value = np.quantile(told, 0.95) if rule.measure == "p95_seconds" else told.mean()
    return float(value), len(told)


def _told(rule: SloRule, calls: CallMeasures, stretch: slice) -> Floats:
    """Return what the calls of a stretch tell of a measure."""
    if rule.measure == "error_rate":
        return calls.failed[stretch].astype(np.float64)
    column = (calls.latency if rule.measure == "p95_seconds" else calls.quality)[stretch]
    told: Floats = column[~np.isnan(column)]
    return told
