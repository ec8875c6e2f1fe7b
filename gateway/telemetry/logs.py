"""Structured log lines, of ours and of the libraries, each redacted before it is written."""

import logging
import sys
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from dataclasses import fields
from enum import Enum
from typing import Any, TextIO

import structlog
from structlog.typing import Processor

from ..domain.events import BreakerChanged, CallFinished, CredentialRejected, Event
from ..domain.failures import ErrorCode
from .outages import Outages
from .redaction import Redactor

# Below WARNING these tell statements with their parameters, that is, what we store.
_TALKATIVE = ("aiohttp", "aiosqlite", "alembic", "asyncio", "asyncpg", "sqlalchemy")
# These would write by handlers of their own.
_OWN_HANDLERS = ("uvicorn", "uvicorn.access", "uvicorn.error", "py.warnings")


@contextmanager
def logging_to(
    stream: TextIO, *, redactor: Redactor, as_json: bool, level: str = "info"
) -> Iterator[None]:
    """All logging of this process goes to `stream` while the context lasts, one line per entry.

    `level` is debug, info, warning or error. uvicorn must be run with `log_config=None`.
    """
    handler = _Handler(stream)
    handler.setFormatter(_formatter(redactor, as_json))
    root = logging.getLogger()
    handlers, root_level = root.handlers[:], root.level
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    for name in _OWN_HANDLERS:
        library = logging.getLogger(name)
        library.handlers.clear()
        library.propagate = True
    logging.captureWarnings(capture=True)
    try:
        yield
    finally:
        logging.captureWarnings(capture=False)
        root.handlers[:] = handlers
        root.setLevel(root_level)


class _Handler(logging.StreamHandler[TextIO]):
    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's own name
        """A line that cannot be written is not shown in any other way: it was not redacted."""
        sys.stderr.write(f"A log line of {record.name} could not be written.\n")


def _formatter(redactor: Redactor, as_json: bool) -> logging.Formatter:
    def redact(_: Any, __: str, line: MutableMapping[str, Any]) -> Mapping[str, Any]:
        redacted = redactor.table(line)
        return redacted if as_json else {key: _one_line(key, redacted[key]) for key in redacted}

    def without_colours(
        _: Any, __: str, line: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        line.pop("color_message", None)  # uvicorn's second copy of its message
        return line

    shared: list[Processor] = [
        structlog.stdlib.ExtraAdder(),
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        without_colours,
    ]
    render: Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if as_json
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            redact,
            render,
        ],
    )


def _one_line(key: str, value: object) -> object:
    """A text without line breaks and terminal codes, so that nobody's input forges a line."""
    if not isinstance(value, str) or key == "exception":
        return value
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in value)


# ── Events ────────────────────────────────────────────────────────────────────────────────────

_ALARMING = frozenset(
    {ErrorCode.VENDOR_BAD_RESPONSE, ErrorCode.VENDOR_CONTRACT, ErrorCode.VENDOR_TLS}
)
"""Failures that time does not heal, and that no other line tells of."""


class EventLog:
    """Writes events down: outages once down and once up, calls only when debugging."""

    def __init__(self, logger: logging.Logger | None = None) -> None:
        self._logger = logger or logging.getLogger("gateway.vendors")
        self._outages = Outages()

    def __call__(self, event: Event) -> None:
        level, message = self._line(event)
        if self._logger.isEnabledFor(level):
            self._logger.log(level, message, extra=_plain(event))

    def _line(self, event: Event) -> tuple[int, str]:
        match event:
            case BreakerChanged():
                return _OUTAGE[self._outages.learn(event)]
            case CredentialRejected():
                return logging.WARNING, "The vendor refused a credential."
            case CallFinished(failure=failure) if failure in _ALARMING:
                return logging.WARNING, "The vendor's answer could not be used."
        return logging.DEBUG, type(event).__name__


_OUTAGE = {
    True: (logging.WARNING, "The vendor is down."),
    False: (logging.INFO, "The vendor is up again."),
    None: (logging.DEBUG, "BreakerChanged"),
}


def _plain(event: Event) -> dict[str, object]:
    """The event's fields; all are free of secrets by the law of events."""
    values = {field.name: getattr(event, field.name) for field in fields(event)}
    if "name" in values:  # which a log record has already, for its logger
        values["capability"] = values.pop("name")
    return {
        name: value.name if isinstance(value, Enum) else value for name, value in values.items()
    }
