"""Evaluation: from the store to a situation for each budget, all from one look at the cells."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import numpy as np

from alerts import data_findings, outlook
from alerts.budgets import Share, known_budgets, shares_of
from alerts.causes import causes, excess_by_series
from alerts.period_end import period_end
from alerts.reach import ENDED_AFTER, of_part, sources_of, watermark_of
from alerts.rule_sets import load_rule_sets
from alerts.service_levels import calls_of, slo_findings, slo_rules
from alerts.situation import Situation, WindowBurn
from alerts.usage import Usage, quarter_at
from costmodel.burn.evaluation import dropped_rules, findings, windows_of
from costmodel.burn.finding import SEVERITIES
from costmodel.burn.level import HISTORY_DAYS
from costmodel.burn.plan import with_coming_prices
from costmodel.burn.rules import ActualRule, BurnRule, ForecastRule
from costmodel.burn.sentences import level_name
from costmodel.forecast import Forecast
from ingest.store.quarters import Quarters

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from alerts.period_end import PeriodEnd
    from alerts.reach import Source
    from alerts.situation import Cause, State
    from alerts.usage import Floats, Part
    from costmodel.book import PriceBook
    from costmodel.budget import Budget
    from costmodel.burn.facts import Facts
    from costmodel.burn.finding import Finding
    from costmodel.burn.rules import RuleSet
    from costmodel.rates import Model
    from ingest.configuration import Configuration
    from ingest.store import CallMeasures, Store

CALLED_LATELY: Final = timedelta(days=7)
CAUSE_WINDOW: Final = timedelta(days=1)


class CurrencyError(Exception):
    """A budget is in a currency that prices are not in."""


def situations(
    store: Store, book: PriceBook, configuration: Configuration, now: datetime
) -> tuple[Situation, ...]:
    """Return where every budget stands, one situation for each value where it has several.

    A budget that cannot be looked at is in the state ``failed``; the others go on.

    Raises:
        StoreError: The store cannot be read.
        ConfigurationError: What the store keeps of a budget cannot be read.
    """
    budgets = [known.budget for known in known_budgets(store, configuration)]
    return situations_of(budgets, store, book, configuration, now)


def situations_of(
    budgets: Sequence[Budget],
    store: Store,
    book: PriceBook,
    configuration: Configuration,
    now: datetime,
) -> tuple[Situation, ...]:
    """Return where these budgets stand, see ``situations``."""
    if not budgets:
        return ()
    look = look_at(budgets, store, book, configuration, now)
    return tuple(each for budget in budgets for each in look.at(budget))


def end_of(
    budget: Budget, store: Store, book: PriceBook, configuration: Configuration, now: datetime
) -> PeriodEnd | None:
    """Return where the period of a budget ends, as its situation says it; None without usage.

    The budget need be none of those that are kept: its filters, its period and its zone count.

    Raises:
        StoreError: The store cannot be read.
        CurrencyError: Its amount is in another currency than prices.
    """
    return look_at((budget,), store, book, configuration, now).end_of(budget)


def rules_of(budget: Budget) -> RuleSet:
    """Return the rules of a budget: its set's, and its own levels in place of those of a kind."""
    rules = load_rule_sets()[budget.rules]
    replaced = tuple(
        kind
        for kind in (ActualRule, ForecastRule)
        if any(isinstance(level, kind) for level in budget.levels)
    )
    kept = tuple(rule for rule in rules.rules if not isinstance(rule, replaced))
    return replace(rules, rules=(*kept, *budget.levels))


def lines_of(budget: Budget) -> frozenset[tuple[str, str]]:
    """Return rule and level of every line that a budget's spending is held against."""
    return frozenset((rule.name, level_name(rule)) for rule in rules_of(budget).rules)


def look_at(
    budgets: Sequence[Budget],
    store: Store,
    book: PriceBook,
    configuration: Configuration,
    now: datetime,
) -> UsageLook:
    """Return the usage that budgets need, read once: whoever asks it again reads nothing.

    Raises:
        StoreError: The store cannot be read.
    """
    extent = store.extent()
    newest = min(now, extent[1]) if extent else now
    since = min(_begin(budget, newest, configuration.timezone) for budget in budgets)
    quarters = store.quarters(since) or _nothing()
    return UsageLook(tuple(budgets), store, Usage(quarters, book, since), configuration, now)


