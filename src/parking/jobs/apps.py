"""The Django app of the jobs, so that the queue finds them."""

from __future__ import annotations

from django.apps import AppConfig


class JobsConfig(AppConfig):
    """The jobs of the portal."""

    name = "parking.jobs"
    label = "jobs"
