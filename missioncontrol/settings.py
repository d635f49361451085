"""Settings: one module that reads the environment.

Nothing set means embedded: SQLite, everything in one process. `MC_DATABASE_URL` and `MC_REDIS_URL` make the
same code run as web processes, Celery workers and beat. Every variable is described in docs/configuration.md.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from environ import Env

from missioncontrol import environment as env

BASE_DIR = Path(__file__).resolve().parent.parent


def _data_dir() -> Path:
    """The folder for everything this installation writes: the database, the secret, static files."""
    folder = Path(env.text("MC_DATA_DIR", str(BASE_DIR / "data"))).resolve()
    try:
        (folder / "static").mkdir(parents=True, exist_ok=True)
        writable = os.access(folder, os.W_OK)
    except OSError:
        writable = False
    if not writable:
        raise ImproperlyConfigured(
            f"The data folder {folder} cannot be written. Permit it, or set MC_DATA_DIR."
        )
    return folder


def _secret_key(folder: Path) -> str:
    """`MC_SECRET_KEY`, or a secret made on the first run and kept in the data folder (mode 0600)."""
    given = env.text("MC_SECRET_KEY", "")
    if given:
        return given
    path = folder / "secret_key"
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(descriptor, "w") as handle:
        made = secrets.token_urlsafe(50)
        handle.write(made)
    return made


DATA_DIR = _data_dir()
SECRET_KEY = _secret_key(DATA_DIR)
DEBUG = env.switch("MC_DEBUG", default=False)

MC_BIND = env.text("MC_BIND", "127.0.0.1")
MC_PORT = env.whole("MC_PORT", 8000)
MC_SITE_URL = env.text("MC_SITE_URL", f"http://{MC_BIND}:{MC_PORT}").rstrip("/")
MC_DATABASE_URL = env.text("MC_DATABASE_URL", "")
MC_REDIS_URL = env.text("MC_REDIS_URL", "")
MC_DEMO = env.switch("MC_DEMO", default=True)
MC_EMBEDDED = not MC_REDIS_URL
MC_KEY_RATE = env.whole("MC_KEY_RATE", 12_000)
MC_UNDO_S = env.whole("MC_UNDO_S", 8)
MC_EVENT_RETENTION_DAYS = env.whole("MC_EVENT_RETENTION_DAYS", 0)
MC_HTTP_THREADS = env.whole("MC_HTTP_THREADS", 8)
MC_WAIT_THREADS = env.whole("MC_WAIT_THREADS", 64)
MC_MAX_BODY = env.whole("MC_MAX_BODY", 1024 * 1024)
MC_IMPORT_MAX_BYTES = env.whole("MC_IMPORT_MAX_BYTES", 64 * 1024 * 1024)
MC_LONG_POLL_PATHS = ("/api/v1/agent/claim",)

ALLOWED_HOSTS = env.words("MC_ALLOWED_HOSTS")
if not ALLOWED_HOSTS:
    ALLOWED_HOSTS = [
        "localhost",
        "127.0.0.1",
        "[::1]",
        MC_SITE_URL.split("//", 1)[-1].split("/")[0].rsplit(":", 1)[0],
    ]
CSRF_TRUSTED_ORIGINS = [MC_SITE_URL]

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "channels",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_htmx",
    "template_partials",
    "django_structlog",
    "csp",
    "missioncontrol",
    "missioncontrol.kernel",
    "tasks",
    "agents",
    "notifications",
]

MIDDLEWARE = [
    "missioncontrol.kernel.middleware.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "missioncontrol.urls"
ASGI_APPLICATION = "missioncontrol.asgi.application"
APPEND_SLASH = False
CSRF_FAILURE_VIEW = "missioncontrol.kernel.api.problems.csrf_failure"
AUTH_USER_MODEL = "tasks.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in (
        ("UserAttributeSimilarityValidator", {"user_attributes": ("username", "display_name", "email")}),
        ("MinimumLengthValidator", {"min_length": 10}),
        ("CommonPasswordValidator", {}),
        ("NumericPasswordValidator", {}),
    )
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "home"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]


def _databases() -> dict[str, Any]:
    """SQLite in the data folder, or what `MC_DATABASE_URL` names, with the limits both need."""
    if MC_DATABASE_URL:
        if not MC_DATABASE_URL.startswith(("postgres://", "postgresql://")):
            raise ImproperlyConfigured(
                "MC_DATABASE_URL must be like postgres://user:password@host:5432/name."
            )
        config = Env.db_url_config(MC_DATABASE_URL)
        config["CONN_MAX_AGE"] = 0
        config["OPTIONS"] = {
            "options": "-c lock_timeout=5000 -c statement_timeout=30000"
            " -c idle_in_transaction_session_timeout=30000",
            "pool": {
                "min_size": 2,
                "max_size": env.whole("MC_DATABASE_POOL", MC_HTTP_THREADS + 12),
                "timeout": 20,
            },
        }
        return {"default": config}
    return {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(DATA_DIR / "missioncontrol.sqlite3"),
            "CONN_MAX_AGE": None,
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
                " PRAGMA cache_size=-20000;",
            },
        }
    }


DATABASES = _databases()

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "agents.api.authentication.BearerAuthentication",
        "missioncontrol.kernel.api.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": ["missioncontrol.kernel.api.parsers.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["missioncontrol.kernel.api.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "missioncontrol.kernel.api.schema.ApiSchema",
    "EXCEPTION_HANDLER": "missioncontrol.kernel.api.problems.exception_handler",
    "UNAUTHENTICATED_USER": None,
    "DATETIME_FORMAT": "iso-8601",
}

SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Mission Control",
    "DESCRIPTION": "One live board where people and AI agents work together.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    # Enumerations stay where they are used: names made up for them would change with every field added.
    "POSTPROCESSING_HOOKS": [],
}

DATA_UPLOAD_MAX_MEMORY_SIZE = MC_MAX_BODY
WHITENOISE_USE_FINDERS = MC_EMBEDDED
WHITENOISE_AUTOREFRESH = DEBUG

_REDIS_TIMEOUTS = {"socket_connect_timeout": 5, "socket_timeout": 15, "socket_keepalive": True}
CELERY_BROKER_URL = MC_REDIS_URL or "memory://localhost/"
if MC_EMBEDDED:
    CELERY_BROKER_TRANSPORT = "missioncontrol.embedded.broker:Transport"
    CELERY_WORKER_CONSUMER = "missioncontrol.embedded.broker:Consumer"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = (
    {
        "visibility_timeout": 600,
        "unacked_restore_interval": 5,
        "unacked_restore_throttle": 1,
        **_REDIS_TIMEOUTS,
    }
    if MC_REDIS_URL
    else {}
)
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "missioncontrol"
CELERY_TASK_SOFT_TIME_LIMIT = 300
CELERY_TASK_TIME_LIMIT = 330
CELERY_TASK_SERIALIZER = CELERY_EVENT_SERIALIZER = CELERY_RESULT_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_ENABLE_REMOTE_CONTROL = not MC_EMBEDDED
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_BEAT_SCHEDULER = "celery.beat:Scheduler"
CELERY_TIMEZONE = TIME_ZONE
CELERY_ENABLE_UTC = True

CHANNEL_LAYERS: dict[str, Any] = {
    "default": (
        {
            "BACKEND": "channels_redis.core.RedisChannelLayer",
            "CONFIG": {"hosts": [MC_REDIS_URL], "capacity": 2000, "expiry": 60, "prefix": "mc"},
        }
        if MC_REDIS_URL
        else {"BACKEND": "missioncontrol.embedded.layer.LoopChannelLayer", "CONFIG": {"capacity": 2000}}
    )
}

CONTENT_SECURITY_POLICY: dict[str, Any] = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "connect-src": ["'self'"],
        "object-src": ["'none'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
_HTTPS = MC_SITE_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _HTTPS
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_HSTS_SECONDS = 31_536_000 if _HTTPS else 0
MC_TRUST_PROXY = env.switch("MC_TRUST_PROXY", default=False)
if MC_TRUST_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

MC_LOG_LEVEL = env.choice("MC_LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR"))
MC_LOG_FORMAT = env.choice("MC_LOG_FORMAT", "console" if MC_EMBEDDED else "json", ("console", "json"))
LOGGING_CONFIG = "missioncontrol.logs.configure"
LOGGING: dict[str, Any] = {"level": MC_LOG_LEVEL, "format": MC_LOG_FORMAT}
