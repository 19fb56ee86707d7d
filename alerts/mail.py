"""The only door to mail servers: one message, one conversation, and what became of it."""

from __future__ import annotations

import smtplib
import ssl
from contextlib import contextmanager
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from alerts.message import Message
    from ingest.settings import Mail

SILENCE_SECONDS: Final = 30.0
"""How long a server may say nothing before the try counts as failed."""
_WHOLE_LINES: Final = SMTP.clone(max_line_length=200)
"""A subject is not folded: a line may have 998 characters, RFC 5322, 2.1.1."""
_TEMPORARY: Final = range(400, 500)
"""RFC 5321, 4.2.1: a reply of 4yz may be another one later, 5yz will not."""


class MailError(Exception):
    """A message did not reach its server; the text says why and what to do."""


class MailTemporaryError(MailError):
    """A later try may do better."""


class MailPermanentError(MailError):
    """The same message will be refused again."""


@dataclass(frozen=True)
class Refusal:
    """What a server said of one recipient; ``is_temporary`` when it may say otherwise later."""

    code: int
    said: str

    @property
    def is_temporary(self) -> bool:
        """Tell whether the same recipient may be accepted later."""
        return self.code in _TEMPORARY


def deliver(
    settings: Mail,
    password: str | None,
    recipients: Sequence[str],
    message: Message,
    message_id: str,
    sent_at: datetime,
) -> Mapping[str, Refusal]:
    """Send a message and return who was refused; whoever is not in there has it.

    ``message_id`` is without its angle brackets. The same id twice is the same message.

    Raises:
        MailTemporaryError: The server cannot be reached, is busy, or lets nobody in.
        MailPermanentError: It refuses the message itself.
    """
    letter = letter_of(settings, recipients, message, message_id, sent_at)
    try:
        with _conversation(settings, password) as server:
            refused = server.send_message(letter, settings.sender, list(recipients))
    except smtplib.SMTPRecipientsRefused as error:
        refused = error.recipients
    except smtplib.SMTPAuthenticationError as error:
        raise MailTemporaryError(
            f"{settings.host} refuses the login of {settings.user}: "
            f"check mail.user and the environment variable {settings.password_env}"
        ) from error
    except smtplib.SMTPResponseException as error:
        raise _answered(settings, error.smtp_code, error.smtp_error) from error
    except smtplib.SMTPNotSupportedError as error:
        raise MailTemporaryError(
            f"{settings.host} cannot do what mail.security and mail.user ask for ({error}): "
            "change them in tollbook.yaml"
        ) from error
    except (OSError, smtplib.SMTPException) as error:
        raise MailTemporaryError(
            f"{settings.host}:{settings.port} does not answer as a mail server "
            f"({_cause(error)}): it is tried again"
        ) from error
    return {who: Refusal(code, _text(said)) for who, (code, said) in refused.items()}


def letter_of(
    settings: Mail,
    recipients: Sequence[str],
    message: Message,
    message_id: str,
    sent_at: datetime,
) -> EmailMessage:
    """Return a message as it goes over the wire: text, HTML, and its images within."""
    letter = EmailMessage(policy=_WHOLE_LINES)
    letter["Subject"] = " ".join(message.subject.split())
    letter["From"] = Address("Tollbook", addr_spec=settings.sender)
    letter["To"] = [Address(addr_spec=who) for who in recipients]
    letter["Date"] = format_datetime(sent_at)
    letter["Message-ID"] = f"<{message_id}>"
    letter["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers
    letter.set_content(message.text)
    letter.add_alternative(message.html, subtype="html")
    _, page = letter.iter_parts()
    for image in message.images:
        page.add_related(
            image.png,
            maintype="image",
            subtype="png",
            cid=f"<{image.name}>",
            disposition="inline",
            filename=f"{image.name}.png",
        )
    return letter


@contextmanager
def _conversation(settings: Mail, password: str | None) -> Iterator[smtplib.SMTP]:
    """Open a conversation as the settings ask: encrypted, logged in."""
    trusted = ssl.create_default_context()
    server: smtplib.SMTP
    if settings.security == "tls":
        server = smtplib.SMTP_SSL(
            settings.host, settings.port, timeout=SILENCE_SECONDS, context=trusted
        )
    else:
        server = smtplib.SMTP(settings.host, settings.port, timeout=SILENCE_SECONDS)
    try:
        if settings.security == "starttls":
            server.starttls(context=trusted)
        if settings.user is not None:
            server.login(settings.user, password or "")
        yield server
        _farewell(server)
    finally:
        server.close()


def _farewell(server: smtplib.SMTP) -> None:
    """Say goodbye; the message is delivered, so a server that hangs up first is no failure."""
    try:
        server.quit()
    except (OSError, smtplib.SMTPException):
        return


def _answered(settings: Mail, code: int, said: bytes | str) -> MailError:
    words = f"{settings.host} answers {code} {_text(said)}"
    if code in _TEMPORARY:
        return MailTemporaryError(f"{words}: it is tried again")
    return MailPermanentError(f"{words}: this message cannot be sent")


def _text(said: bytes | str) -> str:
    text = said.decode("utf-8", errors="replace") if isinstance(said, bytes) else said
    return " ".join(text.split())[:300]


def _cause(error: Exception) -> str:
    return _text(str(error)) or type(error).__name__
