"""Logging: one line per event, for people or as JSON, with nothing in it that must stay secret."""

from __future__ import annotations

import logging.config
import re
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

SECRET_NAMES = re.compile(r"authorization|cookie|password|secret|token|api_?key|session_key", re.IGNORECASE)
SECRET_VALUES = re.compile(r"\b(mc[as]_)[A-Za-z0-9_-]{6,}|(Bearer\s+)\S+", re.IGNORECASE)
HIDDEN = "[hidden]"
QUIET = ("daphne", "twisted", "asyncio", "celery", "kombu", "amqp", "httpx", "django.server", "faker")
REFUSALS = ("django.request", "django.security.csrf")


def configure(options: dict[str, Any]) -> None:
    """Set up logging from `{"level": …, "format": "console" | "json"}`; Django calls it with `LOGGING`."""
    shared = shared_processors()
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    logging.config.dictConfig(_standard(options["level"], renderers(options["format"]), shared))


def shared_processors() -> list[Processor]:
    """What every line goes through, whichever library logged it."""
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]


def renderers(style: str) -> list[Processor]:
    """The last steps: hide secrets, then write the line. Tracebacks are text before they are searched."""
    if style == "json":
        return [structlog.processors.format_exc_info, hide_secrets, structlog.processors.JSONRenderer()]
    plain = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    return [structlog.processors.format_exc_info, hide_secrets, plain]


def hide_secrets(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Replace values under telling names, and keys and tokens anywhere in the text."""
    return {name: _hidden(name, value) for name, value in event.items()}


def _hidden(name: str, value: Any) -> Any:
    if SECRET_NAMES.search(name):
        return HIDDEN
    if isinstance(value, str):
        return SECRET_VALUES.sub(lambda found: (found[1] or found[2]) + HIDDEN, value)
    return value


def _standard(level: str, last: list[Processor], shared: list[Processor]) -> dict[str, Any]:
    remove = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": shared,
        "processors": [remove, *last],
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": formatter},
        "filters": {"suspicion": {"()": SuspicionInOneLine}, "probes": {"()": NoProbes}},
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "formatter": "line",
                "filters": ["suspicion", "probes"],
            }
        },
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {name: {"level": "WARNING"} for name in QUIET} | _refusals(level),
    }


def _refusals(level: str) -> dict[str, Any]:
    """4xx answers, which Django logs as warnings, are told to who asked; only debugging shows them here too."""
    return {name: {"level": "WARNING" if level == "DEBUG" else "ERROR"} for name in REFUSALS}


class SuspicionInOneLine(logging.Filter):
    """A request that Django refuses as suspicious is a warning; its traceback would show Django's own code."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass."""
        if record.name.startswith("django.security.") and record.levelno == logging.ERROR:
            record.levelno, record.levelname = logging.WARNING, "WARNING"
            record.exc_info = record.exc_text = None
        return True


class NoProbes(logging.Filter):
    """That /ready says "not ready" is an answer to the probe that asked, and no failure of ours."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is anything else."""
        path = getattr(getattr(record, "request", None), "path", "")
        return not (path == "/ready" and getattr(record, "status_code", 0) == 503)
