"""Rule sets are data: those that are shipped, a user's own, and every mistake of one."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from alerts.rule_sets import RuleSetError, load_rule_sets
from costmodel.burn.rules import ActualRule, BurnRule, ForecastRule, HourlyLimit, RuleSet, SloRule

if TYPE_CHECKING:
    from pathlib import Path

OWN = """\
mine:
  source: our own
  rules:
    - {actual: spent, severity: notice, share: 50%}
    - {actual: spent, severity: warning, share: 80%}
    - {forecast: heading, severity: warning, chance: 0.9}
    - {hourly: limit, severity: critical, floor: 5, factor: 4}
    - {slo: errors, severity: critical, measure: error_rate, limit: 5%, window: 15m}
"""


def test_each_shipped_set_names_its_source() -> None:
    sets = load_rule_sets()
    assert set(sets) == {"default", "quiet", "sre"}
    assert all(rules.source for rules in sets.values())


def test_the_sre_factors_are_those_of_the_workbook() -> None:
    rules = load_rule_sets()["sre"]
    assert rules.plan == "uniform"
    burns = [rule for rule in rules.rules if isinstance(rule, BurnRule)]
    # the share of a budget of 30 days that each window may burn: 2%, 5%, 10%
    burnt = [rule.factor * (rule.long / timedelta(days=30)) for rule in burns]
    assert burnt == pytest.approx([0.02, 0.05, 0.10])


def test_a_user_writes_a_set(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(OWN)
    assert load_rule_sets(path)["mine"] == RuleSet(
        "mine",
        (
            ActualRule("spent", "notice", 0.5),
            ActualRule("spent", "warning", 0.8),
            ForecastRule("heading", "warning", 0.9),
            HourlyLimit("limit", "critical", 5.0, 4.0),
            SloRule("errors", "critical", "error_rate", 0.05, timedelta(minutes=15), 50),
        ),
        "our own",
    )


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("share: 50%", "share: 80%", "same name"),
        ("chance: 0.9", "chanse: 0.9", "unknown key 'chanse'"),
        ("window: 15m", "window: 15", "write 15m, 6h or 3d"),
        ("severity: notice", "severity: mild", "'mild' is not known"),
        ("hourly: limit", "hour: limit", "names itself under one of its kinds"),
        ("floor: 5", "floor: -5", "must not be below 0"),
    ],
)
def test_a_mistake_is_said_with_its_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(OWN.replace(old, new))
    with pytest.raises(RuleSetError) as raised:
        load_rule_sets(path)
    assert said in str(raised.value)
    assert "rules.yaml:" in str(raised.value)
