"""The default rules on simulated months and on real clients: rates that must not get worse."""

from __future__ import annotations

import numpy as np
import pytest

from alerts.rule_sets import load_rule_sets
from benchmarks.alert_clients import clients_of
from benchmarks.alert_curves import INCIDENTS, misses, months, tried
from costmodel.burn.evaluation import findings
from costmodel.burn.facts import Facts
from costmodel.burn.rules import ActualRule, RuleSet
from costmodel.burn.series import HOUR, Series
from costmodel.burn.trial import Month, Outcome, held, outcome, states, tallied
from tests.real import real_file

DEFAULT = load_rule_sets()["default"]


def false_alarms(told: list[Outcome]) -> float:
    return sum(len(each.edges) for each in told) / len(told)


def test_the_default_set_holds_its_rates_on_simulated_months(examples: int) -> None:
    sets = {"default": DEFAULT}
    is_soak = examples > 20
    quiet, each = (300, 150) if is_soak else (25, 12)
    slack = 1.0 if is_soak else 1.5  # few months say little: only what is clearly worse fails
    rate = false_alarms(tried(sets, quiet, 1, None)["default"])
    doubling = tallied(tried(sets, each, 1, INCIDENTS["2x"])["default"])
    loop = tallied(tried(sets, each, 1, INCIDENTS["loop 10x"])["default"])
    missed = misses(rate / slack, doubling, loop)
    assert not [miss for miss in missed if is_soak or "hours for 9 in 10" not in miss]


def test_what_is_replayed_is_what_runs() -> None:
    month_rate = tried({"default": DEFAULT}, 1, 3, INCIDENTS["3x"])["default"][0]
    assert month_rate.delay_hours is not None
    facts = simulated()
    replayed = states(RuleSet("t", DEFAULT.rules, "", recovery=1.0), facts)
    start = round(facts.series.position(facts.start))
    for hour in range(5, 720, 37):
        cut = Series(
            facts.series.start, HOUR, facts.series.amounts[: start + hour], facts.series.calendar
        )
        now = Facts(facts.start, facts.end, facts.amount, cut, facts.plan)
        live = {found.rule: found.is_firing for found in findings(DEFAULT, now)}
        assert live == {rule: bool(firing[hour - 1]) for rule, firing in replayed.items()}


def simulated() -> Facts:
    (month,) = months(1, 7, INCIDENTS["3x"])
    return month.facts


def test_a_state_holds_until_it_is_below_its_recovery() -> None:
    on = held(np.array([0.85, 1.0, 0.85, 0.8, 0.79, 0.85, 1.2]), 0.8)
    assert list(on) == [False, True, True, True, False, False, True]


def test_edges_within_a_day_are_heard_once_and_a_firing_state_counts_as_found() -> None:
    month = Month(simulated(), 30)
    firing = np.zeros(720, dtype=bool)
    firing[[2, 5, 26, 29, 30]] = True
    told = outcome(firing, month)
    assert told.edges == (2, 26)
    assert told.already
    assert tallied([told, Outcome(())]).found == 0.5


@pytest.mark.parametrize("model", ["gpt-4.1-mini", "gpt-4.1-nano"])
def test_no_real_client_that_begins_near_zero_fires_on_ratio(model: str) -> None:
    clients = clients_of(real_file("servegen-hourly.parquet"), model)
    young = [client for client in clients if client.began_near_zero]
    absolute = {rule.name for rule in DEFAULT.rules if isinstance(rule, ActualRule)}
    assert young
    assert all(client.rules == absolute for client in young)
    assert sum(client.alarms for client in clients) / len(clients) * 30 / 7 < 6
