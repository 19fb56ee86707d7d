"""What differs between two versions of a plan: costs, and the settings behind them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, fields
from fractions import Fraction
from types import MappingProxyType
from typing import TYPE_CHECKING

from tollbook.output import amount, share_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from costmodel.levers import Lever
    from costmodel.plan import History, Plan, Scenario
    from costmodel.plan_result import PlanResult, ScenarioResult


Causes = tuple[tuple[str, Fraction], ...]
"""Kinds of levers, and what each makes of a difference."""


@dataclass(frozen=True)
class Change:
    """One scenario in two versions of a plan; None where a version has it not.

    ``settings`` says in words which levers differ, ``causes`` what each kind of lever
    makes of the difference, in whole cents.
    """

    name: str
    before: ScenarioResult | None
    now: ScenarioResult | None
    settings: tuple[str, ...] = ()
    causes: Causes = ()

    @property
    def difference(self) -> Fraction | None:
        """Return by how much the cost has changed; None where only one version has it."""
        if self.before is None or self.now is None:
            return None
        return self.now.monthly_cost - self.before.monthly_cost

    @property
    def share(self) -> Fraction | None:
        """Return the difference as a share of the cost before."""
        if self.difference is None or self.before is None or not self.before.monthly_cost:
            return None
        return self.difference / self.before.monthly_cost

    def to_json(self) -> dict[str, object]:
        """Return the JSON of the command line, money as decimal strings."""
        return {
            "name": self.name,
            "monthly_cost_before": amount(self.before.monthly_cost) if self.before else None,
            "monthly_cost": amount(self.now.monthly_cost) if self.now else None,
            "difference": amount(self.difference),
            "settings": list(self.settings),
            "causes": [{"lever": name, "change": amount(part)} for name, part in self.causes],
        }


@dataclass(frozen=True)
class Version:
    """One version of a plan: what the file says, what that costs, and the usage it starts from."""

    plan: Plan
    result: PlanResult
    history: History | None = None


def changes_between(
    base: Version, head: Version, causes: Mapping[str, Causes] = MappingProxyType({})
) -> tuple[Change, ...]:
    """Return the baseline, then every scenario of both versions, the new file's order first."""
    before = {each.name: each for each in base.result.scenarios}
    now = {each.name: each for each in head.result.scenarios}
    old = {each.name: each for each in base.plan.scenarios}
    new = {each.name: each for each in head.plan.scenarios}
    found = [Change("baseline", base.result.baseline, head.result.baseline)]
    for name in dict.fromkeys((*now, *before)):
        settings = setting_changes(old.get(name), new.get(name))
        found.append(Change(name, before.get(name), now.get(name), settings, causes.get(name, ())))
    return tuple(found)


def setting_changes(old: Scenario | None, new: Scenario | None) -> tuple[str, ...]:
    """Return which levers differ, such as ``cascade: escalate 12% → 20%``."""
    if old is None or new is None:
        return ()
    before, now = _by_step(old.levers), _by_step(new.levers)
    said: list[str] = []
    for step in dict.fromkeys((*before, *now)):
        gone = [each for each in before[step] if each not in now[step]]
        come = [each for each in now[step] if each not in before[step]]
        said += [_differs(step, *pair) for pair in zip(gone, come, strict=False)]
        said += [f"{step} added: {settings_words(each)}" for each in come[len(gone) :]]
        said += [f"{step} taken out: {settings_words(each)}" for each in gone[len(come) :]]
    return tuple(said)


def _by_step(levers: Iterable[Lever]) -> dict[str, list[Lever]]:
    found: dict[str, list[Lever]] = defaultdict(list)
    for lever in levers:
        found[lever.step].append(lever)
    return found


def _differs(step: str, old: Lever, new: Lever) -> str:
    if type(old) is not type(new):
        return f"{step}: {settings_words(old)} → {settings_words(new)}"
    pairs = [(each.name, getattr(old, each.name), getattr(new, each.name)) for each in fields(old)]
    parts = [
        f"{_words(name)} {field_words(old, name)} → {field_words(new, name)}"
        for name, before, now in pairs
        if before != now
    ]
    return f"{step}: {', '.join(parts)}"


def settings_words(lever: Lever) -> str:
    """Return the settings of a lever that say something, in words."""
    values = [(each.name, getattr(lever, each.name)) for each in fields(lever)]
    said = [f"{_words(name)} {field_words(lever, name)}" for name, value in values if value]
    return ", ".join(said) or "as it is"


def _words(field: str) -> str:
    return field.strip("_").replace("_", " ")


def field_words(lever: Lever, name: str) -> str:
    """Return a lever's setting as people read it; what is no share of anything is a number."""
    value = getattr(lever, name)
    is_share = name in lever.shares or lever.step == "grow"
    if isinstance(value, Fraction) and not is_share:
        return f"{float(value):,.12g}"
    if name == "usd_per_million" and isinstance(value, dict):
        return ", ".join(f"{meter} {float(rate):g}" for meter, rate in value.items())
    return value_words(value)


def value_words(value: object) -> str:
    """Return a setting as people read it: a share in percent, names with commas between."""
    if value is None:
        return "not given"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Fraction):
        return share_words(value) if abs(value) <= 1 else f"{float(value):g}"
    if isinstance(value, dict):
        return ", ".join(f"{name} {value_words(found)}" for name, found in value.items()) or "all"
    if isinstance(value, tuple):
        shares = [pair for pair in value if isinstance(pair, tuple)]
        return _mix_words(shares) if shares else " or ".join(map(value_words, value)) or "all"
    return str(value)


def _mix_words(shares: Sequence[tuple[object, ...]]) -> str:
    said = [f"{value_words(share)} on {name}" for name, share in shares if share]
    return " and ".join(said) or "none"
