"""The levels of a budget in ``tollbook.yaml``: lines of its own beside its set of rules."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

from costmodel.burn.finding import SEVERITIES
from costmodel.burn.rules import ActualRule, ForecastRule, HourlyLimit, SloRule
from ingest.ages import short_age
from ingest.configuration_sections import age
from ingest.lever_values import one_share

if TYPE_CHECKING:
    from collections.abc import Callable
    from fractions import Fraction

    from costmodel.burn.finding import Severity
    from costmodel.burn.rules import Rule, SloMeasure
    from pricing.located_yaml import Checker, Located

MOST_SPENT = 100
"""A share of the amount may be so many times the amount."""

SLO_NAMES: dict[SloMeasure, str] = {
    "error_rate": "error rate",
    "p95_seconds": "p95 latency",
    "quality": "quality",
}
SLO_WINDOWS: dict[SloMeasure, timedelta] = {
    "error_rate": timedelta(hours=1),
    "p95_seconds": timedelta(hours=1),
    "quality": timedelta(days=1),
}
"""How far a measure looks back unless the file says so: quality is rated on few calls."""


def levels(located: Located | None, checker: Checker) -> tuple[Rule, ...]:
    """Return the rules that the items say; two that say the same are a mistake."""
    found: dict[object, Rule] = {}
    for item in checker.sequence(located):
        rule = _level(item, checker)
        if rule is None:
            continue
        line = (rule.name, getattr(rule, "share", None), getattr(rule, "chance", None))
        if line in found:
            checker.note(item, f"there is already a level like this one ({rule.name}); keep one")
        found.setdefault(line, rule)
    return tuple(found.values())


def _level(located: Located, checker: Checker) -> Rule | None:
    kinds = [kind for kind in _KINDS if located.child(kind) is not None]
    if len(kinds) != 1:
        known = ", ".join(_KINDS)
        checker.note(located, f"a level has exactly one of these keys: {known}")
        return None
    read, optional = _KINDS[kinds[0]]
    keys = checker.mapping(located, required=(kinds[0],), optional=(*optional, "severity"))
    severity = checker.choice(keys.get("severity"), SEVERITIES)
    return cast("Rule | None", read(keys, checker, severity))


def _actual(
    keys: dict[str, Located], checker: Checker, severity: Severity | None
) -> ActualRule | None:
    share = _positive_share(keys["actual"], checker, MOST_SPENT)
    if share is None:
        return None
    usual: Severity = "critical" if share >= 1 else "notice"
    return ActualRule("actual", severity or usual, float(share))


def _chance(
    keys: dict[str, Located], checker: Checker, severity: Severity | None
) -> ForecastRule | None:
    chance = _positive_share(keys["chance"], checker, 1)
    if chance is None:
        return None
    return ForecastRule("forecast", severity or "warning", float(chance))


def _per_hour(
    keys: dict[str, Located], checker: Checker, severity: Severity | None
) -> HourlyLimit | None:
    floor = _positive(keys["per_hour"], checker)
    factor = _positive(keys.get("factor"), checker)
    if floor is None:
        return None
    return HourlyLimit(f"hourly limit {floor:g}", severity or "critical", floor, factor)


def _slo(
    measure: SloMeasure,
) -> Callable[[dict[str, Located], Checker, Severity | None], SloRule | None]:
    def read(
        keys: dict[str, Located], checker: Checker, severity: Severity | None
    ) -> SloRule | None:
        limit = _limit(measure, keys[measure], checker)
        window = age(keys.get("window"), checker) or SLO_WINDOWS[measure]
        least = checker.whole(keys.get("least_requests"))
        if limit is None:
            return None
        name = f"{SLO_NAMES[measure]} {short_age(window)}"
        given = {} if least is None else {"least_requests": max(least, 1)}
        return SloRule(name, severity or "warning", measure, limit, window, **given)

    return read


def _limit(measure: SloMeasure, located: Located, checker: Checker) -> float | None:
    if measure == "p95_seconds":
        return _positive(located, checker)
    share = one_share(located, checker)
    return None if share is None else float(share)


def _positive(located: Located | None, checker: Checker) -> float | None:
    number = checker.number(located)
    if located is None or number is None:
        return None
    if number <= 0:
        checker.note(located, "must be more than 0")
        return None
    return float(number)


def _positive_share(located: Located, checker: Checker, most: int) -> Fraction | None:
    share = one_share(located, checker, (0, most))
    if share == 0:
        checker.note(located, "must be more than 0")
        return None
    return share


_KINDS: dict[str, tuple[Callable[..., Any], tuple[str, ...]]] = {
    "actual": (_actual, ()),
    "chance": (_chance, ()),
    "per_hour": (_per_hour, ("factor",)),
    "error_rate": (_slo("error_rate"), ("window", "least_requests")),
    "p95_seconds": (_slo("p95_seconds"), ("window", "least_requests")),
    "quality": (_slo("quality"), ("window", "least_requests")),
}
