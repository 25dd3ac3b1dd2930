"""Log lines: one JSON object each, and nothing in them that tells who a customer is.

Four guards, since a log is copied to places nobody counted:

1. A line carries only the fields declared in LOG_FIELDS; the value of any other is withheld.
2. What looks like an e-mail address, a phone number or a card number is masked in every text.
3. Of an exception we write its class, its code and where it happened, never its message: messages of
   drivers and parsers quote the values they choked on. For the same reason a line of another library shows
   its template, not what was filled in.
4. What ends a line or steers a terminal is replaced in every text: nobody writes a line by choosing a name.
"""

from __future__ import annotations

import logging
import re
import sys
import traceback
from collections.abc import Mapping
from types import TracebackType
from typing import Any, TextIO, cast

import msgspec
import structlog
from structlog.typing import EventDict, FilteringBoundLogger, WrappedLogger

LOG_FIELDS: Mapping[str, str] = {
    "timestamp": "when the line was written, UTC",
    "level": "debug, info, warning or error",
    "logger": "the part of the program that speaks",
    "event": "what happened, in a few fixed words",
    "version": "version of the program",
    "address": "an address of the program itself",
    "path": "a file or folder of the program itself",
    "pid": "number of a process",
    "signal": "name of a signal",
    "setting": "name of a setting",
    "workspace": "number of the workspace",
    "source": "name of a source",
    "source_kind": "kind of a source, such as square",
    "route": "route pattern of a request, without its values",
    "method": "HTTP method",
    "status": "HTTP status",
    "code": "stable code of an error",
    "field": "name of the input an error is about",
    "error": "class of an exception",
    "sqlstate": "code PostgreSQL gave",
    "frames": "where an exception came from: file, line and function, innermost last",
    "retry": "whether trying again can help",
    "retry_after_seconds": "when to try again",
    "attempt": "number of this attempt",
    "request_id": "id of a request",
    "profile_id": "id of a profile",
    "record_id": "id of a record",
    "quarantine_id": "id of a rejected event",
    "turn": "number of a turn",
    "kind": "kind of the thing the line is about",
    "type": "type of an event",
    "count": "how many",
    "bytes": "size in bytes",
    "seconds": "how long, in seconds",
    "milliseconds": "how long, in milliseconds",
    "migration": "name of a migration",
    "reason": "why, in a few fixed words",
}

WITHHELD = "[withheld]"
# Fields about the program itself, where a long number is an address or a build and no telephone.
_UNMASKED = frozenset({"timestamp", "level", "logger", "version", "address", "path", "frames", "migration"})
_FRAMES_MAX = 12

_EMAIL = re.compile(r"[^\s@<>\"'(),;:=]+(?:@|%40)[^\s@<>\"'(),;:=]+", re.IGNORECASE)
_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
# Seven digits or more, however they are grouped; ids of ours, which are UUIDs, stay readable.
_NUMBER = re.compile(
    rf"(?P<uuid>{_UUID})|(?<![\w-])(?:\+[\s().\-]{{0,2}})?\d(?:[\s().\-]{{0,2}}\d){{6,}}(?![\w])",
    re.IGNORECASE,
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
# Loggers of other libraries whose filled-in text names only the program itself.
_PLAIN_LOGGERS = frozenset({"uvicorn.error"})
_QUIET_LOGGERS = ("httpx", "httpcore", "asyncio", "faker", "litestar")


def configure_logging(level: str = "info", *, stream: TextIO | None = None, human: bool = False) -> None:
    """Send every log line of the process, those of libraries too, to `stream` (stderr unless given).

    `human` gives coloured lines for a terminal instead of JSON; what is left out is the same. Repeating the
    call replaces what was set before.
    """
    renderer = structlog.dev.ConsoleRenderer() if human else structlog.processors.JSONRenderer(_to_json)
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[_add_level, _only_template],
            processors=[_describe_exception, _protect, _stamp, _drop_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        other = logging.getLogger(name)
        other.handlers[:] = []
        other.propagate = True
        other.setLevel(logging.NOTSET)
        other.disabled = False
    # Our own middleware counts requests by route; uvicorn's access lines would repeat raw paths.
    logging.getLogger("uvicorn.access").disabled = True
    for name in _QUIET_LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.contextvars.merge_contextvars,
            _add_level,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


def get_logger(name: str) -> FilteringBoundLogger:
    """A logger of ours: `get_logger("engine").info("turn committed", count=12)`."""
    return cast("FilteringBoundLogger", structlog.stdlib.get_logger(name))


def mask(text: str) -> str:
    """`text` without what looks like an e-mail address, a phone number or a card number."""
    return _NUMBER.sub(lambda found: found["uuid"] or "[number]", _EMAIL.sub("[email]", text))


def _to_json(line: EventDict, **_: object) -> str:
    return msgspec.json.encode(line, enc_hook=str).decode()


def _add_level(_: WrappedLogger, method: str, line: EventDict) -> EventDict:
    return {"level": "warning" if method == "warn" else method.replace("exception", "error"), **line}


def _stamp(logger: WrappedLogger, method: str, line: EventDict) -> EventDict:
    return {"timestamp": _UTC_NOW(logger, method, {})["timestamp"], **line}


_UTC_NOW = structlog.processors.TimeStamper(fmt="iso", utc=True)


def _only_template(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
    """For a line of another library: its first line of text, before values were filled in."""
    record: logging.LogRecord = line["_record"]
    if record.name not in _PLAIN_LOGGERS:
        line["event"] = str(record.msg).partition("\n")[0]
    line["level"] = record.levelname.lower()
    line["exc_info"] = record.exc_info
    return line


def _describe_exception(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
    """Replace `exc_info` by the exception's class, codes and frames."""
    found = line.pop("exc_info", None)
    line.pop("stack_info", None)
    error = _exception(found)
    if error is None:
        return line
    line["error"] = type(error).__qualname__
    for name in ("code", "sqlstate"):
        value = getattr(error, name, None)
        if isinstance(value, str):
            line.setdefault(name, value)
    line["frames"] = _frames(error.__traceback__)
    return line


def _exception(found: object) -> BaseException | None:
    if isinstance(found, BaseException):
        return found
    if isinstance(found, tuple):
        return cast("BaseException | None", found[1])
    return sys.exc_info()[1] if found else None


def _frames(trace: TracebackType | None) -> list[str]:
    frames = traceback.extract_tb(trace)[-_FRAMES_MAX:]
    return [f"{'/'.join(frame.filename.split('/')[-3:])}:{frame.lineno} {frame.name}" for frame in frames]


def _protect(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
    """Withhold undeclared fields and mask the text of the rest."""
    record: logging.LogRecord = line["_record"]
    line["logger"] = record.name
    return {name: _protected(name, value) for name, value in line.items()}


def _protected(name: str, value: Any) -> Any:
    if name.startswith("_"):
        return value
    if name not in LOG_FIELDS:
        return WITHHELD
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, list | tuple):
        return [_protected(name, item) for item in value]
    text = str(value) if name in _UNMASKED else mask(str(value))
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


_drop_meta = structlog.stdlib.ProcessorFormatter.remove_processors_meta
