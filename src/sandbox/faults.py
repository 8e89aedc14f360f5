"""What goes wrong outside, on demand: faults by system, for some calls or some paths.

Faults of the wire, which every system can have:

- `slow:SECONDS` answers late
- `status:CODE` answers with this status and nothing else (429, 500, 503)
- `drop` closes the connection before anything was done
- `answer-lost` does what was asked, then closes the connection without an answer
- `garbage` answers 200 with what nobody can read
- `truncated` stops in the middle of the answer
- `wrong-content-type` answers 200 with a web page
- `expired-certificate`, `foreign-certificate` on the TLS ports

Any other name is a fault that one system's own module knows and asks for with `take`.
"""

from __future__ import annotations

import threading
from dataclasses import asdict, dataclass
from typing import Any

CERTIFICATES = ("expired-certificate", "foreign-certificate")
FAILURES = range(400, 600)


@dataclass
class Fault:
    """A fault as it was ordered: `count` is how many calls it still hits, None for all."""

    system: str
    name: str
    argument: str = ""
    count: int | None = None
    path: str = ""


class Faults:
    """The faults now in force."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def set(self, system: str, fault: str, count: int | None = None, path: str = "") -> None:
        """Order a fault, for example `slow:5`; `none` takes all faults of the system away."""
        name, _, argument = fault.partition(":")
        if name == "slow":
            float(argument)
        if name == "status" and int(argument) not in FAILURES:
            raise ValueError("a status between 400 and 599")
        with self._lock:
            if name == "none":
                self._faults = [each for each in self._faults if each.system != system]
            else:
                self._faults.append(Fault(system, name, argument, count, path))

    def clear(self, system: str | None = None, name: str | None = None) -> None:
        """Take away all faults, or those of a system, or one of them."""
        with self._lock:
            self._faults = [
                each
                for each in self._faults
                if (system is not None and each.system != system)
                or (name is not None and each.name != name)
            ]

    def take(self, system: str, *names: str, path: str = "") -> Fault | None:
        """The fault that hits this call, if there is one; it counts as one hit.

        :param path: what the call is about: the path, or the thing named by the fault
        """
        with self._lock:
            for fault in self._faults:
                if (
                    fault.system == system
                    and fault.name in names
                    and path.startswith(fault.path)
                    and fault.count != 0
                ):
                    if fault.count is not None:
                        fault.count -= 1
                        self._faults = [each for each in self._faults if each.count != 0]
                    return fault
        return None

    def active(self, system: str, *names: str) -> Fault | None:
        """Like `take`, without a hit."""
        with self._lock:
            for fault in self._faults:
                if fault.system == system and fault.name in names:
                    return fault
        return None

    def as_list(self) -> list[dict[str, Any]]:
        """All faults, as JSON."""
        with self._lock:
            return [asdict(each) for each in self._faults]
