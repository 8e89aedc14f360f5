"""Every call out of the house goes through here: time limits, trust, repetition, a breaker, a log.

Whatever goes wrong on the way becomes one of the three errors of :mod:`parking.ports`. Bodies,
headers, paths and query strings are never logged, so no log line can hold a person number.
"""

from __future__ import annotations

import logging
import ssl
import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import httpcore
import httpx
import pybreaker
import stamina
import structlog

from parking.ports import Rejected, Unavailable
from parking.ports import patience as waiting

log = structlog.get_logger("parking.outside")

# Both write addresses with their query strings, and headers, when they may.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)

TRIES: Final = 3
FAILURES_THAT_OPEN: Final = 5
SECONDS_OPEN: Final = 20.0
#: Who has had so many seconds and not answered has failed, whoever waited.
TIME_ENOUGH: Final = 1.5
NO_SUCH_ANSWERS: Final[frozenset[int]] = frozenset()

#: In fewer seconds nobody answers: then there is no patience left.
_A_MOMENT: Final = 0.05
_ASK_LATER: Final = frozenset({408, 425, 429})


class Transport:
    """A connection to one system outside. Safe to share between threads; close it when done.

    *base_url* is the only origin it will ever talk to. *ca_file* (PEM) replaces the host's own
    trust roots; *client_certificate_file* (PEM, key and certificate) is what we show if asked.
    *deadline* bounds one request in seconds, repetitions and waiting included, however slowly the
    other side drips; less, where somebody waits who has less patience (`parking.ports.patience`).
    *before_call* is called before each request and may raise to forbid it.
    """

    def __init__(
        self,
        system: str,
        base_url: str,
        *,
        ca_file: Path | str | None = None,
        client_certificate_file: Path | str | None = None,
        connect_timeout: float = 3.0,
        read_timeout: float = 5.0,
        deadline: float = 10.0,
        headers: Callable[[], Mapping[str, str]] | None = None,
        before_call: Callable[[], None] | None = None,
        largest_body: int = 10_000_000,
        connections: int = 10,
    ) -> None:
        self.system = system
        self._base_url = base_url.rstrip("/")
        self._origin = _origin(self._base_url)
        self._deadline = deadline
        self._headers = headers
        self._before_call = before_call
        self._largest_body = largest_body
        self._limit = _Limit()
        self._client = httpx.Client(
            transport=_BoundedTransport(
                trust(ca_file, client_certificate_file), self._limit, connections
            ),
            timeout=httpx.Timeout(read_timeout, connect=connect_timeout, pool=connect_timeout),
            headers={"User-Agent": "parking", "Accept-Encoding": "identity"},
            follow_redirects=False,
            trust_env=False,
        )
        self._breaker = pybreaker.CircuitBreaker(
            fail_max=FAILURES_THAT_OPEN, reset_timeout=0, throw_new_error_on_trip=False
        )
        self._left_alone_until = 0.0

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def request(
        self,
        method: str,
        path: str = "",
        *,
        operation: str,
        repeatable: bool,
        params: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        json: Any = None,
        data: Mapping[str, str] | None = None,
        answers: Collection[int] = NO_SUCH_ANSWERS,
    ) -> httpx.Response:
        """Ask, and return an answer with a 2xx status, or one of those in *answers*.

        *path* is appended to the base address; a whole address is taken if it is of the same
        origin. *operation* is what the log calls it and holds nothing personal. Only what is
        *repeatable* is tried again, twice at most.

        :raises Unavailable: if there was no answer in time, a broken one, one too large, a
            redirection, or a status that means "later"; or if it has failed so often lately that
            it is left alone for a while. That somebody's patience was over is no such failure.
        :raises Rejected: if it answered with any other 4xx status.
        """
        if self._before_call is not None:
            self._before_call()
        address = self._address(path)
        began = time.monotonic()
        with self._limit.within(_at_most(self._deadline)):
            try:
                self._refuse_while_open()
                response = self._try(
                    TRIES if repeatable else 1,
                    lambda: self._client.build_request(
                        method,
                        address,
                        params=params,
                        headers={**(self._headers() if self._headers else {}), **(headers or {})},
                        content=content,
                        json=json,
                        data=data,
                    ),
                    answers,
                )
            except Unavailable as failure:
                # Cut off by who waits for us it says nothing of them, unless they had time enough.
                if not _is_over() or time.monotonic() - began >= TIME_ENOUGH:
                    self._report(failure)
                self._log(operation, began, outcome="unavailable", why=str(failure))
                raise
        self._report(None)
        status = response.status_code
        if response.is_success or status in answers:
            self._log(operation, began, outcome="answered", status=status)
            return response
        self._log(operation, began, outcome="rejected", status=status)
        raise Rejected(f"{self.system}: {operation}: status {status}")

    def json(self, response: httpx.Response) -> Any:
        """Return what *response* says as JSON; an empty answer is ``None``.

        :raises Unavailable: if it is not JSON, or does not say that it is.
        """
        if not response.content:
            return None
        kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if kind != "application/json" and not kind.endswith("+json"):
            raise Unavailable(f"{self.system}: answered {kind or 'something'} for JSON")
        try:
            return response.json()
        except (ValueError, RecursionError):
            raise Unavailable(f"{self.system}: answered broken JSON") from None

    def _address(self, path: str) -> str:
        if "://" not in path:
            return f"{self._base_url}{path}"
        if _origin(path) != self._origin:
            raise Unavailable(f"{self.system}: was pointed to another host")
        return path

    def _try(
        self, tries: int, build: Callable[[], httpx.Request], answers: Collection[int]
    ) -> httpx.Response:
        for attempt in stamina.retry_context(
            on=_Passing,
            attempts=tries,
            timeout=self._limit.left(),
            wait_initial=0.1,
            wait_max=1.0,
            wait_jitter=0.2,
        ):
            with attempt:
                self._refuse_in_vain()
                return self._once(build(), answers)
        raise AssertionError("the last attempt returns or raises")

    def _once(self, request: httpx.Request, answers: Collection[int]) -> httpx.Response:
        try:
            streamed = self._client.send(request, stream=True)
            try:
                response = self._read(streamed)
            finally:
                streamed.close()
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as failure:
            why = f"{self.system}: {type(failure).__name__}"
            if isinstance(_cause(failure), ssl.SSLCertVerificationError):
                raise Unavailable(f"{why}: its certificate is not trusted") from failure
            raise _Passing(why) from failure
        status = response.status_code
        if status in answers:
            return response
        if response.is_server_error:
            raise _Passing(f"{self.system}: status {status}")
        if status in _ASK_LATER:
            later = response.headers.get("Retry-After", "")
            after = f", retry after {int(later)} s" if later.isdecimal() else ""
            raise Unavailable(f"{self.system}: status {status}{after}")
        if not (response.is_success or response.is_client_error):
            raise Unavailable(f"{self.system}: status {status}")
        return response

    def _read(self, streamed: httpx.Response) -> httpx.Response:
        """Return the whole answer, and stop reading one that is too large."""
        body = bytearray()
        for piece in streamed.iter_bytes():
            body += piece
            if len(body) > self._largest_body:
                raise Unavailable(f"{self.system}: answered more than {self._largest_body} bytes")
        headers = [
            (name, value)
            for name, value in streamed.headers.multi_items()
            if name not in {"content-encoding", "content-length", "transfer-encoding"}
        ]
        return httpx.Response(
            streamed.status_code, headers=headers, content=bytes(body), request=streamed.request
        )

    def _refuse_in_vain(self) -> None:
        if _is_over():
            raise Unavailable(f"{self.system}: not asked, nobody waits any more")

    def _refuse_while_open(self) -> None:
        if time.monotonic() < self._left_alone_until:
            raise _LeftAlone(f"{self.system}: left alone after {FAILURES_THAT_OPEN} failures")

    def _report(self, failure: Unavailable | None) -> None:
        """Tell the breaker how a request ended.

        It is told afterwards, because it holds a lock around what it calls: a slow system would
        otherwise be asked by one thread at a time. For the same reason we keep the waiting time.
        """
        if isinstance(failure, _LeftAlone):
            return

        def outcome() -> None:
            if failure is not None:
                raise failure

        with suppress(Unavailable):
            self._breaker.call(outcome)
        opened = self._breaker.current_state == pybreaker.STATE_OPEN
        self._left_alone_until = time.monotonic() + SECONDS_OPEN if opened else 0.0

    def _log(self, operation: str, began: float, **what: object) -> None:
        milliseconds = round((time.monotonic() - began) * 1000)
        log.info("asked outside", system=self.system, operation=operation, ms=milliseconds, **what)


