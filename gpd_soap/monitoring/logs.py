"""Logs as JSON lines on standard error: one for each exchange, none with a body or a person."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from types import TracebackType

# WHY: a value that JSON has no form for would end in logging's own complaint, text and all.
_JSON = json.JSONEncoder(ensure_ascii=False, default=lambda value: type(value).__name__)


class JsonLines(logging.Formatter):
    """One JSON object a line: time, level, logger, message, and the record's own fields."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record; of an exception its kind and where it happened, never its text."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info and record.exc_info[0] is not None:
            line["exception"] = record.exc_info[0].__name__
            line["at"] = places(record.exc_info[2])
        return _JSON.encode(line)


def configure(level: str) -> None:
    """Send every log to standard error; to be called by the process, not by an import."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    # WHY: nobody reads which line, thread or process logged, and finding out takes longer than the
    # rest of a line; logging names these switches as the way to leave it out.
    logging._srcfile = None  # noqa: SLF001  # as the logging HOWTO says
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    # WHY: at ERROR Spyne logs bodies that it cannot parse, at DEBUG all of them.
    logging.getLogger("spyne").setLevel(logging.CRITICAL + 1)
    # WHY: at DEBUG gunicorn logs paths, in which a position or a notice is named.
    gunicorn = logging.getLogger("gunicorn.error")
    gunicorn.setLevel(max(logging.INFO, logging.getLogger().level))
    for wordy in ("alembic", "zeep"):  # zeep tells whole messages at DEBUG
        logging.getLogger(wordy).setLevel(logging.WARNING)


def places(frame: TracebackType | None) -> list[str]:
    """Where a failure happened, the deepest place last, without what it says of itself."""
    # WHY: a driver's message quotes rows, and a row holds names and fiscal codes.
    found = []
    while frame is not None:
        code = frame.tb_frame.f_code
        found.append(f"{code.co_filename.rpartition('/')[2]}:{frame.tb_lineno} {code.co_name}")
        frame = frame.tb_next
    return found
