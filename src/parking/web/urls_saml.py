"""What the national login calls: the same in every language."""

from __future__ import annotations

from django.urls import path

from parking.web.citizen import account

urlpatterns = [
    path("metadata", account.saml_metadata, name="saml-metadata"),
    path("acs", account.arrive, name="saml-acs"),
    path("logout", account.saml_logout, name="saml-logout"),
]
