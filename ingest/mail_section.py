"""The sections ``mail`` and ``webhooks`` of ``tollbook.yaml``: whom alerts reach, and when."""

from __future__ import annotations

import re
from datetime import time
from typing import TYPE_CHECKING, Any, cast

from ingest import settings
from ingest.configuration_sections import named, variable, zone

if TYPE_CHECKING:
    from pricing.located_yaml import Checker, Located

_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")
_LAST_HOUR = 23


def mail(located: Located | None, checker: Checker) -> settings.Mail | None:
    """Return the mail server, and who receives what."""
    if located is None or located.value is None:
        return None
    keys = checker.mapping(
        located,
        required=("host", "sender"),
        optional=(
            "port", "security", "user", "password_env", "to", "quiet_hours", "digest", "heartbeat",
            "link",
        ),
    )  # fmt: skip
    given: dict[str, Any] = {
        "host": checker.text(keys.get("host")),
        "sender": checker.text(keys.get("sender")),
        "port": checker.whole(keys.get("port")),
        "security": checker.choice(keys.get("security"), settings.MAIL_SECURITIES),
        "user": checker.text(keys.get("user")),
        "password_env": variable(keys.get("password_env"), checker),
        "to": _addresses(keys.get("to"), checker) or None,
        "quiet_hours": _quiet_hours(keys.get("quiet_hours"), checker),
        "digest": _digest(keys.get("digest"), checker),
        "heartbeat": _digest(keys.get("heartbeat"), checker),
        "link": _link(keys.get("link"), checker),
    }
    known = {key: value for key, value in given.items() if value is not None}
    return settings.Mail(**known) if {"host", "sender"} <= known.keys() else None


def is_address(text: str) -> bool:
    """Tell whether a text is the address of a mailbox."""
    return _ADDRESS.fullmatch(text) is not None


def _addresses(located: Located | None, checker: Checker) -> tuple[str, ...]:
    found = []
    for item in checker.sequence(located):
        text = checker.text(item) or ""
        if is_address(text):
            found.append(text)
        else:
            checker.note(item, f"{text!r} is no address, such as finance@example.com")
    return tuple(dict.fromkeys(found))


def _quiet_hours(located: Located | None, checker: Checker) -> settings.QuietHours | None:
    if located is None or located.value is None:
        return None
    keys = checker.mapping(located, required=("from", "to"), optional=("timezone",))
    start, end = _time(keys.get("from"), checker), _time(keys.get("to"), checker)
    timezone = zone(keys.get("timezone"), checker)
    if start is None or end is None:
        return None
    if start == end:
        checker.note(located, "from and to are the same time; leave quiet_hours out to have none")
        return None
    return settings.QuietHours(start, end, timezone)


def _time(located: Located | None, checker: Checker) -> time | None:
    text = checker.text(located)
    if located is None or text is None:
        return None
    found = _TIME.fullmatch(text)
    if found is None:
        checker.note(located, f"{text!r} is no time of day; write it as 22:00")
        return None
    return time(int(found[1]), int(found[2]))


def _digest(located: Located | None, checker: Checker) -> settings.Digest | None:
    """Return the summary; ``daily`` alone is short for ``{every: daily}``."""
    if located is None or located.value is None:
        return None
    if not isinstance(located.value, dict):
        every = checker.choice(located, settings.DIGEST_RHYTHMS)
        return settings.Digest(cast("Any", every)) if every else None
    keys = checker.mapping(located, required=("every",), optional=("hour",))
    every = checker.choice(keys.get("every"), settings.DIGEST_RHYTHMS)
    hour = checker.whole(keys.get("hour"))
    if hour is not None and not 0 <= hour <= _LAST_HOUR:
        checker.note(keys["hour"], "must be an hour of the day, 0 to 23")
        return None
    if every is None:
        return None
    return settings.Digest(cast("Any", every), settings.Digest.hour if hour is None else hour)


def _link(located: Located | None, checker: Checker) -> str | None:
    url = _url(located, checker)
    return url.rstrip("/") if url else None


def _url(located: Located | None, checker: Checker) -> str | None:
    text = checker.text(located)
    if located is None or text is None:
        return None
    if not text.startswith(("https://", "http://")):
        checker.note(located, "must be an address that starts with https://")
        return None
    return text


def webhooks(located: Located | None, checker: Checker) -> tuple[settings.Webhook, ...]:
    """Return the addresses that alerts are posted to."""
    return named(located, checker, _webhook)


def _webhook(located: Located, checker: Checker) -> settings.Webhook | None:
    keys = checker.mapping(
        located, required=("name", "url"), optional=("shape", "secret_env", "heartbeat")
    )
    name, url = checker.text(keys.get("name")), _url(keys.get("url"), checker)
    shape = cast("Any", checker.choice(keys.get("shape"), settings.WEBHOOK_SHAPES))
    secret_env = variable(keys.get("secret_env"), checker)
    heartbeat = _digest(keys.get("heartbeat"), checker)
    if name is None or url is None:
        return None
    return settings.Webhook(name, url, shape or "json", secret_env, heartbeat)
