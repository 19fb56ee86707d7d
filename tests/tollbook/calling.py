"""What a call of the program gives back to a test."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True)
class Ran:
    """Exit code and streams of one call."""

    code: int
    out: str
    err: str

    @property
    def answer(self) -> dict[str, Any]:
        """The one JSON object that stdout must be, and nothing else."""
        try:
            answer = json.loads(self.out)
        except json.JSONDecodeError as error:
            raise AssertionError(f"stdout is no JSON object: {self!r}") from error
        assert isinstance(answer, dict)
        return answer

    @property
    def error(self) -> str:
        """The one sentence of a failure."""
        line = self.err.splitlines()[-1]
        assert line.startswith("Error: ")
        return line.removeprefix("Error: ")


class Tollbook(Protocol):
    """The fixture of that name."""

    def __call__(self, *words: object) -> Ran: ...
