"""The `./portal` command: what it does to packages, keys and processes."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def portal(tmp_path, monkeypatch):
    """The command as a module, with its folders elsewhere."""
    loader = importlib.machinery.SourceFileLoader("portal_command", str(ROOT / "portal"))
    module = importlib.util.module_from_spec(
        importlib.util.spec_from_loader("portal_command", loader)
    )
    loader.exec_module(module)
    monkeypatch.setattr(module, "VAR", tmp_path)
    monkeypatch.setattr(module, "LOGS", tmp_path / "log")
    monkeypatch.setattr(module, "KEYS", tmp_path / "keys")
    # The test's own process goes on after a child has been stopped, and must hear of signals.
    monkeypatch.setattr(module, "listen_to", lambda handler: None)
    return module


def test_a_key_is_made_once_and_for_its_owner_only(portal):
    path = portal.key_file("secret")
    first = path.read_text()
    assert portal.key_file("secret").read_text() == first
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_uv_is_told_what_pip_is_told(portal, monkeypatch):
    monkeypatch.setenv("PIP_INDEX_URL", "https://packages.example/simple")
    monkeypatch.delenv("UV_DEFAULT_INDEX", raising=False)
    assert portal.uv_environment()["UV_DEFAULT_INDEX"] == "https://packages.example/simple"


def test_what_uv_is_told_itself_comes_first(portal, monkeypatch):
    monkeypatch.setenv("PIP_INDEX_URL", "https://packages.example/simple")
    monkeypatch.setenv("UV_DEFAULT_INDEX", "https://other.example/simple")
    assert portal.uv_environment()["UV_DEFAULT_INDEX"] == "https://other.example/simple"


def test_a_child_that_stops_by_itself_is_named_with_the_end_of_its_log(portal):
    with portal.Child("worker", [sys.executable, "-c", "raise SystemExit('no queue')"]) as child:
        child.process.wait(10)
        with pytest.raises(portal.Stopped, match=r"worker has stopped by itself(?s:.*)no queue"):
            portal.watch([child])


def test_a_child_leaves_no_children_of_its_own(portal, tmp_path):
    number = tmp_path / "number"
    family = f"sleep 60 & echo $! > {number}; wait"
    with portal.Child("family", ["bash", "-c", family]):
        portal.wait_for(lambda: number.exists() and number.read_text().strip(), [], seconds=10)
        grandchild = int(number.read_text())
    assert gone(grandchild)


def test_a_child_goes_with_us_when_we_are_killed(tmp_path):
    number = tmp_path / "number"
    script = f"""
import pathlib, time
from importlib.machinery import SourceFileLoader
portal = SourceFileLoader("portal_command", {str(ROOT / "portal")!r}).load_module()
portal.LOGS = pathlib.Path({str(tmp_path)!r})
child = portal.Child("sleeper", ["sleep", "60"])
pathlib.Path({str(number)!r}).write_text(str(child.process.pid) + "\\n")
time.sleep(60)
"""
    parent = subprocess.Popen([sys.executable, "-W", "ignore", "-c", script])
    while not (number.exists() and number.read_text().endswith("\n")):
        time.sleep(0.05)
    while "sleep" not in Path("/proc", number.read_text().strip(), "comm").read_text():
        time.sleep(0.05)
    parent.kill()
    parent.wait()
    assert gone(int(number.read_text()))


def test_a_port_in_use_is_seen(portal):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert not portal.is_free(taken.getsockname()[1])
    assert portal.is_free(portal.free_port())


def test_what_python_compiles_is_kept_out_of_the_way(portal, monkeypatch, tmp_path):
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setenv("PYTHONPYCACHEPREFIX", "elsewhere")
    portal.keep_bytecode()
    (tmp_path / "small.py").write_text("")
    subprocess.run([sys.executable, "-c", "import small"], cwd=tmp_path, check=True)
    assert list((tmp_path / "bytecode").rglob("small.*.pyc"))
    assert not (tmp_path / "__pycache__").exists()


@pytest.fixture
def nameless(portal, monkeypatch, tmp_path):
    """The command on a machine that does not know the name localhost."""

    def unknown(*_):
        raise socket.gaierror

    monkeypatch.setattr(portal.socket, "getaddrinfo", unknown)
    monkeypatch.setattr(portal, "HOSTS", tmp_path / "hosts")
    monkeypatch.setattr(portal.os, "geteuid", lambda: 0)
    return portal


def test_a_bare_root_is_told_the_name_of_its_own_machine(nameless):
    nameless.know_localhost()
    assert nameless.HOSTS.read_text() == "127.0.0.1 localhost\n"


def test_a_file_of_names_is_never_changed(nameless):
    nameless.HOSTS.write_text("192.0.2.1 printer\n")
    with pytest.raises(nameless.Stopped, match=r"echo '127\.0\.0\.1 localhost' >>"):
        nameless.know_localhost()
    assert nameless.HOSTS.read_text() == "192.0.2.1 printer\n"


def test_who_may_not_say_the_name_is_told_how(nameless, monkeypatch):
    monkeypatch.setattr(nameless.os, "geteuid", lambda: 1000)
    with pytest.raises(nameless.Stopped, match="as root"):
        nameless.know_localhost()
    assert not nameless.HOSTS.exists()


def test_one_demo_at_a_time(portal):
    busy = pytest.raises(portal.Stopped, match="running here already")
    with portal.alone("demo"), busy, portal.alone("demo"):
        pass


def test_the_mark_of_a_dead_server_is_removed_though_its_number_lives_on(portal, tmp_path):
    pidfile = tmp_path / "postmaster.pid"
    pidfile.write_text(f"{os.getpid()}\nsomewhere\n")
    server = portal.Postgres(tmp_path / "pg", password="-", lasting=False)
    server.clear(pidfile)
    assert not pidfile.exists()


def gone(number: int) -> bool:
    """Wait a little for a process to end; a zombie has ended."""
    for _ in range(100):
        status = Path("/proc", str(number), "status")
        if not status.exists() or "State:\tZ" in status.read_text():
            return True
        time.sleep(0.05)
    os.kill(number, signal.SIGKILL)
    return False
