"""E-mail over SMTP, against the sandbox's mail server."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from uuid import uuid4

import httpx
import pytest

from parking.adapters.smtp import Smtp
from parking.ports import Rejected, Unavailable
from sandbox_process import Sandbox

WEB = httpx.Client(verify=False)  # noqa: S501 - plain http on this machine


@pytest.fixture
def outside(sandbox: Sandbox) -> Iterator[Sandbox]:
    yield sandbox
    sandbox.fault("mail", "none")


def connect(address: str, **changed) -> Smtp:
    settings = {"address": address, "sender": "Parkering <parkering@kk.example>", "timeout": 1.0}
    return Smtp(**{**settings, **changed})


@pytest.fixture
def mail(outside: Sandbox) -> Smtp:
    return connect(outside.addresses["MAIL"])


def an_email(**changed) -> dict[str, str]:
    return {
        "message_id": uuid4().hex,
        "to": "anna@borger.example",
        "subject": "Du har fået et brev om parkering",
        "text": "Der ligger et brev til dig i Digital Post. Æøå.\n",
        **changed,
    }


def inbox(outside: Sandbox, message_id: str) -> list[dict]:
    answer = WEB.get(f"{outside.base}/inbox/anna", headers={"Accept": "application/json"})
    return [each for each in answer.json()["mails"] if message_id in each["id"]]


def test_an_email_arrives_as_it_was_written(outside, mail):
    email = an_email()
    mail.send(**email)
    (arrived,) = inbox(outside, email["message_id"])
    assert arrived["id"] == f"<{email['message_id']}@kk.example>"
    assert arrived["subject"] == email["subject"]
    assert arrived["text"].splitlines() == email["text"].splitlines()
    assert (arrived["to"], arrived["from"]) == (["anna@borger.example"], "parkering@kk.example")


@pytest.mark.parametrize(
    ("fault", "error"), [("later", Unavailable), ("refused", Rejected), ("hang-up", Unavailable)]
)
def test_what_the_server_says_becomes_one_of_our_errors(outside, mail, fault, error):
    outside.fault("mail", fault, count=1)
    email = an_email()
    with pytest.raises(error):
        mail.send(**email)
    assert inbox(outside, email["message_id"]) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"to": "no address"},
        {"to": "anna@borger.example, bo@borger.example"},
        {"to": "anna@borger.example\nBcc: bo@borger.example"},
        {"subject": "Hej\nBcc: bo@borger.example"},
        {"message_id": "x\ny"},
    ],
)
def test_nothing_can_be_smuggled_into_an_email(outside, mail, wrong):
    with pytest.raises(Rejected):
        mail.send(**an_email(**wrong))


def test_nobody_there_is_unavailable():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(Unavailable):
            connect(f"smtp://127.0.0.1:{taken.getsockname()[1]}").send(**an_email())


def test_a_server_that_says_nothing_is_unavailable():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        threading.Thread(target=silent.accept, daemon=True).start()
        mute = connect(f"smtp://127.0.0.1:{silent.getsockname()[1]}", timeout=0.2)
        with pytest.raises(Unavailable):
            mute.send(**an_email())


def test_a_server_that_cannot_do_tls_is_not_spoken_to_without(outside):
    address = outside.addresses["MAIL"].replace("smtp:", "smtp+starttls:")
    email = an_email()
    with pytest.raises(Rejected):
        connect(address).send(**email)
    assert inbox(outside, email["message_id"]) == []


def test_an_address_that_is_no_mail_server_is_not_wired():
    with pytest.raises(ValueError, match="mail server"):
        connect("http://127.0.0.1:25")
