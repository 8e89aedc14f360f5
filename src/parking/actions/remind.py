"""Reminding people that a permit ends, so that it can be proven: due, sent and failed are counted.

Looking again on the same day, or after days on which nobody looked, reminds nobody twice: a
reminder is a row, and the row is unique. A day on which nobody looked raises an alarm.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID, uuid5

from django.db.models import Count, Q

from parking.actions import permit as permits
from parking.actions import send
from parking.actions.turns import keeping_nobody_waiting
from parking.law import reminders
from parking.law.days import DENMARK, danish_day
from parking.records.outbox import Outgoing
from parking.records.permit import Permit
from parking.records.recording import one_at_a_time, recording
from parking.records.reminder import Reminder, ReminderRun


def remind(*, now: datetime) -> int:
    """Write the reminders that are due today, and return how many are new."""
    today = danish_day(now)
    horizon = today + timedelta(days=max(reminders.DAYS_BEFORE) + 1)
    ending = Permit.objects.active().filter(period__contains=today, period__endswith__lte=horizon)
    written = 0
    for permit in ending.iterator(chunk_size=500):
        with keeping_nobody_waiting("reminder", permit.number):
            days = reminders.due(permit.days, today=today)
            if days is not None and not permits.follows(permit):
                written += _write(permit, days, today, now)
    with recording():
        one_at_a_time("reminders", today)
        run, _ = ReminderRun.objects.get_or_create(day=today, defaults={"finished": now, "due": 0})
        run.finished, run.due = now, run.due + written
        run.save()
        _alarm_about_missing_days(today, now)
    return written


def _write(permit: Permit, days: int, today: date, now: datetime) -> bool:
    with recording():
        one_at_a_time("party", permit.party_id)
        reminder, created = Reminder.objects.get_or_create(
            permit=permit,
            days_before=days,
            defaults={"due": today, "written": now, "message": message_of(permit, days)},
        )
        if created:
            send.put(
                Outgoing.Kind.SEND_REMINDER,
                key=f"reminder {reminder.id}",
                lane=f"reminder {reminder.id}",
                payload={"reminder": reminder.id},
                now=now,
            )
    return created


def message_of(permit: Permit, days_before: int) -> UUID:
    """Return what the post system knows the letter by: the same one however often it is sent."""
    return uuid5(permit.id, f"reminder {days_before}")


def _alarm_about_missing_days(today: date, now: datetime) -> None:
    before = ReminderRun.objects.filter(day__lt=today).order_by("-day").first()
    if before is not None and before.day < today - timedelta(days=1):
        send.raise_incident(
            f"reminders after {before.day}",
            "nobody looked for permits that end",
            now=now,
            detail=f"no run between {before.day} and {today}",
        )


@dataclass(frozen=True, slots=True)
class Tally:
    """How the reminders of some days fared."""

    due: int
    sent: int  #: and not come back
    failed: int  #: refused, come back, or with nowhere to go
    delivered: int = 0  #: of those sent, with a receipt of Digital Post

    @property
    def waiting(self) -> int:
        """How many have neither arrived nor failed."""
        return self.due - self.sent - self.failed


def tally(*, since: date) -> Tally:
    """Return how the reminders due on *since* or later have fared."""
    counted = Reminder.objects.filter(due__gte=since).aggregate(
        due=Count("id"),
        sent=Count("id", filter=Q(sent__isnull=False, failed="")),
        delivered=Count("id", filter=Q(delivered__isnull=False, failed="")),
        failed=Count("id", filter=~Q(failed="")),
    )
    return Tally(**counted)


def check(*, now: datetime) -> None:
    """Raise an alarm if reminders due yesterday have not gone, came back, or nobody looked today.

    What came back after yesterday's alarm is told today.
    """
    today = danish_day(now)
    late = Reminder.objects.filter(due__lt=today, sent=None, failed="").count()
    with recording():
        if late:
            send.raise_incident(
                f"reminders late {today}", f"{late} reminders have not gone", now=now
            )
        for day in (today - timedelta(days=1), today):
            if came_back := _came_back_on(day):
                send.raise_incident(
                    f"reminders bounced {day}", f"{came_back} reminders came back", now=now
                )
        if ReminderRun.objects.exists() and not ReminderRun.objects.filter(day=today).exists():
            send.raise_incident(
                f"reminders missing {today}", "nobody looked for permits that end", now=now
            )


def _came_back_on(day: date) -> int:
    begins = datetime.combine(day, time(), DENMARK)
    ends = datetime.combine(day + timedelta(days=1), time(), DENMARK)
    return Reminder.objects.filter(returned__gte=begins, returned__lt=ends).count()