class _Passing(Unavailable):
    """It may well work the next moment."""


class _LeftAlone(Unavailable):
    """It was not asked."""


def _at_most(seconds: float) -> float:
    """Return *seconds*, or fewer where somebody waits who has less patience."""
    left = waiting.left()
    return seconds if left is None else min(seconds, left)


def _is_over() -> bool:
    """Tell whether the patience of somebody who waited is over."""
    left = waiting.left()
    return left is not None and left < _A_MOMENT


def _origin(address: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(address)
    return parts.scheme, parts.hostname, parts.port


def _cause(failure: BaseException) -> BaseException:
    """Return what first went wrong."""
    seen = failure
    while (earlier := seen.__cause__ or seen.__context__) is not None:
        seen = earlier
    return seen


@cache
def trust(ca_file: Path | str | None, certificate_file: Path | str | None = None) -> ssl.SSLContext:
    """Return whom we believe, and what we show: one for all that are told the same files."""
    context = ssl.create_default_context(cafile=None if ca_file is None else str(ca_file))
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if certificate_file is not None:
        context.load_cert_chain(str(certificate_file))
    return context


class _Limit(threading.local):
    """When the request that this thread is making must have ended."""

    ends: float | None = None

    def within(self, seconds: float) -> _Limit:
        self.ends = time.monotonic() + seconds
        return self

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        self.ends = None

    def left(self) -> float:
        """Return the seconds that are left, at least a moment."""
        return 60.0 if self.ends is None else max(self.ends - time.monotonic(), 0.001)

    def cut(self, timeout: float | None) -> float:
        return self.left() if timeout is None else min(timeout, self.left())


class _BoundedTransport(httpx.HTTPTransport):
    """httpx limits each read; this one also limits all of them together.

    A server that drips one byte a second stays within every read time-out and would keep a worker
    for hours.
    """

    def __init__(self, trust: ssl.SSLContext, limit: _Limit, connections: int) -> None:
        super().__init__(verify=trust, trust_env=False)
        # httpx has no argument for the network backend of its pool; a test drips to prove this.
        self._pool = httpcore.ConnectionPool(
            ssl_context=trust,
            max_connections=connections,
            max_keepalive_connections=connections,
            keepalive_expiry=5.0,
            network_backend=_BoundedNetwork(limit),
        )


class _BoundedNetwork(httpcore.NetworkBackend):
    def __init__(self, limit: _Limit) -> None:
        self._limit = limit
        self._network = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        stream = self._network.connect_tcp(
            host, port, self._limit.cut(timeout), local_address, socket_options
        )
        return _BoundedStream(stream, self._limit)


class _BoundedStream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream, limit: _Limit) -> None:
        self._stream = stream
        self._limit = limit

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._limit.cut(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._limit.cut(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        stream = self._stream.start_tls(ssl_context, server_hostname, self._limit.cut(timeout))
        return _BoundedStream(stream, self._limit)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
