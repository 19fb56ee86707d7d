"""The contract on top of the list, from ``tollbook.yaml`` or a file of its own.

Replaced rates come first, then discounts, then the exchange rate of the usage day;
money in the file is dollars per million tokens, or per thousand calls.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import combinations
from typing import TYPE_CHECKING

from costmodel.contract import Contract, ContractTerm, ExchangeRate
from costmodel.meters import TIERS, Meter
from costmodel.money import decimal_string, fraction
from pricing.errors import PricingError
from pricing.located_yaml import Checker, Problem, YamlError, nearest, read
from pricing.rate_rows import FEE_KEYS, RATE_KEYS, THOUSAND, read_zone
from pricing.reader import PROVIDERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from fractions import Fraction
    from pathlib import Path

    from costmodel.book import PriceBook
    from pricing.located_yaml import Located

CONTRACT_KEYS = ("currency", "exchange_rates", "terms")
TERM_KEYS = (
    "provider",
    "model",
    "zone",
    "tier",
    "from",
    "to",
    "discount",
    "usd_per_million",
    "usd_per_thousand_calls",
)
DOLLARS = "USD"
CURRENCY_LETTERS = 3
FAR_OFF_LIST = 100
"""A negotiated rate this many times off the list is a unit mixed up, not a bargain."""

TermAt = tuple[ContractTerm, "Located"]


def read_contract_file(path: Path, book: PriceBook) -> Contract:
    """Return the contract of a file, alone in it or under ``contract``.

    Raises PricingError with every mistake, OSError where the file is unreadable.
    """
    try:
        root = read(path)
    except YamlError as error:
        raise PricingError(error.problems) from error
    return read_contract(root.child("contract") or root, book)


def read_contract(located: Located | None, book: PriceBook) -> Contract:
    """Return the contract of a configuration's node, an empty one where there is none.

    Raises PricingError with every mistake; ``book`` knows the models and list rates.
    """
    contract, problems = checked_contract(located, book)
    if problems:
        raise PricingError(problems)
    return contract


def checked_contract(
    located: Located | None, book: PriceBook
) -> tuple[Contract, tuple[Problem, ...]]:
    """Return the contract and every mistake in it, in the order of lines."""
    check = Checker()
    keys = check.mapping(located, optional=CONTRACT_KEYS)
    currency = _currency(keys.get("currency"), check)
    rates = [_exchange_rate(at, check) for at in check.sequence(keys.get("exchange_rates"))]
    known = tuple(rate for rate in rates if rate)
    if currency != DOLLARS and not known:
        check.note(keys["currency"], f"needs exchange_rates: how much {currency} a dollar is")
    placed = [(_term(at, book, check), at) for at in check.sequence(keys.get("terms"))]
    terms = [(term, at) for term, at in placed if term]
    check.problems += [*_overlaps(terms), *_far_off_list(terms, book)]
    problems = sorted(check.problems, key=lambda problem: problem.line)
    return Contract(tuple(term for term, _ in terms), currency, known), tuple(problems)


def _currency(located: Located | None, check: Checker) -> str:
    word = check.text(located)
    if located is None or word is None:
        return DOLLARS
    if len(word) != CURRENCY_LETTERS or not word.isalpha():
        check.note(located, f"{word!r} is no currency; write three letters, such as EUR")
        return DOLLARS
    return word.upper()


def _exchange_rate(at: Located, check: Checker) -> ExchangeRate | None:
    keys = check.mapping(at, required=("from", "per_usd", "source"))
    day, per_usd = check.day(keys.get("from")), check.number(keys.get("per_usd"))
    source = check.text(keys.get("source"))
    if per_usd is not None and per_usd <= 0:
        check.note(keys["per_usd"], "must be above 0: how much one dollar is worth")
        return None
    return ExchangeRate(day, per_usd, source) if day and per_usd and source else None


def _term(at: Located, book: PriceBook, check: Checker) -> ContractTerm | None:
    keys = check.mapping(at, ("source",), TERM_KEYS)
    source = check.text(keys.get("source"))
    provider = check.choice(keys.get("provider"), PROVIDERS)
    if not {"discount", "usd_per_million", "usd_per_thousand_calls"} & keys.keys():
        check.note(at, "changes nothing; add discount, usd_per_million or usd_per_thousand_calls")
    term = ContractTerm(
        source=source or "",
        provider=provider,
        model=_model(keys.get("model"), provider, book, check),
        zone=read_zone(keys.get("zone"), check),
        tier=check.choice(keys.get("tier"), TIERS),
        in_force_from=check.day(keys.get("from")),
        in_force_to=check.day(keys.get("to")),
        usd_per_million=_rates(keys, check),
        discount=_share(keys.get("discount"), check),
    )
    return term if source else None


def _model(
    located: Located | None, provider: str | None, book: PriceBook, check: Checker
) -> str | None:
    """Return the canonical name; an alias in the file means its model."""
    name = check.text(located)
    if located is None or name is None:
        return None
    providers = (provider,) if provider else book.providers_of(name)
    for each in providers:
        if model := book.resolve(each, name):
            return model.name
    known = {m.name for m in book.models if provider is None or m.provider == provider}
    check.note(located, f"the price book has no model {name!r}; {nearest(name, known)}")
    return None


def _rates(keys: Mapping[str, Located], check: Checker) -> dict[Meter, Fraction]:
    tokens = check.mapping(keys.get("usd_per_million"), optional=RATE_KEYS)
    calls = check.mapping(keys.get("usd_per_thousand_calls"), optional=FEE_KEYS)
    rates = {Meter(key): _rate(at, check) for key, at in tokens.items()}
    rates |= {Meter(key): _rate(at, check) * THOUSAND for key, at in calls.items()}
    return rates


def _rate(located: Located, check: Checker) -> Fraction:
    rate = check.number(located) or fraction(0)
    if rate < 0:
        check.note(located, "is negative; a rate is 0 or more")
    return rate


def _share(located: Located | None, check: Checker) -> Fraction:
    """Return a share of 1, written as 12%, 12.5% or 0.12."""
    if located is None or located.value is None:
        return fraction(0)
    text = str(located.value)
    try:
        share = fraction(text.removesuffix("%").strip()) / (100 if text.endswith("%") else 1)
    except ValueError:
        check.note(located, f"{text!r} is no share; write 12% or 0.12")
        return fraction(0)
    if not 0 <= share <= 1:
        hint = f"write {text}%" if share > 1 and not text.endswith("%") else "write 0% to 100%"
        check.note(located, f"{text} is not between 0 and 1; {hint}")
        return fraction(0)
    return share


def _overlaps(terms: Iterable[TermAt]) -> Iterator[Problem]:
    """Two terms of one scope and kind on one day would both count."""
    groups: dict[tuple[object, ...], list[TermAt]] = defaultdict(list)
    for term, at in terms:
        scope = (term.provider, term.model, term.zone, term.tier)
        if term.discount:
            groups[*scope, "discount"].append((term, at))
        for meter in term.usd_per_million:
            groups[*scope, meter].append((term, at))
    told = set()
    for group in groups.values():
        for (first, first_at), (second, at) in combinations(group, 2):
            if _same_day(first, second) and at.line not in told:
                told.add(at.line)
                yield at.problem(
                    f"overlaps the term of line {first_at.line} for the same model and tier; "
                    "end one with 'to' on the day the other begins"
                )


def _same_day(one: ContractTerm, other: ContractTerm) -> bool:
    starts = [term.in_force_from for term in (one, other) if term.in_force_from]
    ends = [term.in_force_to for term in (one, other) if term.in_force_to]
    return not starts or not ends or max(starts) < min(ends)


def _far_off_list(terms: Iterable[TermAt], book: PriceBook) -> Iterator[Problem]:
    for term, at in terms:
        for meter, rate in term.usd_per_million.items():
            listed = _list_rates(term, meter, book)
            if rate <= 0 or not listed:
                continue
            if not min(listed) / FAR_OFF_LIST < rate < max(listed) * FAR_OFF_LIST:
                part = "usd_per_million" if meter in RATE_KEYS else "usd_per_thousand_calls"
                yield at.find([part, meter.value]).problem(
                    f"is far off the list price, {decimal_string(min(listed))} to "
                    f"{decimal_string(max(listed))} per million; check the unit"
                )


def _list_rates(term: ContractTerm, meter: Meter, book: PriceBook) -> list[Fraction]:
    asked = (term.provider, term.model, term.zone, term.tier)
    return [
        card.usd_per_million[meter]
        for card in book.cards
        if card.usd_per_million.get(meter)
        and all(
            a is None or a == given
            for a, given in zip(
                asked, (card.provider, card.model, card.zone, card.tier), strict=True
            )
        )
    ]
