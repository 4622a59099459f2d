"""What the process says of itself: one JSON object a line, and nobody's data in it."""

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
    """One record as a collector of logs reads it."""
    text = JsonLines().format(record)
    assert "\n" not in text
    read: dict[str, Any] = json.loads(text)
    return read


def record(message: str = "exchange", **more: Any) -> logging.LogRecord:
    """A record as a logger makes it."""
    told = {"msg": message, "name": "gpd_soap.node", "levelno": 20, "levelname": "INFO", **more}
    return logging.makeLogRecord(told)


def failed() -> logging.LogRecord:
    """The record of a failure whose text quotes a row, as a database driver's does."""
    with pytest.raises(LookupError) as caught:
        fail()
    told = (caught.type, caught.value, caught.tb)
    return record("failed", levelname="ERROR", exc_info=told)


def fail() -> None:
    """Fail for a reason that has a reason, each with a person in its text."""
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


def test_a_line_says_when_how_grave_who_and_what():
    """The fields that every collector looks for are always there, the time in UTC."""
    assert line(record(created=1772355600.25)) == {
        "time": "2026-03-01T09:00:00.250+00:00",
        "level": "info",
        "logger": "gpd_soap.node",
        "message": "exchange",
    }


def test_a_record_s_own_fields_stand_beside_the_others():
    """A line is searched by key, not by the words of a sentence."""
    said = line(record(fields={"operation": "paSendRT", "ms": 4.2, "fault": None}))

    assert (said["operation"], said["ms"], said["fault"]) == ("paSendRT", 4.2, None)


def test_arguments_are_put_into_the_message():
    """Libraries log with arguments, and are understood."""
    assert line(record("%s of %d", args=("one", 2)))["message"] == "one of 2"


def test_a_message_of_many_lines_is_one_line():
    """Nobody can forge a second line from inside a text."""
    forged = 'x"}\n{"level":"info"}\r\u2028 città'

    assert line(record(forged))["message"] == forged


def test_a_value_that_json_cannot_say_is_named_by_its_kind():
    """A strange value neither breaks the line nor shows itself."""
    said = line(record(fields={"amount": Decimal("1.00"), "why": ValueError(PERSON)}))

    assert (said["amount"], said["why"]) == ("Decimal", "ValueError")


def test_of_an_exception_its_kind_and_its_places_are_told_and_never_its_text():
    """What a driver says of a failure quotes rows, and a row holds people."""
    said = line(failed())

    assert said["exception"] == "LookupError"
    assert [place.split()[1] for place in said["at"]] == ["failed", "fail"]
    assert all(place.startswith("test_logs.py:") for place in said["at"])
    assert PERSON not in JsonLines().format(failed())


@pytest.mark.parametrize("exc_info", [None, (None, None, None)])
def test_without_an_exception_none_is_told(exc_info: Any):
    """A line without a failure has no word of one."""
    assert "exception" not in line(record(exc_info=exc_info))


def test_every_line_of_a_process_is_json_on_standard_error():
    """Whoever logs, and whatever it was configured with before, one form comes out."""
    said = run(
        "logging.getLogger('gpd_soap.node').info('uno', extra={'fields': {'status': 200}})\n"
        "logging.getLogger('elsewhere').warning('due')"
    )

    assert [(each["message"], each.get("status")) for each in said] == [("uno", 200), ("due", None)]


def test_the_level_decides_what_is_said():
    """Warnings alone, where that was asked for."""
    program = "log = logging.getLogger('x'); log.debug('a'); log.info('b'); log.warning('c')"

    assert [each["message"] for each in run(program, "warning")] == ["c"]
    assert [each["message"] for each in run(program, "debug")] == ["a", "b", "c"]


def test_a_second_configuration_takes_the_place_of_the_first():
    """No line is ever said twice."""
    assert len(run("logs.configure('info'); logging.info('una volta')")) == 1


@pytest.mark.parametrize("library", ["spyne.protocol.xml", "zeep.transports", "sqlalchemy.engine"])
def test_libraries_that_tell_whole_messages_are_silent_even_at_debug(library: str):
    """A body is never logged, whoever would like to."""
    program = (
        "import sqlalchemy, zeep\n"
        f"log = logging.getLogger({library!r})\n"
        "log.debug('<body/>'); log.info('<body/>')"
    )

    assert [each for each in run(program, "debug") if "<body/>" in each["message"]] == []


def test_spyne_s_complaint_about_a_broken_body_is_silent_too():
    """Spyne logs at ERROR the bodies that it cannot parse."""
    assert run("logging.getLogger('spyne.protocol.xml').error('<body/>')") == []


def test_gunicorn_s_paths_are_not_logged_at_debug():
    """A path names a position or a notice; what else gunicorn says is said at its level."""
    program = (
        "log = logging.getLogger('gunicorn.error')\n"
        "log.debug('GET /a'); log.info('Listening'); log.warning('Worker died')"
    )

    assert [each["message"] for each in run(program, "debug")] == ["Listening", "Worker died"]
    assert [each["message"] for each in run(program, "warning")] == ["Worker died"]