def _begin(budget: Budget, newest: datetime, zone: str) -> datetime:
    """Return from when on a budget needs usage: eight weeks before its period, in UTC days."""
    reached = newest - ENDED_AFTER
    start, _ = outlook.period_of(budget, reached, ZoneInfo(budget.timezone or zone))
    day = start.astimezone(UTC).date() - timedelta(days=HISTORY_DAYS + 2)
    return datetime.combine(day, time(), UTC)


def _nothing() -> Quarters:
    none = np.zeros(0, dtype=np.int64)
    return Quarters((), none, none, none, none, none, none)


@dataclass(frozen=True, eq=False)
class UsageLook:
    """One look at all budgets: the usage that they share, and the clock."""

    budgets: tuple[Budget, ...]
    store: Store
    usage: Usage
    configuration: Configuration
    now: datetime
    _excess: dict[tuple[str, int, int], Floats] = field(default_factory=dict)

    @cached_property
    def _sources(self) -> dict[tuple[str, str], Source]:
        return sources_of(self.usage, self.configuration)

    @cached_property
    def _calls(self) -> CallMeasures | None:
        """Return the single calls of the longest window, read only when a rule looks at them."""
        windows = [rule.window for budget in self.budgets for rule in slo_rules(rules_of(budget))]
        ends = [source.until for source in self._sources.values()]
        living = [end for end in ends if end >= max(ends) - ENDED_AFTER]
        if not windows or not living:
            return None
        return self.store.call_measures(min(living) - max(windows), self.now)

    def at(self, budget: Budget) -> list[Situation]:
        """Return a budget's situations; whatever goes wrong with it is told and stays with it."""
        try:
            shares = shares_of(budget, self.usage)
        except Exception as error:  # noqa: BLE001 - silence would look like peace
            return [self._failed(Share(budget, "", budget.filters), error)]
        return data_findings.ends_told_once([self._of_share(share) for share in shares])

    def _of_share(self, share: Share) -> Situation:
        try:
            return self._situation(share)
        except Exception as error:  # noqa: BLE001 - silence would look like peace
            return self._failed(share, error)

    def _zone(self, budget: Budget) -> ZoneInfo:
        return ZoneInfo(budget.timezone or self.configuration.timezone)

    def _failed(self, share: Share, error: Exception) -> Situation:
        return self._blank(share, "failed", data_findings.failed(error))

    def _blank(self, share: Share, state: State, finding: Finding) -> Situation:
        start, end = outlook.period_of(share.budget, self.now, self._zone(share.budget))
        return Situation(
            budget=share.budget,
            value=share.value,
            start=start,
            end=end,
            watermark=None,
            age=None,
            state=state,
            spent=Fraction(0),
            planned_so_far=0.0,
            findings=(finding,),
            filters=share.filters,
        )

    def _situation(self, share: Share) -> Situation:
        budget, usage = share.budget, self.usage
        self._check_currency(budget)
        part = usage.part(share.filters)
        sources = of_part(part, usage, self._sources)
        facts = self._facts(share, sources)
        if facts is None:
            return self._blank(share, "stale", data_findings.no_data())
        rules, zone = rules_of(budget), self._zone(budget)
        heading = period_end(facts, part, usage, budget.measure, zone)
        ahead = heading.ahead
        facts = replace(facts, ahead=ahead)
        of_data = self._of_data(budget, part, sources, facts)
        found = (*self._of_rules(rules, facts, part), *of_data)
        rest = with_coming_prices(facts.plan, facts.watermark, heading.path)
        return Situation(
            budget=budget,
            value=share.value,
            start=facts.start,
            end=facts.end,
            watermark=facts.watermark,
            age=self.now - facts.watermark,
            state=state_of(found),
            spent=usage.spent(part, budget.measure, facts.start, facts.watermark),
            planned_so_far=facts.plan.share_before(facts.watermark) * facts.amount,
            at_least=any(each.kind == "unpriced" and each.is_firing for each in of_data),
            findings=found,
            windows=tuple(WindowBurn(*each) for each in windows_of(rules, facts)),
            days=outlook.days_of(facts, rest, zone),
            ahead=ahead,
            replayed=heading.replayed,
            coming=heading.coming,
            exhaustion=outlook.exhaustion_of(replace(facts, plan=rest)),
            chance_above=ahead.chance_above(facts.amount) if isinstance(ahead, Forecast) else None,
            causes=self._causes(budget, part, facts, rules, found),
            dropped_rules=dropped_rules(rules, facts),
            filters=share.filters,
        )

    def _facts(self, share: Share, sources: Sequence[Source]) -> Facts | None:
        """Return what is known of a budget without a forecast, None where nothing was used."""
        budget, usage = share.budget, self.usage
        watermark = watermark_of(sources, self.now)
        if watermark is None:
            return None
        part, zone = usage.part(share.filters), self._zone(budget)
        return outlook.facts_of(budget, part, usage, watermark, zone, rules_of(budget))

    def end_of(self, budget: Budget) -> PeriodEnd | None:
        """Return where a budget's period ends, None where nothing was used."""
        self._check_currency(budget)
        share, part = Share(budget, "", budget.filters), self.usage.part(budget.filters)
        facts = self._facts(share, of_part(part, self.usage, self._sources))
        if facts is None:
            return None
        return period_end(facts, part, self.usage, budget.measure, self._zone(budget))

    def _of_rules(self, rules: RuleSet, facts: Facts, part: Part) -> tuple[Finding, ...]:
        """Return what the rules find, those about single calls each in a window of its own."""
        looking = slo_rules(rules)
        rest = tuple(rule for rule in rules.rules if rule not in looking)
        found = findings(replace(rules, rules=rest), facts)
        if not looking or self._calls is None:
            return found
        return (*found, *slo_findings(rules, facts, calls_of(part, self.usage, self._calls)))

    def _check_currency(self, budget: Budget) -> None:
        ours = self.usage.book.contract.currency
        if budget.measure == "money" and budget.currency != ours:
            raise CurrencyError(
                f"its amount is in {budget.currency} and prices are in {ours}: "
                "write it in that currency, or give exchange rates in the contract"
            )

    def _of_data(
        self, budget: Budget, part: Part, sources: Sequence[Source], facts: Facts
    ) -> list[Finding]:
        late = data_findings.stale(sources, self.now)
        return [*late, *self._unpriced(budget, part, facts), *self._endings(part, facts)]

    def _unpriced(self, budget: Budget, part: Part, facts: Facts) -> list[Finding]:
        if budget.measure == "requests":
            return []
        start, end = facts.start, facts.watermark
        misses = self.usage.misses(part, start, end) if budget.measure == "money" else []
        tokens = int(self.usage.spent(part, "tokens", start, end))
        silent = self.usage.unmetered(part, start, end)
        return [data_findings.unpriced(misses, tokens, silent)]

    def _endings(self, part: Part, facts: Facts) -> list[Finding]:
        since = facts.watermark - CALLED_LATELY
        models: dict[str, Model] = {}
        for key, _ in self.usage.keys_of(part, since, facts.watermark):
            model = self.usage.book.resolve(key.provider, key.model)
            if model is not None:
                models.setdefault(model.name, model)
        return data_findings.endings(models.values(), self._today)

    @property
    def _today(self) -> date:
        return self.now.astimezone(UTC).date()

    def _causes(
        self,
        budget: Budget,
        part: Part,
        facts: Facts,
        rules: RuleSet,
        found: Iterable[Finding],
    ) -> tuple[Cause, ...]:
        """Return the reasons of what fires about spending, over the window that fires."""
        names = {each.rule for each in found if each.is_firing and each.kind in _SPENDING}
        if not names:
            return ()
        burns = [r.long for r in rules.rules if isinstance(r, BurnRule) and r.name in names]
        window = max([*burns, CAUSE_WINDOW])
        until = quarter_at(facts.watermark) - self.usage.first
        length = round(window / timedelta(minutes=15))
        key = (budget.measure, until, length)
        if key not in self._excess:
            self._excess[key] = excess_by_series(self.usage, *key)
        hours = round(window / timedelta(hours=1))
        return tuple(causes(budget, part, self.usage, self._excess[key], hours))


_SPENDING: Final = frozenset({"actual", "forecast", "burn", "change", "hourly"})
_NOT_SPENDING: Final = frozenset({"stale", "failed", "ending"})


def state_of(found: Iterable[Finding]) -> State:
    """Return the gravest of what fires; with late data and nothing else it is ``stale``."""
    firing = [each for each in found if each.is_firing]
    if any(each.kind == "failed" for each in firing):
        return "failed"
    grave = [each.severity for each in firing if each.kind not in _NOT_SPENDING]
    if grave:
        return max(grave, key=SEVERITIES.index)
    return "stale" if any(each.kind == "stale" for each in firing) else "ok"
