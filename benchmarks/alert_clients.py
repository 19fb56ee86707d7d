"""Try the default rules on the second of two real weeks of many clients.

Run: ``python -m benchmarks.alert_clients FILE.parquet`` with hourly tokens by client. Each
client's budget is 1.2 times its first week, at least a tenth of both weeks.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import duckdb
import numpy as np

from alerts.rule_sets import load_rule_sets
from costmodel.burn.facts import Facts
from costmodel.burn.level import NEAR_ZERO
from costmodel.burn.plan import plan_for
from costmodel.burn.series import DAY, HOUR, Series, hours_of_week
from costmodel.burn.trial import Month, outcome, states, whole_set

if TYPE_CHECKING:
    from pathlib import Path

    from costmodel.burn.series import Amounts

MONDAY = datetime(2026, 11, 2, tzinfo=UTC)
WEEK = 7 * 24
CALENDAR = hours_of_week(MONDAY, HOUR, 2 * WEEK, ZoneInfo("UTC"))
RATES = {"gpt-4.1-mini": (0.40, 1.60), "gpt-4.1-nano": (0.10, 0.40)}
"""List prices of a million input and output tokens."""


@dataclass(frozen=True)
class Client:
    """How often one client's owner heard in a week, and which rules could be applied."""

    alarms: int
    began_near_zero: bool
    rules: frozenset[str]


def clients_of(path: Path | str, model: str) -> list[Client]:
    """Return what the default rules say of each client of a file, priced as one model."""
    query = "select client, hour, input_tokens, output_tokens from read_parquet(?) where hour < ?"
    by_client: dict[str, Amounts] = {}
    for client, hour, given, answered in duckdb.execute(query, [str(path), 2 * WEEK]).fetchall():
        spent = by_client.setdefault(client, np.zeros(2 * WEEK))
        spent[hour] += (given * RATES[model][0] + answered * RATES[model][1]) / 1e6
    return [_tried(spent) for spent in by_client.values() if spent.sum() > 0]


def _tried(spent: Amounts) -> Client:
    start, end = MONDAY + 7 * DAY, MONDAY + 14 * DAY
    amount = max(float(spent[:WEEK].sum()), float(spent.sum()) / 10) * 1.2
    series = Series(MONDAY, HOUR, spent, CALENDAR)
    plan = plan_for(series, start, end, amount)
    facts = Facts(start, end, amount, series, plan, period="week")
    by_rule = states(load_rule_sets()["default"], facts)
    told = outcome(whole_set(by_rule.values(), WEEK), Month(facts))
    near_zero = float(spent[:24].sum()) < NEAR_ZERO * amount / 7
    return Client(len(told.edges), near_zero, frozenset(by_rule))


def main() -> None:
    """Print alarms per client-month for each price."""
    for model in RATES:
        clients = clients_of(sys.argv[1], model)
        rate = sum(each.alarms for each in clients) / len(clients) * 30 / 7
        silent = sum(each.alarms == 0 for each in clients)
        young = [each for each in clients if each.began_near_zero]
        print(f"{model}: {len(clients)} clients, {rate:.2f} alarms a client-month, ", end="")
        print(f"{silent} without any; {len(young)} began near zero: ", end="")
        print(f"{sum(each.alarms for each in young)} alarms, all of the amount itself")


if __name__ == "__main__":
    main()
