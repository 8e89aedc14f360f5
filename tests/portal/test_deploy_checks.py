"""What `manage.py check --deploy` refuses."""

from __future__ import annotations

import pytest

from parking.site import wiring
from parking.site.checks import PORTS, fit_for_production


@pytest.fixture(autouse=True)
def _wired_anew(environment):
    yield
    wiring.outside.cache_clear()


def told() -> str:
    wiring.outside.cache_clear()
    return "\n".join(error.msg for error in fit_for_production())


def test_the_sandbox_is_no_production(settings):
    settings.PORTAL_ADDRESS = "http://localhost:8000"
    said = told()
    for port in (*PORTS, "POST_RECEIPTS"):
        assert f"{port} is answered on this machine" in said
    assert "OUTSIDE_CA_FILE trusts the sandbox" in said
    assert "PORTAL_ADDRESS" in said


def test_a_missing_secret_is_told(environment, monkeypatch):
    monkeypatch.delenv("CLIENT_CERTIFICATE_FILE")
    assert "CLIENT_CERTIFICATE_FILE is not set" in told()
    monkeypatch.delenv("VEHICLES")
    assert "VEHICLES is not set" in told()


def test_real_addresses_and_trust_are_fine(environment, monkeypatch, settings):
    settings.PORTAL_ADDRESS = "https://parkering.example.dk"
    for port in PORTS:
        adapter, plus, url = environment[port].partition("+")
        scheme = (url or adapter).partition(":")[0]
        monkeypatch.setenv(port, f"{adapter}{plus}{scheme}://real.example.dk" if plus else
                           f"{scheme}://real.example.dk")  # fmt: skip
    monkeypatch.setenv("POST_RECEIPTS", "https://receipts.example.dk")
    monkeypatch.delenv("OUTSIDE_CA_FILE")
    assert told() == ""
