"""The outside systems by name, and the ports on which they listen."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class System:
    """One outside system: its name for faults and journal, its module and its port."""

    name: str
    module: str
    port: str


PORTS = ("main", "cpr", "dmr", "post")
"""In this order from the first port on; the one for mail follows."""

SYSTEMS = (
    System("idp", "nemlogin", "main"),
    System("cpr", "cpr", "cpr"),
    System("dmr", "dmr", "dmr"),
    System("addresses", "addresses", "main"),
    System("wfs", "wfs", "main"),
    System("businesscentral", "businesscentral", "main"),
    System("nexi", "nexi", "main"),
    System("digitalpost", "digitalpost", "post"),
    System("mail", "mail", "main"),
)
