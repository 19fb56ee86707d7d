"""Price tables and their readers: what a model costs, since when, by whose word."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from costmodel.book import PriceBook
from costmodel.contract import Contract
from pricing.check import checked_tables
from pricing.errors import PricingError
from pricing.reader import cards_with_fees, shipped_paths

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = ["PricingError", "load_book"]


def load_book(contract: Contract | None = None, tables: Iterable[Path] | None = None) -> PriceBook:
    """Return the price book of the shipped tables, or of others, under a contract.

    Raises PricingError with every mistake of every table.
    """
    book = _shipped_book() if tables is None else _book(tuple(tables))
    return book.with_contract(contract) if contract else book


@cache
def _shipped_book() -> PriceBook:
    return _book(shipped_paths())


def _book(paths: tuple[Path, ...]) -> PriceBook:
    tables, problems = checked_tables(paths)
    if problems:
        raise PricingError(problems)
    models = tuple(row.model for table in tables for row in table.models)
    tiers = tuple(tier for table in tables for tier in table.usage_tiers)
    return PriceBook(models, cards_with_fees(tables), Contract(), tiers)
