"""What must leave the house: written in the same commit as what it follows from, sent afterwards.

A row is one effect on the outside; the queue of jobs is only its motor. Rows with the same *lane*
leave one after another, so that a credit note never overtakes its order.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from parking.records.staff import Staff


class Outgoing(models.Model):
    """One effect on the outside."""

    class Kind(models.TextChoices):
        """What shall happen."""

        BOOK_ORDER = "book order"
        PUBLISH_PERMIT = "publish permit"
        SEND_RECEIPT = "send receipt"
        SEND_LETTER = "send letter"
        SEND_MAIL = "send mail"
        REFUND = "refund"
        CREDIT_ORDER = "credit order"
        SEND_REMINDER = "send reminder"
        REPORT_PAYMENT = "report payment"
        REPORT_REFUND = "report refund"
        PAY_OUT = "pay out"
        REPORT_FEE = "report fee"
        TAKE_BACK_FEE = "take back fee"
        SEND_CHARGE_LETTER = "send charge letter"
        REPORT_LETTER = "report letter"
        REPORT_TRANSFER = "report transfer"
        REPORT_WITHDRAWAL = "report withdrawal"
        TELL_COLLECTION = "tell collection"
        REPORT_PLAN = "report plan"
        END_PLAN = "end plan"
        DRAW_INSTALMENT = "draw instalment"
        REPORT_ANNULMENT = "report annulment"
        REPORT_STOP = "report stop"
        REPORT_LIFT = "report lift"
        COMPLAIN = "complain"
        COMPLAINT_MESSAGE = "complaint message"
        COMPLAINT_FILE = "complaint file"
        DECIDE_COMPLAINT = "decide complaint"
        WITHDRAW_COMPLAINT = "withdraw complaint"

    class State(models.TextChoices):
        """How far it has come."""

        WAITING = "waiting"
        DONE = "done"
        DEAD = "dead"  #: refused for good: a person must look

    kind = models.CharField(max_length=20, choices=Kind.choices)
    key = models.CharField(max_length=100, unique=True)  #: the same effect is never written twice
    lane = models.CharField(max_length=60)
    payload = models.JSONField()  #: ids only, never personal data
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveIntegerField(default=0)
    written = models.DateTimeField()
    next_try = models.DateTimeField()
    done = models.DateTimeField(null=True)
    answer = models.CharField(max_length=200, blank=True)  #: the other side's number for it
    last_error = models.CharField(max_length=300, blank=True)
    revived = models.DateTimeField(null=True)  #: when a person last had a dead one tried again
    revived_by = models.ForeignKey(
        Staff, null=True, on_delete=models.PROTECT, related_name="revived_outgoings"
    )

    class Meta:
        """One table, with an index on what still waits."""

        db_table = "outgoing"
        indexes: ClassVar = [
            models.Index(
                fields=["next_try"], name="outgoing_waiting", condition=models.Q(state="waiting")
            ),
            models.Index(
                fields=["lane", "id"], name="outgoing_lane", condition=models.Q(state="waiting")
            ),
        ]
