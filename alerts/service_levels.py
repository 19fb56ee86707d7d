"""Service levels: what the calls of a budget say of errors, latency and quality."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from costmodel.burn.evaluation import findings
from costmodel.burn.rules import SloRule

if TYPE_CHECKING:
    from alerts.usage import Part, Usage
    from costmodel.burn.facts import Facts
    from costmodel.burn.finding import Finding
    from costmodel.burn.rules import RuleSet
    from ingest.store import CallMeasures


def slo_rules(rules: RuleSet) -> list[SloRule]:
    """Return the rules of a set that look at single calls."""
    return [rule for rule in rules.rules if isinstance(rule, SloRule)]


def slo_findings(
    rules: RuleSet, facts: Facts, part: Part, usage: Usage, calls: CallMeasures
) -> list[Finding]:
    """Return what each such rule finds in its own window."""
    numbers = [usage.quarters.names[place].series for place in part.places.tolist()]
    ours = np.isin(calls.series, numbers) & (calls.second < facts.watermark.timestamp())
    found: list[Finding] = []
    for rule in slo_rules(rules):
        since = (facts.watermark - rule.window).timestamp()
        reads = _reading(rule, calls, np.flatnonzero(ours & (calls.second >= since)))
        one = replace(rules, rules=(rule,))
        found += findings(one, replace(facts, slo={rule.measure: reads}))
    return found


def _reading(rule: SloRule, calls: CallMeasures, chosen: np.ndarray) -> tuple[float, int]:
    """Return what a measure reads on some calls, and how many of them tell it."""
    if rule.measure == "error_rate":
        return (float(calls.failed[chosen].mean()) if len(chosen) else 0.0, len(chosen))
    column = calls.latency if rule.measure == "p95_seconds" else calls.quality
    told = column[chosen]
    told = told[~np.isnan(told)]
    if not len(told):
        return 0.0, 0
    value = np.quantile(told, 0.95) if rule.measure == "p95_seconds" else told.mean()
    return float(value), len(told)
