"""A town in which days pass: on our side, and on that of the charge system."""

from __future__ import annotations

from datetime import timedelta

import httpx

from kept import read_charges
from parking.actions import carry, charge_feed, collect, progress, send
from parking.law.charge import Step
from parking.law.days import danish_day
from parking.site import wiring
from town import charge, now


class Town:
    """A portal that has read every charge; days pass on both sides."""

    def __init__(self, outside, sandbox):
        self.outside, self.sandbox, self.at = outside, sandbox, now()
        read_charges(outside)

    def pass_days(self, days: int) -> None:
        self.sandbox.control("POST", "clock", advance_seconds=days * 86_400)
        self.at += timedelta(days=days)

    def send(self) -> None:
        """Try everything in the outbox until nothing more can be done now."""
        while due := send.due(now=self.at):
            for row in due:
                send.send(self.outside, row, carriers=carry.CARRIERS, now=self.at)

    def collect(self, slug: str) -> Step | None:
        """Do what is next for one charge if its day has come, and send what follows."""
        step = collect.go_on(self.outside, charge(slug), now=self.at)
        self.send()
        return step

    def collect_until(self, slug: str, last: Step) -> list[tuple[int, Step]]:
        """Let time pass from step to step up to *last*; return each with the day from issue."""
        done: list[tuple[int, Step]] = []
        while not done or done[-1][1] is not last:
            given = charge(slug)
            coming = progress.coming(given, now=self.at)
            assert coming is not None
            assert coming.day is not None
            days = (coming.day - danish_day(self.at)).days
            if days > 0:
                self.pass_days(days - 1)
                assert self.collect(slug) is None, "never a day too soon"
                self.pass_days(1)
            step = self.collect(slug)
            assert step is not None
            done.append(((danish_day(self.at) - danish_day(given.issued)).days, step))
            assert self.collect(slug) is None, "and never twice"
        return done

    def outside_is_back(self) -> None:
        """Let everybody outside answer again, and ask them as a process that has just started."""
        self.sandbox.control("DELETE", "faults")
        wiring.outside.cache_clear()
        self.outside = wiring.outside()

    def told(self, slug: str):
        """Return what the charge system says of a charge now."""
        return self.outside.charges.charge(charge(slug).source_id)

    def officer(self, slug: str, what: str, **form: str) -> None:
        """Have somebody at the charge system's own console do something to a charge."""
        path = f"{self.sandbox.base}/pilen/charge/{charge(slug).source_id}/{what}"
        httpx.post(path, data=form).raise_for_status()
        charge_feed.follow(self.outside, now=self.at)

    def complain(self, slug: str, reference: str, *, days_ago: int = 0) -> None:
        """Have a complaint that came by letter be written down at the charge system."""
        self.outside.charges.complain(
            charge(slug).source_id,
            reference=reference,
            received=self.at - timedelta(days=days_ago),
            channel="letter",
            ground="sign",
            text="Skiltet var væk.",
            hold_until=None,
        )
