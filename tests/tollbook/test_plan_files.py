"""A plan as a file for others."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING

import openpyxl
import pytest

from tests.dashboard.spreadsheet import cell_beside
from tests.tollbook.usage import NOW

if TYPE_CHECKING:
    from tests.tollbook.calling import Tollbook

PLAN = """\
    period: 2026-12
    baseline:
      workload: {sessions_per_day: 10000, days: 30, tokens_per_session: 1500, output_share: 40%,
        model: gpt-4.1-mini, on: 2026-11-01}
    limits: {monthly_cost: 500}
    scenarios:
      - name: mini first
        levers:
          - cascade: {first: gpt-4.1-mini, then: gpt-4.1, escalate: 12%}
          - cache: {hit_rate: 60%}
    """


def test_a_workbook_beside_the_answer(tollbook: Tollbook) -> None:
    Path("plan.yaml").write_text(dedent(PLAN), encoding="utf-8")
    ran = tollbook(*NOW, "plan", "plan.yaml", "--json", "--xlsx", "plan.xlsx")
    assert ran.code == 3
    assert ran.answer["scenarios"][0]["monthly_cost"] == "555.84"
    book = openpyxl.load_workbook("plan.xlsx", data_only=True)
    amount, change, _, limit = cell_beside(book, "Plan", "mini first")[:4]
    assert amount.value == pytest.approx(555.84, abs=1e-9)
    assert change.value == pytest.approx(159.84, abs=1e-9)
    assert limit.value == "over the limit"
    assert book["Plan"]["A2"].value == "Computed on 20 Nov 2026."
    assert book["mini first"]["B3"].value == 0.12


def test_a_workbook_of_a_plan_from_the_store(guide: Tollbook) -> None:
    text = """\
        baseline: {ledger: {last: 30d}}
        scenarios: [{name: half in batch, levers: [{batch: {share: 50%}}]}]
        """
    Path("plan.yaml").write_text(dedent(text), encoding="utf-8")
    assert guide(*NOW, "plan", "plan.yaml", "--xlsx", "plan.xlsx").code == 0
    book = openpyxl.load_workbook("plan.xlsx", data_only=True)
    # $39.60 a day for the 31 days of December, and three quarters of it
    assert cell_beside(book, "Plan", "baseline")[0].value == pytest.approx(1227.60, abs=1e-9)
    assert cell_beside(book, "Plan", "half in batch")[0].value == pytest.approx(920.70, abs=1e-9)


def test_a_workbook_that_cannot_be_written(tollbook: Tollbook) -> None:
    Path("plan.yaml").write_text(dedent(PLAN), encoding="utf-8")
    ran = tollbook(*NOW, "plan", "plan.yaml", "--xlsx", "no/such/plan.xlsx")
    assert ran.code == 1
    assert "no/such/plan.xlsx" in ran.error
