"""Whatever goes wrong on the way out becomes one of three errors, in time, and stays unlogged."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import pybreaker
import pytest
import structlog

from parking.adapters import transport
from parking.adapters.transport import Transport
from parking.ports import Rejected, Unavailable
from parking.ports.patience import patience

Answer = Callable[[socket.socket], None]


class Neighbour:
    """A server on loopback that answers each connection with the next of its answers."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self.answers: list[Answer] = []
        self.asked: list[str] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection:
            self.asked.append(connection.recv(65536).decode().partition("\r\n")[0])
            position = min(len(self.asked), len(self.answers)) - 1
            # Whoever asked may have hung up: that is what some tests are about.
            with suppress(OSError):
                self.answers[position](connection)

    def close(self) -> None:
        self._listening.close()


def says(status: int, body: str = "", *, kind: str = "application/json", extra: str = "") -> Answer:
    """Answer with *status* and *body*."""

    def answer(connection: socket.socket) -> None:
        data = body.encode()
        head = f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {len(data)}\r\n"
        connection.sendall((head + extra + "Connection: close\r\n\r\n").encode() + data)

    return answer


def hangs_up(connection: socket.socket) -> None:
    """Answer nothing."""
    connection.close()


def is_silent(connection: socket.socket) -> None:
    """Say nothing until the one who asked hangs up."""
    connection.settimeout(2)
    connection.recv(1)


def drips_headers(connection: socket.socket) -> None:
    """Send one byte at a time, each well within the read time-out."""
    for byte in b"HTTP/1.1 200 OK\r\n" + b"X-Padding: 1\r\n" * 100:
        connection.sendall(bytes([byte]))
        time.sleep(0.05)


def drips_body(connection: socket.socket) -> None:
    """Send a body that never ends."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(100):
        connection.sendall(b"x")
        time.sleep(0.05)


def breaks_off(connection: socket.socket) -> None:
    """Promise more than is sent."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{")


def babbles(connection: socket.socket) -> None:
    """Speak something else than HTTP."""
    connection.sendall(b"SSH-2.0-something\r\n\r\n")


@pytest.fixture
def neighbour() -> Iterator[Neighbour]:
    server = Neighbour()
    yield server
    server.close()


@pytest.fixture
def ask(neighbour: Neighbour) -> Iterator[Transport]:
    calling = Transport(
        "neighbour", neighbour.address, read_timeout=0.2, deadline=0.4, largest_body=1000
    )
    yield calling
    calling.close()


@pytest.mark.parametrize(
    "answer",
    [
        hangs_up,
        is_silent,
        drips_headers,
        drips_body,
        breaks_off,
        babbles,
        says(500),
        says(503),
        says(429, extra="Retry-After: 7\r\n"),
        says(302, extra="Location: http://127.0.0.1:1/\r\n"),
        says(200, "x" * 1001),
    ],
)
def test_no_answer_is_unavailable_and_in_time(
    neighbour: Neighbour, ask: Transport, answer: Answer
) -> None:
    neighbour.answers = [answer]
    began = time.monotonic()
    with pytest.raises(Unavailable):
        ask.request("GET", "/", operation="test", repeatable=True)
    assert time.monotonic() - began < 1.5


def test_who_waits_has_less_patience_and_what_that_cuts_off_is_no_failure(
    neighbour: Neighbour, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "FAILURES_THAT_OPEN", 1)
    ask = Transport("neighbour", neighbour.address)
    neighbour.answers = [is_silent, says(200, "{}")]
    began = time.monotonic()
    with patience(0.1):
        for _ in range(2):
            with pytest.raises(Unavailable):
                ask.request("GET", "/", operation="test", repeatable=True)
    assert time.monotonic() - began < 1
    assert len(neighbour.asked) == 1, "the second time nobody waits any more"
    ask.request("GET", "/", operation="test", repeatable=True)
    assert ask._breaker.fail_counter == 0
    ask.close()


def test_who_had_time_enough_has_failed_though_nobody_waited_any_longer(
    neighbour: Neighbour, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "TIME_ENOUGH", 0.1)
    ask = Transport("neighbour", neighbour.address)
    neighbour.answers = [is_silent]
    with patience(0.15), pytest.raises(Unavailable):
        ask.request("GET", "/", operation="test", repeatable=True)
    assert ask._breaker.fail_counter == 1
    ask.close()


def test_nobody_there_is_unavailable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    ask = Transport("nobody", f"http://127.0.0.1:{port}", deadline=0.5)
    with pytest.raises(Unavailable):
        ask.request("GET", "/", operation="test", repeatable=False)
    ask.close()


def test_a_refusal_is_rejected(neighbour: Neighbour, ask: Transport) -> None:
    neighbour.answers = [says(400)]
    with pytest.raises(Rejected):
        ask.request("POST", "/", operation="test", repeatable=True)
    assert len(neighbour.asked) == 1


def test_an_adapter_may_look_at_a_refusal(neighbour: Neighbour, ask: Transport) -> None:
    neighbour.answers = [says(404, "{}")]
    answer = ask.request("GET", "/", operation="test", repeatable=True, answers={404})
    assert answer.status_code == 404


