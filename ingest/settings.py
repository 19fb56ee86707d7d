"""The sections of ``tollbook.yaml`` as values, with what holds where nothing is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from datetime import date, time, timedelta

Auth = Literal["none", "password", "proxy_header"]
LedgerChoice = Literal["auto", "requests", "buckets"]
MailSecurity = Literal["starttls", "tls", "none"]
WebhookShape = Literal["json", "slack"]
DigestRhythm = Literal["daily", "weekly"]

AUTHS: tuple[Auth, ...] = ("none", "password", "proxy_header")
LEDGER_CHOICES: tuple[LedgerChoice, ...] = ("auto", "requests", "buckets")
MAIL_SECURITIES: tuple[MailSecurity, ...] = ("starttls", "tls", "none")
WEBHOOK_SHAPES: tuple[WebhookShape, ...] = ("json", "slack")
DIGEST_RHYTHMS: tuple[DigestRhythm, ...] = ("daily", "weekly")


@dataclass(frozen=True)
class Server:
    """Who may open the dashboard.

    ``none`` asks nobody and is served on 127.0.0.1 only. ``password`` compares with
    the environment variable ``password_env``. ``proxy_header`` takes the user from
    ``header``, believed only from the addresses in ``trusted_proxies``.
    """

    auth: Auth = "none"
    password_env: str = "TOLLBOOK_PASSWORD"  # noqa: S105 - the name of a variable, not a secret
    header: str = "X-Forwarded-User"
    trusted_proxies: tuple[str, ...] = ("127.0.0.1",)


@dataclass(frozen=True)
class UsageSource:
    """One place that usage comes from.

    ``ledger`` overrides which view of one traffic counts, its requests or its
    buckets; ``allowed_lag`` is how late its data may be before it is stale.
    """

    name: str
    provider: str
    organisation: str | None = None
    ledger: LedgerChoice = "auto"
    allowed_lag: timedelta | None = None


@dataclass(frozen=True)
class QuietHours:
    """When mails wait for the morning; what is critical goes out at once all the same.

    ``start`` may be later than ``end``: the night between two days. They are local
    times of ``timezone``, None for the reporting zone.
    """

    start: time
    end: time
    timezone: str | None = None


@dataclass(frozen=True)
class Digest:
    """A summary of all budgets: every day, or every Monday, at an hour of the reporting zone."""

    every: DigestRhythm = "daily"
    hour: int = 8


@dataclass(frozen=True)
class Mail:
    """The mail server that alerts go through; the password is in the environment.

    ``to`` receives what concerns every budget, besides the budget's owners that are
    addresses. ``link`` is the address of the dashboard, without a slash at its end:
    None means mails without links. ``heartbeat`` is a mail that only proves that budgets are
    looked at.
    """

    host: str
    sender: str
    port: int = 587
    security: MailSecurity = "starttls"
    user: str | None = None
    password_env: str = "TOLLBOOK_MAIL_PASSWORD"  # noqa: S105 - the name of a variable
    to: tuple[str, ...] = ()
    quiet_hours: QuietHours | None = None
    digest: Digest | None = None
    heartbeat: Digest | None = None
    link: str | None = None


@dataclass(frozen=True)
class Webhook:
    """An address that alerts are posted to, signed with a secret from the environment.

    ``heartbeat`` posts there that budgets are looked at, as that of ``Mail`` mails it.
    """

    name: str
    url: str
    shape: WebhookShape = "json"
    secret_env: str | None = None
    heartbeat: Digest | None = None


@dataclass(frozen=True)
class Note:
    """Something that happened on a day, drawn as a flag on the charts."""

    on: date
    text: str


@dataclass(frozen=True)
class Feature:
    """What is known about a feature: ``critical`` ones are never proposed for saving."""

    critical: bool = False
    owner: str | None = None
