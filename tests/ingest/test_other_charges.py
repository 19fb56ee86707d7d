"""Other charges: which kinds they are, and which days and filters they belong to."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ingest.charges import ChargeKind
from ingest.other_charges import other_charges
from ingest.periods import parse_period
from ingest.store import StoredCharge
from tests.ingest.bills import fee

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
FIRST, LAST = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 30, tzinfo=UTC)
AFTER = datetime(2026, 12, 1, tzinfo=UTC)


def stored(kind: ChargeKind = ChargeKind.OTHER, **values: object) -> StoredCharge:
    return StoredCharge(fee("1", kind, **values), "default", 1)


def test_everything_but_usage_is_another_charge() -> None:
    found = other_charges([stored(kind) for kind in ChargeKind], None)
    assert [each.kind for each in found] == [k for k in ChargeKind if k is not ChargeKind.USAGE]


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Tokyo"])
def test_a_charge_belongs_to_its_utc_day_in_whatever_zone(zone: str) -> None:
    charges = [stored(start=moment) for moment in (FIRST, LAST, AFTER)]
    november = other_charges(charges, parse_period("2026-11", NOW, zone))
    assert [each.start for each in november] == [FIRST, LAST]
    december = other_charges(charges, parse_period("2026-12", NOW, zone))
    assert [each.start for each in december] == [AFTER]


def test_filters_narrow_charges_as_they_narrow_usage() -> None:
    charges = [stored(team="legal"), stored(project="p"), stored(provider="azure")]

    def kept(**filters: tuple[str | None, ...]) -> list[int]:
        found = other_charges(charges, None, filters)
        return [place for place, each in enumerate(charges) if each.charge in found]

    assert kept(team=("legal",)) == [0]
    assert kept(team=(None,)) == [1, 2]
    assert kept(provider=("azure", "openai"), project=("p",)) == [1]
    assert kept(feature=("search",)) == []
