"""The portal as a WSGI application."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application
from granian.utils.proxies import wrap_wsgi_with_proxy_headers

from parking.site import environment

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "parking.site.settings")
# Behind a proxy everybody would come from the proxy's address, and without TLS.
application = wrap_wsgi_with_proxy_headers(
    get_wsgi_application(),
    trusted_hosts=environment.text("TRUSTED_PROXIES", "127.0.0.1").split(),
)
