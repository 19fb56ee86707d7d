"""The one failure of this package: files whose prices cannot be trusted."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pricing.located_yaml import Problem


class PricingError(Exception):
    """Price tables or a contract with mistakes; the message lists every one of them."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))
