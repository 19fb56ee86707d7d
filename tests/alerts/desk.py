"""A store, a mail server and a clock, as ticks are tested on."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from alerts.delivery import House
from alerts.tick import Tick, tick
from tests.alerts.seen import NOON, finding, situation

if TYPE_CHECKING:
    from datetime import datetime

    from alerts.situation import Situation
    from ingest.configuration import Configuration
    from ingest.store import Store
    from tests.alerts.letterbox import Letterbox

BURN = finding()
ANN, BEN = "ann@example.com", "ben@example.com"


@dataclass
class Desk:
    """A store, a mail server and a clock that the test sets."""

    store: Store
    configuration: Configuration
    box: Letterbox
    now: datetime = NOON
    seen: list[Situation] = field(default_factory=lambda: [situation(BURN)])
    secrets: dict[str, str] = field(default_factory=dict)
    steps: list[str] = field(default_factory=list)

    def house(self) -> House:
        return House(
            self.store,
            self.configuration,
            lambda: self.now,
            self.secrets.get,
            lambda _seconds: None,
            self.steps.append,
        )

    def tick(self, after: object = None) -> Tick:
        if after is not None:
            self.now += after  # type: ignore[operator]
        return tick(self.house(), lambda _now: list(self.seen))

    def mail(self, **changed: object) -> None:
        assert self.configuration.mail is not None
        settings = replace(self.configuration.mail, **changed)  # type: ignore[arg-type]
        self.configuration = replace(self.configuration, mail=settings)

    def states(self) -> list[str]:
        return [each.state for each in reversed(self.store.alerts().deliveries())]

    def subjects(self) -> list[str]:
        return [str(letter["Subject"]) for _, letter in self.box.letters]