def test_what_is_harmless_is_repeated(neighbour: Neighbour, ask: Transport) -> None:
    neighbour.answers = [hangs_up, says(200, '{"a": 1}')]
    answer = ask.request("GET", "/", operation="test", repeatable=True)
    assert ask.json(answer) == {"a": 1}
    assert len(neighbour.asked) == 2


@pytest.mark.parametrize("answer", [hangs_up, says(500), is_silent])
def test_what_may_have_happened_is_not_repeated(
    neighbour: Neighbour, ask: Transport, answer: Answer
) -> None:
    neighbour.answers = [answer]
    with pytest.raises(Unavailable):
        ask.request("POST", "/", operation="test", repeatable=False, json={})
    assert len(neighbour.asked) == 1


def test_a_request_to_wait_is_respected(neighbour: Neighbour, ask: Transport) -> None:
    neighbour.answers = [says(429, extra="Retry-After: 7\r\n")]
    with pytest.raises(Unavailable, match="retry after 7 s"):
        ask.request("GET", "/", operation="test", repeatable=True)
    assert len(neighbour.asked) == 1


def test_another_host_is_never_asked(neighbour: Neighbour, ask: Transport) -> None:
    with pytest.raises(Unavailable, match="another host"):
        ask.request("GET", "http://127.0.0.1:1/", operation="test", repeatable=True)
    assert neighbour.asked == []


def test_a_whole_address_of_the_same_host_is_asked(neighbour: Neighbour, ask: Transport) -> None:
    neighbour.answers = [says(200, "{}")]
    ask.request("GET", f"{neighbour.address}/next?page=2", operation="test", repeatable=True)
    assert neighbour.asked == ["GET /next?page=2 HTTP/1.1"]


@pytest.mark.parametrize(
    "answer",
    [
        says(200, "<html>", kind="text/html"),
        says(200, '{"a":', kind="application/json"),
        says(200, "[" * 900, kind="application/json"),
    ],
)
def test_garbage_is_unavailable(neighbour: Neighbour, ask: Transport, answer: Answer) -> None:
    neighbour.answers = [answer]
    response = ask.request("GET", "/", operation="test", repeatable=True)
    with pytest.raises(Unavailable):
        ask.json(response)


def test_who_fails_often_is_left_alone_and_then_tried_again(
    neighbour: Neighbour, ask: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "SECONDS_OPEN", 0.2)
    neighbour.answers = [says(503)] * transport.FAILURES_THAT_OPEN + [says(200, "{}")]

    def once() -> None:
        ask.request("POST", "/", operation="test", repeatable=False)

    for _ in range(transport.FAILURES_THAT_OPEN):
        with pytest.raises(Unavailable, match="503"):
            once()
    with pytest.raises(Unavailable, match="left alone"):
        once()
    assert len(neighbour.asked) == transport.FAILURES_THAT_OPEN

    time.sleep(transport.SECONDS_OPEN)
    once()
    assert ask._breaker.current_state == pybreaker.STATE_CLOSED


def test_a_refusal_is_an_answer_to_the_breaker(neighbour: Neighbour, ask: Transport) -> None:
    neighbour.answers = [says(400)]
    for _ in range(transport.FAILURES_THAT_OPEN + 1):
        with pytest.raises(Rejected):
            ask.request("POST", "/", operation="test", repeatable=False)
    assert len(neighbour.asked) == transport.FAILURES_THAT_OPEN + 1


def test_a_slow_answer_to_one_does_not_hold_up_the_others(
    neighbour: Neighbour, ask: Transport
) -> None:
    neighbour.answers = [is_silent, says(200, "{}")]

    def wait_in_vain() -> None:
        with pytest.raises(Unavailable):
            ask.request("POST", "/", operation="test", repeatable=False)

    slow = threading.Thread(target=wait_in_vain)
    slow.start()
    while not neighbour.asked:
        time.sleep(0.005)
    began = time.monotonic()
    ask.request("POST", "/", operation="test", repeatable=False)
    assert time.monotonic() - began < 0.15
    slow.join()


def test_the_house_may_forbid_a_call(neighbour: Neighbour) -> None:
    def forbid() -> None:
        raise RuntimeError("a transaction is open")

    ask = Transport("neighbour", neighbour.address, before_call=forbid)
    with pytest.raises(RuntimeError):
        ask.request("GET", "/", operation="test", repeatable=True)
    assert neighbour.asked == []
    ask.close()


def test_the_log_tells_what_was_asked_and_nothing_of_whom(
    neighbour: Neighbour, ask: Transport, caplog: pytest.LogCaptureFixture
) -> None:
    neighbour.answers = [says(200, '{"pnr": "6101701234"}')]
    with structlog.testing.capture_logs() as lines, caplog.at_level("DEBUG"):
        ask.request(
            "GET", "/p/6101701234", operation="person", repeatable=True, params={"q": "6101701234"}
        )
    assert [(line["system"], line["operation"], line["outcome"]) for line in lines] == [
        ("neighbour", "person", "answered")
    ]
    assert "6101701234" not in str(lines) + caplog.text
