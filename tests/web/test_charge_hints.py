"""Hints from the charge system: signed by it or refused, and never more than a reason to look."""

from __future__ import annotations

import hashlib
import hmac
import time

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

SECRETS = ["agreed", "agreed before"]


@pytest.fixture(autouse=True)
def _agreed(settings, transactional_db):
    settings.CHARGE_NOTICE_SECRETS = SECRETS
    with connection.cursor() as cursor:  # the queue's tables are not emptied with the others
        cursor.execute("DELETE FROM procrastinate_jobs WHERE task_name = 'follow_charges'")


def hint(body=b'{"id":"12345678"}', *, by=SECRETS[0], at=None, signature=None):
    stamp = str(int(time.time() if at is None else at))
    signed = hmac.new(by.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return Client().post(
        reverse("charge-notice"),
        body,
        content_type="application/json",
        headers={"Webhook-Timestamp": stamp, "Webhook-Signature": signature or f"v1={signed}"},
    )


def waiting():
    return ProcrastinateJob.objects.filter(task_name="follow_charges", status="todo").count()


@pytest.mark.parametrize("by", SECRETS)
def test_a_signed_hint_has_the_feed_read_soon(by):
    assert hint(by=by).status_code == 204
    assert waiting() == 1


def test_a_storm_of_hints_is_one_reason():
    assert {hint().status_code for _ in range(5)} == {204}
    assert waiting() == 1


@pytest.mark.parametrize(
    "how",
    [{"by": "somebody else"}, {"at": time.time() - 3600}, {"signature": "v1=00"}],
    ids=["another secret", "an hour old", "no signature"],
)
def test_what_is_not_signed_now_by_the_charge_system_is_refused(how):
    assert hint(**how).status_code == 401
    assert waiting() == 0


def test_more_than_a_hint_can_be_is_refused():
    assert hint(b"x" * 70_000).status_code == 413
