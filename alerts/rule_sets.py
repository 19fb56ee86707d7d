"""Rule sets, read from a table: those that are shipped, and a user's own."""

from __future__ import annotations

import re
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from costmodel.burn.finding import SEVERITIES
from costmodel.burn.rules import (
    ActualRule,
    BurnRule,
    ChangeRule,
    ForecastRule,
    HourlyLimit,
    RuleSet,
    SloRule,
)
from pricing.errors import PricingError
from pricing.located_yaml import Checker, Problem, nearest, read

if TYPE_CHECKING:
    from collections.abc import Mapping

    from costmodel.burn.finding import Severity
    from costmodel.burn.rules import Rule, SloMeasure
    from pricing.located_yaml import Located

TABLE = Path(__file__).parent / "rule_sets.yaml"
_KEYS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "actual": (("share",), ()),
    "forecast": (("chance",), ()),
    "burn": (("long", "short", "factor", "least_excess"), ()),
    "change": (("threshold", "earliest", "latest"), ()),
    "hourly": (("floor",), ("factor",)),
    "slo": (("measure", "limit", "window"), ("least_requests",)),
}
_MEASURES = ("error_rate", "p95_seconds", "quality")
_SPAN = re.compile(r"(\d+) ?(m|h|d)")
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_PERCENT = re.compile(r"(\d+(?:\.\d+)?) ?%")
_LEAST_REQUESTS = 50


class RuleSetError(PricingError):
    """A rule set with mistakes: ``problems`` says where each is and what to do."""


@cache
def load_rule_sets(path: Path = TABLE) -> Mapping[str, RuleSet]:
    """Return the shipped sets by name, or those of another file.

    Raises RuleSetError with every mistake of the file, YamlError where it is no YAML.
    """
    check = Checker()
    named = check.mapping(read(path), optional=None)
    sets = {name: rule_set(name, at, check) for name, at in named.items()}
    if check.problems:
        raise RuleSetError(check.problems)
    return sets


def rule_set(name: str, at: Located, check: Checker) -> RuleSet:
    """Return one set under its name; mistakes are noted with the checker."""
    keys = check.mapping(at, ("rules", "source"), ("plan", "recovery"))
    plan = check.choice(keys.get("plan"), ("profile", "uniform"))
    recovery = check.number(keys.get("recovery"))
    found = (_rule(each, check) for each in check.sequence(keys.get("rules")))
    rules = tuple(rule for rule in found if rule is not None)
    if len({_identity(rule) for rule in rules}) < len(rules):
        check.note(at, "two rules have the same name; give each its own")
    return RuleSet(
        name=name,
        rules=rules,
        source=check.text(keys.get("source")) or "",
        plan="uniform" if plan == "uniform" else "profile",
        recovery=0.9 if recovery is None else float(recovery),
    )


def _identity(rule: Rule) -> tuple[str, float]:
    """Return name and line: a rule of levels has several lines under one name."""
    if isinstance(rule, ActualRule):
        return rule.name, rule.share
    return rule.name, rule.chance if isinstance(rule, ForecastRule) else 0.0


def _rule(at: Located, check: Checker) -> Rule | None:
    kinds = [kind for kind in _KEYS if at.child(kind) is not None]
    if len(kinds) != 1:
        check.note(at, f"a rule names itself under one of its kinds; known: {', '.join(_KEYS)}")
        return None
    kind = kinds[0]
    required, optional = _KEYS[kind]
    keys = check.mapping(at, (kind, "severity", *required), optional)
    severity = check.choice(keys.get("severity"), SEVERITIES)
    before = len(check.problems)
    rule = _built(kind, check.text(keys.get(kind)) or "", _severity(severity), keys, check)
    return rule if len(check.problems) == before else None


def _severity(word: str | None) -> Severity:
    return next((each for each in SEVERITIES if each == word), "warning")


def _built(
    kind: str, name: str, severity: Severity, keys: Mapping[str, Located], check: Checker
) -> Rule:
    def number(key: str) -> float:
        return _number(keys.get(key), check)

    def span(key: str) -> timedelta:
        return _span(keys.get(key), check)

    match kind:
        case "actual":
            return ActualRule(name, severity, number("share"))
        case "forecast":
            return ForecastRule(name, severity, number("chance"))
        case "burn":
            spans = span("long"), span("short")
            return BurnRule(name, severity, *spans, number("factor"), number("least_excess"))
        case "change":
            return ChangeRule(name, severity, number("threshold"), span("latest"), span("earliest"))
        case "hourly":
            factor = number("factor") if "factor" in keys else None
            return HourlyLimit(name, severity, number("floor"), factor)
    least = check.whole(keys.get("least_requests"))
    measure = _measure(check.choice(keys.get("measure"), _MEASURES))
    return SloRule(
        name,
        severity,
        measure,
        number("limit"),
        span("window"),
        _LEAST_REQUESTS if least is None else least,
    )


def _measure(word: str | None) -> SloMeasure:
    if word == "p95_seconds":
        return "p95_seconds"
    return "quality" if word == "quality" else "error_rate"


def _number(at: Located | None, check: Checker) -> float:
    """Return a number or a share such as 12%."""
    if at is not None and isinstance(at.value, str) and (found := _PERCENT.fullmatch(at.value)):
        return float(found[1]) / 100
    value = check.number(at)
    if at is not None and value is not None and value < 0:
        check.note(at, "must not be below 0")
    return float(value or 0)


def _span(at: Located | None, check: Checker) -> timedelta:
    """Return a span such as 15m, 6h or 3d."""
    text = check.text(at) or ""
    found = _SPAN.fullmatch(text)
    if found is None or int(found[1]) == 0:
        if at is not None:
            check.note(at, f"{text!r} is no span of time; write 15m, 6h or 3d")
        return _UNITS["h"]
    return int(found[1]) * _UNITS[found[2]]


def chosen(name: str, sets: Mapping[str, RuleSet], at: Located) -> RuleSet | Problem:
    """Return the set of this name, or the problem that there is none."""
    return sets.get(name) or at.problem(f"no rule set {name!r}; {nearest(name, sets)}")
