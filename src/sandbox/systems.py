"""The outside systems by name, and the ports on which they listen."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class System:
    """One outside system: its name for faults and journal, and its port."""

    name: str
    port: str


PORTS = ("main", "cpr", "dmr", "post")
"""In this order from the first port on; the one for mail follows."""

SYSTEMS = (
    System("idp", "main"),
    System("staff-idp", "main"),
    System("cpr", "cpr"),
    System("dmr", "dmr"),
    System("addresses", "main"),
    System("wfs", "main"),
    System("wmts", "main"),
    System("businesscentral", "main"),
    System("nexi", "main"),
    System("pilen", "main"),
    System("bank", "main"),
    System("collection", "dmr"),
    System("digitalpost", "post"),
    System("mail", "main"),
)
