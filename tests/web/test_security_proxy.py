"""Only our own proxy is believed about who asks and whether it was over TLS."""

from __future__ import annotations

import importlib

import pytest
from django.test import RequestFactory

PROXY, SOMEBODY = "127.0.0.1", "203.0.113.9"


@pytest.mark.django_db
@pytest.mark.parametrize(("peer", "status"), [(PROXY, 405), (SOMEBODY, 301)])
def test_only_the_proxy_is_believed_about_tls(settings, peer, status):
    settings.SECURE_SSL_REDIRECT = True
    wsgi = importlib.reload(importlib.import_module("parking.site.wsgi"))
    asked = RequestFactory().get(
        "/webhooks/nexi",
        REMOTE_ADDR=peer,
        HTTP_X_FORWARDED_FOR="198.51.100.7",
        HTTP_X_FORWARDED_PROTO="https",
    )
    answers = []
    wsgi.application(asked.environ, lambda status, headers: answers.append(status))
    assert int(answers[0][:3]) == status
    assert asked.environ["REMOTE_ADDR"] == ("198.51.100.7" if peer == PROXY else SOMEBODY)
