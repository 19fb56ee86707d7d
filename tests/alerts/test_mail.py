from __future__ import annotations

import socket
import ssl
import subprocess
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest

from alerts.mail import MailPermanentError, MailTemporaryError, deliver
from alerts.message import alert_message
from ingest.settings import Mail
from tests.alerts.letterbox import Letterbox, Login, open_letterbox
from tests.alerts.letters import NOW, situation, transition

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MESSAGE = alert_message(situation(), [transition()], NOW, "http://127.0.0.1:8050/budgets")
ANN, BOB = "ann@example.com", "bob@example.com"
USER, PASSWORD = "tollbook", "let me in"


@dataclass
class Picky(Letterbox):
    """Says ``to_everybody`` to each recipient and ``to_content`` to each message, if set."""

    to_everybody: str | None = None
    to_content: str | None = None

    async def handle_RCPT(self, *given: Any) -> str:  # noqa: ANN401, N802 - as aiosmtpd calls it
        return self.to_everybody or await super().handle_RCPT(*given)

    async def handle_DATA(self, *given: Any) -> str:  # noqa: ANN401, N802 - as aiosmtpd calls it
        return self.to_content or await super().handle_DATA(*given)


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@pytest.fixture
def box() -> Picky:
    return Picky()


@pytest.fixture
def open_server(box: Picky) -> Iterator[Mail]:
    server = open_letterbox(box, free_port())
    yield Mail("127.0.0.1", "tollbook@example.com", server.port, "none")
    server.stop()


@pytest.fixture
def strict_server(box: Picky, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mail]:
    public, private = tmp_path / "public.pem", tmp_path / "private.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
         "-keyout", str(private), "-out", str(public)],
        check=True, capture_output=True,
    )  # fmt: skip
    monkeypatch.setenv("SSL_CERT_FILE", str(public))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(public, private)
    server = open_letterbox(box, free_port(), tls=tls, login=Login(USER, PASSWORD))
    yield Mail("localhost", "tollbook@example.com", server.port, "starttls", USER)
    server.stop()


def test_a_mail_arrives_with_its_text_its_page_and_its_picture(
    open_server: Mail, box: Picky
) -> None:
    assert deliver(open_server, None, [ANN, BOB], MESSAGE, "t1@example.com", NOW) == {}
    ((recipients, letter),) = box.letters
    assert recipients == [ANN, BOB]
    assert letter["Message-ID"] == "<t1@example.com>"
    assert letter["Subject"] == MESSAGE.subject
    assert letter["From"] == "Tollbook <tollbook@example.com>"
    assert letter["Date"] == "Fri, 20 Nov 2026 12:02:00 +0000"
    assert letter["Auto-Submitted"] == "auto-generated"
    kinds = [part.get_content_type() for part in letter.walk()]
    assert kinds == [
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "image/png",
    ]
    picture = list(letter.walk())[-1]
    assert picture["Content-ID"] == "<spend>"
    text = letter.get_body(("plain",))
    assert text is not None
    assert text.get_content().splitlines() == MESSAGE.text.splitlines()


def test_starttls_and_login(strict_server: Mail, box: Picky) -> None:
    assert deliver(strict_server, PASSWORD, [ANN], MESSAGE, "t1@example.com", NOW) == {}
    assert len(box.letters) == 1


def test_a_wrong_password_waits_for_its_repair(strict_server: Mail, box: Picky) -> None:
    with pytest.raises(MailTemporaryError, match="TOLLBOOK_MAIL_PASSWORD") as refused:
        deliver(strict_server, "wrong", [ANN], MESSAGE, "t1@example.com", NOW)
    assert "wrong" not in str(refused.value)
    assert box.letters == []


def test_a_server_that_nobody_vouches_for_gets_nothing(
    strict_server: Mail, box: Picky, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(MailTemporaryError, match="certificate"):
        deliver(strict_server, PASSWORD, [ANN], MESSAGE, "t1@example.com", NOW)
    assert box.letters == []


def test_one_refused_recipient_does_not_stop_the_other(open_server: Mail, box: Picky) -> None:
    box.refused = {ANN}
    refused = deliver(open_server, None, [ANN, BOB], MESSAGE, "t1@example.com", NOW)
    assert [who for who, _ in box.letters] == [[BOB]]
    assert {who: (each.code, each.is_temporary) for who, each in refused.items()} == {
        ANN: (550, False)
    }


def test_all_refused_is_an_answer_and_no_failure(open_server: Mail, box: Picky) -> None:
    box.to_everybody = "450 mailbox is full"
    refused = deliver(open_server, None, [ANN], MESSAGE, "t1@example.com", NOW)
    assert refused[ANN].is_temporary
    assert refused[ANN].said == "mailbox is full"
    assert box.letters == []


@pytest.mark.parametrize(
    ("reply", "failure"),
    [("451 try later", MailTemporaryError), ("554 looks like spam", MailPermanentError)],
)
def test_a_refused_message_is_told_apart_by_its_code(
    open_server: Mail, box: Picky, reply: str, failure: type[Exception]
) -> None:
    box.to_content = reply
    with pytest.raises(failure, match=reply):
        deliver(open_server, None, [ANN], MESSAGE, "t1@example.com", NOW)


def test_nobody_at_the_port_is_tried_again(open_server: Mail) -> None:
    nobody = replace(open_server, port=free_port())
    with pytest.raises(MailTemporaryError, match="tried again"):
        deliver(nobody, None, [ANN], MESSAGE, "t1@example.com", NOW)


def test_a_server_that_hangs_does_not_hang_us(
    open_server: Mail, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alerts.mail.SILENCE_SECONDS", 0.3)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        hanging = replace(open_server, port=silent.getsockname()[1])
        with pytest.raises(MailTemporaryError, match="timed out"):
            deliver(hanging, None, [ANN], MESSAGE, "t1@example.com", NOW)
