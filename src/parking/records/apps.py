"""The Django app that holds all our tables."""

from __future__ import annotations

from django.apps import AppConfig


class RecordsConfig(AppConfig):
    """All tables of the portal, in one line of migrations."""

    name = "parking.records"
    label = "records"
    default_auto_field = "django.db.models.BigAutoField"
