"""Django settings. Everything a company may change comes from the environment."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pomar.kernel.home import home

PACKAGE = Path(__file__).resolve().parent
HOME = home()


def _secret_key() -> str:
    """The key in POMAR_HOME, made on first use: sessions survive a restart without any setting."""
    if given := os.environ.get("POMAR_SECRET_KEY"):
        return given
    path = HOME / "secret_key"
    try:
        return path.read_text()
    except FileNotFoundError:
        HOME.mkdir(parents=True, exist_ok=True)
        key = secrets.token_urlsafe(50)
        path.touch(mode=0o600)
        path.write_text(key)
        return key


def _database(url: str | None) -> dict[str, object]:
    if not url:
        HOME.mkdir(parents=True, exist_ok=True)
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(HOME / "records.sqlite3"),
            "CONN_MAX_AGE": 60,
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 30,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
            },
        }
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ValueError(f"DATABASE_URL starts with {parts.scheme!r}; it must be postgresql://")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 60,
    }


def _mail(url: str) -> dict[str, object]:
    """The mail server, from smtp://user:password@host:port, or smtps:// where it speaks TLS from the start."""
    parts = urlsplit(url)
    if url and parts.scheme not in {"smtp", "smtps"}:
        raise ValueError(f"POMAR_SMTP starts with {parts.scheme!r}; it must be smtp:// or smtps://")
    return {
        "EMAIL_HOST": parts.hostname or "",
        "EMAIL_PORT": parts.port or (465 if parts.scheme == "smtps" else 25),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_USE_TLS": parts.scheme == "smtp" and bool(parts.username),  # never a password in the clear
    }


SECRET_KEY = _secret_key()
DEBUG = os.environ.get("POMAR_DEBUG") == "1"
ALLOWED_HOSTS = os.environ.get("POMAR_HOSTS", "localhost,127.0.0.1,[::1],testserver").split(",")
DATABASES = {"default": _database(os.environ.get("DATABASE_URL"))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "access.User"
ROOT_URLCONF = "pomar.web.urls"
WSGI_APPLICATION = "pomar.web.wsgi.application"

INSTALLED_APPS = [
    "pomar.access",
    "pomar.facts",
    "pomar.privacy",
    "pomar.sources.files",
    "pomar.sources.tracking",
    "pomar.sources.mentions",
    "pomar.sources.mailbox",
    "pomar.identity",
    "pomar.bases",
    "pomar.insight",
    "pomar.web",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django_htmx",
    "django_q",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "pomar.web.middleware.ContentPolicy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "pomar.web.middleware.Errors",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "pomar.web.context.page",
            ],
        },
    },
]

STATIC_URL = "static/"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "pomar.web.assets.Versioned"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_MAX_AGE = 3600

HTTPS = os.environ.get("POMAR_HTTPS") == "1"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
CSRF_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
ACCOUNT_ADAPTER = "pomar.web.account.Adapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = True
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "today"
LOGOUT_REDIRECT_URL = "account_login"

BASE_URL = os.environ.get("POMAR_URL", "http://127.0.0.1:8000").rstrip("/")
EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_TIMEOUT = 20
globals().update(_mail(os.environ.get("POMAR_SMTP", "")))
DEFAULT_FROM_EMAIL = os.environ.get("POMAR_SENDER", "Pomar <pomar@localhost>")

DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000  # a preview has one field per column of every file

USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = True
USE_THOUSAND_SEPARATOR = True
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("pt-br", "Português")]
LOCALE_PATHS = [PACKAGE / "locale"]

# Jobs are delivered at least once: one whose worker died comes back after `retry` seconds.
Q_CLUSTER = {
    "name": "pomar",
    "orm": "default",
    "workers": 1,
    "timeout": 3 * 3600,
    "retry": 4 * 3600,
    "max_attempts": 3,
    "ack_failures": True,
    "catch_up": False,
    "poll": 1,
    "save_limit": 500,
    "label": "Jobs",
    "log_level": "WARNING",
}
