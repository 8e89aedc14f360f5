"""The addresses that machines call."""

from __future__ import annotations

from django.urls import path

from parking.api import charge_notices, notices, operations, well_known
from parking.api import map as map_of_zones

urlpatterns = [
    path("webhooks/nexi", notices.payment_notice, name="payment-notice"),
    path("webhooks/charges", charge_notices.changed, name="charge-notice"),
    path("healthz", operations.health, name="health"),
    path("map/zones.json", map_of_zones.zones, name="map-zones"),
    path(
        "map/tiles/<int:level>/<int:column>/<int:row>",
        map_of_zones.tile,
        name="map-tile",
    ),
    path("robots.txt", well_known.robots, name="robots"),
    path(".well-known/security.txt", well_known.security, name="security"),
    path("favicon.ico", well_known.favicon, name="favicon"),
]
