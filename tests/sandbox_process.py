"""The world outside as a process of its own, one for each worker of the test run."""

from __future__ import annotations

import json
import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

SOURCE = Path(__file__).parent.parent / "src"


@dataclass(frozen=True)
class Sandbox:
    """A running sandbox: `addresses` is the environment that the portal needs to reach it."""

    base: str
    portal: str  #: where it expects a portal; that port is free
    folder: Path
    addresses: dict[str, str]
    client: httpx.Client  #: one for the whole run: making one costs more than a call

    def control(self, method: str, path: str, /, **body: Any) -> Any:
        """Ask the control plane, for example `control("POST", "clock", advance_seconds=60)`."""
        answer = self.client.request(method, f"{self.base}/_control/{path}", json=body or None)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def fault(self, system: str, fault: str, count: int | None = None, path: str = "") -> None:
        """Make a system go wrong."""
        self.control("POST", "faults", system=system, fault=fault, count=count, path=path)

    def journal(self, system: str) -> list[dict[str, Any]]:
        """What a system was asked and answered, oldest first."""
        return self.control("GET", f"journal?system={system}")

    def reset(self) -> None:
        """As on the first day."""
        self.control("POST", "reset")


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A sandbox on free ports, for the whole run."""
    folder = tmp_path_factory.mktemp("sandbox")
    port = _six_free_ports() + 1
    with (folder / "log.txt").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "sandbox", "--folder", str(folder), "--port", str(port)],
            env={**os.environ, "PYTHONPATH": str(SOURCE)},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        with httpx.Client() as client:
            yield Sandbox(
                base=f"http://127.0.0.1:{port}",
                portal=f"http://localhost:{port - 1}",
                folder=folder,
                addresses=_addresses(process, folder),
                client=client,
            )
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture
def calm_sandbox(sandbox: Sandbox) -> Iterator[Sandbox]:
    """The sandbox as on the first day, and left so."""
    sandbox.reset()
    yield sandbox
    sandbox.reset()


def _addresses(process: subprocess.Popen[bytes], folder: Path) -> dict[str, str]:
    deadline = time.monotonic() + 120
    announcement = folder / "addresses.json"
    while not announcement.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError((folder / "log.txt").read_text("utf-8"))
        time.sleep(0.02)
    addresses: dict[str, str] = json.loads(announcement.read_text("utf-8"))
    return addresses


def _six_free_ports() -> int:
    """The first of six, below those that the system gives to outgoing connections."""
    for _ in range(100):
        first = random.randrange(10_000, 30_000)  # noqa: S311 - not a secret
        try:
            for port in range(first, first + 6):
                with socket.socket() as trial:
                    trial.bind(("127.0.0.1", port))
        except OSError:
            continue
        return first
    raise RuntimeError("no six free ports in a row")
