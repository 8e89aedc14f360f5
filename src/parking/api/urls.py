"""The addresses that machines call."""

from __future__ import annotations

from django.urls import path

from parking.api import notices, operations

urlpatterns = [
    path("webhooks/nexi", notices.payment_notice, name="payment-notice"),
    path("healthz", operations.health, name="health"),
]
