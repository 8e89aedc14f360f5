"""How long a year of charges takes to read, and what is left of it when it is killed half-way.

`./portal bench feed` has the charge system of the sandbox give out as many charges as a year has,
reads them over HTTP into a database with the portal's own command, kills that command (SIGKILL)
when a third is in, and starts it again. What counts is that every charge is there once, each as the
charge system tells it, and that what was read before was not read again: otherwise this stops with
an error. How long it takes depends on the machine and decides nothing.
"""

from __future__ import annotations

import hashlib
import logging
import subprocess
import sys
import time
from typing import Final

import django
import httpx

django.setup()

from django.db import connection  # noqa: E402 -- Django comes first
from django.db.models import Count  # noqa: E402

from parking import ports  # noqa: E402
from parking.records.charge import Charge  # noqa: E402

A_YEAR: Final = 300_000
KILLED_AT: Final = 100_000
#: A process that has not come so far in this time never will, in seconds.
LONGEST: Final = 1_800
COMMAND: Final = (sys.executable, "-m", "django", "fetch_charges")


def start() -> subprocess.Popen[str]:
    """Begin, or go on, to read."""
    return subprocess.Popen(  # noqa: S603 -- our own
        COMMAND, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )


def kill_at(charges: int) -> tuple[int, float]:
    """Read until so many *charges* are in, and kill it; return how many are, and the seconds."""
    began = time.monotonic()
    reading = start()
    while Charge.objects.count() < charges and time.monotonic() < began + LONGEST:
        if reading.poll() is not None:
            break
        time.sleep(0.2)
    reading.kill()
    reading.communicate(timeout=30)
    return Charge.objects.count(), time.monotonic() - began


def go_on() -> tuple[int, float]:
    """Read to the end; return how many were new by its own account, and the seconds."""
    began = time.monotonic()
    reading = start()
    said, _ = reading.communicate(timeout=LONGEST)
    if reading.returncode != 0:
        raise SystemExit(f"fetch_charges stopped with {reading.returncode}.")
    *_, last = said.strip().splitlines()
    return int(last.split()[0]), time.monotonic() - began


def told() -> tuple[int, str]:
    """Return how many charges the charge system lists, and what they are, as one fingerprint."""
    seen, where = {}, None
    while True:
        page = ports.outside().charges.page(where)
        seen |= {each.number: each.version for each in page.charges}
        if page.next is None:
            return len(seen), _fingerprint(seen.items())
        where = page.next


def kept() -> tuple[int, str]:
    """Return the same of our own copy."""
    rows = Charge.objects.values_list("number", "version")
    return len(rows), _fingerprint(rows)


def _fingerprint(rows: object) -> str:
    lines = sorted(f"{number} {version}" for number, version in rows)  # type: ignore[attr-defined]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def main(sandbox: str) -> int:
    """Read, kill, go on, and tell whether the end is as it should be."""
    logging.disable(logging.INFO)
    httpx.post(f"{sandbox}/pilen/many", data={"count": str(A_YEAR)}, timeout=600).raise_for_status()
    there, whole = told()
    print(f"{'':24} {'charges':>9} {'seconds':>8}")
    first, seconds = kill_at(KILLED_AT)
    print(f"{'read until killed':24} {first:9,} {seconds:8.0f}", flush=True)
    second, seconds = go_on()
    print(f"{'read by the next':24} {second:9,} {seconds:8.0f}", flush=True)
    third, seconds = go_on()
    print(f"{'read by the one after':24} {third:9,} {seconds:8.0f}", flush=True)
    count, ours = kept()
    twice = Charge.objects.values("number").annotate(n=Count("id")).filter(n__gt=1).count()
    size = _size()
    print(f"\n{count:,} of {there:,} charges are here, {twice} of them twice; {size:,} MB.")
    wrong = {
        "It was not killed half-way.": not KILLED_AT <= first < there,
        "What was read before was read again.": first + second != there,
        "Something was new though nothing had changed.": third != 0,
        "Our copy is not what the charge system has.": (count, ours) != (there, whole) or twice,
    }
    for sentence in [sentence for sentence, holds in wrong.items() if holds]:
        print(sentence)
    return 1 if any(wrong.values()) else 0


def _size() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database()) / 1000000")
        (size,) = cursor.fetchone()
    return int(size)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
