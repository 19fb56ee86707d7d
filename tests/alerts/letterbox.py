"""A real mail server on this machine, which can be told to misbehave as real ones do."""

from __future__ import annotations

import email
import email.policy
import socket
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

if TYPE_CHECKING:
    import ssl
    from email.message import EmailMessage

    from aiosmtpd.smtp import SMTP, Envelope, LoginPassword, Session


@dataclass
class Letterbox:
    """What arrived: each letter with its recipients. ``refused`` recipients get a 550.

    ``drop_after_data`` so many letters are taken and the line is cut before the answer;
    ``busy`` so many are answered with 451.
    """

    letters: list[tuple[list[str], EmailMessage]] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    drop_after_data: int = 0
    busy: int = 0

    def ids(self) -> list[str]:
        """Message-IDs in the order of their arrival."""
        return [str(letter["Message-ID"]) for _, letter in self.letters]

    def to(self, who: str) -> list[EmailMessage]:
        """Letters that somebody got."""
        return [letter for recipients, letter in self.letters if who in recipients]

    async def handle_RCPT(  # noqa: N802 - as aiosmtpd calls it
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: Any,  # noqa: ANN401
    ) -> str:
        if address in self.refused:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - as aiosmtpd calls it
        self, server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        if self.busy:
            self.busy -= 1
            return "451 try later"
        content = envelope.content or b""
        assert isinstance(content, bytes)
        letter = email.message_from_bytes(content, policy=email.policy.default)
        self.letters.append((envelope.rcpt_tos, letter))
        if self.drop_after_data:
            self.drop_after_data -= 1
            assert server.transport is not None
            server.transport.abort()  # type: ignore[attr-defined]
        return "250 OK"


@dataclass
class Login:
    """Lets in who has the password."""

    user: str
    password: str

    def __call__(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _how: str, given: LoginPassword
    ) -> AuthResult:
        right = (given.login.decode(), given.password.decode()) == (self.user, self.password)
        return AuthResult(success=right, handled=False)


def open_letterbox(
    box: Letterbox, port: int, *, tls: ssl.SSLContext | None = None, login: Login | None = None
) -> Controller:
    """Start a server on 127.0.0.1; with a certificate it wants STARTTLS, and then a login."""
    controller = Controller(
        box,
        hostname="127.0.0.1",
        port=port,
        tls_context=tls,
        require_starttls=tls is not None,
        authenticator=login,
        auth_required=login is not None,
    )
    controller.start()
    return controller


class Mute:
    """A server that takes the call and never says a word."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_server(("127.0.0.1", port))
        self.port = port

    def close(self) -> None:
        self._socket.close()
