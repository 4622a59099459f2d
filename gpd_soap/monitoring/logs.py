"""Logs as JSON lines on standard error; no line holds a body or personal data."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from types import TracebackType

# WHY: at a value that JSON cannot represent, logging would print an error with the value's text.
_JSON = json.JSONEncoder(ensure_ascii=False, default=lambda value: type(value).__name__)


class JsonLines(logging.Formatter):
    """Formats each record as a JSON object: time, level, logger, message, and its own fields."""

    def format(self, record: logging.LogRecord) -> str:
        """The line of a record; an exception shows its kind and locations, never its text."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info and record.exc_info[0] is not None:
            line["exception"] = record.exc_info[0].__name__
            line["at"] = locations(record.exc_info[2])
        return _JSON.encode(line)


def configure(level: str) -> None:
    """Send every log to standard error; a process calls this once, never an import."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    # WHY: no reader uses the source line, thread or process of a record, and finding them takes
    # longer than the rest of a line. The logging HOWTO names these switches to leave them out.
    logging._srcfile = None  # noqa: SLF001  # the switch that the HOWTO names
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    # WHY: Spyne logs bodies that it cannot parse at ERROR, and all bodies at DEBUG.
    logging.getLogger("spyne").setLevel(logging.CRITICAL + 1)
    # WHY: gunicorn logs paths at DEBUG, and a path may name a position or a notice.
    gunicorn = logging.getLogger("gunicorn.error")
    gunicorn.setLevel(max(logging.INFO, logging.getLogger().level))
    for library in ("alembic", "zeep"):  # zeep logs whole messages at DEBUG
        logging.getLogger(library).setLevel(logging.WARNING)


def locations(frame: TracebackType | None) -> list[str]:
    """The file, line and function of each frame of a traceback, the deepest last."""
    # WHY: a driver's message quotes rows, and a row holds names and fiscal codes, so the text of
    # the exception is left out.
    lines = []
    while frame is not None:
        code = frame.tb_frame.f_code
        lines.append(f"{code.co_filename.rpartition('/')[2]}:{frame.tb_lineno} {code.co_name}")
        frame = frame.tb_next
    return lines
