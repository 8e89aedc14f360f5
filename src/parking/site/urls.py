"""Every address of the portal: pages in two languages, and what machines call in none."""

from __future__ import annotations

from django.conf.urls.i18n import i18n_patterns
from django.urls import include, path

urlpatterns = [
    path("", include("parking.api.urls")),
    path("saml/", include("parking.web.urls_saml")),
    path("office/", include("parking.web.urls_office")),
    *i18n_patterns(path("", include("parking.web.urls")), prefix_default_language=False),
]

handler400 = "parking.web.errors.bad_request"
handler403 = "parking.web.errors.forbidden"
handler404 = "parking.web.errors.not_found"
handler500 = "parking.web.errors.server_error"
