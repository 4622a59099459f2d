"""Log lines: one JSON object on a line, without personal data."""

import json
import logging
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from gpd_soap.monitoring.logs import JsonLines

ROOT = Path(__file__).parents[2]
PERSON = "CLNGNN80A01H501X"


def line(record: logging.LogRecord) -> dict[str, Any]:
    """The line of a record, as a collector of logs reads it."""
    text = JsonLines().format(record)
    assert "\n" not in text
    fields: dict[str, Any] = json.loads(text)
    return fields


def record(message: str = "exchange", **more: Any) -> logging.LogRecord:
    """A record as a logger makes it."""
    fields = {"msg": message, "name": "gpd_soap.node", "levelno": 20, "levelname": "INFO", **more}
    return logging.makeLogRecord(fields)


def failed() -> logging.LogRecord:
    """The record of a failure whose text quotes a row, as a database driver's does."""
    with pytest.raises(LookupError) as caught:
        fail()
    exc_info = (caught.type, caught.value, caught.tb)
    return record("failed", levelname="ERROR", exc_info=exc_info)


def fail() -> None:
    """Raise an error with a cause, each with personal data in its text."""
    try:
        int(PERSON)
    except ValueError as error:
        raise LookupError(f"row of {PERSON}") from error


def run(program: str, level: str = "info") -> list[dict[str, Any]]:
    """The lines that a process with our logs writes to standard error."""
    lines = [
        "import logging",
        "from gpd_soap.monitoring import logs",
        f"logs.configure({level!r})",
        program,
    ]
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == ""
    return [json.loads(each) for each in done.stderr.splitlines()]


def test_line_has_time_level_logger_and_message():
    """The time is in UTC."""
    assert line(record(created=1772355600.25)) == {
        "time": "2026-03-01T09:00:00.250+00:00",
        "level": "info",
        "logger": "gpd_soap.node",
        "message": "exchange",
    }


def test_fields_of_a_record_are_keys_of_its_line():
    """A reader can search lines by key."""
    fields = line(record(fields={"operation": "paSendRT", "ms": 4.2, "fault": None}))

    assert (fields["operation"], fields["ms"], fields["fault"]) == ("paSendRT", 4.2, None)


def test_arguments_are_formatted_into_the_message():
    """Libraries log with arguments."""
    assert line(record("%s of %d", args=("one", 2)))["message"] == "one of 2"


def test_message_with_line_breaks_is_one_line():
    """A text cannot forge a second line."""
    forged = 'x"}\n{"level":"info"}\r\u2028 città'

    assert line(record(forged))["message"] == forged


def test_value_that_json_cannot_represent_is_named_by_its_type():
    """Such a value neither breaks the line nor shows its text."""
    fields = line(record(fields={"amount": Decimal("1.00"), "why": ValueError(PERSON)}))

    assert (fields["amount"], fields["why"]) == ("Decimal", "ValueError")


def test_exception_is_logged_by_type_and_location_without_its_text():
    """A driver's text quotes rows, and a row holds personal data."""
    fields = line(failed())

    assert fields["exception"] == "LookupError"
    assert [each.split()[1] for each in fields["at"]] == ["failed", "fail"]
    assert all(each.startswith("test_logs.py:") for each in fields["at"])
    assert PERSON not in JsonLines().format(failed())


@pytest.mark.parametrize("exc_info", [None, (None, None, None)])
def test_line_without_exception_has_no_exception_field(exc_info: Any):
    """Both forms of a missing exception count."""
    assert "exception" not in line(record(exc_info=exc_info))


def test_every_logger_writes_json_to_standard_error():
    """The form is the same for each library."""
    lines = run(
        "logging.getLogger('gpd_soap.node').info('uno', extra={'fields': {'status': 200}})\n"
        "logging.getLogger('elsewhere').warning('due')"
    )

    assert [(each["message"], each.get("status")) for each in lines] == [
        ("uno", 200),
        ("due", None),
    ]


def test_lines_below_the_level_are_not_written():
    """Level `warning` writes warnings alone."""
    program = "x = logging.getLogger('x'); x.debug('a'); x.info('b'); x.warning('c')"

    assert [each["message"] for each in run(program, "warning")] == ["c"]
    assert [each["message"] for each in run(program, "debug")] == ["a", "b", "c"]


def test_second_configuration_replaces_the_first():
    """No line is written twice."""
    assert len(run("logs.configure('info'); logging.info('una volta')")) == 1


@pytest.mark.parametrize("library", ["spyne.protocol.xml", "zeep.transports", "sqlalchemy.engine"])
def test_libraries_log_no_message_bodies_even_at_debug(library: str):
    """They would log whole messages by default."""
    program = (
        "import sqlalchemy, zeep\n"
        f"log = logging.getLogger({library!r})\n"
        "log.debug('<body/>'); log.info('<body/>')"
    )

    assert [each for each in run(program, "debug") if "<body/>" in each["message"]] == []


def test_spyne_logs_no_body_that_it_cannot_parse():
    """By default it logs such bodies at ERROR."""
    assert run("logging.getLogger('spyne.protocol.xml').error('<body/>')") == []


def test_gunicorn_logs_no_paths_at_debug():
    """A path may name a notice; other lines of gunicorn appear at their level."""
    program = (
        "log = logging.getLogger('gunicorn.error')\n"
        "log.debug('GET /a'); log.info('Listening'); log.warning('Worker died')"
    )

    assert [each["message"] for each in run(program, "debug")] == ["Listening", "Worker died"]
    assert [each["message"] for each in run(program, "warning")] == ["Worker died"]
