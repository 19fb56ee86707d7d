"""Incidents, worked out by hand, and sweeps of a set's lines."""

from __future__ import annotations

import numpy as np
import pytest

from alerts.rule_sets import load_rule_sets
from benchmarks.alert_curves import INCIDENTS, months
from costmodel.burn.incidents import Incident, with_incident
from costmodel.burn.trial import swept


@pytest.mark.parametrize(
    ("incident", "hours"),
    [
        (Incident("multiplier", 2.0, 2), [1, 3, 2, 2]),
        (Incident("price change", 1.5, 3), [1, 3, 1, 1.5]),
        (Incident("loop", 9.0, 2), [1, 3, 19, 19]),  # 9 times the mean of 1 and 3
        (Incident("cache loss", 3.0, 2), [1, 3, 2, 2]),  # half of it is input
        (Incident("ramp", 169.0, 2), [1, 3, 2, 3]),  # 1 more each hour of a week
    ],
)
def test_an_incident_changes_hours_from_its_begin_on(
    incident: Incident, hours: list[float]
) -> None:
    spent = np.array([1.0, 3.0, 1.0, 1.0])
    assert list(with_incident(spent, incident)) == pytest.approx(hours)
    assert list(spent) == [1, 3, 1, 1]


def test_higher_lines_are_heard_later() -> None:
    told = swept(load_rule_sets()["default"], list(months(3, 1, INCIDENTS["2x"])), (0.8, 1.0, 2.0))
    delays = {scale: [each.delay_hours for each in found] for scale, found in told.items()}
    for low, same, high in zip(*delays.values(), strict=True):
        assert low is not None
        assert same is not None
        assert low <= same
        assert high is None or same <= high
    assert delays[0.8] != delays[2.0]
