"""The settings of the portal. What differs between two places comes from the environment."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import structlog

from parking.site import environment

SOURCE = Path(__file__).resolve().parent.parent

PORTAL_ADDRESS = environment.text("PORTAL_ADDRESS", "http://localhost:8000").rstrip("/")
SECRET_KEY = environment.secret("SECRET_KEY_FILE")
SEALING_KEYS_FILE = environment.text("SEALING_KEYS_FILE")
CUSTOMER_KEY_FILE = environment.text("CUSTOMER_KEY_FILE")
DEBUG = False
ALLOWED_HOSTS = [urlsplit(PORTAL_ADDRESS).hostname or "", "127.0.0.1"]

#: Who runs the portal. Four digits, as in the population register.
MUNICIPALITY = environment.text("MUNICIPALITY", "0101")
#: After how many days a permit that is valid is looked at again.
RECHECK_DAYS = int(environment.text("RECHECK_DAYS", "30"))
#: Under which customer the accounts book what somebody pays without logging in.
CUSTOMER_WITHOUT_LOGIN = environment.text("CUSTOMER_WITHOUT_LOGIN", "UDEN-LOGIN")
#: Whose map lies under our zones; nobody's if there is none.
BASEMAP_CREDIT = (
    environment.text("BASEMAP_CREDIT", "Kort: Klimadatastyrelsen")
    if environment.text("BASEMAP", "")
    else ""
)
CONTACT_PHONE = environment.text("CONTACT_PHONE", "70 80 80 90")
CONTACT_EMAIL = environment.text("CONTACT_EMAIL", "parkering@kk.dk")
CONTACT_ADDRESS = environment.text(
    "CONTACT_ADDRESS", "Område for Parkering, Postboks 446, 1505 København V"
)
#: Who watches over personal data here (GDPR art. 37).
DPO_EMAIL = environment.text("DPO_EMAIL", "dpo@kk.dk")
DPO_PHONE = environment.text("DPO_PHONE", "71 74 54 54")
#: Where the national register of accessibility statements (WAS-Tool) has ours, and when the site
#: was last gone through.
ACCESSIBILITY_STATEMENT = environment.text(
    "ACCESSIBILITY_STATEMENT", f"https://was.digst.dk/{urlsplit(PORTAL_ADDRESS).hostname}"
)
ACCESSIBILITY_REVIEWED = environment.text("ACCESSIBILITY_REVIEWED", "2026-11-23")
#: For security.txt (RFC 9116): where weaknesses are told, and until when that holds.
SECURITY_CONTACT = environment.text("SECURITY_CONTACT", f"mailto:{CONTACT_EMAIL}")
SECURITY_EXPIRES = environment.text("SECURITY_EXPIRES", "2027-10-31T00:00:00Z")

INSTALLED_APPS = [
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "procrastinate.contrib.django",
    "parking.records",
    "parking.jobs",
    "parking.web",
    "parking.site",
]

MIDDLEWARE = [
    "parking.web.middleware.SafeHeaders",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "parking.web.middleware.ErrorsForPeople",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "parking.web.middleware.LoggedIn",
]

ROOT_URLCONF = "parking.site.urls"
WSGI_APPLICATION = "parking.site.wsgi.application"
DATABASES = {"default": environment.database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [SOURCE / "web" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "parking.web.context.everywhere",
            ],
        },
    }
]

LANGUAGE_CODE = "da"
LANGUAGES = [("da", "Dansk"), ("en", "English")]
LOCALE_PATHS = [SOURCE / "web" / "locale"]
TIME_ZONE = "Europe/Copenhagen"
USE_TZ = True
USE_I18N = True
USE_THOUSAND_SEPARATOR = True

STATIC_URL = "/static/"
STATIC_ROOT = environment.text("STATIC_ROOT", str(SOURCE.parent.parent / "var" / "static"))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": environment.text(
            "STATIC_STORAGE", "whitenoise.storage.CompressedManifestStaticFilesStorage"
        )
    },
}
WHITENOISE_MAX_AGE = 3600
WHITENOISE_ALLOW_ALL_ORIGINS = False

# Sessions: server side, ended by 30 minutes of silence, and after eight hours whatever happens.
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_NAME = "__Host-session"
SESSION_COOKIE_AGE = int(timedelta(minutes=30).total_seconds())
SESSION_SAVE_EVERY_REQUEST = False
SESSION_COOKIE_SECURE = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
LONGEST_SESSION = timedelta(hours=8)

CSRF_COOKIE_NAME = "__Host-csrf"
CSRF_COOKIE_SECURE = True
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_TRUSTED_ORIGINS = [PORTAL_ADDRESS]
CSRF_FAILURE_VIEW = "parking.web.errors.csrf_failure"
LANGUAGE_COOKIE_NAME = "__Host-language"

SECURE_HSTS_SECONDS = int(timedelta(days=730).total_seconds())
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_SSL_REDIRECT = PORTAL_ADDRESS.startswith("https://")
X_FRAME_OPTIONS = "DENY"

_WHERE_FORMS_LEAD = sorted(
    {
        "{0.scheme}://{0.netloc}".format(urlsplit(url))
        for url in environment.text("FORMS_LEAD_TO", "").split()
    }
)
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        # A form that is answered with a redirect to the login or to the payment page ends there.
        "form-action": ["'self'", *_WHERE_FORMS_LEAD],
    }
}

#: Where the payment provider sends its notices, and the words that open the door; two while one
#: takes over from the other.
NOTICE_ADDRESS = environment.text("NOTICE_ADDRESS", f"{PORTAL_ADDRESS}/webhooks/nexi")
PAYMENT_NOTICE_WORDS = environment.secrets("PAYMENTS_WEBHOOK_SECRET_FILE")

#: What a hint from the charge system is signed with; two while they are being changed.
CHARGE_NOTICE_SECRETS = environment.secrets("CHARGES_WEBHOOK_SECRET_FILE")

DATA_UPLOAD_MAX_MEMORY_SIZE = 512 * 1024
FILE_UPLOAD_HANDLERS = [
    "parking.web.uploads.NotTooMuch",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200

# A job that is done has left its trace in our own tables.
PROCRASTINATE_WORKER_DEFAULTS = {"delete_jobs": "successful"}

LOG_PRELUDE: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
]
structlog.configure(
    processors=[*LOG_PRELUDE, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {
            "()": "structlog.stdlib.ProcessorFormatter",
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
            "foreign_pre_chain": LOG_PRELUDE,
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "django.server": {"level": "WARNING"},
        "httpx": {"level": "WARNING"},
        "pikepdf": {"level": "WARNING"},
        "procrastinate": {"level": "WARNING"},
    },
}
