"""Whose usage is looked at: one store with its prices, configuration and clock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from costmodel.book import PriceBook
    from ingest.configuration import Configuration


@dataclass(frozen=True)
class Source:
    """One store with everything needed to read it.

    ``clock`` says what "now" is: pinned for the demo, the machine's otherwise.
    """

    store_path: Path
    book: PriceBook
    configuration: Configuration
    clock: Callable[[], datetime]
    demo: bool = False
