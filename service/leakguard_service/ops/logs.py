"""Logs: one line an event on standard error, as JSON or for people, without secrets."""

import logging
import sys
from typing import Any, Final

import structlog

from leakguard_service.ops.redact import redact
from leakguard_service.settings import Settings

_QUIET: Final = (
    "dbos",
    "alembic",
    "httpx",
    "httpx2",
    "httpcore",
    "httpcore2",
    "sqlalchemy",
    "uvicorn",
)
"""Libraries whose own chatter says nothing to an operator; their warnings do."""


def set_up(settings: Settings) -> None:
    """Sends all logs of the process through one chain. Call once, at start."""
    as_json = settings.log_format == "json" or (
        settings.log_format == "auto" and not sys.stderr.isatty()
    )
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _described,
        redact,
    ]
    show: Any = (
        structlog.processors.JSONRenderer()
        if as_json
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.stdlib.ExtraAdder(), *shared],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, show],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level.upper())
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


def _described(_logger: object, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    """Names an exception by its type and place only: its text may hold what was being read."""
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    error = info[1] if isinstance(info, tuple) else info
    if isinstance(error, BaseException):
        event["error"] = type(error).__name__
        trace = error.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        if trace is not None:
            code = trace.tb_frame.f_code
            event["where"] = f"{code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}"
    return event
