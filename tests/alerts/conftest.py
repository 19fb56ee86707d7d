"""What several tests of ticks start from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ingest.configuration import Configuration
from ingest.settings import Mail
from ingest.store import Store
from tests.alerts.desk import ANN, Desk
from tests.alerts.letterbox import Letterbox, open_letterbox
from tests.tollbook.test_serving import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk whose mail server works."""
    port, box = free_port(), Letterbox()
    settings = Mail("127.0.0.1", "tollbook@example.com", port, "none", to=(ANN,))
    server = open_letterbox(box, port)
    yield Desk(Store(tmp_path / "tollbook.duckdb"), Configuration(mail=settings), box)
    server.stop()
