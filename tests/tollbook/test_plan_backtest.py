from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.tollbook.test_plan import plan, write
from tests.tollbook.usage import NOW, write_guide_month

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tollbook.calling import Tollbook

AS_IT_IS = """\
    baseline: {{ledger: {{last: {last}}}}}
    scenarios: [{{name: as it is, levers: []}}]
    """


def test_a_month_of_equal_days_is_too_few_for_replays(guide: Tollbook) -> None:
    # 30 days: one week held back four times needs 42
    write(AS_IT_IS.format(last="30d"))
    ran = guide(*NOW, "plan", "plan.yaml", "--backtest", "--json")
    assert (ran.code, ran.answer["backtest"]) == (0, None)
    shown = guide(*NOW, "plan", "plan.yaml", "--backtest").out
    assert "Too few days of usage to tell how forecasts did lately." in shown


def test_without_being_asked_nothing_is_replayed(guide: Tollbook) -> None:
    write(AS_IT_IS.format(last="30d"))
    assert "backtest" not in guide(*NOW, "plan", "plan.yaml", "--json").answer


def test_two_months_of_equal_days_are_predicted_without_error(
    tollbook: Tollbook, home: Path
) -> None:
    tollbook("import", write_guide_month(home / "usage.csv", days=60))
    write(AS_IT_IS.format(last="14d"))
    ran = tollbook(*NOW, "plan", "plan.yaml", "--backtest", "--json")
    assert ran.answer["backtest"] == {
        "error": pytest.approx(0),
        "coverage": 1.0,
        "weeks": 2,
        "replays": 5,
        "last_week_error": pytest.approx(0),
        "forecastable": True,
    }
    shown = tollbook(*NOW, "plan", "plan.yaml", "--backtest").out
    assert "Forecasts over 14 days, replayed on 5 days of this usage, were off by 0%" in shown


def test_typed_numbers_have_no_past(tollbook: Tollbook) -> None:
    write(plan())
    ran = tollbook("plan", "plan.yaml", "--backtest")
    assert (ran.code, ran.error) == (
        2,
        "typed numbers have no past to replay; leave --backtest out",
    )
