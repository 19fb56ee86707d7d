"""Claude Code's session files: a JSON line for every message and event of a session.

Only answers have usage. An answer stands in several lines, one for each part of it, all
with its usage so far: message and request name it. Counts are disjoint, as Anthropic's are.
Source: ryoppippi/ccusage (facts 2.11).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ingest.anthropic_meters import meters_of
from ingest.canonical import Remarks, UsageRow, opened_rows
from ingest.files import first_objects
from ingest.json_objects import given_objects, last_part, member, share_of_keys, word_of
from ingest.values import count_of, moment_of, money_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from ingest.canonical import Given
    from ingest.projection import ImportOptions, Opened, Sample

LINE_KEYS: Final = frozenset(("sessionId", "parentUuid", "isSidechain", "uuid", "leafUuid"))
MADE_UP: Final = "<synthetic>"
"""The model of messages that Claude Code itself writes, as of errors; no model was asked."""
SERVERS: Final[Mapping[str, str]] = {"msg_bdrk_": "bedrock", "msg_vrtx_": "google"}
"""How the ids of messages begin that another provider served."""
FIRST: Final = 100


class ClaudeCode:
    """The format ``claude_code``."""

    name = "claude_code"

    def claims(self, sample: Sample) -> bool:
        """Tell by lines of a session."""
        return any(_is_line(each) for each in first_objects(sample, FIRST))

    def nearness(self, sample: Sample) -> float:
        """Return the share of the usual keys that the first lines show."""
        usual = {"sessionId", "requestId", "message", "timestamp", "version"}
        return share_of_keys(sample, usual)

    def open(self, sample: Sample, options: ImportOptions, workspace: Path) -> Opened:
        """Make every line with an answer a row; the store keeps the fullest of each answer."""
        remarks = Remarks()
        return opened_rows(_rows(sample, remarks), options, workspace, remarks=remarks)


def _is_line(line: Mapping[str, Any]) -> bool:
    message = line.get("message")
    answered = isinstance(message, dict) and isinstance(message.get("usage"), dict)
    known = len(LINE_KEYS & line.keys())
    return known > 1 or (answered and known + ("requestId" in line) > 0)


def _rows(sample: Sample, remarks: Remarks) -> Iterator[Given]:
    answers = 0
    for each in given_objects(sample, _row):
        answers += isinstance(each.row, UsageRow)
        yield each
    if not answers:
        remarks.notices.append("the session holds no answer of a model: nothing was imported")


def _row(line: dict[str, Any]) -> UsageRow | None:
    """Return the row of an answer, None for any other line."""
    message = line.get("message")
    if not isinstance(message, dict) or message.get("usage") is None:
        return None
    model = word_of(message, "model")
    if model == MADE_UP:
        return None
    usage = member(message, "usage")
    identity = word_of(message, "id")
    return UsageRow(
        time=moment_of("timestamp", line.get("timestamp")),
        model=model,
        meters=meters_of(usage),
        id=_name(identity, word_of(line, "requestId")),
        provider=_server(identity),
        zone="regional:us" if word_of(usage, "inference_geo") == "us" else "global",
        tier=_tier(usage),
        dimensions={
            "session": word_of(line, "sessionId"),
            "project": last_part(word_of(line, "cwd")),
        },
        reasoning_tokens=count_of(
            "thinking_tokens", member(usage, "output_tokens_details").get("thinking_tokens")
        ),
        reported_cost=money_of("costUSD", line.get("costUSD")),
    )


def _name(message: str | None, request: str | None) -> str | None:
    """Return what an answer is known by; without a message's id its line stands for itself."""
    return None if message is None else ":".join(filter(None, (message, request)))


def _server(message: str | None) -> str:
    text = message or ""
    return next((who for start, who in SERVERS.items() if text.startswith(start)), "anthropic")


def _tier(usage: Mapping[str, Any]) -> str | None:
    """Return the word for the tier; fast mode is one."""
    return "fast" if word_of(usage, "speed") == "fast" else word_of(usage, "service_tier")
