"""Plan files: every key checked, every mistake reported with its file and line."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

from costmodel.plan import MONTHLY_COST, LedgerBaseline, Plan, Scenario, TypedBaseline
from ingest.configuration_sections import FILTER_NAMES
from ingest.lever_values import LeverValues, filters
from ingest.plan_levers import read_lever
from pricing import located_yaml
from pricing.located_yaml import Checker, Located, Problem, YamlError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from fractions import Fraction
    from pathlib import Path

    from costmodel.book import PriceBook
    from costmodel.levers import Lever
    from costmodel.plan import Range

MOST_RANGES = 6
"""A range doubles the corners that are computed."""

_MONTH = re.compile(r"(\d{4})-(\d{2})")


class PlanFileError(Exception):
    """A plan file that cannot be used; ``problems`` says why, file and line each."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


def read_plan(path: Path, book: PriceBook) -> Plan:
    """Return the plan that a file describes.

    Raises ``PlanFileError`` with all mistakes at once, ``OSError`` where the file
    cannot be read.
    """
    try:
        return plan_of(located_yaml.read(path), book)
    except YamlError as error:
        raise PlanFileError(error.problems) from error


def plan_of(located: Located, book: PriceBook) -> Plan:
    """Return the plan that located YAML describes; raises ``PlanFileError``."""
    checker = Checker()
    keys = checker.mapping(
        located, required=("baseline", "scenarios"), optional=("period", "limits")
    )
    values = LeverValues(checker, book)
    period = _month(keys.get("period"), checker)
    baseline = _baseline(keys.get("baseline"), values)
    if baseline is not None:
        values.kind = "typed" if isinstance(baseline, TypedBaseline) else "ledger"
    plan_limits = _limits(keys.get("limits"), checker)
    scenarios = _scenarios(keys.get("scenarios"), values)
    if checker.problems or baseline is None:
        raise PlanFileError(sorted(checker.problems, key=lambda problem: problem.line))
    return Plan(baseline, scenarios, period, plan_limits)


def _month(located: Located | None, checker: Checker) -> date | None:
    text = checker.text(located)
    if located is None or text is None:
        return None
    found = _MONTH.fullmatch(text)
    if found and 1 <= int(found[2]) <= 12:  # noqa: PLR2004  a year has 12 months
        return date(int(found[1]), int(found[2]), 1)
    checker.note(located, f"{text!r} is no month; write one such as 2026-12")
    return None


def _limits(located: Located | None, checker: Checker) -> dict[str, Fraction]:
    keys = checker.mapping(located, optional=(MONTHLY_COST,))
    limits = {name: checker.number(value) for name, value in keys.items()}
    return {name: limit for name, limit in limits.items() if limit is not None}


def _baseline(
    located: Located | None, values: LeverValues
) -> TypedBaseline | LedgerBaseline | None:
    checker = values.checker
    keys = checker.mapping(located, optional=("workload", "ledger"))
    if located is None or (located.value is not None and not keys):
        return None
    if len(keys) != 1:
        checker.note(located, "must hold either 'workload' or 'ledger'")
        return None
    if "ledger" in keys:
        inner = checker.mapping(keys["ledger"], optional=("last", "filter"))
        asked = filters(inner.get("filter"), checker, FILTER_NAMES)
        return LedgerBaseline(checker.text(inner.get("last")) or "30d", asked)
    return _typed(keys["workload"], values)


def _typed(located: Located, values: LeverValues) -> TypedBaseline | None:
    checker = values.checker
    numbers = ("sessions_per_day", "days", "tokens_per_session")
    keys = checker.mapping(located, required=(*numbers, "output_share", "model"), optional=("on",))
    read = [values.amount(keys.get(name)) for name in numbers]
    share = values.share(keys.get("output_share"))
    model = values.model(keys.get("model"))
    on = checker.day(keys.get("on"))
    if share is None or model is None:
        return None
    sessions, days, tokens = read
    if sessions is None or days is None or tokens is None:
        return None
    return TypedBaseline(sessions, days, tokens, share, model, on)


def _scenarios(located: Located | None, values: LeverValues) -> tuple[Scenario, ...]:
    items = values.checker.sequence(located)
    if located is not None and not items:
        values.checker.note(located, "holds no scenario; add one with a name and levers")
    seen: set[str] = set()
    scenarios = []
    for item in items:
        scenario = _scenario(item, values)
        if scenario and scenario.name in seen:
            values.checker.note(item, f"a second scenario is named {scenario.name!r}; rename it")
        if scenario:
            seen.add(scenario.name)
            scenarios.append(scenario)
    return tuple(scenarios)


def _scenario(located: Located, values: LeverValues) -> Scenario | None:
    checker = values.checker
    keys = checker.mapping(located, required=("name",), optional=("levers",))
    name = checker.text(keys.get("name"))
    read: list[Lever] = []
    ranges: dict[tuple[int, str], Range] = {}
    for item in checker.sequence(keys.get("levers")):
        found = read_lever(item, values)
        if found:
            ranges |= {(len(read), field): between for field, between in found.ranges.items()}
            read.append(found.lever)
    if len(ranges) > MOST_RANGES:
        checker.note(located, f"holds {len(ranges)} ranges; give at most {MOST_RANGES}")
    return Scenario(name, tuple(read), ranges) if name is not None else None
