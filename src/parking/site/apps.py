"""The site itself as a Django app: it wires the ports when everything is loaded."""

from __future__ import annotations

from django.apps import AppConfig


class SiteConfig(AppConfig):
    """The running site."""

    name = "parking.site"
    label = "site"

    def ready(self) -> None:
        """Say who answers our questions to the outside, and what production is checked for."""
        from parking import ports  # noqa: PLC0415 -- apps must be loaded first
        from parking.site import checks, wiring  # noqa: F401, PLC0415 -- checks register themselves

        ports.answer_with(wiring.outside)
